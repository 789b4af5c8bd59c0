package output

import (
	"strconv"
	"strings"
)

// place is a position in a file with what is said about it.
type place struct {
	file      string
	line, col int
	severity  string // error, warning, note, info; empty when none is named
	code      string // of the rule, as E0433 or -Wshadow
	message   string
}

// parsePlace reads file:line:col: message and its kin:
//
//	a.c:3:7: text        gcc, clang, go, ruff, ...
//	a.c:3: text          ld, javac, grep -n
//	a.ts(3,7): text      tsc, msbuild
//	a.ts:3:7 - text      tsc on a terminal
//	a.pas(3,7) Error: text   Free Pascal, Nim
func parsePlace(line string) (place, bool) {
	s := strings.TrimLeft(line, " ")
	for at := 1; at+1 < min(len(s), maxPath); at++ {
		if (s[at] == ':' || s[at] == '(') && isDigit(s[at+1]) && fileLike(s[:at]) {
			if p, ok := placeAt(s, at); ok {
				return p, true
			}
		}
	}
	return place{}, false
}

// maxPath is how far into a line a file's name may reach.
const maxPath = 300

// fileLike says whether a text may be a path: no blanks before anything that looks
// like an extension or a slash.
func fileLike(s string) bool {
	pathly := false
	for i := range len(s) {
		switch c := s[i]; {
		case notInPaths[c]:
			return false
		case c == '.', c == '/', c == '\\':
			pathly = true
		}
	}
	return pathly || s == "Makefile" || s == "Dockerfile"
}

var notInPaths = asciiTable(" \t\"'<>|=,;[]{}")

func placeAt(s string, at int) (place, bool) {
	p := place{file: s[:at]}
	rest := s[at+1:]
	p.line, rest = number(rest)
	switch {
	case s[at] == '(':
		if strings.HasPrefix(rest, ",") {
			p.col, rest = number(strings.TrimPrefix(rest[1:], " "))
		}
		if !strings.HasPrefix(rest, ")") {
			return place{}, false
		}
		rest = rest[1:]
	case len(rest) > 1 && rest[0] == ':' && isDigit(rest[1]):
		p.col, rest = number(rest[1:])
	}
	if p.line == 0 {
		return place{}, false
	}
	switch {
	case strings.HasPrefix(rest, ": "), strings.HasPrefix(rest, ":\t"):
		rest = rest[2:]
	case strings.HasPrefix(rest, " - "):
		rest = rest[3:]
	case s[at] == '(' && saysSeverity(rest):
		rest = rest[1:]
	case rest == ":" || rest == "":
		rest = ""
	default:
		if rest[0] != ':' {
			return place{}, false
		}
		rest = rest[1:]
	}
	p.message = strings.TrimSpace(rest)
	return p, true
}

// saysSeverity says that a text begins with a blank and a severity in capitals, as Pascal's
// compilers write it behind the place.
func saysSeverity(s string) bool {
	for _, word := range []string{" Error: ", " Fatal: ", " Warning: ", " Hint: ", " Note: "} {
		if strings.HasPrefix(s, word) {
			return true
		}
	}
	return false
}

// number reads the digits that s begins with.
func number(s string) (int, string) {
	n := 0
	for n < len(s) && n < 9 && isDigit(s[n]) {
		n++
	}
	v, _ := strconv.Atoi(s[:n])
	return v, s[n:]
}

// severities by the word that a message begins with.
var severities = []struct{ word, severity string }{
	{"error", "error"}, {"fatal error", "error"}, {"Fatal error", "error"}, {"Fatal", "error"}, {"Hint", "note"}, {"Note", "note"}, {"warning", "warning"}, {"note", "note"}, {"info", "info"},
	{"internal compiler error", "error"}, {"style", "info"}, {"remark", "note"}, {"hint", "note"}, {"Error", "error"},
	{"Warning", "warning"}, {"ERROR", "error"}, {"WARNING", "warning"}, {"undefined reference to", "error"},
	{"multiple definition of", "error"}, {"warn", "warning"}, {"FAIL", "error"}, {"panic", "error"},
}

// parseDiagnostic reads a line in which a compiler or a linter names a place and a
// severity.
func parseDiagnostic(line string) (place, bool) {
	if len(line) < 5 {
		return place{}, false
	}
	p, ok := parsePlace(line)
	if !ok || p.message == "" {
		return place{}, false
	}
	for _, s := range severities {
		rest, ok := strings.CutPrefix(p.message, s.word)
		if !ok || rest == "" || isLetter(rest[0]) {
			continue
		}
		p.severity = s.severity
		code, _, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
		prose := rest[0] == ' ' && !strings.HasSuffix(code, ":") // "Error return value is not checked"
		if s.word[0] != 'u' && s.word[0] != 'm' && !prose {      // what ld says is the message
			p.code, p.message = cutCode(rest)
		}
		return p, true
	}
	if severity, rest := severityAbroad(p.message); severity != "" {
		p.severity = severity
		p.code, p.message = cutCode(": " + rest)
		return p, true
	}
	return named(p)
}

// named takes the severity from the name of an exception or a warning.
func named(p place) (place, bool) {
	name, _, ok := strings.Cut(p.message, ": ")
	switch {
	case !ok || strings.Contains(name, " "):
	case strings.HasSuffix(name, "Warning"):
		p.severity = "warning"
	case strings.HasSuffix(name, "Error"), strings.HasSuffix(name, "Exception"):
		p.severity = "error"
	}
	return p, p.severity != ""
}

// cutCode splits " TS2552: text", "[E0433]: text" and ": text [-Wshadow]".
func cutCode(s string) (code, message string) {
	head, rest, ok := strings.Cut(s, ": ")
	if !ok {
		return "", strings.TrimLeft(s, ": ")
	}
	code = strings.Trim(head, " []")
	if strings.Contains(code, " ") {
		return "", strings.TrimLeft(s, ": ")
	}
	rest = strings.TrimSpace(rest)
	if i := strings.LastIndex(rest, " [-W"); i >= 0 && strings.HasSuffix(rest, "]") && code == "" {
		code = rest[i+2 : len(rest)-1]
	}
	return code, rest
}
