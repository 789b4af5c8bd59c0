package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// rspec reads the progress and the documentation format.
var rspec = &reader{
	kind:   "rspec",
	tools:  []string{"rspec", "rake spec", "rails spec"},
	signs:  []string{"# example*, # failure*", "An error occurred while loading ./*"},
	read:   readRspec,
	target: failuresTarget,
}

var rspecRules = parseRules(`
	vital          # example*, # failure*
	noise          Finished in # second*
	noise          Finished in # minute*
	noise          Failures:
	noise          Failed examples:
	noise          Pending: (Failures listed here *
	noise          ~(compared using *)
	retold         rspec *:# \# *
	retold         rspec '*' \# *
	keep           Randomized with seed #
	noise          No examples found.
	vital          An error occurred *
`)

func readRspec(p *page) {
	p.dotted(".F*E")
	sections := p.rspecSections()
	if !p.has("An error occurred *", sections) {
		p.rspecTitles(sections)
	}
	p.rspecBlocks(sections)
	p.rspecLoads(sections)
	p.rspecNext()
	p.rubyFrames("# ")
	p.apply(rspecRules)
}

// has says that one of the lines before end is as described.
func (p *page) has(shape pattern, end int) bool {
	for _, line := range p.lines[:end] {
		if shape.match(line) {
			return true
		}
	}
	return false
}

// dotted leaves out the lines that are nothing but a sign for each test.
func (p *page) dotted(marks string) {
	p.each(func(i int, line string) fate {
		if line != "" && strings.Trim(line, marks) == "" {
			return noise
		}
		return open
	})
}

// rspecLoads reads what went wrong outside of examples: the file, and the error below it.
func (p *page) rspecLoads(end int) {
	for i, line := range p.lines[:end] {
		rest, ok := strings.CutPrefix(line, "An error occurred ")
		if !ok {
			continue
		}
		f := api.Finding{Kind: "build", Severity: "error", Message: line}
		file, _, _ := strings.Cut(strings.TrimPrefix(rest, "while loading "), " ")
		if file = strings.TrimSuffix(file, "."); fileLike(file) {
			f.File = strings.TrimPrefix(file, "./")
		}
		for j := i + 1; j+1 < end && !strings.HasPrefix(p.lines[j], "An error occurred "); j++ {
			if strings.HasSuffix(p.lines[j], "Error:") && indent(p.lines[j]) == 0 && indent(p.lines[j+1]) > 0 {
				p.mark(j, j+2, vital)
				f.Name, f.Message = strings.TrimSuffix(p.lines[j], ":"), strings.TrimSpace(p.lines[j+1])
				break
			}
		}
		p.find(f)
	}
}

// rspecSections is where the report behind the tests begins.
func (p *page) rspecSections() int {
	for i, line := range p.lines {
		if line == "Failures:" || strings.HasPrefix(line, "Pending: (") || pattern("Finished in # *").match(line) {
			return i
		}
	}
	return len(p.lines)
}

// rspecTitles counts what the documentation format says of examples that passed. Only
// what is indented is taken for a title: a program may have written the rest.
func (p *page) rspecTitles(end int) {
	for i := range end {
		line := p.lines[i]
		switch {
		case p.fates[i] != open || blank(line):
		case strings.Contains(line, " (FAILED - "):
			p.fates[i] = retold
		case strings.Contains(line, " (PENDING: "):
			p.fates[i] = retold // it follows, with why
		case titleComplains(line):
		case indent(line) == 0 && i > 0 && !blank(p.lines[i-1]): // a group begins behind a blank line
		case p.suite(i, end) && p.titled(i, end):
			p.because(i, aside, "titles")
		case indent(line) >= 2 && p.titled(i-1, end):
			p.because(i, aside, "passing tests")
		}
	}
}

// titled says that line i belongs to a list of titles: another stands above or below it,
// indented by two blanks more or as deep.
func (p *page) titled(i, end int) bool {
	if i < 0 || i+1 >= end {
		return false
	}
	step := indent(p.lines[i+1]) - indent(p.lines[i])
	return step == 0 || step == 2 || indent(p.lines[i]) > indent(p.lines[i+1])
}

// rspecBlocks reads the numbered failures and what is pending.
func (p *page) rspecBlocks(from int) {
	failing, pending := false, 0
	for i := from; i < len(p.lines); i++ {
		switch line := p.lines[i]; {
		case line == "Failures:":
			failing = true
		case strings.HasPrefix(line, "Pending: ("):
			failing = false
		case p.fates[i] == open && pattern("~#) *").match(line) && indent(line) < 8:
			end := p.rspecEnd(i)
			if failing {
				p.rspecFailure(i, end)
			} else {
				pending++
				p.rspecPending(i, end, pending <= fewTests)
			}
			i = end - 1
		}
	}
}

// rspecEnd is the line behind a numbered block: all that is indented deeper than its head.
func (p *page) rspecEnd(head int) int {
	j := head + 1
	for j < len(p.lines) && (blank(p.lines[j]) || indent(p.lines[j]) > indent(p.lines[head]) && indent(p.lines[j]) >= 4) {
		j++
	}
	return j
}

