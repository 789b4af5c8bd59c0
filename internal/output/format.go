package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// formatter reads programs that rewrite source, when they are asked what they would rewrite.
var formatter = &reader{
	kind:  "format",
	tools: []string{"black", "prettier", "isort", "ruff format", "rustfmt", "clang-format", "yapf", "autopep8"},
	signs: []string{"would reformat *", "[warn] Code style issues *"},
	read: func(p *page) {
		p.apply(formatRules)
		p.npmTalk()
		for k := range p.findings {
			if f := &p.findings[k]; f.Kind == "lint" && formatFile(f) && f.Severity == "warning" {
				p.formatNext()
			}
		}
	},
}

var formatRules = parseRules(`
	noise               Checking formatting...
	noise               Oh no! *
	noise               All done! *
	error:lint          error: cannot format *
	warn:lint           would reformat *
	warn:lint           Would reformat: *
	warn:lint           ERROR: * Imports are incorrectly sorted*
	error:lint          [error] *Error: *
	aside:quoted_lines  [error] ~> # |*
	aside:quoted_lines  [error] ~# |*
	aside:quoted_lines  [error] ~|*
	vital               [warn] Code style issues *
	warn:lint           [warn] *
	retold              Error occurred when checking code style in *
	vital               All matched files use Prettier code style!
	vital               # file* would be *
	vital               # file* reformatted*
	vital               # file* left unchanged.
`)

// formatFile gives a finding the file that its line names.
func formatFile(f *api.Finding) bool {
	for _, head := range []string{"would reformat ", "Would reformat: ", "[warn] ", "[error] ", "error: cannot format ", "ERROR: "} {
		rest, ok := strings.CutPrefix(f.Message, head)
		if !ok {
			continue
		}
		f.File, _, _ = strings.Cut(rest, ": ")
		f.File, _, _ = strings.Cut(f.File, " Imports are ")
		return true
	}
	return false
}

// formatNext proposes the command without the flag that only asks.
func (p *page) formatNext() {
	for _, c := range p.cmd.shown() {
		words := []string{c.name}
		switch c.name {
		case "prettier":
			words = []string{"npx", "prettier", "--write"}
		case "black", "isort":
		default:
			continue
		}
		for _, a := range c.plain() {
			words = append(words, quoteWord(a))
		}
		p.next(strings.Join(words, " "), "rewrites them")
	}
}
