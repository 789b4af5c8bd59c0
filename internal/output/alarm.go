package output

import "strings"

// alarm says how much the words of a line ask for attention.
func alarm(line string) level {
	l, _ := alarmAt(line)
	return l
}

// alarmAt says so too, and which of the words asks most.
func alarmAt(line string) (worst level, loudest word) {
	if countsNothing(line) {
		return calm, word{}
	}
	before := word{}
	for i := 0; i < len(line); {
		if !isLetter(line[i]) {
			if line[i] >= 0xc3 {
				if w, l := alarmAbroad(line, i); l > worst && !w.denied(line, word{}) {
					worst, loudest = l, w
				}
			}
			i++
			continue
		}
		w := wordAt(line, i)
		i = w.end
		if !w.mayAlarm(line) {
			before = w
			continue
		}
		switch l := w.level(line); {
		case l > worst && !w.denied(line, before):
			worst, loudest = l, w
		case w.missing(line, before):
			worst, loudest = alarmed, w
		}
		before = w
	}
	return worst, loudest
}

// countsNothing says that a line is a name with nothing counted: "Unexpected Pass:   0".
func countsNothing(line string) bool {
	n := len(line)
	if n < 3 || line[n-1] != '0' || line[n-2] != ' ' && line[n-2] != ':' {
		return false
	}
	head := strings.TrimRight(line[:n-1], " ")
	return strings.HasSuffix(head, ":") && strings.IndexByte(head, ':') == len(head)-1
}

type level uint8

const (
	calm level = iota
	uneasy
	alarmed
)

// word is a run of letters of a line.
type word struct{ from, end int }

