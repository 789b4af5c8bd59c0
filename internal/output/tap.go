package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// tap reads the Test Anything Protocol, whoever writes it, and prove, which runs what does.
var tap = &reader{
	kind:   "tap",
	tools:  []string{"prove", "tap", "tape"},
	signs:  []string{"not ok # *", "#..#", "TAP version #", "*.t .. ok", "Result: FAIL"},
	read:   readTAP,
	target: failuresTarget,
}

var tapRules = parseRules(`
	noise                TAP version #
	aside:skipped_tests  ~ok # *\# SKIP*
	aside:skipped_tests  ~ok # *\# skip*
	aside:tests_to_do    ~ok # *\# TODO*
	aside:tests_to_do    ~not ok # *\# TODO*
	aside:passing_tests  ~ok # *
	aside:passing_tests  ~ok #
	vital                ~not ok # *
	error:test           Bail out!*
	aside:passing_files  *.t .* ok
	aside:passing_files  *.t .* ok # ms*
	aside:skipped_files  *.t .* skipped: *
	noise                *.t .* #/#
	noise                ok
	keep                 *.t .* Dubious, test returned *
	keep                 Dubious, test returned *
	keep                 Failed #/# subtests
	noise                Test Summary Report
	noise                -------------------
	keep                 *.t ~(Wstat: 0 *Failed: 0)
	error:test           *.t ~(Wstat: # *
	vital                ~Failed test*: *
	vital                ~Parse errors: *
	vital                All tests successful.
	vital                Files=#, Tests=#, *
	vital                Result: *
`)

// proveSummed is what the summary of prove says again.
var proveSummed = parseRules(`
	retold  *.t .* Dubious, test returned *
	retold  Dubious, test returned *
	retold  Failed #/# subtests
	retold  ~(less # skipped subtest*: # okay)
	retold  \# Looks like you failed # test* of #.
	retold  ~Non-zero exit status: #
`)

func readTAP(p *page) {
	p.tapPlan()
	p.tapDiagnosed()
	p.tapFailures()
	if p.has("Test Summary Report", len(p.lines)) {
		p.apply(proveSummed)
	}
	p.apply(tapRules)
	p.tapFiles()
}

// tapPlan leaves out plans that were kept: as many tests as were announced.
func (p *page) tapPlan() {
	ran, plan := 0, -1
	check := func() {
		if plan >= 0 && p.fates[plan] == open {
			if _, n, _ := strings.Cut(p.lines[plan], ".."); n == itoa(ran) {
				p.fates[plan] = noise
			}
		}
	}
	for i, line := range p.lines {
		switch {
		case strings.HasSuffix(strings.TrimRight(line, "."), ".t ") && strings.HasSuffix(line, ".."): // the next file under prove -v
			check()
			ran, plan = 0, -1
			p.fates[i] = noise
		case pattern("#..#").match(line):
			if plan >= 0 {
				check()
				ran = 0
			}
			plan = i
			if ran > 0 { // it stands behind its tests
				check()
				ran, plan = 0, -1
			}
		case pattern("ok #*").match(line), pattern("not ok #*").match(line):
			ran++
		}
	}
	check()
}

// tapDiagnosed reads what Perl's tests say of a failure: "#   Failed test 'name'", the
// place, and what was had and wanted.
func (p *page) tapDiagnosed() {
	for i := 0; i < len(p.lines); i++ {
		rest, ok := strings.CutPrefix(strings.TrimLeft(p.lines[i], " "), "#   Failed ")
		if !ok || p.fates[i] != open {
			continue
		}
		todo := strings.HasPrefix(rest, "(TODO)")
		f := api.Finding{Kind: "test", Severity: "error", Name: betweenQuotes(rest), Message: strings.TrimSpace(p.lines[i])}
		j := i + 1
		for said := ""; j < len(p.lines) && j <= i+maxMessage; j++ {
			s, ok := strings.CutPrefix(strings.TrimLeft(p.lines[j], " "), "#  ")
			if !ok || strings.HasPrefix(s, " Failed ") {
				break
			}
			if file, n, ok := perlPlace(s); ok && f.File == "" {
				f.File, f.Line = file, n
				continue
			}
			said = joined(said, strings.TrimSpace(s))
			f.Message = said
		}
		for k := i; k < j; k++ {
			if todo {
				p.because(k, aside, "lines of tests to do")
			} else if p.fates[k] = kept; k < i+shownDiagnosed {
				p.fates[k] = vital
			}
		}
		if !todo {
			p.find(f)
			p.openPlace(f.File, f.Line)
		}
		i = j - 1
	}
}

