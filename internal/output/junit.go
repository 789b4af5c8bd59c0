package output

import (
	"html"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// junit reads the reports in XML that nearly every tool for tests can write, where they are
// shown with an element a line: pytest, vitest, node, surefire, ctest, gotestsum ...
var junit = &reader{
	kind:   "junit",
	signs:  []string{"~<testsuite *>", "~<testcase *>"},
	target: failuresTarget,
	read: func(p *page) {
		for i := 0; i < len(p.lines); i++ {
			if p.fates[i] == open && strings.HasPrefix(strings.TrimLeft(p.lines[i], " "), "<testcase ") {
				i = p.junitCase(i) - 1
			}
		}
		p.showOdd("lines that tests printed", maxOddPrinted)
		p.apply(junitRules)
	},
}

var junitRules = parseRules(`
	noise    <?xml *
	vital    ~<testsuites *
	vital    ~<testsuite *
	noise    ~</testsuite>
	noise    ~</testsuites>
	noise    ~<properties>
	noise    ~</properties>
	aside:properties  ~<property *
`)

// junitCase reads a test from its element to the end of it. Of one that failed the message and the
// first lines are shown.
func (p *page) junitCase(from int) (end int) {
	for end = from; end < len(p.lines) && !strings.HasSuffix(p.lines[end], "</testcase>"); end++ {
		if end == from && strings.HasSuffix(p.lines[end], "/>") {
			break
		}
		if end > from && strings.HasPrefix(strings.TrimLeft(p.lines[end], " "), "<testcase ") {
			end--
			break
		}
	}
	end = min(end+1, len(p.lines))
	why := "passing tests"
	for i := from; i < end; i++ {
		if strings.Contains(p.lines[i], "<failure") || strings.Contains(p.lines[i], "<error") {
			p.junitFailure(from, i, end)
			return end
		}
		if strings.Contains(p.lines[i], "<skipped") {
			why = "skipped tests"
		}
	}
	for i := from; i < end; i++ {
		switch {
		case p.fates[i] != open || i > from && p.standsOut(p.lines[i]):
		case i == from:
			p.because(i, aside, why)
		case strings.TrimLeft(p.lines[i], " ") == "</testcase>":
			p.fates[i] = noise
		default:
			p.because(i, aside, "lines that tests printed")
		}
	}
	return end
}

// junitFailure reads one that failed at line at.
func (p *page) junitFailure(from, at, end int) {
	f := api.Finding{Kind: "test", Severity: "error", Name: attribute(p.lines[from], "name"), Message: attribute(p.lines[at], "message")}
	if file := attribute(p.lines[from], "file"); file != "" {
		f.File = file
		f.Line, _ = number(attribute(p.lines[from], "line"))
	}
	shown := 0
	for i := from; i < end; i++ {
		line := p.lines[i]
		if where, ok := junitFrame(line); ok && f.File == "" && !fromLibrary(where) {
			d, _ := parsePlace(where + ":")
			f.File, f.Line, f.Col = d.file, d.line, d.col
		}
		if d, ok := parseDiagnostic(line); ok && (f.Message == "" || f.Line == 0) && !fromLibrary(d.file) {
			f.File, f.Line, f.Col = d.file, d.line, d.col
		}
		switch s := strings.TrimLeft(line, " "); {
		case i == from || i == at:
			p.showVital(i)
		case s == "</testcase>" || s == "</failure>" || s == "</error>" || s == "":
			p.fates[i] = noise
		case shown < maxMessage || complaint(line):
			shown++
			p.fates[i] = kept
		default:
			p.because(i, folded, "more from there")
		}
	}
	if f.Message == "" {
		f.Message = f.Name + " failed"
	}
	p.find(f)
	if f.File != "" {
		p.openPlace(f.File, f.Line)
	}
}

// junitFrame is where a frame of a trace stands, as vitest marks it too.
func junitFrame(line string) (where string, ok bool) {
	if where, ok = strings.CutPrefix(strings.TrimLeft(line, " "), "❯ "); ok {
		return where, true
	}
	where, ok = jsFrame(html.UnescapeString(line))
	return strings.TrimPrefix(where, "file://"), ok
}

// attribute is the value of an attribute of the element that a line begins with.
func attribute(line, name string) string {
	_, rest, ok := strings.Cut(line, " "+name+`="`)
	if !ok {
		return ""
	}
	value, _, _ := strings.Cut(rest, `"`)
	return html.UnescapeString(value)
}
