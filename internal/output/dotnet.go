package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

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

// dotnetTests makes findings of "  Failed Namespace.Class.Test [4 ms]": the message stands two
// lines below, the place in the stack trace behind it.
func (p *page) dotnetTests() {
	for i, line := range p.lines {
		rest, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "Failed ")
		k := strings.LastIndex(rest, " [")
		if !ok || k < 0 || !strings.HasSuffix(rest, "]") || p.fates[i] != open {
			continue
		}
		f := api.Finding{Kind: "test", Severity: "error", Name: rest[:k], Message: strings.TrimSpace(line)}
		for j := i + 1; j < len(p.lines) && j < i+maxMessage+12; j++ {
			s := strings.TrimSpace(p.lines[j])
			if strings.HasPrefix(s, "Failed ") || strings.HasPrefix(s, "Passed ") || strings.HasPrefix(s, "Skipped ") {
				break
			}
			if s == "Error Message:" && j+1 < len(p.lines) {
				f.Message = strings.TrimSpace(p.lines[j+1])
			}
			if _, at, ok := strings.Cut(s, ") in "); ok && f.File == "" {
				file, n, _ := strings.Cut(at, ":line ")
				f.File = file
				f.Line, _ = number(n)
			}
		}
		p.find(f)
		name, _, _ := strings.Cut(f.Name, "(")
		p.next("dotnet test --filter "+shellQuote("FullyQualifiedName~"+name), "run only the test that failed")
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
