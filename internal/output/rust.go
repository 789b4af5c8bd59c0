package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// cargo reads cargo build, check, clippy, test and run, and rustc itself.
var cargo = &reader{
	kind:  "cargo",
	tools: []string{"cargo", "rustc"},
	signs: []string{"   Compiling * v#*", "    Checking * v#*", "error[E#]: *", "test result: *", "thread '*' panicked at *"},
	read:  readCargo,
}

var cargoRules = parseRules(`
	noise                   ~Compiling * v#*
	noise                   ~Checking * v#*
	noise                   ~Downloaded *
	noise                   ~Downloading *
	noise                   ~Fresh *
	noise                   ~Updating *
	noise                   ~Locking *
	noise                   ~Adding *
	noise                   ~Blocking *
	noise                   ~Building [*
	noise                   ~Documenting *
	keep                    ~Finished *
	noise                   ~Running unittests *
	noise                   ~Running tests/*
	noise                   ~Running *
	keep                    ~Doc-tests *
	noise                   running # test*
	aside:passing_tests     test * ... ok
	aside:passing_tests     test * ... ok <*
	aside:ignored_tests     test * ... ignored*
	aside:benchmarks        test * ... bench: *
	retold                  test * ... FAILED
	vital                   test result: *
	noise                   failures:
	noise                   successes:
	noise                   note: run with 'RUST_BACKTRACE=*
	aside:notes             ~= note: *
	noise                   note: to see what the problems were, *
	aside:notes             Some errors have detailed explanations: *
	aside:notes             For more information about *
	keep                    ~= help: *
	keep                    help: *
	error:build             error: could not compile *
	error:missing           error: no matching package *
	vital                   error: test failed, *
	error:build             error: *
	vital                   warning: * generated # warning*
`)

// rustNotes leaves out the notes on places. One without a place is about the run, or of somebody
// else's: it is shown, while there are few.
func (p *page) rustNotes() {
	few := fewTests
	p.each(func(i int, line string) fate {
		if !strings.HasPrefix(line, "note: ") {
			return open
		}
		if next := i + 1; p.rustPlace(next) || next < len(p.lines) && rustRemark(p.lines[next]) {
			p.whys[i] = p.reason("notes")
			return aside
		}
		if few--; few < 0 {
			p.whys[i] = p.reason("notes")
			return aside
		}
		return kept
	})
}

func readCargo(p *page) {
	p.cargoFailures()
	p.rustDiagnostics()
	p.rustPanics()
	p.apply(cargoRules)
	p.rustNotes()
}

// rustDiagnostics reads blocks of a message, "--> place", quoted source with remarks,
// and notes below.
func (p *page) rustDiagnostics() {
	seen := map[string]bool{}
	quotes := 6
	for i := 0; i < len(p.lines); i++ {
		severity, code, message, ok := rustHead(p.lines[i])
		if !ok || p.fates[i] != open || !p.rustPlace(i+1) {
			continue
		}
		end := i + 1
		for end < len(p.lines) && !blank(p.lines[end]) && indent(p.lines[end]) > 0 || end < len(p.lines) && rustRemark(p.lines[end]) {
			end++
		}
		block := strings.Join(p.lines[i:min(i+2, end)], "\n")
		if seen[block] {
			for k := i; k < end; k++ {
				p.because(k, aside, "lines told above")
			}
			i = end - 1
			continue
		}
		seen[block] = true
		p.fates[i] = vital
		at, _ := parsePlace(strings.TrimPrefix(strings.TrimLeft(p.lines[i+1], " "), "--> ") + ":")
		p.find(api.Finding{Kind: "build", Severity: severity, File: at.file, Line: at.line, Col: at.col, Name: code, Message: message})
		if severity == "error" {
			p.openPlace(at.file, at.line)
		}
		p.rustBlock(i+1, end, severity, &quotes)
		i = end - 1
	}
}

// rustRemark is a part of a diagnostic that begins at the margin.
func rustRemark(line string) bool {
	if strings.HasPrefix(line, "help: ") || strings.HasPrefix(line, "note: ") || strings.HasPrefix(line, "...") {
		return true
	}
	s := strings.TrimLeft(line, "0123456789 ")
	return s != line && strings.HasPrefix(s, "|")
}

func rustHead(line string) (severity, code, message string, ok bool) {
	for _, s := range []string{"error", "warning"} {
		rest, is := strings.CutPrefix(line, s)
		if !is {
			continue
		}
		if strings.HasPrefix(rest, "[") {
			code, rest, is = strings.Cut(rest[1:], "]")
			if !is {
				return
			}
		}
		if message, ok = strings.CutPrefix(rest, ": "); ok {
			return s, code, message, true
		}
	}
	return
}

