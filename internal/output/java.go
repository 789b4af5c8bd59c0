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
		if _, placed := parseDiagnostic(p.lines[i-1]); !placed && p.fates[i-1] == open && indent(p.lines[i-1]) > 0 {
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

// maven reads mvn.
var maven = &reader{
	kind:  "maven",
	tools: []string{"mvn"},
	signs: []string{"[INFO] Scanning for projects...", "[INFO] BUILD SUCCESS", "[INFO] BUILD FAILURE"},
	read: func(p *page) {
		p.mavenPlaces()
		p.sameBeginnings("[ERROR]")
		p.apply(mavenRules)
		p.javaTraces()
		p.mavenTests()
	},
}

var mavenRules = parseRules(`
	vital            [INFO] BUILD *
	vital            [INFO] Tests run: *
	error:test       [ERROR] Tests run: *
	warn:test        [WARNING] Tests run: *
	keep             [INFO] Total time: *
	noise            [INFO]
	noise            [INFO] ---*
	noise            [INFO] Finished at: *
	noise            Progress (*
	noise            Downloading from *
	noise            Downloaded from *
	noise            [INFO] Download*
	keep             [INFO] Reactor Summary*
	keep             [INFO] * SUCCESS [*
	error:build      [INFO] * FAILURE [*
	keep             [INFO] * SKIPPED
	keep             [INFO] Building *.jar*
	aside:steps      [INFO] *
	noise            [ERROR]
	noise            [WARNING]
	aside:advice     [ERROR] To see the full stack trace *
	aside:advice     [ERROR] Re-run Maven using *
	aside:advice     [ERROR] For more information about the errors *
	aside:advice     [ERROR] [Help #] http*
	aside:advice     [ERROR] After correcting the problems, *
	aside:advice     [ERROR] -> [Help *
	vital            [ERROR] * <<< FAILURE!
	vital            [ERROR] * <<< ERROR!
	vital            [ERROR] Failures:~
	vital            [ERROR] Errors:~
	keep             [ERROR] Please refer to *
	vital            [ERROR]   *:# *
	error:test       [ERROR]   *Test*
	error:build      [ERROR] *
	keep             [WARNING] *
	noise            @
	noise            ~@
`)

// mavenPlaces reads "[ERROR] /path/File.java:[12,5] message".
func (p *page) mavenPlaces() {
	for i, line := range p.lines {
		rest, ok := strings.CutPrefix(line, "[ERROR] ")
		if !ok || p.fates[i] != open {
			continue
		}
		file, rest, ok := strings.Cut(rest, ":[")
		if !ok || !fileLike(file) {
			continue
		}
		f := api.Finding{Kind: "build", Severity: "error", File: file}
		f.Line, rest = number(rest)
		f.Col, rest = number(strings.TrimPrefix(rest, ","))
		f.Message = strings.TrimSpace(strings.TrimPrefix(rest, "]"))
		p.find(f)
		p.openPlace(f.File, f.Line)
		p.fates[i] = vital
	}
}

// sameBeginnings tells one of several lines that begin with the same long text.
func (p *page) sameBeginnings(head string) {
	const long = 100
	told := map[string]bool{}
	for i, line := range p.lines {
		s, ok := strings.CutPrefix(line, head)
		for ok && strings.HasPrefix(strings.TrimSpace(s), head) {
			s = strings.TrimSpace(s)[len(head):]
		}
		s = strings.TrimSpace(s)
		if !ok || len(s) < long || p.fates[i] > kept {
			continue
		}
		if told[s[:long]] {
			p.because(i, aside, "lines told above")
		}
		told[s[:long]] = true
	}
}

// gradle reads gradle and its wrapper.
var gradle = &reader{
	kind:  "gradle",
	tools: []string{"gradle"},
	signs: []string{"> Task :*", "BUILD SUCCESSFUL in *", "BUILD FAILED in *"},
	read: func(p *page) {
		p.javaQuotes()
		p.apply(gradleRules)
		p.gradleTests()
		p.places("build", "error")
		p.javaTraces()
	},
}

var gradleRules = parseRules(`
	error:build      > Task * FAILED
	noise            > Task *
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
	error:build      FAILURE: *
	noise            \* What went wrong:
	aside:advice     \* Try:
	aside:advice     \* Get more help *
	aside:advice     > Run with --*
	aside:advice     > Get more help *
	aside:advice     Run with --*
	aside:advice     You can use '--warning-mode all' *
	aside:advice     Deprecated Gradle features were used *
	aside:advice     For more on this, please refer to *
	aside:advice     See https://docs.gradle.org/*
	error:build      e: *
	warn:build       w: *
`)

// dotnet reads dotnet build and test, and msbuild.
var dotnet = &reader{
	kind:  "dotnet",
	tools: []string{"dotnet", "msbuild"},
	signs: []string{"*: error CS#: *", "Build FAILED.", "Build succeeded.", "Passed!  - Failed: *", "Failed!  - Failed: *"},
	read: func(p *page) {
		p.sameMessages("build")
		p.dotnetTests()
		p.apply(dotnetRules)
		p.javaTraces()
	},
}

var dotnetRules = parseRules(`
	noise            ~Determining projects to restore...
	noise            ~All projects are up-to-date for restore.
	noise            ~Restored *
	noise            Microsoft (R) *
	noise            Copyright (C) Microsoft *
	noise            MSBuild version *
	noise            Starting test execution, *
	noise            A total of # test files matched *
	keep             ~* -> *
	vital            Build succeeded.
	error:build      Build FAILED.
	vital            ~# Warning(s)
	vital            ~# Error(s)
	keep             Time Elapsed *
	aside:passing_tests  ~Passed * [*]
	aside:skipped_tests  ~Skipped * [*]
	vital            ~Failed * [*]
	vital            Passed!  - *
	vital            Failed!  - *
`)
