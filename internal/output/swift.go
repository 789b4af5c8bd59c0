package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// swift reads the compiler, the package manager, XCTest and Swift Testing.
var swift = &reader{
	kind:   "swift",
	tools:  []string{"swift", "swiftc", "xcodebuild", "xctest"},
	signs:  []string{"Test Suite '*' started at *", "~Executed # test*, with # failure*", "*.swift:#: error: *"},
	target: failuresTarget,
	read: func(p *page) {
		p.xctests()
		p.swiftTesting()
		p.compilerPlaces()
		p.quoteOfErrors()
		p.apply(swiftRules)
	},
}

var swiftRules = parseRules(`
	noise                Fetching http*
	noise                Fetched http*
	noise                Updating http*
	noise                Updated http*
	noise                Computing version for http*
	noise                Computed http*
	noise                Creating working copy for http*
	noise                Working copy of http* resolved at *
	noise                Building for *
	noise                Planning build
	aside:build_steps    [#/#] *
	vital                Build complete!*
	vital                \*\* TEST * \*\*
	vital                \*\* BUILD * \*\*
	noise                Test Suite '*' started at *
	noise                Test Case '*' started*
	aside:passing_tests  Test Case '*' passed (*
	aside:skipped_tests  *.swift:#: * : Test skipped*
	retold               Test Case '*' skipped (*
	noise                Test Suite '*' passed at *
	retold               Test Suite '*' failed at *
	vital                ~Executed # test*, with *
	error:build          error: *
	warn:build           warning: *
	error:crash          *Fatal error: *
`)

// xctests makes findings of what XCTest asserts, and shows of the nested counts the last,
// which is of all.
func (p *page) xctests() {
	failed := map[string]bool{}
	last := -1
	for i, line := range p.lines {
		if pattern("~Executed # test*, with *").match(line) && p.fates[i] == open {
			if last >= 0 {
				p.fates[last] = retold
			}
			last = i
			continue
		}
		d, ok := parseDiagnostic(line)
		name, message, named := strings.Cut(d.message, " : ")
		if !ok || !named || p.fates[i] != open || strings.Contains(name, "' ") || !strings.ContainsAny(name, ".[") {
			continue
		}
		failed[name] = true
		p.fates[i] = vital
		p.find(api.Finding{Kind: "test", Severity: d.severity, Name: name, File: d.file, Line: d.line, Message: message})
		p.next("swift test --filter "+shellQuote(swiftFilter(name)), "run only the test that failed")
	}
	p.each(func(_ int, line string) fate {
		rest, ok := strings.CutPrefix(line, "Test Case '")
		name, rest, told := strings.Cut(rest, "' failed (")
		switch {
		case !ok || !told || rest == "":
			return open
		case failed[name]:
			return retold
		}
		p.find(api.Finding{Kind: "test", Severity: "error", Name: name, Message: line})
		return vital
	})
}

// swiftFilter is what names a test to swift test: "CartTests/testTotal" for
// "CartTests.testTotal" and for "-[ShopTests.CartTests testTotal]".
func swiftFilter(name string) string {
	name = strings.Trim(name, "-[]")
	class, test, ok := strings.Cut(name, " ")
	if !ok {
		k := strings.LastIndexByte(name, '.')
		class, test = name[:max(k, 0)], name[k+1:]
	}
	return class + "/" + test
}

// swiftTestingRules are for lines without the symbol that they begin with, which differs from
// system to system.
var swiftTestingRules = parseRules(`
	noise                Test run started.
	noise                Testing Library Version: *
	noise                Target Platform: *
	noise                Suite * started.
	noise                Test * started.
	noise                Suite * passed after # second*
	aside:passing_tests  Test case * passed after # second*
	vital                Test run with # test* after *
	aside:passing_tests  Test * passed after # second*
	aside:skipped_tests  Test * skipped*
	aside:skipped_tests  Suite * skipped*
	retold               Suite * failed after # second*
	retold               Test * failed after # second* with # issue*
`)

// swiftTesting reads "✘ Test total() recorded an issue at CartTests.swift:31:9: text" and what
// Swift Testing writes around it.
func (p *page) swiftTesting() {
	p.each(func(i int, line string) fate {
		mark, s, ok := strings.Cut(line, " ")
		s = strings.TrimLeft(s, " ")
		if !ok || mark == "" || mark[0] < 0xe2 || len(mark) > 8 {
			return open
		}
		if name, rest, ok := strings.Cut(s, " recorded an issue "); ok {
			d := place{message: rest}
			if _, at, ok := strings.Cut(" "+rest, " at "); ok {
				if at, placed := parsePlace(at); placed {
					d = at
				}
			}
			name = strings.TrimPrefix(name, "Test ")
			p.find(api.Finding{Kind: "test", Severity: "error", Name: name, File: d.file, Line: d.line, Col: d.col, Message: d.message})
			return vital
		}
		n := swiftTestingRules.set.find(s)
		if n < 0 {
			return open
		}
		a := swiftTestingRules.acts[n]
		if a.why != "" {
			p.whys[i] = p.reason(a.why)
		}
		return a.fate
	})
}
