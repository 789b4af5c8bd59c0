package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// phpunit reads PHPUnit, and Pest where it writes alike.
var phpunit = &reader{
	kind:   "phpunit",
	tools:  []string{"phpunit", "pest", "paratest"},
	signs:  []string{"PHPUnit # by *", "OK (# test*, # assertion*)", "Tests: #, Assertions: #*"},
	read:   readPHPUnit,
	target: failuresTarget,
}

var phpunitRules = parseRules(`
	noise                PHPUnit # by *
	noise                Runtime: *
	noise                Configuration: *
	keep                 Random Seed: *
	noise                Time: #:#*, Memory: *
	noise                --
	noise                Summary of non-successful tests:
	noise                Summary of tests with *
	keep                 There was # *:
	keep                 There were # *:
	vital                OK (# test*
	vital                OK, but *
	vital                ERRORS!
	vital                FAILURES!
	vital                WARNINGS!
	vital                Tests: #*
	aside:passing_tests  ~✔ *
	aside:skipped_tests  ~↩ *
	aside:skipped_tests  ~∅ *
	vital                ~✘ *
	vital                ~☢ *
	noise                ~│
	noise                ~┐
	noise                ~┴
`)

func readPHPUnit(p *page) {
	p.phpunitProgress()
	p.phpunitBlocks()
	p.toldAbove("Summary of *tests*:")
	p.apply(phpunitRules)
	if p.in.failed() {
		p.phpunitTestdox()
	}
}

// toldAbove counts the lines behind a heading that stand above it too.
func (p *page) toldAbove(heading pattern) {
	above, behind := map[string]bool{}, false
	for i, line := range p.lines {
		switch {
		case heading.match(line):
			behind = true
		case !behind:
			above[line] = true
		case p.fates[i] == open && above[line] && !blank(line):
			p.because(i, aside, "lines told above")
		}
	}
}

// phpunitProgress leaves out "...F.E 65 / 98 ( 66%)".
func (p *page) phpunitProgress() {
	p.each(func(i int, line string) fate {
		rest := strings.TrimLeft(line, ".FESIRWDN")
		if rest == "" && line != "" || rest != line && pattern("~# / # (~#%)").match(rest) {
			return noise
		}
		return open
	})
}

// phpunitBlocks reads the numbered blocks below "There was 1 failure:": the test, what went
// wrong, and the places. What is said of tests that were not run, or are risky, is shown
// without becoming an error.
func (p *page) phpunitBlocks() {
	section := ""
	for i, line := range p.lines {
		switch {
		case strings.HasPrefix(line, "There was ") || strings.HasPrefix(line, "There were "):
			section = line
		case p.fates[i] == open && section != "" && pattern("#) *::*").match(line):
			p.phpunitBlock(i, strings.Contains(section, " error") || strings.Contains(section, " failure"))
		}
	}
}

func (p *page) phpunitBlock(head int, failed bool) {
	_, name, _ := strings.Cut(p.lines[head], ") ")
	p.fates[head] = kept
	f := api.Finding{Kind: "test", Severity: "error", Name: name}
	shown := 0
	for j := head + 1; j < len(p.lines) && p.lines[j] != "--" && !pattern("#) *::*").match(p.lines[j]) && !strings.HasPrefix(p.lines[j], "There w"); j++ {
		line := p.lines[j]
		if blank(line) || p.fates[j] != open {
			continue
		}
		if strings.HasSuffix(line, "!") && strings.ToUpper(line) == line || strings.HasPrefix(line, "Tests: ") {
			break
		}
		if d, ok := parsePlace(line); ok && d.message == "" {
			if p.fates[j] = kept; f.File == "" && !strings.Contains(d.file, "/vendor/") {
				f.File, f.Line = d.file, d.line
			}
			continue
		}
		if shown++; shown > maxMessage && !complaint(line) {
			p.because(j, folded, "its text")
			continue
		}
		p.fates[j] = kept
		if shown <= 3 {
			f.Message = joined(f.Message, line)
		}
	}
	if f.Message == "" {
		f.Message = name
	}
	if failed {
		p.fates[head] = vital
		p.find(f)
		p.phpunitNext(name)
	}
}

