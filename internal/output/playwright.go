package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// playwright reads the list and line reporters.
var playwright = &reader{
	kind:   "playwright",
	tools:  []string{"playwright"},
	signs:  []string{"Running # test* using # worker*"},
	read:   readPlaywright,
	target: failuresTarget,
}

var playwrightRules = parseRules(`
	noise                Running # test* using # worker*
	aside:passing_tests  ~✓ *
	aside:passing_tests  ~ok *
	aside:skipped_tests  ~-  *
	retold               ~✘ *
	retold               ~x  # *
	noise                ~Error Context: *
	noise                ~attachment #*
	noise                ~─────*
	noise                ~Usage:
	noise                ~npx playwright show-*
	noise                ~To open last HTML report run:
	vital                ~# failed
	vital                ~# flaky
	vital                ~# passed (*
	vital                ~# did not run
	keep                 ~# skipped
`)

func readPlaywright(p *page) {
	p.npmTalk()
	p.playwrightFailures()
	few := 3
	p.quotes(&few)
	p.jsFrames(0, len(p.lines))
	p.apply(playwrightRules)
	p.namedAgain()
}

// playwrightFailures reads "  1) [chromium] › a.spec.ts:2:1 › adds up ────" and the
// error below it.
func (p *page) playwrightFailures() {
	for i, line := range p.lines {
		if p.fates[i] != open || !pattern("  #) *").match(line) {
			continue
		}
		_, name, _ := strings.Cut(line, ") ")
		name = strings.TrimRight(name, " ─")
		p.fates[i] = retold
		p.vitalNote(i, strings.TrimRight(line, " ─"))
		f := api.Finding{Kind: "test", Severity: "error", Name: name}
		for part := range strings.SplitSeq(name, " › ") {
			if at, ok := parsePlace(part + ":"); ok {
				f.File, f.Line, f.Col = at.file, at.line, at.col
			}
		}
		for k := i + 1; k < len(p.lines) && k < i+6 && f.Message == ""; k++ {
			f.Message = strings.TrimSpace(p.lines[k])
			if f.Message != "" {
				p.fates[k] = vital
			}
		}
		p.find(f)
		if f.File != "" {
			p.next("npx playwright test "+quoteWord(f.File+":"+itoa(f.Line)), "run only the test that failed")
		}
	}
}

// namedAgain leaves out the list of failed tests at the end.
func (p *page) namedAgain() {
	for i, line := range p.lines {
		if s := strings.TrimRight(strings.TrimSpace(line), " ─"); p.fates[i] == open && indent(line) >= 4 && s != "" {
			for _, f := range p.findings {
				if f.Name == s {
					p.fates[i] = retold
				}
			}
		}
	}
}
