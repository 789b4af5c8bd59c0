package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// cc reads gcc, g++, clang, ld and what else prints places as they do.
var cc = &reader{
	kind:  "compiler",
	tools: []string{"gcc", "g++", "clang", "clang++", "cc", "c++", "ld", "as", "gfortran", "nvcc", "clang-tidy", "cppcheck", "ghc", "cabal", "stack", "nim", "fpc", "gnatmake", "gprbuild", "scons"},
	signs: []string{"*: In function '*':", "*: In function ‘*’:", "*: error: *", "*: warning: *", "In file included from *", "*undefined reference to *"},
	read:  readCompiler,
}

var ccRules = parseRules(`
	aside:context    In file included from *
	aside:context    ~from *:#:#:
	aside:context    ~from *:#:
	aside:context    ~from *:#:#,
	aside:context    ~from *:#,
	aside:context    *: In function *:
	aside:context    *: In member function *:
	aside:context    *: In constructor *:
	aside:context    *: In instantiation of *:
	aside:context    *: At top level:
	aside:context    ~required from *
	aside:context    *required from here
	aside:context    *: In substitution of *
	aside:notes      *:#:#: note: *
	aside:notes      *:#: note: *
	aside:notes      *:#:#: remark: *
	keep             # warning* generated.
	vital            # error* generated.
	keep             # warning* and # error* generated.
	error:build      collect2: error: *
	error:build      *: fatal error: *
	error:build      *undefined reference to *
	error:build      *: multiple definition of *
	error:build      ld: *
	error:build      clang: error: *
	error:build      gcc: error: *
	error:build      g++: error: *
	error:build      cc1*: *
	error:build      compilation terminated.
	error:build      Undefined symbols for architecture *
	error:build      /usr/bin/ld: *
	noise            Checking * ...
	noise            #/# files checked #% done
	noise            Free Pascal Compiler version *
	noise            Target OS: *
	noise            Hint: used config file *
	noise            scons: Reading SConscript files ...
	noise            scons: done reading SConscript files.
	noise            scons: Building targets ...
	vital            scons: *
`)

func readCompiler(p *page) {
	p.compilerPlaces()
	p.quoteOfErrors()
	p.apply(ccRules)
	for _, f := range p.findings {
		if header, ok := missingHeader(f.Message); ok {
			p.next("apt-file search "+quoteWord(header), "names the package of the missing header")
		}
	}
}

// compilerPlaces makes findings of errors and warnings. The same one in another
// translation unit is told once.
func (p *page) compilerPlaces() {
	seen := map[string]bool{}
	p.each(func(i int, line string) fate {
		d, ok := parseDiagnostic(line)
		if ok && (d.message == "" || d.message[0] == '[' && strings.HasSuffix(d.message, "]")) {
			if below, more := p.messageBelow(i); more {
				d = below
			}
		}
		if !ok {
			d, ok = p.fortranBelow(i)
		}
		if !ok || d.severity == "note" {
			return open
		}
		if seen[line] {
			p.whys[i] = p.reason("lines told above")
			return aside
		}
		seen[line] = true
		if d.file = p.makeWasIn(i, d); p.entered != nil && p.entered[i] == mixed && d.severity == "error" {
			p.find(api.Finding{Kind: "build", Severity: "error", File: d.file, Line: d.line, Col: d.col, Name: d.code, Message: d.message})
			return vital // which of the files of that name it is, no step can tell
		}
		return p.foundAt("build", d)
	})
}

// messageBelow reads "A.hs:2:1: error:" and "A.hs:2:1: warning: [-Wunused]", as ghc writes
// them, with the message indented below.
func (p *page) messageBelow(i int) (place, bool) {
	if i+1 >= len(p.lines) || indent(p.lines[i+1]) < 4 {
		return place{}, false
	}
	return parseDiagnostic(p.lines[i] + " " + strings.TrimSpace(p.lines[i+1]))
}