func (p *page) phpunitNext(name string) {
	run := "phpunit"
	if fields := strings.Fields(p.in.Command); len(fields) > 0 && strings.HasSuffix(fields[0], "/phpunit") {
		run = fields[0]
	}
	_, method, _ := strings.Cut(name, "::")
	method, _, _ = strings.Cut(method, " with data set")
	p.next(run+" --filter "+shellQuote("::"+method+"( |$)"), "run only the test that failed")
}

// phpunitTestdox makes findings of " ✘ Title" where there are no blocks.
func (p *page) phpunitTestdox() {
	if p.failed {
		return
	}
	told := map[string]bool{}
	for i, line := range p.lines {
		title, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "✘ ")
		if !ok || told[title] {
			continue
		}
		told[title] = true
		f := api.Finding{Kind: "test", Severity: "error", Name: title, Message: title + " failed"}
		said := ""
		for j := i + 1; j < len(p.lines) && strings.HasPrefix(strings.TrimLeft(p.lines[j], " "), "│"); j++ {
			s := strings.Trim(p.lines[j], " │")
			if d, ok := parsePlace(s); ok && d.message == "" {
				f.File, f.Line = d.file, d.line
				break
			}
			if s != "" {
				said = joined(said, s)
				f.Message = said
			}
		}
		p.find(f)
	}
}

// php reads the errors of the language itself.
var php = &reader{
	kind:  "php",
	tools: []string{"php", "artisan"},
	signs: []string{"PHP *:  * in * on line #", "PHP Fatal error: *", "Fatal error: Uncaught *", "Parse error: *"},
	read: func(p *page) {
		p.phpErrors()
		p.phpFrames()
	},
}

// phpErrors reads "PHP Warning:  text in file on line 3". With its log on the terminal php
// says everything twice.
func (p *page) phpErrors() {
	told := map[string]bool{}
	p.each(func(i int, line string) fate {
		rest := strings.TrimPrefix(line, "PHP ")
		severity := ""
		for head, s := range map[string]string{"Fatal error: ": "error", "Parse error: ": "error", "Warning: ": "warning", "Notice: ": "warning", "Deprecated: ": "warning"} {
			if strings.HasPrefix(rest, head) {
				severity = s
			}
		}
		message := strings.TrimSpace(rest[strings.IndexByte(rest, ':')+1:])
		if severity == "" || message == "" {
			return open
		}
		if told[message] {
			return retold
		}
		told[message] = true
		f := api.Finding{Kind: "crash", Severity: severity, Message: message}
		if severity == "warning" {
			f.Kind = "warning"
		}
		if k := strings.LastIndex(message, " in "); k > 0 {
			where := message[k+len(" in "):]
			if file, n, ok := strings.Cut(where, " on line "); ok {
				f.File, f.Message = file, message[:k]
				f.Line, _ = number(n)
			} else if d, ok := parsePlace(where); ok {
				f.File, f.Line, f.Message = d.file, d.line, message[:k]
			}
		}
		p.find(f)
		if severity == "error" && f.File != "" {
			p.openPlace(f.File, f.Line)
		}
		return vital
	})
}

// phpFrames reads "#0 /srv/shop/t.php(1): f()".
func (p *page) phpFrames() {
	fr := p.frames(2)
	for i, line := range p.lines {
		switch {
		case p.fates[i] != open:
		case pattern("\\## {main}").match(line), line == "Stack trace:", pattern("~thrown in * on line #").match(line), pattern("~thrown in *:#").match(line):
			p.fates[i] = noise
			fr.trace()
		case pattern("\\## *(#): *").match(line), pattern("\\## [internal function]: *").match(line):
			_, where, _ := strings.Cut(line, " ")
			if strings.Contains(where, "/vendor/") || strings.HasPrefix(where, "[internal") {
				p.because(i, aside, "stack frames")
				continue
			}
			fr.frame(i, i+1, where)
		}
	}
}
