package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// ava reads its own reporter: what failed as the tests run, and then each with its place, the
// source around it, and the difference.
var ava = &reader{
	kind:   "ava",
	tools:  []string{"ava"},
	signs:  []string{"~✘ [fail]: *"},
	target: failuresTarget,
	read: func(p *page) {
		p.npmTalk()
		p.avaFailures()
		p.jsFrames(0, len(p.lines))
		p.apply(avaRules)
	},
}

var avaRules = parseRules(`
	noise                ~─
	aside:passing_tests  ~✔ *
	aside:skipped_tests  ~- [skip] *
	aside:tests_to_do    ~- [todo] *
	vital                ~✘ *
	vital                ~# test* failed
	vital                ~# test* passed
	vital                ~# uncaught exception*
	keep                 ~# test* skipped
`)

func (p *page) avaFailures() {
	told := false
	for i := 0; i+2 < len(p.lines); i++ {
		told = told || strings.HasPrefix(p.lines[i], "  ✘ [fail]: ")
		if !told || p.fates[i] != open || indent(p.lines[i]) != 2 {
			continue
		}
		at := i + 1
		if blank(p.lines[at]) {
			at++
		}
		d, ok := parsePlace(p.lines[at])
		if !ok || d.message != "" || strings.Contains(p.lines[at], "://") {
			continue
		}
		f := api.Finding{Kind: "test", Severity: "error", Name: strings.TrimSpace(p.lines[i]), File: d.file, Line: d.line}
		f.Message = f.Name + " failed"
		p.showVital(i)
		p.showVital(at)
		for j := at + 1; j < len(p.lines) && j < i+maxThrowing; j++ {
			switch {
			case blank(p.lines[j]):
			case pattern("~#: *").match(p.lines[j]) || pattern("~#:").match(p.lines[j]):
				p.because(j, aside, "quoted lines")
				continue
			default:
				f.Message = strings.TrimSpace(p.lines[j])
				p.showVital(j)
				j = len(p.lines)
			}
		}
		p.find(f)
		p.openPlace(f.File, f.Line)
	}
	if c, ok := p.cmd.call("ava"); ok && len(p.findings) > 0 && len(p.findings) <= maxRerun {
		run := "npx ava"
		for _, f := range p.findings {
			run += " --match " + shellQuote(f.Name)
		}
		for _, a := range c.plain() {
			run += " " + quoteWord(a)
		}
		p.next(run, theTests(len(p.findings)))
	}
}
