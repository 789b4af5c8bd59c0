package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// gradle reads gradle and its wrapper.
var gradle = &reader{
	kind:   "gradle",
	tools:  []string{"gradle"},
	signs:  []string{"> Task :*", "BUILD SUCCESSFUL in *", "BUILD FAILED in *"},
	target: failuresTarget,
	read: func(p *page) {
		p.javaQuotes()
		p.kotlinPlaces()
		p.gradleTests()
		p.apply(gradleRules)
		p.places("build", "error")
		p.javaTraces()
		p.gradleFailures()
	},
}

var gradleRules = parseRules(`
	vital            > Task * FAILED
	vital            :* FAILED
	noise            > Task *
	noise            :* UP-TO-DATE
	noise            :* NO-SOURCE
	noise            :* FROM-CACHE
	aside:skipped_tasks  :* SKIPPED
	noise            > Configure project *
	noise            <*> * EXECUTING *
	noise            Starting a Gradle Daemon*
	noise            Daemon will be stopped *
	noise            Welcome to Gradle *
	noise            Downloading http*
	vital            BUILD *
	keep             # actionable task*
	error:test       * > * FAILED
	aside:passing_tests  * > * PASSED
	aside:skipped_tests  * > * SKIPPED
	vital            # test* completed, # failed*
	vital            FAILURE: *
	noise            \* What went wrong:
	aside:advice     \* Try:
	aside:advice     \* Get more help *
	aside:advice     > Run with --*
	aside:advice     > Get more help *
	aside:advice     Run with --*
	aside:advice     Run gradle tasks to *
	aside:advice     > Run gradlew tasks to *
	aside:advice     You can use '--warning-mode all' *
	aside:advice     Deprecated Gradle features were used *
	aside:advice     For more on this, please refer to *
	aside:advice     See https://docs.gradle.org/*
	noise            =====~
`)

// kotlinPlaces reads what kotlinc says below gradle: "e: file:///w/A.kt:3:5 message", before
// Kotlin 1.9 "e: /w/A.kt: (3, 5): message".
func (p *page) kotlinPlaces() {
	p.each(func(_ int, line string) fate {
		severity := "error"
		switch {
		case strings.HasPrefix(line, "e: "):
		case strings.HasPrefix(line, "w: "):
			severity = "warning"
		default:
			return open
		}
		d, ok := kotlinPlace(line[3:])
		if !ok {
			d = place{message: strings.TrimSpace(line[3:])}
		}
		d.severity = severity
		return p.foundAt("build", d)
	})
}

func kotlinPlace(s string) (place, bool) {
	s = strings.TrimPrefix(s, "file://")
	end := strings.Index(s, ".kt")
	if end < 0 {
		return place{}, false
	}
	file, rest, ok := strings.Cut(s[end:], ":")
	if !ok {
		return place{}, false
	}
	d := place{file: s[:end] + file}
	rest = strings.TrimPrefix(strings.TrimLeft(rest, " "), "(")
	d.line, rest = number(rest)
	d.col, rest = number(strings.TrimLeft(rest, ":, "))
	d.message = strings.TrimLeft(rest, ":) ")
	return d, d.line > 0 && d.message != ""
}

// gradleTests makes findings of "CartTest > total() FAILED" and what stands below it, and
// proposes to run them alone.
func (p *page) gradleTests() {
	run := p.gradleRun()
	filter, n := "", 0
	for i, line := range p.lines {
		name, ok := strings.CutSuffix(line, " FAILED")
		class, method, two := strings.Cut(name, " > ")
		if !ok || !two || p.fates[i] != open || class == "" || strings.ContainsAny(class, " :") {
			continue
		}
		plain, _, _ := strings.Cut(method, "(")
		f := api.Finding{Kind: "test", Severity: "error", Name: class + "." + plain, Message: strings.TrimSpace(line)}
		p.gradleThrown(i+1, &f)
		p.find(f)
		p.fates[i] = vital
		if n++; n <= maxRerun && !strings.ContainsAny(plain, "> ") {
			filter += " --tests " + shellQuote("*"+f.Name)
		}
	}
	if filter != "" && n <= maxRerun {
		p.next(run+" test"+filter, theTests(n))
	}
}

// gradleThrown reads what a test threw, indented below its name: text, and frames or, in
// short, "java.lang.AssertionError at CartTest.java:5".
func (p *page) gradleThrown(from int, f *api.Finding) {
	for i := from; i < len(p.lines); i++ {
		s := strings.TrimLeft(p.lines[i], " \t")
		switch {
		case s == "" || indent(p.lines[i]) == 0:
			return
		case i == from:
			f.Message = s
			p.fates[i] = vital
			if _, at, ok := cutLast(s, " at "); ok {
				if d, placed := parsePlace(at); placed {
					f.File, f.Line = d.file, d.line
				}
			}
		case javaFrame(s):
			name := f.Name
			if p.javaPlace(i, f); f.File != "" {
				f.Name = name
				return
			}
		}
	}
}

// gradleRun is gradle as it was run, as far as that says where and with what.
func (p *page) gradleRun() string {
	run := "gradle"
	if strings.Contains(p.in.Command, "./gradlew") {
		run = "./gradlew"
	}
	c, _ := p.cmd.call("gradle")
	for i, a := range c.args {
		switch {
		case a == "--offline":
			run += " " + a
		case (a == "-p" || a == "--project-dir") && i+1 < len(c.args):
			run += " " + a + " " + quoteWord(c.args[i+1])
		}
	}
	return run
}

// gradleFailures makes findings of what stands below "* What went wrong:", where it is not
// that tests or the compiler, heard above, have failed.
func (p *page) gradleFailures() {
	for i, line := range p.lines {
		if line != "* What went wrong:" {
			continue
		}
		var said []string
		for j := i + 1; j < len(p.lines) && !blank(p.lines[j]) && p.lines[j][0] != '*' && len(said) < 3; j++ {
			said = append(said, strings.TrimLeft(p.lines[j], " >"))
			p.fates[j] = vital
		}
		message := strings.Join(said, " ")
		if message == "" || len(p.findings) > 0 && strings.HasPrefix(message, "Execution failed for task ") {
			continue
		}
		f := api.Finding{Kind: "build", Severity: "error", Message: message}
		p.gradleScript(i, &f)
		p.find(f)
	}
	if len(p.findings) == 0 {
		p.gradleTasks()
	}
}

// maxWhere is how many lines above what went wrong its place may stand.
const maxWhere = 6

// gradleScript is the place above: "Build file '/w/build.gradle' line: 6".
func (p *page) gradleScript(i int, f *api.Finding) {
	for top := max(0, i-maxWhere); i > top && p.lines[i] != "* Where:"; i-- {
		if _, rest, ok := strings.Cut(p.lines[i], "file '"); ok {
			if file, n, ok := strings.Cut(rest, "' line: "); ok {
				f.File = file
				f.Line, _ = number(n)
				p.openPlace(f.File, f.Line)
				return
			}
		}
	}
}

// gradleTasks makes findings of tasks that failed and nobody says why.
func (p *page) gradleTasks() {
	for _, line := range p.lines {
		if strings.HasSuffix(line, " FAILED") && (strings.HasPrefix(line, "> Task ") || strings.HasPrefix(line, ":")) {
			p.find(api.Finding{Kind: "build", Severity: "error", Message: line})
		}
	}
}
