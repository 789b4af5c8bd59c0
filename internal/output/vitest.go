package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

var vitest = &reader{
	kind:   "vitest",
	tools:  []string{"vitest"},
	signs:  []string{" RUN  v# *", " Test Files  *", "      Tests  *"},
	read:   readVitest,
	target: failuresTarget,
}

var vitestRules = parseRules(`
	aside:passing_tests  ~✓ *
	aside:passing_tests  ~√ *
	aside:skipped_tests  ~↓ *
	retold               ~× *
	keep                 ~❯ * (# tests*
	noise                ~❯ * (#)
	noise                ~RUN  v#*
	noise                ~DEV  v#*
	noise                ~Start at  *
	noise                ~Duration  *
	noise                ~% Coverage report *
	vital                ~Test Files  *
	vital                ~Tests  *
	vital                ~Errors  *
	noise                ⎯⎯⎯*
	keep                 ~FAIL  *
	noise                - Expected
	noise                + Received
	noise                ~- Expected
	noise                ~+ Received
`)

func readVitest(p *page) {
	p.npmTalk()
	p.vitestFailures()
	few := 0
	p.quotes(&few)
	p.apply(vitestRules)
}

// vitestFailures reads the blocks that FAIL begins: the error, a difference, the place
// behind an arrow.
func (p *page) vitestFailures() {
	for i := 0; i < len(p.lines); i++ {
		name, ok := strings.CutPrefix(p.lines[i], " FAIL  ")
		if !ok || p.fates[i] != open {
			continue
		}
		p.fates[i] = vital
		f := api.Finding{Kind: "test", Severity: "error", Name: strings.TrimSpace(name)}
		j := i + 1
		for ; j < len(p.lines) && !strings.HasPrefix(p.lines[j], "⎯⎯") && !strings.HasPrefix(p.lines[j], " FAIL  "); j++ {
			p.vitestLine(j, &f)
		}
		p.find(f)
		i = j - 1
	}
}

func (p *page) vitestLine(i int, f *api.Finding) {
	line := p.lines[i]
	switch {
	case blank(line):
		p.fates[i] = noise
	case f.Message == "":
		f.Message = line
		p.fates[i] = vital
	case strings.HasPrefix(line, " ❯ "):
		rest := strings.TrimPrefix(line, " ❯ ")
		if k := strings.LastIndexByte(rest, ' '); k >= 0 && !hasPosition(rest[:k]) {
			rest = rest[k+1:]
		}
		p.fates[i] = kept
		if d, ok := parsePlace(rest + ":"); ok && f.File == "" && !fromLibrary(rest) {
			f.File, f.Line, f.Col = d.file, d.line, d.col
		} else if fromLibrary(rest) {
			p.because(i, aside, "stack frames")
		}
	case strings.HasPrefix(line, "Expected: "), strings.HasPrefix(line, "Received: "),
		strings.HasPrefix(line, "- ") && len(line) > 2, strings.HasPrefix(line, "+ ") && len(line) > 2:
		_, value, _ := strings.Cut(line, " ")
		if strings.Contains(f.Message, strings.Trim(strings.TrimSpace(value), `"`)) {
			p.fates[i] = retold // the message says both
		}
	}
}
