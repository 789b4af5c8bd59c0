package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// cucumber reads scenarios as cucumber and behave tell them.
var cucumber = &reader{
	kind:   "cucumber",
	tools:  []string{"cucumber", "cucumber-js", "behave"},
	signs:  []string{"# scenario* (*)", "# scenarios passed, # failed, *", "#) Scenario: * \\# *"},
	target: failuresTarget,
	read: func(p *page) {
		p.npmTalk()
		p.scenarios()
		p.dotted(".FUS-P")
		p.jsFrames(0, len(p.lines))
		p.apply(cucumberRules)
	},
}

var cucumberRules = parseRules(`
	aside:passing_steps  ~✔ *
	aside:passing_steps  ~✓ *
	aside:skipped_steps  ~- * \# *
	vital                ~✖ *
	vital                ~? *
	vital                # scenario*
	vital                # step*
	vital                # features passed, *
	keep                 #m#s*
	noise                ~+ expected - actual
`)

// scenarios makes findings of the scenarios that failed: the message stands below the step.
func (p *page) scenarios() {
	listed := false // behave names them at the end
	for i, line := range p.lines {
		if listed = listed && line != "" || line == "Failing scenarios:"; listed {
			if d, ok := parsePlace(strings.Replace(line, "  ", ": ", 2)); ok && d.message != "" && p.fates[i] == open {
				p.fates[i] = vital
				p.find(api.Finding{Kind: "test", Severity: "error", Name: strings.TrimSpace(d.message), File: d.file, Line: d.line, Message: strings.TrimSpace(line)})
			}
			continue
		}
		if p.fates[i] != open || !pattern("#) Scenario*: * \\# *:#").match(line) {
			continue
		}
		_, name, _ := strings.Cut(line, ": ")
		k := strings.LastIndex(name, " # ")
		d, _ := parsePlace(name[k+3:] + ": x")
		f := api.Finding{Kind: "test", Severity: "error", Name: name[:k], File: d.file, Line: d.line, Message: name[:k] + " failed"}
		p.fates[i] = vital
		for j := i + 1; j+1 < len(p.lines) && j < i+maxThrowing && !pattern("#) Scenario*").match(p.lines[j]); j++ {
			s := strings.TrimSpace(p.lines[j])
			if strings.HasPrefix(s, "✖ ") || strings.HasPrefix(s, "? ") {
				f.Message = strings.TrimSpace(p.lines[j+1])
				p.showVital(j + 1)
				break
			}
		}
		p.find(f)
		p.next("npx cucumber-js "+quoteWord(d.file+":"+itoa(d.line)), "run only the scenario that failed")
	}
}
