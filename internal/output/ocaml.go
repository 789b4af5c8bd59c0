package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// ocaml reads its compilers, and dune, which runs them: the place, a quote, and the message.
var ocaml = &reader{
	kind:  "ocaml",
	tools: []string{"ocaml", "ocamlc", "ocamlopt", "ocamlfind", "dune"},
	signs: []string{"File \"*\", line #, characters #-#:", "File \"*\", lines #-#, characters #-#:"},
	read:  readOCaml,
}

func readOCaml(p *page) {
	shown := 0
	for i := 0; i < len(p.lines); i++ {
		file, n, ok := ocamlPlace(p.lines[i])
		if !ok || p.fates[i] != open {
			continue
		}
		j := i + 1
		for ; j < len(p.lines); j++ {
			if _, quote := sourceQuote(p.lines[j]); !quote {
				break
			}
			if shown >= shownQuotes || p.detail > full {
				p.because(j, aside, "quoted lines")
			}
		}
		if j == len(p.lines) {
			return
		}
		head, message, _ := strings.Cut(p.lines[j], ": ")
		f := api.Finding{Kind: "build", File: file, Line: n, Message: message}
		switch {
		case head == "Error":
			f.Severity = "error"
			p.openPlace(file, n)
			shown++
		case strings.HasPrefix(head, "Warning"):
			f.Severity = "warning"
			_, f.Name, _ = strings.Cut(strings.TrimSuffix(head, "]"), "[")
		default:
			continue
		}
		p.fates[i], p.fates[j] = vital, vital
		for j++; j < len(p.lines) && indent(p.lines[j]) > 2; j++ {
			p.fates[j] = kept
			f.Message += " " + strings.TrimSpace(p.lines[j])
		}
		p.find(f)
		i = j - 1
	}
}

// ocamlPlace reads `File "bin/a.ml", line 3, characters 4-9:`.
func ocamlPlace(line string) (file string, n int, ok bool) {
	rest, ok := strings.CutPrefix(line, "File \"")
	file, rest, two := strings.Cut(rest, "\", line")
	n, rest = number(strings.TrimLeft(rest, "s "))
	return file, n, ok && two && n > 0 && strings.Contains(rest, "characters ")
}