func wordAt(line string, i int) word {
	j := i
	for j < len(line) && isLetter(line[j]) {
		j++
	}
	return word{i, j}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// level is that of the word itself. A word inside of a path or a name says nothing:
// errors.go is a file.
func (w word) level(line string) level {
	l := wordLevel(line[w.from:w.end])
	if l == calm || w.named(line) {
		return calm
	}
	return l
}

// missing says that the words are "not found", "no such" or "could not".
func (w word) missing(line string, before word) bool {
	switch last := line[before.from:before.end]; line[w.from:w.end] {
	case "found":
		return last == "not"
	case "such":
		return last == "No" || last == "no"
	case "not":
		return last == "could" || last == "Could" || last == "can" || last == "Can"
	}
	return false
}

// named says that the word is part of a longer name.
func (w word) named(line string) bool {
	if w.from > 0 {
		switch c := line[w.from-1]; {
		case c == '/' || c == '-' || c == '_' || c == '.' || c == '\\':
			return true
		case isDigit(c) && w.end < len(line) && isDigit(line[w.end]):
			return true
		}
	}
	if w.end+1 < len(line) {
		switch line[w.end] {
		case '/', '_', '-', '(':
			return isLetter(line[w.end+1])
		case '.':
			return isLetter(line[w.end+1])
		}
	}
	return false
}

// denied says that a count or a word takes the alarm back: "0 errors", "no failures",
// "errors: 0".
func (w word) denied(line string, before word) bool {
	head := strings.TrimRight(line[:w.from], " ")
	if n := len(head); n > 0 && head[n-1] == '0' && (n == 1 || !isDigit(head[n-2]) && head[n-2] != '.' && head[n-2] != 'x') {
		return true
	}
	if before.end == len(head) && before.end > before.from {
		switch strings.ToLower(line[before.from:before.end]) {
		case "no", "without", "not", "zero", "never":
			return true
		}
	}
	tail := strings.TrimLeft(line[w.end:], " =:")
	return len(tail) > 0 && len(tail) < len(line[w.end:]) && tail[0] == '0' && (len(tail) == 1 || !isDigit(tail[1]) && tail[1] != 'x' && tail[1] != '.')
}

// diagnostic says whether a line has the shape of a complaint, wherever it stands:
// a place with a severity behind it, or a severity in front. Prose, source and diffs
// are full of alarming words; they rarely have this shape.
func diagnostic(line string) bool {
	if _, ok := parseDiagnostic(line); ok {
		return true
	}
	return complaints.find(line) >= 0 || raised(line) || programSays(line) || complainsAbroad(line)
}

// programSays says that a line is "program: error: text", or an exception behind that.
func programSays(line string) bool {
	name, rest, ok := strings.Cut(line[:min(len(line), 80)], ": ")
	if !ok || name == "" || strings.ContainsAny(name, " \"'(){}[]=<>,|") {
		return false
	}
	for _, severity := range []string{"error: ", "Error: ", "ERROR: ", "fatal: ", "fatal error: ", "FATAL: "} {
		if strings.HasPrefix(rest, severity) {
			return true
		}
	}
	return raised(rest)
}

// raised says that a line is an exception as it is reported: KeyError: 'missing'.
func raised(line string) bool {
	name, rest, ok := strings.Cut(line[:min(len(line), 120)], ": ")
	if !ok || rest == "" || name == "" || !isLetter(name[0]) || strings.ContainsAny(name, " \"'(){}[]=<>,/") {
		return false
	}
	return len(name) > len("Error") && (strings.HasSuffix(name, "Error") || strings.HasSuffix(name, "Exception") || strings.HasSuffix(name, "Rejection"))
}

// complaint says whether a line among quoted source is none of it: a diagnostic, a frame of
// another program's trace, or alarming words in plain prose.
func complaint(line string) bool {
	if diagnostic(line) {
		return true
	}
	if where, ok := jsFrame(line); ok && !strings.HasPrefix(where, "node:") {
		return true
	}
	s := strings.TrimLeft(line, " ")
	if shouts(s) {
		return true
	}
	if s == "" || s[0] == '*' || s[0] == '#' || strings.HasPrefix(s, "//") || strings.HasPrefix(s, "/*") || strings.HasPrefix(s, "--") {
		return false
	}
	if strings.ContainsAny(s, "(){};=$[]|&\"'`<\\") || !strings.Contains(s, " ") {
		return false
	}
	return alarm(s) == alarmed || complaints.find(s) >= 0 && strings.Count(s, " ") > 3
}

// shouts says that a line begins with a severity in capitals, in whatever decoration:
// "** ERROR ** text", "!!! WARNING: text".
func shouts(s string) bool {
	s = strings.TrimLeft(s, "*#!=-> [")
	n := 0
	for n < len(s) && s[n] >= 'A' && s[n] <= 'Z' {
		n++
	}
	switch s[:n] {
	case "ERROR", "FATAL", "WARNING", "CRITICAL":
		return n+1 < len(s) && s[n] != '_' && s[n] != '(' && s[n] != '=' && !isLetter(s[n])
	}
	return false
}

var complaints = func() *patterns {
	t := &patterns{}
	for _, p := range []string{
		"error: *", "error[*]: *", "Error: *", "ERROR: *", "ERROR *", "[ERROR]*", "fatal: *", "Fatal: *", "FATAL: *", "ERROR! *", "FATAL *", "[FATAL]*",
		"panic: *", "PANIC: *", "Traceback (most recent call last)*", "Segmentation fault*", "*: Segmentation fault*", "Killed", "Killed *", "Aborted*",
		"Bus error*", "Illegal instruction*", "E: *", "CRITICAL*", "[CRITICAL]*", "Exception in thread *", "Caused by: *", "Unhandled *",
		"Uncaught *", "make: *** *", "make[#]: *** *", "ninja: error*", "ninja: build stopped*", "npm ERR! *", "npm error *", "npm error",
		"thread '*' panicked at *", "fatal error: *", "*: command not found", "*: Permission denied", "*: No such file or directory",
		"*: fatal error: *", "CONFLICT (*", "*out of memory*", "*Out of memory*", "*No space left on device*", "*core dumped*", "*Connection refused*",
		"ld: *", "collect2: *", "error TS#: *", "ALERT*", "EMERG*", "SEVERE*", "WARNING: *", "warning: *", "Warning: *", "WARN *", "*\"level\":\"error\"*", "*\"level\":\"fatal\"*", "[WARN]*", "[WARNING]*", "kernel: *",
	} {
		t.add(pattern(p), 0)
	}
	return t
}()
