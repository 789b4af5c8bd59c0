package output

import (
	"slices"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// cmake reads its configure step, its builds and ctest.
var cmake = &reader{
	kind:  "cmake",
	tools: []string{"cmake", "ctest", "meson", "configure"},
	signs: []string{"-- Configuring done*", "-- Build files have been written to: *", "CMake Error*", "CMake Warning*", "[ #%] Building *", "[#%] Built target *", "      Start # *", "checking for *"},
	read: func(p *page) {
		p.cmakeMessages()
		p.ctest()
		p.mesonTests()
		p.apply(cmakeRules)
		p.lastStep()
		readCompiler(p)
		p.compileCommands()
	},
}

var cmakeRules = parseRules(`
	keep               -- The * compiler identification is *
	keep               -- Configuring done*
	keep               -- Generating done*
	keep               -- Build files have been written to: *
	keep               -- Configuring incomplete*
	aside:checks       -- Detecting *
	aside:checks       -- Check for working *
	aside:checks       -- Performing Test *
	aside:checks       -- Looking for *
	aside:checks       -- Check size of *
	aside:checks       checking *... *
	aside:checks       checking *...
	noise              The Meson build system
	noise              Found ninja-# at *
	noise              INFO: autodetecting backend as *
	noise              INFO: calculating backend command to run: *
	aside:passing_tests  ~#/# * OK  *#s*
	aside:skipped_tests  ~#/# * SKIP  *#s*
	noise              Ok: *
	noise              Expected Fail: ~0
	noise              Unexpected Pass: ~0
	noise              Skipped: ~0
	noise              Timeout: ~0
	vital              Fail: *
	vital              >>> *
	aside:checks       -- Found *
	noise              [*%] Building *
	noise              [*%] Linking *
	noise              [*%] Generating *
	noise              [*%] Automatic *
	noise              Scanning dependencies of target *
	noise              Consolidate compiler generated dependencies of target *
	aside:build_steps  [#/#] *
	noise              Internal ctest changing into directory: *
	noise              Test project *
	noise              ~Start ~#: *
	noise              Label Time Summary*
	noise              Total Test time *
	vital              #% tests passed, # tests failed out of #
	keep               The following tests FAILED:
	keep               Errors while running CTest
`)

// lastStep keeps the last step of a build; the targets built before are counted.
func (p *page) lastStep() {
	last := -1
	for i, line := range p.lines {
		if p.fates[i] != open || !pattern("[*%] Built target *").match(line) {
			continue
		}
		p.because(i, aside, "targets built")
		if last < 0 || strings.HasPrefix(line, "[100%]") {
			p.fates[i] = kept
		}
		if last >= 0 && strings.HasPrefix(p.lines[last], "[100%]") && last != p.firstBuilt() {
			p.because(last, aside, "targets built")
		}
		last = i
	}
	if last >= 0 {
		p.fates[last] = kept
	}
}

func (p *page) firstBuilt() int {
	for i, line := range p.lines {
		if pattern("[*%] Built target *").match(line) {
			return i
		}
	}
	return -1
}

// cmakeMessages reads "CMake Error at file:line (command):" and the text indented
// below it.
func (p *page) cmakeMessages() {
	for i := 0; i < len(p.lines); i++ {
		line := p.lines[i]
		severity := ""
		switch {
		case p.fates[i] != open:
		case strings.HasPrefix(line, "CMake Error"):
			severity = "error"
		case strings.HasPrefix(line, "CMake Warning"), strings.HasPrefix(line, "CMake Deprecation Warning"):
			severity = "warning"
		}
		if severity == "" {
			continue
		}
		f := api.Finding{Kind: "build", Severity: severity}
		_, at, _ := strings.Cut(line, " at ")
		if at, _, ok := strings.Cut(at, " ("); ok {
			if d, ok := parsePlace(at + ":"); ok {
				f.File, f.Line = d.file, d.line
			}
		}
		p.fates[i] = vital
		j := i + 1
		for n := 0; j < len(p.lines) && (blank(p.lines[j]) || indent(p.lines[j]) >= 2); j++ {
			if blank(p.lines[j]) {
				continue
			}
			if n++; n > maxMessage {
				p.because(j, folded, "its text")
				continue
			}
			p.fates[j] = kept
			if len(f.Message) < 200 {
				f.Message = strings.TrimSpace(f.Message + " " + strings.TrimSpace(p.lines[j]))
			}
		}
		p.find(f)
		i = j - 1
	}
}

// ctest reads " 3/12 Test  #3: name ....   Passed    0.01 sec".
func (p *page) ctest() {
	where := ""
	if c, ok := p.cmd.call("ctest"); ok {
		if dir := c.value("--test-dir"); dir != "" {
			where = " --test-dir " + quoteWord(dir)
		}
	}
	p.each(func(i int, line string) fate {
		if !pattern("~#/# Test *#*: * sec").match(line) {
			return open
		}
		if strings.Contains(line, "   Passed ") {
			p.whys[i] = p.reason("passing tests")
			return aside
		}
		_, name, _ := strings.Cut(line, ": ")
		name, _, _ = strings.Cut(name, " ")
		p.find(api.Finding{Kind: "test", Severity: "error", Name: name, Message: strings.TrimSpace(line)})
		p.next("ctest"+where+" -R '^"+name+"$' --output-on-failure", "run only the test that failed, with what it prints")
		return vital
	})
}

// mesonTests reads "2/2 shop:two        FAIL            0.01s   exit status 1".
func (p *page) mesonTests() {
	run := "meson test"
	if c, ok := p.cmd.call("meson"); ok && c.value("-C") != "" {
		run += " -C " + quoteWord(c.value("-C"))
	}
	p.each(func(i int, line string) fate {
		f := strings.Fields(line)
		if len(f) < 4 || !pattern("~#/# *").match(line) {
			return open
		}
		k := slices.IndexFunc(f, func(w string) bool {
			return w == "FAIL" || w == "ERROR" || w == "TIMEOUT" || w == "UNEXPECTEDPASS" || w == "INTERRUPT"
		})
		if k < 2 || !strings.HasSuffix(f[min(k+1, len(f)-1)], "s") {
			return open
		}
		p.find(api.Finding{Kind: "test", Severity: "error", Name: f[k-1], Message: strings.TrimSpace(line)})
		_, name, ok := strings.Cut(f[k-1], ":")
		if !ok {
			name = f[k-1]
		}
		p.next(run+" --print-errorlogs "+quoteWord(name), "run only the test that failed, with what it prints")
		return vital
	})
}
