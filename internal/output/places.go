package output

import (
	"strconv"
	"strings"

	"github.com/ai-session/ai-session/api"
)

func itoa(n int) string { return strconv.Itoa(n) }

// places makes findings of the lines that name a place, as compilers and linters of
// most languages do. A place without a severity has that of the tool.
func (p *page) places(kind, severity string) {
	p.each(func(i int, line string) fate {
		d, ok := parseDiagnostic(line)
		if !ok {
			if d, ok = parsePlace(line); !ok || d.message == "" || goCover(line) {
				return open
			}
			d.severity = severity
		}
		return p.foundAt(kind, d)
	})
}

// foundAt records what was said about a place.
func (p *page) foundAt(kind string, d place) fate {
	if d.severity == "note" || d.severity == "info" && kind == "build" {
		return open
	}
	p.find(api.Finding{Kind: kind, Severity: d.severity, File: d.file, Line: d.line, Col: d.col, Name: d.code, Message: d.message})
	if d.severity == "error" && d.file != "" {
		p.openPlace(d.file, d.line)
	}
	return vital
}

// openPlace proposes to look at the first place of all.
func (p *page) openPlace(file string, line int) {
	if len(p.steps) == 0 && !strings.HasPrefix(file, "<") { // <string>, <stdin>: no file
		from := max(1, line-10)
		p.next("sed -n '"+itoa(from)+","+itoa(line+10)+"p' "+quoteWord(file), "what is at the first place named")
	}
}

// quoteWord makes a text one word of a shell.
func quoteWord(s string) string {
	for i := range len(s) {
		c := s[i]
		if !isLetter(c) && !isDigit(c) && c != '/' && c != '.' && c != '_' && c != '-' && c != '+' && c != '@' && c != ':' && c < 0x80 {
			return shellQuote(s)
		}
	}
	return s
}

func shellQuote(s string) string {
	out := []byte{'\''}
	for i := range len(s) {
		if s[i] == '\'' {
			out = append(out, `'\''`...)
			continue
		}
		out = append(out, s[i])
	}
	return string(append(out, '\''))
}
