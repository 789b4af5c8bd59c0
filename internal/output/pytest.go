package output

import (
	"slices"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// pytest reads its progress, its failures in every style, and its summary.
var pytest = &reader{
	kind:   "pytest",
	tools:  []string{"pytest", "py.test", "tox", "nox"},
	signs:  []string{"=* test session starts =*", "=* short test summary info =*", "=* FAILURES =*", "=* ERRORS =*", "=* # passed* in #s*=*"},
	read:   readPytest,
	target: failuresTarget,
}

var pytestRules = parseRules(`
	aside:passing_tests  *::* PASSED*
	aside:skipped_tests  *::* SKIPPED*
	aside:skipped_tests  *::* XFAIL*
	retold               *::* FAILED *[*%]
	retold               *::* ERROR *[*%]
	noise                =* test session starts =*
	noise                =* FAILURES =*
	noise                =* ERRORS =*
	noise                =* short test summary info =*
	noise                platform * -- Python *
	noise                cachedir: *
	noise                rootdir: *
	noise                configfile: *
	noise                plugins: *
	noise                collecting *
	noise                collected # item*
	noise                hypothesis profile *
	noise                asyncio: *
	vital                FAILED *
	vital                ERROR *
	keep                 SKIPPED *
	vital                =* # *in #s*=*
	vital                # passed*in #s*
	vital                # failed*in #s*
	error:build          ImportError while loading conftest *
	error:test           INTERNALERROR> *
	error:interrupted    !!!* KeyboardInterrupt !!!*
	error:interrupted    !!!* Interrupted: *!!!*
	vital                /*.py:#: KeyboardInterrupt
	noise                (to show a full traceback on KeyboardInterrupt use --full-trace)
	keep                 !!!*!!!
	keep                 -- Docs: *
`)

func readPytest(p *page) {
	if len(p.openLines()) == 0 {
		return
	}
	p.pytestDots()
	p.pytestSections()
	p.apply(pytestRules)
	p.pythonTraces()
	var names []string
	for _, f := range p.findings {
		if f.Kind == "test" && strings.Contains(f.Name, "::") && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	switch run := p.pytestRun(); {
	case len(names) > maxRerun:
		p.next(run+" --last-failed", theTests(len(names)))
	case len(names) > 0:
		for _, n := range names {
			run += " " + quoteWord(n)
		}
		p.next(run, theTests(len(names)))
	}
}

// pytestRun is what pytest was run as: "X=1 python3 -m pytest", "uv run pytest".
func (p *page) pytestRun() string {
	before, _, ok := strings.Cut(p.in.Command, "pytest")
	before = strings.TrimLeft(before[strings.LastIndexAny(before, ";&|(\n")+1:], " ")
	if !ok || strings.ContainsAny(before, "'\"`$)\\") || strings.Contains(before, "timeout") {
		return "pytest"
	}
	return before + "pytest"
}

// pytestDots leaves out "tests/test_x.py ....F.. [ 9%]": which failed is told below.
func (p *page) pytestDots() {
	p.each(func(i int, line string) fate {
		s := strings.TrimSuffix(strings.TrimRight(line, " "), "^C")
		if k := strings.LastIndex(s, " ["); k >= 0 && strings.HasSuffix(s, "%]") {
			s = strings.TrimRight(s[:k], " ")
		}
		if k := strings.LastIndexByte(s, ' '); k >= 0 && strings.HasSuffix(s[:k], ".py") {
			s = s[k+1:]
		}
		if s == "" || strings.Trim(s, ".FEsSxXR") != "" || len(s) < 3 && s == strings.TrimSpace(line) {
			return open
		}
		return noise
	})
}

// pytestSections reads the blocks below "____ name ____": E, the line that failed and
// places are shown, the source around them is not.
func (p *page) pytestSections() {
	for i := 0; i < len(p.lines); i++ {
		name, ok := ruled(p.lines[i], '_')
		if !ok || p.fates[i] != open {
			if s, ok := strings.CutPrefix(p.lines[i], "FAILED "); ok && p.fates[i] == open {
				p.pytestSummary(s)
			} else if s, ok := strings.CutPrefix(p.lines[i], "ERROR "); ok && p.fates[i] == open {
				p.pytestSummary(s)
			}
			continue
		}
		p.fates[i] = vital
		f := api.Finding{Kind: "test", Severity: "error", Name: name}
		for _, phase := range []string{"ERROR at setup of ", "ERROR at teardown of ", "ERROR collecting "} {
			f.Name = strings.TrimPrefix(f.Name, phase)
		}
		j := i + 1
		for ; j < len(p.lines); j++ {
			if _, next := ruled(p.lines[j], '_'); next || strings.HasPrefix(p.lines[j], "====") {
				break
			}
		}
		p.pytestFailure(i+1, j, &f)
		p.find(f)
		i = j - 1
	}
}

// pytestSummary takes the full name of a test from the summary's line.
func (p *page) pytestSummary(s string) {
	id, message, _ := strings.Cut(s, " - ")
	short := id
	if i := strings.LastIndex(id, "::"); i >= 0 {
		short = strings.ReplaceAll(id[i+2:], "::", ".")
	}
	for k := range p.findings {
		if n := p.findings[k].Name; n == short || strings.HasSuffix(n, "."+short) {
			p.findings[k].Name = id
			return
		}
	}
	p.find(api.Finding{Kind: "test", Severity: "error", Name: id, Message: message})
}

// ruled reads "____ text ____", as wide as the terminal.
func ruled(line string, c byte) (text string, ok bool) {
	line = strings.TrimRight(line, " ")
	if len(line) < 20 || line[0] != c || line[len(line)-1] != c {
		return "", false
	}
	text = strings.TrimSpace(strings.Trim(line, string(c)))
	return text, text != "" && strings.Trim(text, "_ ") != "" && !strings.HasPrefix(text, "_ ")
}

const (
	maxExplained = 8  // lines of E in one failure
	maxCaptured  = 15 // lines of what a failed test has printed
)

func (p *page) pytestFailure(from, to int, f *api.Finding) {
	explained, captured := 0, -1
	for i := from; i < to; i++ {
		line := p.lines[i]
		at, placed := parsePlace(line)
		switch {
		case blank(line):
			p.fates[i] = noise
		case strings.HasPrefix(line, "E "):
			if explained++; explained == 1 {
				f.Message = strings.TrimSpace(line[1:])
			}
			p.fates[i] = kept
			if explained > maxExplained || p.detail > full && explained > 1 {
				p.because(i, aside, "more lines of explanation")
			}
			captured = -1
		case strings.HasPrefix(line, "---") && strings.Contains(line, " Captured "):
			captured = 0
			p.fates[i] = kept
		case captured >= 0 && captured < maxCaptured:
			captured++
			p.fates[i] = kept
		case captured >= maxCaptured:
			p.because(i, folded, "what it printed")
		case strings.HasPrefix(line, ">       available fixtures:"), strings.HasPrefix(line, ">       use 'pytest --fixtures"):
			p.because(i, aside, "quoted lines")
		case strings.HasPrefix(line, ">"):
			p.fates[i] = kept
		case placed && strings.HasSuffix(at.file, ".py") && indent(line) == 0:
			p.fates[i] = kept
			if !fromLibrary(at.file) || f.File == "" {
				f.File, f.Line = at.file, at.line
			}
		case complaint(line):
			p.fates[i] = vital
		case indent(line) == 0 && !quotedByPytest(line):
			// another program's, or a plugin's: source and arguments look otherwise
		default:
			p.because(i, aside, "quoted lines")
		}
	}
}

// quotedByPytest says that a line without an indent is an argument of the test, a
// separator, or source at the left margin.
func quotedByPytest(line string) bool {
	if strings.HasPrefix(line, "_ _") || strings.HasPrefix(line, "- -") || strings.HasPrefix(line, "file ") || strings.HasPrefix(line, "@") {
		return true
	}
	name, rest, ok := strings.Cut(line, " ")
	return ok && strings.HasPrefix(rest, "= ") && name != "" || name == "def" || name == "async" || name == "class"
}
