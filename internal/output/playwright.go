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
	vital                ~# interrupted
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
	p.playwrightNext()
}

// playwrightFailures reads "  1) [chromium] › a.spec.ts:2:1 › adds up ────" and the
// error below it.
func (p *page) playwrightFailures() {
	for i := 0; i < len(p.lines); i++ {
		line := p.lines[i]
		if p.fates[i] != open || !playwrightTitle.match(line) {
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
		p.retries(i+1, p.playwrightEnd(i+1))
	}
}

const playwrightTitle = pattern("  #) *")

// playwrightEnd is the line behind what is told of a failure: the next one, or the totals.
func (p *page) playwrightEnd(i int) int {
	for i < len(p.lines) && (blank(p.lines[i]) || indent(p.lines[i]) > 2) {
		i++
	}
	return i
}

// retries leaves out of a test that was run again what its first run said in the same words.
func (p *page) retries(from, to int) {
	first := map[string]bool{}
	again := false
	for i := from; i < to; i++ {
		line := p.lines[i]
		switch {
		case strings.HasPrefix(line, "    Retry #"):
			again = true
			p.fates[i] = retold
			p.note(i, strings.TrimRight(line, " ─"))
		case blank(line):
		case !again:
			first[attempt(line)] = true
		case first[attempt(line)]:
			p.because(i, aside, "lines of the same in another try")
		}
	}
}

// attempt is a line without how often it was tried: "12 × locator resolved to <h1>".
func attempt(line string) string {
	if _, rest, ok := strings.Cut(line, " × "); ok {
		return rest
	}
	return line
}

// playwrightNext proposes to run the tests that failed alone. One that passed when it was
// tried again is a warning.
func (p *page) playwrightNext() {
	run := "npx playwright test"
	n, flaky := 0, p.flakyTests()
	for k := range p.findings {
		f := &p.findings[k]
		if f.Kind != "test" || f.Severity != "error" || f.File == "" {
			continue
		}
		if flaky[f.Name] {
			f.Severity = "warning"
			continue
		}
		if n++; n <= maxRerun {
			run += " " + quoteWord(f.File+":"+itoa(f.Line))
		}
	}
	if n > 0 && n <= maxRerun {
		p.next(run, theTests(n))
	}
}

// flakyTests are the names below "  1 flaky", which are shown there.
func (p *page) flakyTests() map[string]bool {
	flaky, below := map[string]bool{}, false
	for i, line := range p.lines {
		switch {
		case strings.HasSuffix(line, " flaky") && pattern("  # flaky").match(line):
			below = true
		case below && indent(line) < 4:
			return flaky
		case below:
			flaky[strings.TrimRight(strings.TrimSpace(line), " ─")] = true
			if p.fates[i] == retold {
				p.note(i, strings.TrimRight(line, " ─"))
			}
		}
	}
	return flaky
}

// namedAgain leaves out the list of failed tests at the end.
func (p *page) namedAgain() {
	names := map[string]bool{}
	for _, f := range p.findings {
		names[f.Name] = f.Name != ""
	}
	for i, line := range p.lines {
		if p.fates[i] == open && indent(line) >= 4 && names[strings.TrimRight(strings.TrimSpace(line), " ─")] {
			p.fates[i] = retold
		}
	}
}
