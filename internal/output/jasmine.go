package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// jasmine reads jasmine, and karma, which runs it in a browser.
var jasmine = &reader{
	kind:   "jasmine",
	tools:  []string{"jasmine", "karma"},
	signs:  []string{"# spec*, # failure*", "*Executed # of # *"},
	target: failuresTarget,
	read: func(p *page) {
		p.npmTalk()
		p.jasmineFailures()
		p.karmaFailures()
		p.lastOf("* Executed # of # *")
		p.dotted(".F*")
		p.jsFrames(0, len(p.lines))
		p.apply(jasmineRules)
	},
}

var jasmineRules = parseRules(`
	noise    Started
	noise    Randomized with seed #
	noise    Randomized with seed # (*
	noise    ~Message:
	noise    ~Stack:
	noise    ~at <Jasmine>
	noise    # # # #:#:#:INFO [*
	warn:test  # # # #:#:#:WARN [*
	error:test # # # #:#:#:ERROR [*
	error:test * ERROR
	vital    TOTAL: *
	vital    # spec*, # failure*
	noise    *: Executed # of # SUCCESS (*
	noise    *: Executed # of # (# FAILED) *
	vital    *Executed # of # *
	noise    Jasmine started
`)

// jasmineFailures reads "1) name" below "Failures:", and the message and the stack below that.
func (p *page) jasmineFailures() {
	within := false
	for i, line := range p.lines {
		switch line {
		case "Failures:":
			within = true
		case "Pending:":
			within = false
		}
		if !within || p.fates[i] != open || !pattern("#) *").match(line) {
			continue
		}
		_, name, _ := strings.Cut(line, ") ")
		f := api.Finding{Kind: "test", Severity: "error", Name: name, Message: name + " failed"}
		p.fates[i] = vital
		for j := i + 1; j < len(p.lines) && j < i+maxThrowing && !pattern("#) *").match(p.lines[j]); j++ {
			if p.lines[j] == "  Message:" && j+1 < len(p.lines) && f.Message == name+" failed" {
				f.Message = strings.TrimSpace(p.lines[j+1])
				p.showVital(j + 1)
			}
			if where, ok := jsFrame(p.lines[j]); ok && f.File == "" && !fromLibrary(where) {
				d, _ := parsePlace(where + ":")
				f.File, f.Line, f.Col = unbundled(d.file), d.line, d.col
			}
		}
		p.find(f)
		p.openPlace(f.File, f.Line)
	}
}

// karmaFailures reads "Chrome Headless 120.0 (Linux) cart adds FAILED", with the message and the
// stack indented below.
func (p *page) karmaFailures() {
	for i, line := range p.lines {
		name, ok := strings.CutSuffix(line, " FAILED")
		_, name, browser := strings.Cut(name, ") ")
		if !ok || !browser || p.fates[i] != open || i+1 >= len(p.lines) || indent(p.lines[i+1]) == 0 {
			continue
		}
		f := api.Finding{Kind: "test", Severity: "error", Name: name, Message: strings.TrimSpace(p.lines[i+1])}
		p.showVital(i)
		p.showVital(i + 1)
		for j := i + 1; j < len(p.lines) && j < i+maxThrowing && indent(p.lines[j]) > 0 && f.File == ""; j++ {
			if where, ok := jsFrame(p.lines[j]); ok && !fromLibrary(where) {
				d, _ := parsePlace(where + ":")
				f.File, f.Line, f.Col = unbundled(d.file), d.line, d.col
			}
		}
		p.find(f)
		p.openPlace(f.File, f.Line)
	}
}
