package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// dotnet reads dotnet build and test, and msbuild: the lines for a pipe, those of the terminal
// logger, and the tests of vstest and of Microsoft.Testing.Platform.
var dotnet = &reader{
	kind:  "dotnet",
	tools: []string{"dotnet", "msbuild"},
	signs: []string{"*: error CS#: *", "Build FAILED.", "Build succeeded.", "Passed!  - Failed: *", "Failed!  - Failed: *", "Test run summary: Failed! *"},
	read: func(p *page) {
		p.dotnetTests()
		p.dotnetLogged()
		p.msbuildMessages()
		p.sameMessages("build")
		p.dotnetTraces()
		p.apply(dotnetRules)
	},
	target: failuresTarget,
}

var dotnetRules = parseRules(`
	noise            ~Determining projects to restore...
	noise            ~All projects are up-to-date for restore.
	noise            ~Restored *
	noise            Restore complete (*
	noise            Microsoft (R) *
	noise            Copyright (C) Microsoft *
	noise            Copyright (c) Microsoft *
	noise            MSBuild version *
	noise            VSTest version *
	noise            Test run for *.dll (*
	noise            Running tests from *.dll (*
	noise            Starting test execution, *
	noise            A total of # test files matched *
	noise            [xUnit.net *]* Discovering: *
	noise            [xUnit.net *]* Discovered: *
	noise            [xUnit.net *]* Starting: *
	noise            [xUnit.net *]* Finished: *
	noise            [xUnit.net *] xUnit.net * Adapter *
	brief:projects_that_were_built  ~* -> *
	brief:projects_that_were_built  ~* succeeded (#s) → *
	vital            Build succeeded*
	vital            Build FAILED.
	vital            Build failed with *
	vital            ~# Warning(s)
	vital            ~# Error(s)
	keep             Time Elapsed *
	aside:passing_tests  ~Passed * [*]
	aside:passing_tests  passed * (*)
	aside:skipped_tests  ~Skipped * [*]
	aside:skipped_tests  skipped * (*)
	vital            ~Failed * [*]
	vital            Passed!  - *
	vital            Failed!  - *
	vital            Test summary: *
	vital            Test run summary: *
	noise            ~--- End of stack trace from previous location ---
	noise            Test run completed with non-success exit code: # (see: *
`)

// dotnetTest is the name of the test that failed by the line that says so, as vstest
// ("  Failed Name [4 ms]"), its forerunner ("  X Name [4ms]") and the testing platform
// ("failed Name (4ms)") write it.
func dotnetTest(line string) (name string, ok bool) {
	s := strings.TrimLeft(line, " ")
	for _, form := range []struct{ head, from, end string }{{"Failed ", " [", "]"}, {"X ", " [", "]"}, {"failed ", " (", ")"}} {
		rest, is := strings.CutPrefix(s, form.head)
		k := strings.LastIndex(rest, form.from)
		if is && k > 0 && strings.HasSuffix(rest, form.end) && (form.head != "failed " || s == line) && isDigit(rest[k+len(form.from)]) {
			return rest[:k], true
		}
	}
	return "", false
}

// dotnetTests makes findings of the tests that failed: the message stands below, the place in
// the stack trace behind it. The terminal logger tells a place, and all else below it.
func (p *page) dotnetTests() {
	for i, line := range p.lines {
		if p.fates[i] != open {
			continue
		}
		f := api.Finding{Kind: "test", Severity: "error", Message: strings.TrimSpace(line)}
		name, ok := dotnetTest(line)
		if ok {
			f.Name = name
		} else if d, is := parseDiagnostic(line); is && strings.HasPrefix(d.message, "TESTERROR:") {
			f.File, f.Line = d.file, d.line
		} else {
			continue
		}
		p.dotnetBody(i, &f)
		p.find(f)
		p.fates[i] = vital
		if name, _, _ := strings.Cut(f.Name, "("); name != "" {
			p.next("dotnet test --filter "+shellQuote("FullyQualifiedName~"+name), "run only the test that failed")
		}
	}
	if len(p.findings) > 0 {
		return
	}
	for _, line := range p.lines {
		if strings.HasPrefix(line, "Failed!  - ") {
			p.find(api.Finding{Kind: "test", Severity: "error", Message: line})
		}
	}
}

// dotnetBody reads what stands below a test that failed.
func (p *page) dotnetBody(head int, f *api.Finding) {
	said := f.Message
	for j := head + 1; j < len(p.lines) && j < head+maxMessage+12; j++ {
		s := strings.TrimSpace(p.lines[j])
		if _, next := dotnetTest(p.lines[j]); next || strings.HasPrefix(s, "Passed ") || strings.HasPrefix(s, "Skipped ") {
			break
		}
		if name, message, ok := strings.Cut(s, "): Error Message: "); ok && f.Name == "" { // Name (4ms): Error Message: text
			k := strings.LastIndex(name, " (")
			f.Name, f.Message = name[:max(0, k)], message
		}
		switch {
		case s == "Error Message:" && j+1 < len(p.lines):
			f.Message = strings.TrimSpace(p.lines[j+1])
		case f.Message == said && s != "" && s != "Stack Trace:":
			f.Message = s
		}
		if file, n, ok := dotnetPlace(s); ok && f.File == "" {
			f.File, f.Line = file, n
		}
	}
}

