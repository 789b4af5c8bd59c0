package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// elixir reads mix: its compiler, ExUnit, and what a program of Elixir ends by.
var elixir = &reader{
	kind:   "elixir",
	tools:  []string{"mix", "elixir", "iex"},
	signs:  []string{"~#) test * (*)", "\\*\\* (*Error) *", "== Compilation error in file * =="},
	read:   readElixir,
	target: failuresTarget,
}

var elixirRules = parseRules(`
	noise          Compiling # file* (.ex)
	noise          Compiling # file* (.erl)
	noise          Generated * app
	noise          Finished in # second*
	noise          Running ExUnit with seed: *
	noise          Excluding tags: *
	noise          Including tags: *
	noise          ~stacktrace:
	vital          # test*, # failure*
	vital          # doctest*, # test*, # failure*
	keep           Randomized with seed #
	keep           == Compilation error in file * ==
	aside:steps    \* Getting * (*)
	aside:steps    \* Updating * (*)
	aside:steps    ==> *
	noise          All dependencies have been fetched
`)

func readElixir(p *page) {
	p.dotted(".*")
	p.exunitFailures()
	p.elixirErrors()
	p.elixirWarnings()
	p.elixirFrames()
	p.apply(elixirRules)
}

// exunitFailures reads "  1) test total (ShopTest)", the place below, and what was said.
func (p *page) exunitFailures() {
	for i, line := range p.lines {
		if p.fates[i] != open || !pattern("~#) * (*)").match(line) || indent(line) == 0 || i+1 >= len(p.lines) {
			continue
		}
		at, ok := parsePlace(p.lines[i+1])
		if !ok || at.message != "" {
			continue
		}
		_, name, _ := strings.Cut(line, ") ")
		f := api.Finding{Kind: "test", Severity: "error", Name: name, File: at.file, Line: at.line}
		p.mark(i, i+2, vital)
		for j, shown := i+2, 0; j < len(p.lines) && indent(p.lines[j]) >= 5; j++ {
			s := strings.TrimSpace(p.lines[j])
			if s == "stacktrace:" {
				break
			}
			if shown++; shown > maxMessage && !complaint(s) {
				p.because(j, folded, "its text")
				continue
			}
			p.fates[j] = kept
			f.Message = joined(f.Message, s)
		}
		if f.Message == "" {
			f.Message = name + " failed"
		}
		p.find(f)
		p.next("mix test "+quoteWord(at.file)+":"+itoa(at.line), "run only the test that failed")
	}
}

// elixirErrors reads "** (KeyError) lib/a.ex:4:1: text" and "** (KeyError) text", whose place
// is that of the first frame of the program's own.
func (p *page) elixirErrors() {
	for i, line := range p.lines {
		rest, ok := strings.CutPrefix(line, "** (")
		class, message, two := strings.Cut(rest, ") ")
		if !ok || !two || p.fates[i] != open || strings.Contains(class, " ") {
			continue
		}
		p.fates[i] = vital
		f := api.Finding{Kind: "crash", Severity: "error", Name: class, Message: message}
		if d, ok := parsePlace(message); ok {
			f.File, f.Line, f.Col, f.Message = d.file, d.line, d.col, d.message
		}
		for j := i + 1; j < len(p.lines) && f.File == "" && (blank(p.lines[j]) || indent(p.lines[j]) > 0); j++ {
			if d, ok := parsePlace(p.lines[j]); ok && d.message != "" {
				f.File, f.Line = d.file, d.line
			}
		}
		p.find(f)
		if f.File != "" {
			p.openPlace(f.File, f.Line)
		}
	}
}

// elixirWarnings reads "warning: text" and "error: text" with the place on a line below.
func (p *page) elixirWarnings() {
	for i, line := range p.lines {
		s := strings.TrimLeft(line, " ")
		severity, message, ok := strings.Cut(s, ": ")
		if !ok || p.fates[i] != open || severity != "warning" && severity != "error" {
			continue
		}
		f := api.Finding{Kind: "build", Severity: severity, Message: message}
		for j := i + 1; j < len(p.lines) && j < i+8 && !blank(p.lines[j]) && f.File == ""; j++ {
			if d, ok := parsePlace(strings.TrimLeft(p.lines[j], " └─│")); ok {
				f.File, f.Line, f.Col = d.file, d.line, d.col
				p.fates[j] = kept
			}
		}
		if f.File == "" {
			continue
		}
		p.fates[i] = vital
		p.find(f)
		if severity == "error" {
			p.openPlace(f.File, f.Line)
		}
	}
}

// elixirFrames counts the frames of the language and its libraries: "(elixir 1.14.0) lib/...".
func (p *page) elixirFrames() {
	p.each(func(i int, line string) fate {
		if indent(line) >= 4 && pattern("~(* #) *:#: *").match(line) {
			p.whys[i] = p.reason("stack frames")
			return aside
		}
		return open
	})
}
