package output

import (
	"slices"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// node reads what node prints when a program ends by an error, and node --test.
var node = &reader{
	kind:  "node",
	tools: []string{"node", "nodejs", "deno", "tsx", "ts-node", "bun run"},
	signs: []string{"Node.js v#", "~at *(node:internal/*", "ℹ tests #", "✖ failing tests:"},
	read: func(p *page) {
		p.nodeHead()
		p.nodeTests()
		p.nodeAgain()
		p.jsFrames(0, len(p.lines))
		p.apply(nodeRules)
	},
}

var nodeRules = parseRules(`
	noise                Node.js v#
	noise                ~^
	noise                ~^^*
	aside:tests_to_do    ~✔ *(*ms) \# *
	aside:skipped_tests  ~﹣ *(*ms) \# *
	aside:tests_to_do    ~ok # - * \# TODO*
	aside:tests_to_do    ok # - * \# TODO*
	aside:skipped_tests  ~ok # - * \# SKIP*
	aside:skipped_tests  ok # - * \# SKIP*
	retold               ~\# Subtest: *
	aside:passing_tests  ~✔ *
	noise                ▶ *
	noise                ~▶ *
	vital                ~✖ *
	noise                ℹ cancelled 0
	noise                ℹ skipped 0
	noise                ℹ todo 0
	noise                ℹ suites *
	vital                ℹ *
	aside:passing_tests  ~ok # - *
	aside:passing_tests  ok # - *
	error:test           ~not ok # - *
	noise                TAP version #
	noise                ~duration_ms: *
	noise                ~duration_ms *
	noise                ~type: 'test'
	noise                ~---
	noise                ~...
	noise                ~#..#
	noise                #..#
	vital                \# tests #
	vital                \# pass #
	vital                \# fail #
	noise                \# suites #
	noise                \# cancelled 0
	noise                \# skipped 0
	noise                \# todo 0
	noise                \# duration_ms *
	noise                ~throw *
	noise                node:internal/*:#
`)

// nodeHead finds the error above the frames: the place, the line, the mark, the error.
func (p *page) nodeHead() {
	for i, line := range p.lines {
		if i == 0 || p.fates[i] != open {
			continue
		}
		if _, ok := jsFrame(line); !ok {
			continue
		}
		if _, ok := jsFrame(p.lines[i-1]); ok || blank(p.lines[i-1]) || p.fates[i-1] != open || indent(p.lines[i-1]) > indent(line) {
			continue
		}
		head := i - 1
		for head > 0 && (strings.HasPrefix(p.lines[head], "- ") || p.lines[head] == "Require stack:") {
			p.fates[head] = kept
			head--
		}
		f := api.Finding{Kind: "crash", Severity: "error", Message: strings.TrimSpace(p.lines[head])}
		p.fates[head] = vital
		for k := i; k < len(p.lines); k++ {
			where, ok := jsFrame(p.lines[k])
			if !ok {
				break
			}
			if at, ok := parsePlace(where + ":"); ok && !fromLibrary(where) {
				f.File, f.Line, f.Col = strings.TrimPrefix(at.file, "file://"), at.line, at.col
				break
			}
		}
		p.find(f)
		if module, ok := missingNodeModule(f.Message); ok {
			p.next("npm install "+quoteWord(module), "the module that is required is not installed")
		} else if f.File != "" {
			p.openPlace(f.File, f.Line)
		}
	}
}

// nodeTests makes findings of what node --test reports. It tells failures twice: while
// the tests run and at the end.
func (p *page) nodeTests() {
	told := map[string]bool{}
	run, n := "node --test", 0
	defer func() {
		if len(told) > 0 {
			p.testsOnly()
		}
	}()
	for i, line := range p.lines {
		name, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "✖ ")
		if !ok || p.fates[i] != open || name == "failing tests:" {
			continue
		}
		p.fates[i] = vital
		if strings.Contains(name, "ms) # ") {
			continue // to do, or skipped: it may fail
		}
		if k := strings.LastIndex(name, " ("); k > 0 && strings.HasSuffix(name, "ms)") {
			name = name[:k]
		}
		if told[name] {
			continue
		}
		told[name] = true
		f := api.Finding{Kind: "test", Severity: "error", Name: name, Message: name + " failed"}
		if i+1 < len(p.lines) && indent(p.lines[i+1]) > indent(line) {
			f.Message = strings.TrimSpace(p.lines[i+1])
		}
		for k := i + 1; k < len(p.lines) && k < i+maxThrowing && f.File == "" && (blank(p.lines[k]) || indent(p.lines[k]) > indent(line)); k++ {
			if where, ok := jsFrame(p.lines[k]); ok && !fromLibrary(where) {
				at, _ := parsePlace(where + ":")
				f.File, f.Line, f.Col = strings.TrimPrefix(at.file, "file://"), at.line, at.col
			}
		}
		p.find(f)
		p.thrownFields(i)
		if n++; n <= maxRerun {
			run += " --test-name-pattern " + shellQuote(name)
		}
	}
	if n > 0 && n <= maxRerun {
		p.next(run, theTests(n))
	}
}

// maxThrowing is how many lines below the name of a test its first frame is looked for.
const maxThrowing = 60

// thrownFields leaves out of what the test at line i threw the fields that every assertion has.
func (p *page) thrownFields(i int) {
	in, fields := indent(p.lines[i]), false
	for k := i + 1; k < len(p.lines) && (blank(p.lines[k]) || indent(p.lines[k]) > in); k++ {
		switch s := strings.TrimSpace(p.lines[k]); {
		case p.fates[k] != open:
		case s == "}" && fields:
			p.fates[k], fields = noise, false
		case s == "code: 'ERR_ASSERTION',", s == "diff: 'simple'", strings.HasPrefix(s, "generatedMessage: "), strings.HasPrefix(s, "operator: '"):
			p.fates[k], fields = noise, true
		}
	}
}

// nodeAgain leaves out, of the failures that are told again at the end, what was said while
// the tests ran: it is where they are that is new.
func (p *page) nodeAgain() {
	end := slices.Index(p.lines, "✖ failing tests:")
	if end < 0 {
		return
	}
	told := make(map[string]bool, end)
	for _, line := range p.lines[:end] {
		told[strings.TrimSpace(line)] = true
	}
	for i := end + 1; i < len(p.lines); i++ {
		s := strings.TrimSpace(p.lines[i])
		if p.fates[i] <= vital && s != "" && told[s] && !strings.HasPrefix(s, "✖ ") {
			p.because(i, aside, "lines told above")
		}
	}
}

// testsOnly drops the crashes that tests have caught: they are told with the tests.
func (p *page) testsOnly() {
	p.findings = slices.DeleteFunc(p.findings, func(f api.Finding) bool { return f.Kind == "crash" })
	p.steps = slices.DeleteFunc(p.steps, func(n api.Next) bool { return strings.HasPrefix(n.Command, "sed ") })
}

func missingNodeModule(message string) (string, bool) {
	for _, head := range []string{"Cannot find module '", "Cannot find package '"} {
		if _, rest, ok := strings.Cut(message, head); ok {
			name, _, _ := strings.Cut(rest, "'")
			return name, name != "" && name[0] != '.' && name[0] != '/'
		}
	}
	return "", false
}