func (p *page) rspecFailure(head, end int) {
	_, name, _ := strings.Cut(p.lines[head], ") ")
	f := api.Finding{Kind: "test", Severity: "error", Name: name}
	p.fates[head] = vital
	shown := 0
	for i := head + 1; i < end; i++ {
		s := strings.TrimSpace(p.lines[i])
		switch where, frame := strings.CutPrefix(s, "# "); {
		case s == "" || p.fates[i] != open:
		case frame:
			if d, ok := parsePlace(where); ok && f.File == "" && !fromLibrary(where) {
				f.File, f.Line = strings.TrimPrefix(d.file, "./"), d.line
			}
		case strings.HasPrefix(s, "(compared using "):
		case shown >= maxMessage && !complaint(s):
			p.because(i, folded, "its text")
		default:
			shown++
			p.fates[i] = kept
			if !strings.HasPrefix(s, "Failure/Error: ") {
				f.Message = joined(f.Message, s)
			}
		}
	}
	if f.Message == "" {
		f.Message = name + " failed"
	}
	p.find(f)
}

// joined adds a line to a message while that is short.
func joined(message, line string) string {
	switch {
	case message == "":
		return line
	case strings.HasSuffix(message, ":"):
		return message + " " + line
	case len(message) < 200:
		return message + "; " + line
	}
	return message
}

// rspecPending shows which example is pending and why; how it fails is left out.
func (p *page) rspecPending(head, end int, show bool) {
	p.because(head, aside, "lines of pending tests")
	for i := head + 1; i < end; i++ {
		if !blank(p.lines[i]) && !(i > head+1 && complaint(p.lines[i])) {
			p.because(i, aside, "lines of pending tests")
		}
	}
	if show && head+1 < end {
		p.mark(head, head+2, kept)
	}
}

// rspecNext proposes to run the examples that failed, as rspec names them.
func (p *page) rspecNext() {
	for _, line := range p.lines {
		rest, ok := strings.CutPrefix(line, "rspec ")
		where, _, named := strings.Cut(rest, " # ")
		if !ok || !named {
			continue
		}
		run := "rspec "
		if strings.Contains(p.in.Command, "bundle exec") {
			run = "bundle exec rspec "
		}
		p.next(run+where, "run only the example that failed")
	}
}

// minitest reads the runner of Ruby's standard library, and what Rails makes of it.
var minitest = &reader{
	kind:   "minitest",
	tools:  []string{"rails test", "rake test", "minitest"},
	signs:  []string{"# runs, # assertions, # failures, # errors, # skips", "# tests, # assertions, # failures, # errors, *"},
	read:   readMinitest,
	target: failuresTarget,
}

var minitestRules = parseRules(`
	vital                # runs, # assertions, # failures, # errors, # skips
	vital                # tests, # assertions, # failures, # errors, *
	noise                \# Running:
	noise                Finished in #*s, # runs/s, # assertions/s.
	noise                You have skipped tests. Run with --verbose for details.
	noise                ~#) Failure:
	noise                ~#) Error:
	noise                ~#) Skipped:
	noise                Failure:
	noise                Error:
	aside:passing_tests  *\#test_* = # s = .
	retold               *\#test_* = # s = S
	retold               *\#test_* = # s = F
	retold               *\#test_* = # s = E
	keep                 Run options: *
`)

func readMinitest(p *page) {
	p.kind = "minitest"
	p.dotted(".FES")
	for i := range p.lines {
		if p.fates[i] == open && i > 0 {
			p.minitestBlock(i)
		}
	}
	p.rubyFrames("")
	p.apply(minitestRules)
}

// minitestBlock reads "Class#test_name [file:line]:" below the kind of the block, and the
// message below that.
func (p *page) minitestBlock(i int) {
	_, kind, numbered := strings.Cut(p.lines[i-1], ") ")
	if !numbered {
		kind = p.lines[i-1]
	}
	name, place, _ := strings.Cut(p.lines[i], " [")
	class, method, ok := strings.Cut(strings.TrimSuffix(name, ":"), "#")
	if !ok || strings.Contains(class, " ") || kind != "Failure:" && kind != "Error:" && kind != "Skipped:" {
		return
	}
	if kind == "Skipped:" {
		p.fates[i] = kept
		return
	}
	p.fates[i] = vital
	f := api.Finding{Kind: "test", Severity: "error", Name: class + "#" + method}
	if d, ok := parsePlace(strings.TrimSuffix(place, "]:") + ":"); ok {
		f.File, f.Line = d.file, d.line
	}
	for j := i + 1; j < len(p.lines) && !blank(p.lines[j]) && j-i <= maxMessage; j++ {
		if d, ok := rubyFrame(p.lines[j], ""); ok {
			if f.File == "" && !fromLibrary(p.lines[j]) {
				f.File, f.Line = d.file, d.line
			}
			continue
		}
		p.fates[j] = kept
		f.Message = joined(f.Message, strings.TrimSpace(p.lines[j]))
	}
	if f.Message == "" {
		f.Message = name + " failed"
	}
	p.find(f)
	p.minitestNext(method)
}

func (p *page) minitestNext(method string) {
	const why = "run only the test that failed"
	for _, c := range p.cmd.shown() {
		plain := c.plain()
		switch {
		case c.name == "ruby" && len(plain) > 0 && strings.HasSuffix(plain[0], ".rb"):
			p.next("ruby "+quoteWord(plain[0])+" -n "+quoteWord(method), why)
		case c.name == "rails":
			p.next("bin/rails test -n "+quoteWord(method), why)
		case c.name == "rake":
			p.next("rake test TESTOPTS=--name="+quoteWord(method), why)
		}
	}
}
