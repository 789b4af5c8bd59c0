package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// mocha reads the spec, dot and list reporters.
var mocha = &reader{
	kind:   "mocha",
	tools:  []string{"mocha", "nyc", "c8"},
	signs:  []string{"  # passing (*)", "  # failing", "      at Context.<anonymous> (*"},
	read:   readMocha,
	target: failuresTarget,
}

var mochaRules = parseRules(`
	aside:passing_tests   ~✔ *
	aside:passing_tests   ~✓ *
	aside:passing_tests   ~√ *
	vital                 ~# passing (*
	vital                 ~# failing
	keep                  ~# pending
	noise                 ~----
	noise                 ~+ expected - actual
`)

func readMocha(p *page) {
	p.npmTalk()
	end := len(p.lines)
	for i, line := range p.lines {
		if pattern("  # passing (*)").match(line) {
			end = i
			break
		}
	}
	p.mochaSpec(0, end)
	p.mochaFailures(end, len(p.lines))
	p.jsFrames(end, len(p.lines))
	p.apply(mochaRules)
}

// mochaSpec reads what is written while the tests run.
func (p *page) mochaSpec(from, end int) {
	for i := from; i < end; i++ {
		line := p.lines[i]
		if p.fates[i] != open || indent(line) < 2 {
			continue
		}
		s := strings.TrimLeft(line, " ")
		switch {
		case pattern("#) *").match(s):
			p.fates[i] = retold // the failure follows
		case strings.HasPrefix(s, "- ") && indent(line) >= 4:
			p.because(i, aside, "pending tests")
		case strings.Trim(s, "․.!,*") == "":
			p.fates[i] = noise
		case p.suite(i, end) && !titleComplains(line):
			p.fates[i] = noise
		}
	}
}

// titleComplains says that what stands where a title may stand is a complaint. Titles
// speak of errors too, but seldom with a colon.
func titleComplains(line string) bool {
	return diagnostic(line) || (strings.Contains(line, ": ") || strings.Contains(line, "->")) && complaint(line)
}

// suite says that line i is the title of what is indented below it.
func (p *page) suite(i, end int) bool {
	for j := i + 1; j < end; j++ {
		if !blank(p.lines[j]) {
			return indent(p.lines[j]) > indent(p.lines[i])
		}
	}
	return false
}

// mochaFailures reads the numbered failures at the end: titles, one a line and deeper
// each, then the error and its stack.
func (p *page) mochaFailures(from, to int) {
	for i := from; i < to; i++ {
		if p.fates[i] != open || indent(p.lines[i]) != 2 || !pattern("  #) *").match(p.lines[i]) {
			continue
		}
		f := api.Finding{Kind: "test", Severity: "error"}
		_, title, _ := strings.Cut(p.lines[i], ") ")
		p.fates[i] = vital
		j := i + 1
		for ; j < to && !strings.HasSuffix(title, ":") && indent(p.lines[j]) > 5; j++ {
			title += " " + strings.TrimSpace(p.lines[j])
			p.showVital(j)
		}
		f.Name = strings.TrimSuffix(title, ":")
		p.failureBody(j, &f)
		p.find(f)
		i = j - 1
	}
}

// failureBody takes the first line of the error for its message, and the first frame
// in code of the user's own for its place.
func (p *page) failureBody(from int, f *api.Finding) {
	for i := from; i < len(p.lines) && i < from+40; i++ {
		line := p.lines[i]
		switch where, isFrame := jsFrame(line); {
		case blank(line) && f.Message != "" && f.File != "", indent(line) == 2 && pattern("  #) *").match(line):
			return
		case blank(line):
		case isFrame:
			if d, ok := parsePlace(where + ":"); ok && !fromLibrary(where) {
				f.File, f.Line, f.Col = unbundled(d.file), d.line, d.col
				return
			}
		case f.Message == "":
			f.Message = strings.TrimSpace(line)
			p.showVital(i)
		}
	}
}

// unbundled is the file that a bundler names "webpack:///./src/a.js" or "webpack://shop/./src/a.js".
func unbundled(file string) string {
	rest, ok := strings.CutPrefix(file, "webpack://")
	if !ok {
		return file
	}
	_, rest, ok = strings.Cut(rest, "/")
	if !ok {
		return file
	}
	return strings.TrimPrefix(rest, "./")
}
