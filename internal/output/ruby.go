package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// ruby reads how a program of Ruby ends by an error: the place, the message and the class
// in one line, and the frames below.
var ruby = &reader{
	kind:  "ruby",
	tools: []string{"ruby", "rake", "rails", "irb"},
	signs: []string{"*:#:in `*': * (*)", "*:#:in '*': * (*)", "~from *:#:in `*'", "~from *:#:in '*'"},
	read: func(p *page) {
		p.rubyErrors()
		p.rubyFrames("from ")
		p.apply(rubyRules)
	},
}

var rubyRules = parseRules(`
	noise        rake aborted!
	error:syntax *:#: syntax error*
	noise        Tasks: TOP => *
	aside:advice (See full trace by running task with --trace)
`)

// rubyErrors finds the error above the frames. What it was raised for follows in the same
// shape.
func (p *page) rubyErrors() {
	told := false
	p.each(func(i int, line string) fate {
		d, ok := rubyFrame(line, "")
		if !ok || !strings.HasSuffix(line, ")") {
			return open
		}
		_, message, ok := strings.Cut(d.message, "': ")
		if !ok {
			return open
		}
		if told {
			return vital // the cause
		}
		told = true
		f := api.Finding{Kind: "crash", Severity: "error", File: d.file, Line: d.line, Message: message}
		for j := i; j < len(p.lines) && fromLibrary(f.File); j++ {
			if d, ok := rubyFrame(p.lines[j], "from "); ok {
				f.File, f.Line = d.file, d.line
			}
		}
		p.find(f)
		if name, ok := missingRuby(message); ok {
			p.next("gem install "+quoteWord(name), "the library that is required is not installed")
		} else {
			p.openPlace(f.File, f.Line)
		}
		return vital
	})
}

// missingRuby is the library that could not be loaded, if it has a name of its own.
func missingRuby(message string) (string, bool) {
	_, name, ok := strings.Cut(message, "cannot load such file -- ")
	name, _, _ = strings.Cut(name, " (")
	return name, ok && !strings.ContainsAny(name, "/.")
}

// rubyFrame reads "a.rb:3:in `name'" behind head.
func rubyFrame(line, head string) (place, bool) {
	s, ok := strings.CutPrefix(strings.TrimLeft(line, " \t"), head)
	if !ok || !strings.Contains(s, ":in `") && !strings.Contains(s, ":in '") {
		return place{}, false
	}
	d, ok := parsePlace(s)
	return d, ok && (strings.HasPrefix(d.message, "in `") || strings.HasPrefix(d.message, "in '"))
}

// rubyFrames decides about the frames that begin with head.
func (p *page) rubyFrames(head string) {
	fr := p.frames(2)
	for i, line := range p.lines {
		switch _, ok := rubyFrame(line, head); {
		case !ok || indent(line) == 0 && head != "# ":
			fr.trace()
		case p.fates[i] == open:
			fr.frame(i, i+1, strings.TrimPrefix(strings.TrimSpace(line), head))
		}
	}
}