// shownDiagnosed is how many lines of what is said of a failure are the last to go.
const shownDiagnosed = 6

func betweenQuotes(s string) string {
	_, s, _ = strings.Cut(s, "'")
	if k := strings.LastIndexByte(s, '\''); k >= 0 {
		return s[:k]
	}
	return ""
}

// perlPlace reads "at t/cart.t line 3."
func perlPlace(s string) (file string, line int, ok bool) {
	_, s, ok = strings.Cut(" "+strings.TrimSpace(s), " at ")
	file, n, two := strings.Cut(s, " line ")
	line, _ = number(n)
	return file, line, ok && two && line > 0
}

// tapFailures reads the tests that are not ok where nothing tells more of them, and what
// stands below: comments, or a block of YAML.
func (p *page) tapFailures() {
	told := p.failed
	for i, line := range p.lines {
		s := strings.TrimLeft(line, " ")
		if p.fates[i] != open || !pattern("not ok # *").match(s) || strings.Contains(s, "# TODO") {
			continue
		}
		p.fates[i] = vital
		if told {
			continue
		}
		_, name := number(s[len("not ok "):])
		name = strings.TrimPrefix(strings.TrimSpace(name), "- ")
		f := api.Finding{Kind: "test", Severity: "error", Name: name, Message: name + " failed"}
		p.tapBelow(i, &f)
		p.find(f)
		if f.File != "" {
			p.openPlace(f.File, f.Line)
		}
	}
}

// tapBelow reads what stands below a test that is not ok.
func (p *page) tapBelow(head int, f *api.Finding) {
	said := ""
	for j := head + 1; j < len(p.lines) && j <= head+2*maxMessage; j++ {
		line := p.lines[j]
		s, comment := strings.CutPrefix(strings.TrimLeft(line, " "), "#")
		if !comment && indent(line) <= indent(p.lines[head]) || p.fates[j] != open {
			break
		}
		s = strings.TrimSpace(s)
		p.fates[j] = kept
		switch file, n, ok := batsPlace(s); {
		case ok:
			f.File, f.Line = file, n
		case s == "---" || s == "..." || s == "":
			p.fates[j] = noise
		case j <= head+4:
			said = joined(said, s)
			f.Message = said
		}
	}
}

// tapFiles proposes to run the first file that failed with all that it says.
func (p *page) tapFiles() {
	for _, line := range p.lines {
		file, rest, ok := strings.Cut(line, " (Wstat: ")
		if ok && strings.Contains(rest, "Failed: ") && !strings.HasPrefix(rest, "0 ") {
			p.next("prove -v "+quoteWord(strings.TrimSpace(file)), "runs the file that failed alone, with all it says")
			return
		}
	}
}

// bats reads tests of shells as they are told to people.
var bats = &reader{
	kind:  "bats",
	tools: []string{"bats"},
	signs: []string{"   (in test file *, line #)"},
	read: func(p *page) {
		p.batsFailures()
		p.apply(batsRules)
	},
}

var batsRules = parseRules(`
	aside:passing_tests  ~✓ *
	aside:skipped_tests  ~- * (skipped*)
	noise                *.bats
	vital                # test*, # failure*
`)

func (p *page) batsFailures() {
	for i, line := range p.lines {
		name, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "✗ ")
		if !ok || p.fates[i] != open {
			continue
		}
		p.fates[i] = vital
		f := api.Finding{Kind: "test", Severity: "error", Name: name, Message: name + " failed"}
		said := ""
		for j := i + 1; j < len(p.lines) && j <= i+maxMessage && indent(p.lines[j]) >= 3; j++ {
			p.fates[j] = kept
			if file, n, ok := batsPlace(strings.TrimSpace(p.lines[j])); ok {
				f.File, f.Line = file, n
				continue
			}
			said = joined(said, strings.TrimSpace(p.lines[j]))
			f.Message = said
		}
		p.find(f)
		if f.File != "" {
			p.next("bats -f "+shellQuote("^"+name+"$")+" "+quoteWord(f.File), "run only the test that failed")
		}
	}
}

// batsPlace reads "(in test file bats/a.bats, line 6)".
func batsPlace(s string) (file string, line int, ok bool) {
	_, s, ok = strings.Cut(s, "in test file ")
	file, n, two := strings.Cut(s, ", line ")
	line, _ = number(n)
	return file, line, ok && two
}