// dotnetPlace reads "at Shop.Cart.Total() in /src/Cart.cs:line 14", or without "line".
func dotnetPlace(s string) (file string, line int, ok bool) {
	_, at, ok := strings.Cut(s, ") in ")
	if !ok || !strings.HasPrefix(s, "at ") {
		return "", 0, false
	}
	k := strings.LastIndexByte(at, ':')
	if k < 0 {
		return "", 0, false
	}
	line, rest := number(strings.TrimPrefix(at[k+1:], "line "))
	return at[:k], line, line > 0 && rest == ""
}

// dotnetLogged leaves out what the adapter of xUnit logs while the tests run, where the
// same words stand in the report of the test.
func (p *page) dotnetLogged() {
	said := map[string]bool{}
	for i, line := range p.lines {
		if strings.HasPrefix(line, "[xUnit.net ") {
			continue
		}
		if name, ok := dotnetTest(line); ok {
			said[name+" [FAIL]"] = true
		}
		s := strings.TrimSpace(line)
		if name, rest, ok := strings.Cut(s, "): Error Message: "); ok {
			name, _, _ = strings.Cut(name, " (")
			said[name+" [FAIL]"], said[rest] = true, true
		}
		if p.fates[i] <= vital {
			said[s] = true
		}
	}
	p.each(func(_ int, line string) fate {
		if !strings.HasPrefix(line, "[xUnit.net ") {
			return open
		}
		_, text, _ := strings.Cut(line, "]")
		if said[strings.TrimSpace(text)] {
			return retold
		}
		return open
	})
}

// msbuildMessages reads messages that are on no line: "shop.csproj : error NU1101: text",
// "CSC : error CS5001: text". Below "Build FAILED." they stand again.
func (p *page) msbuildMessages() {
	said := map[string]bool{}
	p.each(func(_ int, line string) fate {
		for _, severity := range []string{"error", "warning"} {
			at, rest, ok := strings.Cut(line, " : "+severity+" ")
			at = strings.TrimSpace(at)
			if !ok || at == "" || strings.ContainsAny(at, " '\"") {
				continue
			}
			code, message, ok := strings.Cut(rest, ": ")
			if !ok || strings.Contains(code, " ") {
				continue
			}
			if said[line] {
				return retold
			}
			said[line] = true
			f := api.Finding{Kind: "build", Severity: severity, Name: code, Message: withoutProject(message)}
			if strings.Contains(at, ".") {
				f.File = at
			}
			p.find(f)
			return vital
		}
		return open
	})
}

// withoutProject is a message of MSBuild without the project that it ends in.
func withoutProject(message string) string {
	k := strings.LastIndex(message, " [")
	if k < 0 || !strings.HasSuffix(message, "]") {
		return message
	}
	project, _, _ := strings.Cut(message[k+2:len(message)-1], "::")
	if !strings.HasSuffix(project, "proj") {
		return message
	}
	return message[:k]
}

// dotnetTraces decides about frames, and makes a finding of an exception that nobody caught.
func (p *page) dotnetTraces() {
	crash := -1 // the finding that has no place yet
	fr := p.frames(2)
	for i, line := range p.lines {
		s := strings.TrimSpace(line)
		switch file, n, placed := dotnetPlace(s); {
		case p.fates[i] != open:
		case strings.HasPrefix(line, "Unhandled exception. "), strings.HasPrefix(line, "Unhandled Exception: "):
			fr.trace()
			p.fates[i] = vital
			p.find(api.Finding{Kind: "crash", Severity: "error", Message: line})
			crash = len(p.findings) - 1
		case s == "Stack Trace:":
			fr.trace()
		case placed:
			fr.frame(i, i+1, s)
			if crash >= 0 && p.findings[crash].File == "" {
				p.findings[crash].File, p.findings[crash].Line = file, n
				p.openPlace(file, n)
			}
		case dotnetMachinery(s):
			p.because(i, aside, "stack frames")
		}
	}
}

// dotnetMachinery says that a frame is of the runtime or of what runs the tests.
func dotnetMachinery(s string) bool {
	name, ok := strings.CutPrefix(s, "at ")
	if !ok || !strings.HasSuffix(s, ")") {
		return false
	}
	for _, of := range []string{"System.", "Microsoft.", "Xunit.", "NUnit.", "InvokeStub_", "lambda_method"} {
		if strings.HasPrefix(name, of) {
			return true
		}
	}
	return false
}
