package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// deno reads deno test, check, lint and run.
var deno = &reader{
	kind:   "deno",
	tools:  []string{"deno"},
	signs:  []string{"running # test* from ./*", "*TS# [ERROR]: *"},
	target: failuresTarget,
	read: func(p *page) {
		p.denoFailures()
		p.denoSteps()
		p.denoTypes()
		p.denoLint()
		p.quoteOfErrors()
		p.jsFrames(0, len(p.lines))
		p.apply(denoRules)
	},
}

var denoRules = parseRules(`
	keep                 running # test* from *
	aside:passing_tests  * ... ok (#*s)
	aside:skipped_tests  * ... ignored (#*s)
	vital                * ... FAILED (*)
	noise                ~ERRORS
	noise                ~FAILURES
	vital                FAILED | # passed *
	keep                 ok | # passed *
	vital                Found # error*
	vital                Found # problem*
	error:lint           error: Found # not formatted file*
	noise                Checked # file*
	noise                error: Test failed
	noise                error: Type checking failed.
	noise                Stack backtrace:
	noise                ~#: <unknown>
	aside:links_to_rules  ~docs: https://docs.deno.com/*
`)

// denoFailures reads "name => ./file.ts:2:36" with the error below it. What stands so below
// FAILURES has been told.
func (p *page) denoFailures() {
	told := map[string]bool{}
	for i, line := range p.lines {
		name, where, ok := strings.Cut(line, " => ")
		d, placed := parsePlace(where + ":")
		if !ok || !placed || p.fates[i] != open {
			continue
		}
		if told[line] {
			p.fates[i] = retold
			continue
		}
		told[line] = true
		f := api.Finding{Kind: "test", Severity: "error", Name: name, File: strings.TrimPrefix(d.file, "./"), Line: d.line, Col: d.col, Message: name + " failed"}
		p.showVital(i)
		if i+1 < len(p.lines) {
			if message, is := strings.CutPrefix(p.lines[i+1], "error: "); is {
				f.Message = message
				p.showVital(i + 1)
			}
		}
		p.find(f)
		if strings.Contains(name, " ... ") { // a step is run with its test
			name, _, _ = strings.Cut(name, " ... ")
		}
		p.next("deno test --filter "+shellQuote(name)+" "+quoteWord(f.File), "run only the test that failed")
	}
}

// denoSteps leaves out the line that a test with steps begins with, and those, if it passed.
func (p *page) denoSteps() {
	for i, line := range p.lines {
		if p.fates[i] != open || !strings.HasSuffix(line, " ...") {
			continue
		}
		j := i + 1
		for j < len(p.lines) && indent(p.lines[j]) > indent(line) && strings.HasSuffix(p.lines[j], ")") {
			j++
		}
		if j > i+1 && j < len(p.lines) && strings.HasPrefix(p.lines[j], line+" ok (") {
			p.because(i, aside, "passing tests")
		}
	}
}

// denoTypes reads "TS2322 [ERROR]: text", with the source and the place below it.
func (p *page) denoTypes() {
	for i, line := range p.lines {
		code, message, ok := strings.Cut(strings.TrimPrefix(line, "error: "), " [ERROR]: ")
		if !ok || p.fates[i] != open || !strings.HasPrefix(code, "TS") {
			continue
		}
		f := api.Finding{Kind: "build", Severity: "error", Name: code, Message: message}
		p.showVital(i)
		for j := i + 1; j < len(p.lines) && j < i+maxThrowing; j++ {
			if blank(p.lines[j]) {
				break
			}
			if where, at := strings.CutPrefix(strings.TrimLeft(p.lines[j], " "), "at "); at {
				d, _ := parsePlace(strings.TrimPrefix(where, "file://") + ":")
				f.File, f.Line, f.Col = d.file, d.line, d.col
				p.showVital(j)
				break
			}
		}
		p.find(f)
		p.openPlace(f.File, f.Line)
	}
}

// denoLint reads "error[no-var]: text" with " --> file:1:1" below it.
func (p *page) denoLint() {
	for i, line := range p.lines {
		rule, message, ok := strings.Cut(line, "]: ")
		if !ok || p.fates[i] != open || i+1 >= len(p.lines) {
			continue
		}
		severity, name, ok := strings.Cut(rule, "[")
		where, at := strings.CutPrefix(p.lines[i+1], " --> ")
		d, placed := parsePlace(where + ":")
		if !ok || !at || !placed || severity != "error" && severity != "warning" {
			continue
		}
		p.mark(i, i+2, vital)
		p.find(api.Finding{Kind: "lint", Severity: severity, Name: name, File: d.file, Line: d.line, Col: d.col, Message: message})
		p.openPlace(d.file, d.line)
	}
}