func (p *page) rustPlace(i int) bool {
	return i < len(p.lines) && strings.HasPrefix(strings.TrimLeft(p.lines[i], " "), "--> ")
}

// rustBlock decides about what is below the message. Of an error its line and the
// remarks on it are shown, of a warning the place.
func (p *page) rustBlock(from, to int, severity string, quotes *int) {
	for i := from; i < to; i++ {
		s := strings.TrimLeft(p.lines[i], " 0123456789")
		remark := strings.TrimLeft(strings.TrimLeft(s, "| "), "^-_~ |")
		switch {
		case i == from:
			p.fates[i] = kept
		case !strings.ContainsAny(p.lines[i], "|=") && complaint(p.lines[i]):
			p.fates[i] = vital
		case severity == "error" && strings.HasPrefix(s, "| ") && remark != "" && strings.ContainsAny(s, "^") && *quotes > 0:
			p.fates[i] = kept
			*quotes--
		case strings.HasPrefix(s, "= help: "), strings.HasPrefix(p.lines[i], "help: "):
			p.fates[i] = kept
		default:
			p.because(i, aside, "quoted lines")
		}
	}
}

// cargoFailures reads "---- name stdout ----" blocks.
func (p *page) cargoFailures() {
	for i := 0; i < len(p.lines); i++ {
		name, ok := strings.CutPrefix(p.lines[i], "---- ")
		if !ok || !strings.HasSuffix(name, " stdout ----") && !strings.HasSuffix(name, " stderr ----") || p.fates[i] != open {
			continue
		}
		name = name[:strings.LastIndex(name, " std")]
		p.fates[i] = vital
		f := api.Finding{Kind: "test", Severity: "error", Name: name, Message: name + " failed"}
		j := i + 1
		for n := 0; j < len(p.lines) && !strings.HasPrefix(p.lines[j], "---- ") && p.lines[j] != "failures:"; j++ {
			line := p.lines[j]
			if blank(line) || p.rustFrame(j) {
				continue
			}
			if n++; n > maxCaptured {
				p.because(j, folded, "what it printed")
				continue
			}
			p.fates[j] = kept
			p.panicPlace(j, &f)
		}
		p.find(f)
		p.retellNames(name)
		p.next("cargo test "+quoteWord(name)+" -- --exact", "run only the test that failed")
		i = j - 1
	}
}

// retellNames leaves out the list of failed tests at the end, which names them again.
func (p *page) retellNames(name string) {
	for i := len(p.lines) - 1; i >= 0 && i > len(p.lines)-tailLooked; i-- {
		if p.fates[i] == open && p.lines[i] == "    "+name {
			p.fates[i] = retold
		}
	}
}

// panicPlace reads "thread 'x' panicked at src/lib.rs:3:5:" and what is said below it.
func (p *page) panicPlace(i int, f *api.Finding) bool {
	_, at, ok := strings.Cut(p.lines[i], "' panicked at ")
	if !ok {
		_, at, ok = strings.Cut(p.lines[i], ") panicked at ")
	}
	if !ok {
		return false
	}
	if d, ok := parsePlace(at); ok {
		f.File, f.Line, f.Col = d.file, d.line, d.col
	}
	if i+1 < len(p.lines) {
		f.Message = strings.TrimSpace(p.lines[i+1])
	}
	return true
}

func (p *page) rustPanics() {
	for i := range p.lines {
		f := api.Finding{Kind: "crash", Severity: "error"}
		if p.fates[i] == open && p.panicPlace(i, &f) {
			p.fates[i] = vital
			if i+1 < len(p.lines) && p.fates[i+1] == open {
				p.fates[i+1] = vital
			}
			p.find(f)
		}
	}
	for i := range p.lines {
		if p.fates[i] == open {
			p.rustFrame(i)
		}
	}
}

// rustFrame leaves out frames of a backtrace: "   3: name" and "        at place",
// those in the user's own code excepted.
func (p *page) rustFrame(i int) bool {
	s := strings.TrimLeft(p.lines[i], " ")
	switch {
	case strings.HasPrefix(s, "note: run with `RUST_BACKTRACE"), strings.HasPrefix(s, "note: Some details are omitted"):
		p.fates[i] = noise
		return true
	case indent(p.lines[i]) >= 2 && pattern("#: *").match(s):
		p.because(i, aside, "stack frames")
		return true
	case indent(p.lines[i]) >= 10 && strings.HasPrefix(s, "at "):
		if strings.HasPrefix(s, "at ./") {
			p.fates[i] = kept
		} else {
			p.because(i, aside, "stack frames")
		}
		return true
	}
	return false
}
