package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// jest reads jest, and what react-scripts and its like make of it.
var jest = &reader{
	kind:   "jest",
	tools:  []string{"jest", "react-scripts test"},
	signs:  []string{"Test Suites: *", "Tests:       * total", "PASS *.test.*", "FAIL *.test.*", "  ● * › *"},
	read:   readJest,
	target: failuresTarget,
}

var jestRules = parseRules(`
	aside:passing_suites  ~PASS *
	aside:passing_tests   ~✓ *
	aside:passing_tests   ~√ *
	aside:skipped_tests   ~○ *
	retold                ~✕ *
	retold                ~× *
	keep                  ~FAIL *
	vital                 Test Suites: *
	vital                 Tests: *
	noise                 Snapshots:   0 total
	keep                  Snapshots: *
	noise                 Time: *
	noise                 Ran all test suites*
	noise                 Summary of all failing tests
	noise                 ~expect(*).*(*)*
	noise                 ------*
	noise                 File * | % Stmts *
	aside:covered_files   *|     100 |      100 |     100 |     100 |*
	error:coverage        Jest: "*" coverage threshold *
	keep                  ~Expected*: *
	keep                  ~Received*: *
	noise                 Determining test suites to run...
`)

func readJest(p *page) {
	p.npmTalk()
	p.jestFailures()
	few := 3
	p.quotes(&few)
	p.jsFrames(0, len(p.lines))
	p.jestSuites()
	p.apply(jestRules)
}

// jestFailures reads the blocks that a ● begins. A failure that is told again, in
// another project or in the summary, is counted.
func (p *page) jestFailures() {
	told := map[string]int{}
	for i := 0; i < len(p.lines); i++ {
		if !strings.HasPrefix(p.lines[i], "  ● ") || p.fates[i] != open {
			continue
		}
		name := strings.TrimPrefix(p.lines[i], "  ● ")
		j := i + 1
		for j < len(p.lines) && !strings.HasPrefix(p.lines[j], "  ● ") && (blank(p.lines[j]) || indent(p.lines[j]) >= 4) {
			j++
		}
		block := strings.Join(p.lines[i:j], "\n")
		told[block]++
		if told[block] > 1 {
			for k := i; k < j; k++ {
				p.because(k, aside, "lines of failures told above")
			}
			i = j - 1
			continue
		}
		if name != "Console" {
			p.fates[i] = vital
			f := api.Finding{Kind: "test", Severity: "error", Name: name}
			p.jestMessage(i+1, j, &f)
			p.find(f)
			p.next("npx jest -t "+shellQuote(strings.ReplaceAll(name, " › ", " ")), "run only the test that failed")
		}
		i = j - 1
	}
}

func (p *page) jestMessage(from, to int, f *api.Finding) {
	for i := from; i < to; i++ {
		s := strings.TrimSpace(p.lines[i])
		if where, ok := jsFrame(p.lines[i]); ok {
			if d, ok := parsePlace(where + ":"); ok && !fromLibrary(where) && f.File == "" {
				f.File, f.Line, f.Col = d.file, d.line, d.col
			}
			continue
		}
		if _, is := quoted(p.lines[i]); is || s == "" || strings.HasPrefix(s, "expect(") {
			continue
		}
		if f.Message != "" && len(f.Message) < 200 {
			f.Message += "; "
		}
		if len(f.Message) < 200 {
			f.Message += s
		}
	}
}

// jestSuites leaves out the titles above tests.
func (p *page) jestSuites() {
	for i, line := range p.lines {
		if p.fates[i] == open && indent(line) >= 2 && p.suite(i, len(p.lines)) && p.aboveTest(i) && !titleComplains(line) {
			p.fates[i] = noise
		}
	}
}

// aboveTest says that below the title stands a test with its verdict, at once or
// below another title.
func (p *page) aboveTest(i int) bool {
	for j := i + 1; j < len(p.lines) && j < i+6; j++ {
		s := strings.TrimLeft(p.lines[j], " ")
		for _, mark := range []string{"✓ ", "✕ ", "○ ", "√ ", "× ", "✔ "} {
			if strings.HasPrefix(s, mark) {
				return true
			}
		}
	}
	return false
}
