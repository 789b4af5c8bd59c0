package output

import (
	"slices"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// goTest reads go test: as text, with -v, with -race, and its panics.
var goTest = &reader{
	kind:   "go test",
	tools:  []string{"go test", "gotestsum"},
	signs:  []string{"=== RUN   *", "--- FAIL: * (#s)", "--- PASS: * (#s)", "ok  ~* #s", "ok  ~* (cached)*", "FAIL~*/* #s", "FAIL~* [build failed]"},
	read:   readGoTest,
	target: failuresTarget,
}

var goTestRules = parseRules(`
	noise                === RUN   *
	noise                === PAUSE *
	noise                === CONT  *
	noise                === NAME  *
	noise                PASS
	noise                FAIL
	noise                exit status 1
	aside:packages_without_tests  ?   ~* [no test files]
	aside:passing_tests  ~--- PASS: * (#s)
	aside:skipped_tests  ~--- SKIP: * (#s)
	aside:packages_without_tests  ~* coverage: 0.0% of statements
	keep                 ok  ~* #s*
	keep                 ok  ~* (cached)*
	error:build          FAIL~* [build failed]
	error:build          FAIL~* [setup failed]
	vital                FAIL~* #s
	error:test           ~testing.go:#: race detected *
	noise                go: downloading *
`)

func readGoTest(p *page) {
	p.goJSON()
	p.goFailures()
	p.goPanics()
	p.goPassingLogs()
	p.apply(goTestRules)
	p.goLogsOfFailed()
	readGoBuild(p)
}

// goLogsOfFailed shows what -v prints of a failed test before its verdict, and takes
// its first place for that of the failure.
func (p *page) goLogsOfFailed() {
	places := map[string]place{}
	running := ""
	for i, line := range p.lines {
		if name, ok := strings.CutPrefix(line, "=== RUN "); ok {
			running = strings.TrimSpace(name)
			continue
		}
		at, ok := parsePlace(line)
		if p.fates[i] != open || !ok || indent(line) < 4 || !strings.HasSuffix(at.file, ".go") {
			continue
		}
		p.fates[i] = kept
		if at.message == "" {
			p.because(i, aside, "empty log lines")
		} else if _, told := places[running]; !told {
			places[running] = at
		}
	}
	for k := range p.findings {
		f := &p.findings[k]
		if at, ok := places[f.Name]; ok && f.Kind == "test" && f.File == "" {
			f.File, f.Line, f.Message = at.file, at.line, at.message
		}
	}
}

// goProgram reads the panics of programs in Go, wherever they stand.
var goProgram = &reader{
	kind:  "go program",
	signs: []string{"goroutine # [*]:"},
	read:  func(p *page) { p.goPanics() },
}

// goBuild reads what go build, vet, mod and their like say.
var goBuild = &reader{
	kind: "go build",
	tools: []string{"go build", "go vet", "go install", "go run", "go mod", "go get", "go generate", "go list", "go work", "go tool",
		"staticcheck", "golangci-lint", "revive"},
	signs: []string{"go: downloading *", "# get https://*", "go: finding module *"},
	read:  readGoBuild,
}

var goBuildRules = parseRules(`
	noise                   go: downloading * (*
	keep                    go: downloading *
	noise                   go: finding module *
	keep                    go: added *
	keep                    go: upgraded *
	error:build             ~* too many errors
	error:missing           ~*: cannot find module providing package *
	error:missing           ~*: no required module provides package *
	error:missing           ~* is not in std (*
	error:build             vet: *
	error:build             go: *: no such *
	error:missing           go: *not found*
	error:build             go: *: invalid *
	error:build             go: errors parsing *
	error:build             link: *
	aside:module_requests   # get http*
	aside:build_steps       WORK=*
	aside:build_steps       mkdir -p $WORK*
	aside:build_steps       cat >*<< 'EOF' # internal
	aside:build_steps       # import config
	aside:build_steps       packagefile *=*
	aside:build_steps       packageshlib *=*
	aside:build_steps       importmap *=*
	aside:build_steps       modinfo *
	aside:build_steps       EOF
	aside:build_steps       cd /*
	aside:build_steps       cd .
	aside:build_steps       */pkg/tool/*/compile *
	aside:build_steps       */pkg/tool/*/asm *
	aside:build_steps       */pkg/tool/*/link *
	aside:build_steps       */pkg/tool/*/pack *
	aside:build_steps       */pkg/tool/*/buildid *
	aside:build_steps       */pkg/tool/*/cgo *
	aside:build_steps       cp $WORK*
	aside:build_steps       cp /* $WORK*
	aside:build_steps       mv $WORK*
	aside:build_steps       rm -rf $WORK*
	aside:build_steps       echo -n > $WORK*
	aside:build_steps       echo '*' > $WORK*
	aside:build_steps       TERM='dumb' *
	aside:build_steps       GOROOT=*
`)

func readGoBuild(p *page) {
	p.apply(goBuildRules)
	p.markedQuotes() // golangci-lint has them
	p.places("build", "error")
	for i, f := range p.fates {
		if f == open && strings.HasPrefix(p.lines[i], "# ") {
			p.fates[i] = kept
		}
	}
	for _, f := range p.findings {
		if f.Kind == "missing" {
			p.next("go mod tidy", "a package that is imported is in no module of go.mod")
		}
	}
}

// goFailures reads the blocks of failed tests: the headline, and what the test said
// below it. Of messages from one place the first two are shown.
func (p *page) goFailures() {
	var failed []string
	for i := 0; i < len(p.lines); i++ {
		name, ok := goResult(p.lines[i], "--- FAIL: ")
		if !ok || p.fates[i] != open {
			continue
		}
		p.fates[i] = vital
		f := api.Finding{Kind: "test", Severity: "error", Name: name, Message: name + " failed"}
		i = p.goFailure(i, &f) - 1
		p.find(f)
		failed = append(failed, name)
	}
	p.goRerun(failed)
}

// maxRerun is how many tests one command names.
const maxRerun = 12

// goRerun proposes to run only what failed: one test down to its case, several by the
// names of their functions.
func (p *page) goRerun(failed []string) {
	var leaves, tops []string
	for k, name := range failed {
		if k+1 == len(failed) || !strings.HasPrefix(failed[k+1], name+"/") {
			leaves = append(leaves, name)
		}
		if top, _, _ := strings.Cut(name, "/"); !slices.Contains(tops, top) && len(tops) <= maxRerun {
			tops = append(tops, top)
		}
	}
	switch {
	case len(leaves) == 0 || len(tops) > maxRerun:
	case len(leaves) == 1:
		parts := strings.Split(leaves[0], "/")
		for i := range parts {
			parts[i] = "^" + parts[i] + "$"
		}
		p.next("go test -run '"+strings.Join(parts, "/")+"'"+p.goPackages(), "run only the test that failed")
	case len(tops) == 1:
		p.next("go test -run '^"+tops[0]+"$'"+p.goPackages(), "run only the test that failed")
	default:
		p.next("go test -run '^("+strings.Join(tops, "|")+")$'"+p.goPackages(), "run only the tests that failed")
	}
}

// goPackages are those that the command names, each behind a blank.
func (p *page) goPackages() string {
	packages := ""
	for _, c := range p.cmd.shown() {
		if c.name != "go" {
			continue
		}
		for _, a := range c.plain() {
			if a == "." || strings.HasPrefix(a, "./") || strings.HasSuffix(a, "...") {
				packages += " " + quoteWord(a)
			}
		}
	}
	return packages
}

// goResult reads "    --- FAIL: TestX/case (0.00s)".
func goResult(line, verdict string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(line, " "), verdict)
	if !ok {
		return "", false
	}
	i := strings.LastIndex(rest, " (")
	if i < 0 || !strings.HasSuffix(rest, "s)") {
		return "", false
	}
	return rest[:i], true
}