// fortranBelow reads "a.f90:4:5:" with the source, a mark and "Error: text" below it, as gfortran
// writes them.
func (p *page) fortranBelow(i int) (place, bool) {
	at, ok := parsePlace(p.lines[i])
	if !ok || at.message != "" || at.col == 0 || !strings.HasSuffix(p.lines[i], ":") {
		return place{}, false
	}
	for j := i + 1; j < len(p.lines) && j <= i+fortranQuote; j++ {
		severity, message, cut := strings.Cut(p.lines[j], ": ")
		if !cut {
			continue
		}
		switch severity {
		case "Error", "Fatal Error":
			at.severity = "error"
		case "Warning":
			at.severity = "warning"
		default:
			continue
		}
		p.fates[j] = vital
		at.message = message
		return at, true
	}
	return place{}, false
}

// fortranQuote is how many lines below a place what is wrong there stands at most.
const fortranQuote = 6

// shownQuotes is how many errors are shown with the source they are about.
const shownQuotes = 3

// quoteOfErrors leaves out the quotes below diagnostics, but for the source line of
// the first errors.
func (p *page) quoteOfErrors() {
	shown := 0
	for i, line := range p.lines {
		if p.fates[i] != open {
			continue
		}
		switch quote, ok := sourceQuote(line); {
		case !ok && i > 0 && proposal(p.lines[i-1], line):
			p.because(i, aside, "quoted lines")
		case !ok && p.quotedAbove(i):
			if p.fates[i-1] == vital && isError(p.lines[i-1]) && shown < shownQuotes && p.detail == full {
				shown++
				p.fates[i] = kept
				continue
			}
			p.because(i, aside, "quoted lines")
		case !ok:
		case quote && i > 0 && p.fates[i-1] == vital && isError(p.lines[i-1]) && shown < shownQuotes && p.detail == full:
			shown++
			p.fates[i] = kept
		default:
			p.because(i, aside, "quoted lines")
		}
	}
}

// quotedAbove says that line i is source as clang and cppcheck quote it, at the left margin: the
// line above names a place in it, the one below marks what is meant.
func (p *page) quotedAbove(i int) bool {
	if i == 0 || i+1 >= len(p.lines) || complaint(p.lines[i]) {
		return false
	}
	marks := strings.TrimSpace(p.lines[i+1])
	if !strings.Contains(marks, "^") || strings.Trim(marks, "^~ ") != "" {
		return false
	}
	_, placed := parsePlace(p.lines[i-1])
	return placed
}

// proposal says that the line is what clang would have in the place marked above.
func proposal(marks, line string) bool {
	s := strings.Trim(marks, " ")
	return s != "" && strings.Trim(s, "^~ ") == "" && indent(line) >= indent(marks) && indent(line) > 0 && !strings.Contains(strings.TrimSpace(line), " ")
}

func isError(line string) bool {
	d, ok := parseDiagnostic(line)
	return ok && d.severity == "error"
}

// sourceQuote reads "  103 |   text" and "      |   ^~~~ fix". What clang of old wrote
// without a margin is told by its marks alone.
func sourceQuote(line string) (source, ok bool) {
	s := strings.TrimLeft(line, " ")
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	rest := strings.TrimLeft(s[n:], " ")
	if strings.HasPrefix(rest, "|") && indent(line) < 12 && (n > 0 || indent(line) > 0) {
		return n > 0, true
	}
	return false, n == 0 && s != "" && strings.Trim(s, "^~ ") == ""
}

func missingHeader(message string) (string, bool) {
	for _, tail := range []string{": No such file or directory", "' file not found"} {
		if head, ok := strings.CutSuffix(message, tail); ok {
			name := strings.Trim(head[strings.LastIndexAny(head, " ")+1:], "'\"")
			return name, strings.HasSuffix(name, ".h") || strings.HasSuffix(name, ".hpp")
		}
	}
	return "", false
}
