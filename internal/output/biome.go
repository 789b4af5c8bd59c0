package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// biome reads biome check, lint, format and ci: a head with the place and the rule, the message
// below a mark, and then source, notes and what it would write instead.
var biome = &reader{
	kind:  "biome",
	tools: []string{"biome"},
	signs: []string{"* lint/*/* ━━━*", "* format ━━━*"},
	read: func(p *page) {
		p.npmTalk()
		p.biomeProblems()
		p.apply(biomeRules)
	},
}

var biomeRules = parseRules(`
	vital   Checked # file* in *
	vital   Formatted # file* in *
	vital   Found # error*
	vital   Found # warning*
	keep    Skipped # *
	retold  ~✖ Some errors were emitted while *
	retold  ~× Some errors were emitted while *
	noise   check ━━*
	noise   lint ━━*
	noise   format ━━*
	noise   ci ━━*
`)

func (p *page) biomeProblems() {
	said := map[string]int{}
	for i := 0; i < len(p.lines); i++ {
		f, ok := biomeHead(p.lines[i])
		if !ok || p.fates[i] != open {
			continue
		}
		j := i + 1
		for j < len(p.lines) && blank(p.lines[j]) {
			j++
		}
		severity, message := "", ""
		if j < len(p.lines) {
			severity, message = biomeMark(p.lines[j])
		}
		if severity == "" {
			continue
		}
		f.Severity, f.Message = severity, message
		p.find(f)
		p.fates[i], p.fates[j] = retold, retold
		head := strings.TrimSpace(strings.TrimRight(p.lines[i], " ━"))
		said[f.Name]++
		if most := []int{shownOfRule, 3, 1, 1}[p.detail]; said[f.Name] > most && f.Severity != "error" {
			p.because(i, aside, "more of "+f.Name)
			p.because(j, aside, "more of "+f.Name)
		} else {
			p.coarsen(p.detail + 1)
			p.note(i, head+" "+strings.TrimSpace(p.lines[j]))
		}
		i = p.biomeBelow(j + 1)
	}
	for _, f := range p.findings {
		if f.Kind == "lint" && len(p.steps) == 0 {
			p.next("npx biome check --write "+biomePaths(p.cmd), "mends what it can mend safely")
		}
	}
}

// biomeHead reads "src/app.ts:1:8 lint/style/useConst  FIXABLE  ━━━━━", and the same without a
// line for what is wrong with a whole file.
func biomeHead(line string) (api.Finding, bool) {
	s := strings.TrimRight(line, "━")
	if len(line)-len(s) < 3*len("━") || s == "" || s[0] == ' ' {
		return api.Finding{}, false
	}
	at, rule, ok := strings.Cut(strings.TrimSpace(s), " ")
	rule, _, _ = strings.Cut(rule, " ")
	if !ok || rule == "" {
		return api.Finding{}, false
	}
	f := api.Finding{Kind: "lint", File: at, Name: rule}
	if d, ok := parsePlace(at + ": x"); ok {
		f.File, f.Line, f.Col = d.file, d.line, d.col
	}
	return f, true
}

// biomeMark reads "  ⚠ This import is unused."
func biomeMark(line string) (severity, message string) {
	s := strings.TrimSpace(line)
	for _, m := range []struct{ mark, severity string }{{"✖ ", "error"}, {"× ", "error"}, {"⚠ ", "warning"}, {"! ", "warning"}, {"ℹ ", "info"}, {"i ", "info"}} {
		if rest, ok := strings.CutPrefix(s, m.mark); ok {
			return m.severity, rest
		}
	}
	return "", ""
}

// biomeBelow leaves out what stands below a message up to the next head: source, notes and
// proposals. It returns the last of those lines.
func (p *page) biomeBelow(from int) int {
	i := from
	for ; i < len(p.lines); i++ {
		line := p.lines[i]
		if _, head := biomeHead(line); head || !blank(line) && line[0] != ' ' {
			break
		}
		s := strings.TrimLeft(line, " >0123456789")
		severity, _ := biomeMark(line)
		switch {
		case p.fates[i] != open || blank(line):
		case strings.HasPrefix(s, "│"):
			p.because(i, aside, "quoted lines")
		case severity == "info":
			p.because(i, aside, "notes")
		}
	}
	return i - 1
}

// biomePaths are the paths that the command was given.
func biomePaths(c command) string {
	call, ok := c.call("biome")
	if !ok {
		return "."
	}
	paths := "" // behind the word for what to do
	for k, a := range call.plain() {
		if k > 0 {
			paths += " " + quoteWord(a)
		}
	}
	if paths == "" {
		return "."
	}
	return strings.TrimSpace(paths)
}