// maxMessage is how many lines of one message are shown.
const maxMessage = 14

func (p *page) goFailure(head int, f *api.Finding) (end int) {
	depth := indent(p.lines[head])
	said := map[string]int{}
	shown, lines := true, 0
	i := head + 1
	for ; i < len(p.lines); i++ {
		line := p.lines[i]
		if blank(line) {
			continue
		}
		if indent(line) <= depth || strings.HasPrefix(strings.TrimLeft(line, " "), "--- ") {
			return i
		}
		if at, ok := parsePlace(line); ok && strings.HasSuffix(at.file, ".go") && indent(line) <= depth+8 {
			said[at.file+":"+itoa(at.line)]++
			shown, lines = said[at.file+":"+itoa(at.line)] <= 2, 0
			if f.File == "" {
				f.File, f.Line, f.Message = at.file, at.line, at.message
			}
		}
		lines++
		switch {
		case (!shown || lines > maxMessage) && complaint(line):
			p.fates[i] = vital
		case !shown:
			p.because(i, folded, "more from there")
		case lines > maxMessage:
			p.because(i, folded, "")
		case strings.Contains(line, "race detected during"):
			p.fates[i] = vital
		default:
			p.fates[i] = kept
		}
	}
	return i
}

// goPassingLogs leaves out what tests that passed have said, unless it alarms in words
// not yet seen; of each place that logs, the first line is shown. With -v it stands between a test's start and its verdict, and below it.
func (p *page) goPassingLogs() {
	start := -1
	seen := map[uint64]bool{}
	p.goPassingCases(seen)
	for i, line := range p.lines {
		switch {
		case strings.HasPrefix(line, "=== RUN ") || strings.HasPrefix(line, "=== CONT ") || strings.HasPrefix(line, "=== NAME "):
			if start < 0 {
				start = i
			}
		case strings.HasPrefix(line, "--- PASS: ") || strings.HasPrefix(line, "--- SKIP: "):
			end := i
			for end+1 < len(p.lines) && indent(p.lines[end+1]) >= 4 {
				end++
			}
			if start < 0 {
				start = i
			}
			p.passedOver(start, end+1, seen)
			start = -1
		case strings.HasPrefix(line, "--- FAIL: "), strings.HasPrefix(line, "panic: "):
			start = -1
		}
	}
	p.showOdd("lines that passing tests printed", maxOddPrinted)
}

