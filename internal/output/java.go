package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// javac reads the compiler of Java, and kotlinc and scalac, which quote as it does.
var javac = &reader{
	kind:  "javac",
	tools: []string{"javac", "kotlinc", "scalac"},
	read: func(p *page) {
		p.javaQuotes()
		p.apply(javacRules)
		p.places("build", "error")
	},
}

var javacRules = parseRules(`
	vital        # error
	vital        # errors
	vital        # warning
	vital        # warnings
	error:build  error: *
	warn:build   warning: *
	keep         ~symbol: *
	keep         ~location: *
	aside:notes  Note: *
`)

// javaQuotes leaves out the source line and the mark below a message.
func (p *page) javaQuotes() {
	for i := 2; i < len(p.lines); i++ {
		if p.fates[i] != open || strings.TrimSpace(p.lines[i]) != "^" {
			continue
		}
		p.because(i, aside, "quoted lines")
		if p.fates[i-1] == open && indent(p.lines[i-1]) > 0 && !complaint(p.lines[i-1]) {
			p.because(i-1, aside, "quoted lines")
		}
	}
}

// java reads traces of the Java machine, wherever they stand.
var java = &reader{
	kind:  "java",
	tools: []string{"java", "kotlin", "scala", "clojure", "jshell"},
	signs: []string{"~at *(*.java:#)", "~at *(*.kt:#)", "Exception in thread *", "Caused by: *", "~... # more"},
	read:  func(p *page) { p.javaTraces() },
}

func (p *page) javaTraces() {
	fr := p.frames(2)
	for i, line := range p.lines {
		s := strings.TrimLeft(line, " \t")
		switch {
		case p.fates[i] != open:
		case javaFrame(s):
			fr.frame(i, i+1, strings.TrimPrefix(s, "at "))
		case pattern("... # more").match(s), pattern("... # common frames omitted").match(s):
			p.fates[i] = noise
		case strings.HasPrefix(s, "Caused by: "), strings.HasPrefix(s, "Suppressed: "):
			fr.trace()
			p.fates[i] = vital
		case strings.HasPrefix(line, "Exception in thread "):
			fr.trace()
			p.fates[i] = vital
			f := api.Finding{Kind: "crash", Severity: "error", Message: line}
			p.javaPlace(i+1, &f)
			p.find(f)
		case i+1 < len(p.lines) && indent(line) == 0 && javaFrame(strings.TrimLeft(p.lines[i+1], " \t")):
			fr.trace()
			p.fates[i] = vital
			f := api.Finding{Kind: "crash", Severity: "error", Message: line}
			p.javaPlace(i+1, &f)
			p.find(f)
		}
	}
}

func javaFrame(s string) bool {
	return strings.HasPrefix(s, "at ") && strings.HasSuffix(s, ")") &&
		(strings.Contains(s, ".java:") || strings.Contains(s, ".kt:") || strings.Contains(s, ".scala:") || strings.Contains(s, "(Native Method)") || strings.Contains(s, "(Unknown Source)"))
}

// javaPlace is the first frame in code of the user's own.
func (p *page) javaPlace(i int, f *api.Finding) {
	for ; i < len(p.lines); i++ {
		s := strings.TrimLeft(p.lines[i], " \t")
		if !javaFrame(s) {
			return
		}
		open := strings.LastIndexByte(s, '(')
		if at, ok := parsePlace(s[open+1:len(s)-1] + ":"); ok && !fromLibrary(s) {
			f.File, f.Line, f.Name = at.file, at.line, strings.TrimPrefix(s[:open], "at ")
			return
		}
	}
}
