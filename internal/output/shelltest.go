package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// shunit reads shunit2, which names every test before it runs it.
var shunit = &reader{
	kind:  "shunit2",
	tools: []string{"shunit2"},
	signs: []string{"shunit2:ERROR *", "ASSERT:*"},
	read: func(p *page) {
		p.shunitTests()
		p.apply(shunitRules)
	},
}

var shunitRules = parseRules(`
	vital       ASSERT:*
	retold      shunit2:ERROR *() returned non-zero return code.
	error:test  shunit2:ERROR *
	vital       Ran # test*
	vital       FAILED (failures=*
	vital       OK
	vital       OK (*
`)

// shunitTests makes findings of "testTotal" and the ASSERT lines below it. The names of tests
// with nothing below them are counted: they passed, or were skipped.
func (p *page) shunitTests() {
	end := len(p.lines)
	for end > 0 && !strings.HasPrefix(p.lines[end-1], "Ran ") {
		end--
	}
	for i := 0; i < end; i++ {
		name := p.lines[i]
		if p.fates[i] != open || !strings.HasPrefix(name, "test") || strings.ContainsAny(name, " :.") {
			continue
		}
		if i+1 >= end || blank(p.lines[i+1]) || strings.HasPrefix(p.lines[i+1], "test") && !strings.ContainsAny(p.lines[i+1], " :.") {
			p.because(i, aside, "tests that say nothing")
			continue
		}
		if message, ok := strings.CutPrefix(p.lines[i+1], "ASSERT:"); ok {
			p.find(api.Finding{Kind: "test", Severity: "error", Name: name, Message: message})
		}
		p.fates[i] = vital
	}
}

// busted reads the test runner of Lua: a sign for each test, totals, and a block for each
// that failed, "Failure → spec/cart_spec.lua @ 7", its name and what was wrong.
var busted = &reader{
	kind:   "busted",
	tools:  []string{"busted"},
	signs:  []string{"# success* / # failure* / # error* / # pending : # second*"},
	target: failuresTarget,
	read: func(p *page) {
		p.bustedTests()
		p.dotted("●◼✱◌+-*.")
		p.apply(bustedRules)
	},
}

var bustedRules = parseRules(`
	vital                # success* / # failure* / # error* / # pending : # second*
	vital                Failure *
	vital                Error *
	keep                 Pending *
	aside:stack_frames   stack traceback:
	aside:stack_frames   ~*:#: in function *
	aside:stack_frames   ~[C]: in *
`)

func (p *page) bustedTests() {
	for i, line := range p.lines {
		rest, ok := strings.CutPrefix(strings.Replace(line, "->", "→", 1), "Failure → ")
		if !ok {
			if rest, ok = strings.CutPrefix(strings.Replace(line, "->", "→", 1), "Error → "); !ok {
				continue
			}
		}
		f := api.Finding{Kind: "test", Severity: "error", Message: rest}
		if file, n, placed := strings.Cut(rest, " @ "); placed && i+1 < len(p.lines) {
			f.File, f.Name = file, strings.TrimSpace(p.lines[i+1])
			f.Line, _ = number(n)
			p.showVital(i + 1)
			if i+2 < len(p.lines) && !blank(p.lines[i+2]) {
				f.Message = strings.TrimSpace(p.lines[i+2])
				p.showVital(i + 2)
			}
			if d, told := parsePlace(f.Message); told && d.message != "" {
				f.Message = d.message
			}
			p.openPlace(f.File, f.Line)
		} else if d, placed := parsePlace(rest); placed {
			f.File, f.Line, f.Message = d.file, d.line, d.message
		}
		p.find(f)
	}
}