// goPassingCases does so for the cases that passed of a test that failed: their verdicts stand
// below that of the test, what they said behind their starts.
func (p *page) goPassingCases(seen map[uint64]bool) {
	passed, failed := map[string]bool{}, ""
	for _, line := range p.lines {
		if name, ok := goResult(line, "--- FAIL: "); ok && indent(line) == 0 {
			failed = name
		}
		if !strings.HasPrefix(strings.TrimLeft(line, " "), "--- ") || !strings.Contains(line, ": "+failed+"/") {
			continue
		}
		if name, ok := goResult(line, "--- PASS: "); ok {
			passed[name] = true
		} else if name, ok := goResult(line, "--- SKIP: "); ok {
			passed[name] = true
		}
	}
	if len(passed) == 0 {
		return
	}
	running, from := "", 0
	for i, line := range p.lines {
		name, next := goRunning(line)
		if !next && !strings.HasPrefix(strings.TrimLeft(line, " "), "--- ") {
			continue
		}
		if passed[running] {
			p.passedOver(from, i, seen)
		}
		running, from = name, i+1
	}
}

// goRunning reads whose output stands below: "=== RUN   TestX/case".
func goRunning(line string) (name string, ok bool) {
	for _, head := range []string{"=== RUN   ", "=== CONT  ", "=== NAME  ", "=== PAUSE "} {
		if name, ok = strings.CutPrefix(line, head); ok {
			return strings.TrimSpace(name), true
		}
	}
	return "", false
}

// maxOddPrinted is how many lines of passing tests are shown for beginning like few others.
const maxOddPrinted = 4

// maxLogged is how many places that log in passing tests are shown.
const maxLogged = 30

