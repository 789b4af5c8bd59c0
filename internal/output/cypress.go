package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// cypress reads cypress run: specs one after the other, each as mocha tells it, and a table of
// all of them at the end.
var cypress = &reader{
	kind:   "cypress",
	tools:  []string{"cypress"},
	signs:  []string{"  Running:  * (# of #)*"},
	target: failuresTarget,
	read:   readCypress,
}

var cypressRules = parseRules(`
	noise                ==========*
	noise                ──────────*
	noise                ~(Run Starting)
	noise                ~(Results)
	noise                ~(Screenshots)
	noise                ~(Video)
	noise                ~(Run Finished)
	noise                ~┌─*
	noise                ~├─*
	noise                ~└─*
	keep                 ~Running: * (# of #)*
	aside:settings       ~│ Cypress: *
	aside:settings       ~│ Browser: *
	aside:settings       ~│ Node Version: *
	aside:settings       ~│ Specs: *
	aside:settings       ~│ Searched: *
	aside:settings       ~│ Experiments: *
	aside:settings       ~│ Params: *
	retold               ~│ Tests: *
	retold               ~│ Passing: *
	retold               ~│ Failing: *
	retold               ~│ Pending: *
	retold               ~│ Skipped: *
	retold               ~│ Screenshots: *
	retold               ~│ Video: *
	retold               ~│ Duration: *
	retold               ~│ Spec Ran: *
	keep                 ~Spec ~Tests ~Passing ~Failing *
	aside:passing_specs  ~│ ✔ *
	vital                ~│ ✖ *
	vital                ~✖ # of # failed *
	vital                ~✔ All specs passed! *
	aside:video_steps    ~- ~Started processing: *
	aside:video_steps    ~- ~Finished processing: *
	aside:video_steps    ~- ~Started compressing: *
	aside:video_steps    ~- ~Finished compressing: *
	aside:video_steps    ~- ~Video output: *
	aside:advice         Common situations why this *
	aside:advice         ~- you *
	aside:advice         ~- your *
	aside:advice         This occurred while Cypress was compiling *
	aside:advice         - A missing file or dependency
	aside:advice         - A syntax error in the file or one of its dependencies
	aside:advice         Fix the error in your code and re-run your tests.
	aside:pending_tests  ~- *
`)

func readCypress(p *page) {
	p.npmTalk()
	spec, from, failed := "", 0, len(p.findings)
	for i := 0; i <= len(p.lines); i++ {
		if i < len(p.lines) && !strings.HasPrefix(p.lines[i], "  Running:  ") {
			continue
		}
		p.cypressSpec(from, i)
		if len(p.findings) > failed && spec != "" {
			p.next("npx cypress run --spec "+shellQuote("**/"+spec), "run only the spec that failed")
		}
		if i < len(p.lines) {
			spec, _, _ = strings.Cut(strings.TrimPrefix(p.lines[i], "  Running:  "), "  ")
		}
		from, failed = i, len(p.findings)
	}
	p.apply(mochaRules)
	p.apply(cypressRules)
}

// cypressSpec reads what one spec wrote.
func (p *page) cypressSpec(from, to int) {
	end := to
	for i := from; i < to; i++ {
		if pattern("  # passing (*)").match(p.lines[i]) {
			end = i
			break
		}
	}
	p.mochaSpec(from, end)
	p.mochaFailures(end, to)
	p.jsFrames(end, to)
	for i := from; i+1 < to; i++ {
		if strings.HasPrefix(p.lines[i], "Oops...we found an error preparing this test file:") {
			p.cypressBroken(i, to)
		}
	}
}

// cypressBroken makes a finding of a spec that cannot be built: its file stands behind ">", why
// below "The error was:".
func (p *page) cypressBroken(head, to int) {
	f := api.Finding{Kind: "build", Severity: "error", Message: strings.TrimSpace(p.lines[head])}
	p.showVital(head)
	for i := head + 1; i < to && i < head+maxMessage+12; i++ {
		if file, ok := strings.CutPrefix(p.lines[i], "  > "); ok && f.File == "" {
			f.File = file
		}
		if p.lines[i] == "The error was:" {
			for i++; i+1 < to && blank(p.lines[i]); {
				i++
			}
			f.Message = p.lines[i]
			p.showVital(i)
			break
		}
	}
	p.find(f)
}
