package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// ruffBlocks reads the full format of ruff: a code and what is wrong, " --> place" below it,
// and the source quoted with marks.
func (p *page) ruffBlocks() {
	for i := 0; i+1 < len(p.lines); i++ {
		at, ok := strings.CutPrefix(strings.TrimLeft(p.lines[i+1], " "), "--> ")
		code, message, severity := codeFirst(p.lines[i])
		if !ok || code == "" || p.fates[i] != open {
			continue
		}
		place, _ := parsePlace(at + ": x")
		p.find(api.Finding{
			Kind: "lint", Severity: severity, File: place.file, Line: place.line, Col: place.col,
			Name: code, Message: strings.TrimPrefix(message, "[*] "),
		})
		p.fates[i], p.fates[i+1] = vital, kept
		p.openPlace(place.file, place.line)
		for i += 2; i < len(p.lines) && !blank(p.lines[i]); i++ {
			if _, ok := quoted(p.lines[i]); ok {
				p.because(i, aside, "quoted lines")
			}
		}
	}
}

// ruffFix proposes what ruff says it can mend.
func (p *page) ruffFix() {
	c, ok := p.cmd.call("ruff")
	if !ok || !p.says("[*] ") || !p.says(" fixable with the `--fix` option") {
		return
	}
	words := []string{"ruff", "check", "--fix"}
	for k, a := range c.plain() {
		if k > 0 || a != "check" {
			words = append(words, quoteWord(a))
		}
	}
	p.next(strings.Join(words, " "), "mends what is marked [*]")
}
