package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// bun reads bun test.
var bun = &reader{
	kind:   "bun",
	tools:  []string{"bun test"},
	signs:  []string{"bun test v#*"},
	target: failuresTarget,
	read: func(p *page) {
		p.bunFailures()
		p.apply(bunRules)
		p.quoteOfErrors()
		p.jsFrames(0, len(p.lines))
	},
}

var bunRules = parseRules(`
	noise                bun test v*
	aside:passing_tests  ✓ *
	aside:passing_tests  (pass) *
	aside:skipped_tests  » *
	aside:skipped_tests  (skip) *
	aside:tests_to_do    ✎ *
	aside:tests_to_do    (todo) *
	noise                # tests skipped:
	noise                # tests todo:
	noise                # tests failed:
	vital                ~# pass
	keep                 ~# skip
	keep                 ~# todo
	vital                ~# fail
	vital                ~# error*
	keep                 Ran # test* across *
	noise                ~# expect() calls
`)

// bunFailures reads "✗ name [0.26ms]": the error and its place stand above, what took too long
// below. Behind many tests those that failed are listed once more.
func (p *page) bunFailures() {
	head, file := 0, ""
	told := map[string]bool{}
	for i, line := range p.lines {
		if p.fates[i] != open {
			continue
		}
		if strings.HasSuffix(line, ":") && fileLike(line[:len(line)-1]) {
			head, file = i+1, line[:len(line)-1]
			p.showVital(i)
			continue
		}
		mark, name := bunResult(line)
		if mark == "" {
			continue
		}
		name = bunName(name)
		switch {
		case mark != "✓" && told[name]:
			p.fates[i] = retold
			if i+1 < len(p.lines) && strings.HasPrefix(p.lines[i+1], "  ^ ") {
				p.fates[i+1] = retold
			}
		case mark == "✗":
			p.bunFailure(head, i, name, file)
		}
		told[name] = told[name] || mark != "✓"
		head = i + 1
	}
}

// bunResult reads the mark of a test and what stands behind it.
func bunResult(line string) (mark, name string) {
	for _, m := range []struct{ text, mark string }{{"✓ ", "✓"}, {"(pass) ", "✓"}, {"✗ ", "✗"}, {"(fail) ", "✗"}, {"» ", "»"}, {"(skip) ", "»"}, {"✎ ", "✎"}, {"(todo) ", "✎"}} {
		if rest, ok := strings.CutPrefix(line, m.text); ok {
			return m.mark, rest
		}
	}
	return "", ""
}

// bunName is the name of a test without the time it took.
func bunName(name string) string {
	if i := strings.LastIndex(name, " ["); i > 0 && strings.HasSuffix(name, "ms]") {
		return name[:i]
	}
	return name
}

func (p *page) bunFailure(from, at int, name, file string) {
	f := api.Finding{Kind: "test", Severity: "error", Name: name, File: file, Message: name + " failed"}
	p.showVital(at)
	for i := from; i < at; i++ {
		line := p.lines[i]
		if message, ok := strings.CutPrefix(line, "error: "); ok || raised(line) {
			f.Message = message
			p.showVital(i)
		}
		if where, ok := jsFrame(line); ok && f.Line == 0 && !fromLibrary(where) {
			d, _ := parsePlace(where + ":")
			f.File, f.Line, f.Col = d.file, d.line, d.col
		}
	}
	if at+1 < len(p.lines) && strings.HasPrefix(p.lines[at+1], "  ^ ") {
		f.Message = p.lines[at+1][len("  ^ "):]
		p.showVital(at + 1)
	}
	p.find(f)
	p.next("bun test -t "+shellQuote(name)+" "+quoteWord(file), "run only the test that failed")
}