func (p *page) passedOver(from, to int, seen map[uint64]bool) {
	for i := from; i < to; i++ {
		line := p.lines[i]
		if p.fates[i] != open || blank(line) || goTestRules.set.find(line) >= 0 {
			continue
		}
		at, placed := parsePlace(line)
		if placed || alarm(line) > calm || diagnostic(line) {
			key := shapeOf(line)
			if placed {
				key = shapeOf(at.file)*31 + uint64(at.line)
			}
			if !seen[key] && (len(seen) < maxLogged || alarm(line) == alarmed) {
				seen[key] = true
				continue
			}
		}
		p.because(i, aside, "lines that passing tests printed")
	}
}

// goPanics reads panics, races and the goroutines they print.
func (p *page) goPanics() {
	for i := 0; i < len(p.lines); i++ {
		line := p.lines[i]
		switch {
		case p.fates[i] != open:
		case strings.HasPrefix(line, "panic: "), strings.HasPrefix(line, "fatal error: "):
			p.fates[i] = vital
			f := api.Finding{Kind: "crash", Severity: "error", Message: line}
			i = p.goTrace(i, &f) - 1
			p.find(f)
		case line == "WARNING: DATA RACE":
			p.fates[i] = vital
			f := api.Finding{Kind: "race", Severity: "error", Message: "data race"}
			i = p.goTrace(i, &f) - 1
			p.find(f)
		case strings.Trim(line, "=") == "" && len(line) == 18:
			p.fates[i] = noise
		}
	}
}

// goTrace reads from a panic to the end of its goroutines. A frame is two lines: the
// function, and the place indented below it.
func (p *page) goTrace(head int, f *api.Finding) (end int) {
	fr := p.frames(2)
	goroutines, begin := 0, -1
	i := head + 1
	for i < len(p.lines) {
		line := p.lines[i]
		switch {
		case blank(line):
		case goFrame(p.lines, i):
			at, _ := parsePlace(cutOffset(p.lines[i+1]))
			if f.File == "" && !fromLibrary(p.lines[i+1]) {
				f.File, f.Line, f.Name = at.file, at.line, functionOf(line)
			}
			fr.frame(i, i+2, p.lines[i+1])
			if p.fates[i] == kept && begin >= 0 {
				p.fates[begin] = kept
			}
			i++
		case strings.HasPrefix(line, "goroutine ") && strings.HasSuffix(line, ":"):
			goroutines++
			fr.trace()
			begin = i
			p.because(i, aside, "goroutines") // unless a frame of it is shown
		case raceHead(line):
			fr.trace()
			p.fates[i] = kept
		case i == head+1 && indent(line) >= 4, goroutines == 0 && indent(line) >= 8:
			p.fates[i] = kept // what was running when the time was up
		case strings.HasPrefix(line, "[signal "), strings.HasPrefix(line, "\tpanic: "), strings.HasPrefix(line, "        panic: "), strings.HasPrefix(line, "panic: "):
			p.fates[i] = kept
		case line == "exit status 1", line == "exit status 2", strings.HasPrefix(line, "...additional frames elided"):
			p.fates[i] = noise
		default:
			return i
		}
		i++
	}
	return i
}

func raceHead(line string) bool {
	s := strings.TrimLeft(line, " ")
	return strings.HasSuffix(s, ":") && (strings.Contains(s, " by goroutine ") || strings.Contains(s, " by main goroutine") ||
		strings.HasPrefix(s, "Goroutine ") && strings.HasSuffix(s, "created at:"))
}

// goFrame says that a function stands on line i and its place below it.
func goFrame(lines []string, i int) bool {
	if i+1 >= len(lines) {
		return false
	}
	s := strings.TrimLeft(lines[i], " ")
	if !strings.HasSuffix(s, ")") && !strings.HasPrefix(s, "created by ") {
		return false
	}
	below := lines[i+1]
	return indent(below) > indent(lines[i]) && strings.Contains(below, ".go:") || strings.HasSuffix(s, ")") && strings.Contains(below, ".s:")
}

func cutOffset(line string) string {
	if i := strings.LastIndex(line, " +0x"); i > 0 {
		return line[:i]
	}
	return line
}

func functionOf(line string) string {
	s := strings.TrimLeft(line, " ")
	if i := strings.LastIndexByte(s, '('); i > 0 {
		return s[:i]
	}
	return s
}
