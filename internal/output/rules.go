package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// rules say what becomes of lines that a pattern describes. They are written one a
// line, a verb, blanks and a pattern; the first that matches counts:
//
//	noise           the tool prints it in every run
//	retold          what it says stands elsewhere on the page
//	keep            shown
//	vital           shown, and the last to go
//	error:KIND      shown, and a finding of that kind
//	warn:KIND       the same for a warning
//	aside:WHAT      left out, and counted at the end as so many lines of WHAT
//	brief:WHAT      the same once a full text is too long
type rules struct {
	set  patterns
	acts []act
}

type act struct {
	fate     fate
	severity string
	kind     string // of the finding
	why      string
	brief    bool
	quiet    bool // the pattern itself alarms nobody
}

func parseRules(text string) *rules {
	r := &rules{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(strings.TrimLeft(line, " \t"), "\n")
		if line == "" {
			continue
		}
		verb, p, _ := strings.Cut(line, " ")
		verb, what, _ := strings.Cut(verb, ":")
		r.set.add(pattern(strings.TrimLeft(p, " ")), len(r.acts))
		a := newAct(verb, strings.ReplaceAll(what, "_", " "))
		a.quiet = alarm(p) < alarmed
		r.acts = append(r.acts, a)
	}
	return r
}

func newAct(verb, what string) act {
	switch verb {
	case "noise":
		return act{fate: noise}
	case "retold":
		return act{fate: retold}
	case "keep":
		return act{fate: kept}
	case "vital":
		return act{fate: vital}
	case "error", "warn":
		severity := map[string]string{"error": "error", "warn": "warning"}[verb]
		return act{fate: vital, severity: severity, kind: what}
	case "aside":
		return act{fate: aside, why: what}
	case "brief":
		return act{fate: aside, why: what, brief: true}
	}
	panic("output: a rule begins with " + verb)
}

// apply gives every open line that a rule describes its fate.
func (p *page) apply(r *rules) {
	p.each(func(i int, line string) fate {
		return p.applyTo(r, i, line)
	})
}

// ruleOf is the first of the rules that describes line i of the sheet, or -1. It is looked
// for once, however often a page is read.
func (s *sheet) ruleOf(r *rules, i int, line string) int {
	known := s.ruled[r]
	if known == nil {
		if s.ruled == nil {
			s.ruled = map[*rules][]int16{}
		}
		known = make([]int16, len(s.lines))
		s.ruled[r] = known
	}
	if known[i] == 0 {
		known[i] = int16(r.set.find(line)) + 2
	}
	return int(known[i]) - 2
}

func (p *page) applyTo(r *rules, i int, line string) fate {
	n := p.sheet.ruleOf(r, i, line)
	if n < 0 {
		return open
	}
	a := r.acts[n]
	if a.fate == noise && a.quiet && alarm(line) == alarmed && diagnostic(line) {
		return open // whatever it looks like, something is wrong
	}
	if a.brief && p.detail == full {
		p.coarsen(p.detail + 1)
		return open
	}
	if a.severity != "" {
		f := api.Finding{Kind: a.kind, Severity: a.severity, Message: strings.TrimLeft(strings.TrimSpace(line), "│ ")}
		d, ok := parseDiagnostic(line)
		if !ok {
			d, ok = parsePlace(line)
		}
		if ok && d.message != "" {
			f.File, f.Line, f.Col, f.Message = d.file, d.line, d.col, d.message
		}
		p.find(f)
	}
	if a.why != "" {
		p.whys[i] = p.reason(a.why)
	}
	return a.fate
}
