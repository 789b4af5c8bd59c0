package output

import (
	"slices"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// cc reads gcc, g++, clang, ld and what else prints places as they do.
var cc = &reader{
	kind:  "compiler",
	tools: []string{"gcc", "g++", "clang", "clang++", "cc", "c++", "ld", "as", "gfortran", "nvcc", "clang-tidy", "cppcheck", "ghc", "cabal", "stack", "nim", "fpc", "gnatmake", "gprbuild", "scons"},
	signs: []string{"*: In function '*':", "*: In function ‘*’:", "*: error: *", "*: warning: *", "In file included from *", "*undefined reference to *"},
	read:  readCompiler,
}

var ccRules = parseRules(`
	aside:context    In file included from *
	aside:context    ~from *:#:#:
	aside:context    ~from *:#:
	aside:context    ~from *:#:#,
	aside:context    ~from *:#,
	aside:context    *: In function *:
	aside:context    *: In member function *:
	aside:context    *: In constructor *:
	aside:context    *: In instantiation of *:
	aside:context    *: At top level:
	aside:context    ~required from *
	aside:context    *required from here
	aside:context    *: In substitution of *
	aside:notes      *:#:#: note: *
	aside:notes      *:#: note: *
	aside:notes      *:#:#: remark: *
	keep             # warning* generated.
	vital            # error* generated.
	keep             # warning* and # error* generated.
	error:build      collect2: error: *
	error:build      *: fatal error: *
	error:build      *undefined reference to *
	error:build      *: multiple definition of *
	error:build      ld: *
	error:build      clang: error: *
	error:build      gcc: error: *
	error:build      g++: error: *
	error:build      cc1*: *
	error:build      compilation terminated.
	error:build      Undefined symbols for architecture *
	error:build      /usr/bin/ld: *
	noise            Checking * ...
	noise            #/# files checked #% done
	noise            Free Pascal Compiler version *
	noise            Target OS: *
	noise            Hint: used config file *
	noise            scons: Reading SConscript files ...
	noise            scons: done reading SConscript files.
	noise            scons: Building targets ...
	vital            scons: *
`)

func readCompiler(p *page) {
	p.compilerPlaces()
	p.quoteOfErrors()
	p.apply(ccRules)
	for _, f := range p.findings {
		if header, ok := missingHeader(f.Message); ok {
			p.next("apt-file search "+quoteWord(header), "names the package of the missing header")
		}
	}
}

// compilerPlaces makes findings of errors and warnings. The same one in another
// translation unit is told once.
func (p *page) compilerPlaces() {
	seen := map[string]bool{}
	p.each(func(i int, line string) fate {
		d, ok := parseDiagnostic(line)
		if ok && (d.message == "" || d.message[0] == '[' && strings.HasSuffix(d.message, "]")) {
			if below, more := p.messageBelow(i); more {
				d = below
			}
		}
		if !ok || d.severity == "note" {
			return open
		}
		if seen[line] {
			p.whys[i] = p.reason("lines told above")
			return aside
		}
		seen[line] = true
		return p.foundAt("build", d)
	})
}

// messageBelow reads "A.hs:2:1: error:" and "A.hs:2:1: warning: [-Wunused]", as ghc writes
// them, with the message indented below.
func (p *page) messageBelow(i int) (place, bool) {
	if i+1 >= len(p.lines) || indent(p.lines[i+1]) < 4 {
		return place{}, false
	}
	return parseDiagnostic(p.lines[i] + " " + strings.TrimSpace(p.lines[i+1]))
}

// shownQuotes is how many errors are shown with the source they are about.
const shownQuotes = 3

// quoteOfErrors leaves out the quotes below diagnostics, but for the source line of
// the first errors.
func (p *page) quoteOfErrors() {
	shown := 0
	for i, line := range p.lines {
		if p.fates[i] != open {
			continue
		}
		switch quote, ok := sourceQuote(line); {
		case !ok && i > 0 && proposal(p.lines[i-1], line):
			p.because(i, aside, "quoted lines")
		case !ok && p.quotedAbove(i):
			if p.fates[i-1] == vital && isError(p.lines[i-1]) && shown < shownQuotes && p.detail == full {
				shown++
				p.fates[i] = kept
				continue
			}
			p.because(i, aside, "quoted lines")
		case !ok:
		case quote && i > 0 && p.fates[i-1] == vital && isError(p.lines[i-1]) && shown < shownQuotes && p.detail == full:
			shown++
			p.fates[i] = kept
		default:
			p.because(i, aside, "quoted lines")
		}
	}
}

// quotedAbove says that line i is source as clang and cppcheck quote it, at the left margin: the
// line above names a place in it, the one below marks what is meant.
func (p *page) quotedAbove(i int) bool {
	if i == 0 || i+1 >= len(p.lines) || complaint(p.lines[i]) {
		return false
	}
	marks := strings.TrimSpace(p.lines[i+1])
	if !strings.Contains(marks, "^") || strings.Trim(marks, "^~ ") != "" {
		return false
	}
	_, placed := parsePlace(p.lines[i-1])
	return placed
}

// proposal says that the line is what clang would have in the place marked above.
func proposal(marks, line string) bool {
	s := strings.Trim(marks, " ")
	return s != "" && strings.Trim(s, "^~ ") == "" && indent(line) >= indent(marks) && indent(line) > 0 && !strings.Contains(strings.TrimSpace(line), " ")
}

func isError(line string) bool {
	d, ok := parseDiagnostic(line)
	return ok && d.severity == "error"
}

// sourceQuote reads "  103 |   text" and "      |   ^~~~ fix". What clang of old wrote
// without a margin is told by its marks alone.
func sourceQuote(line string) (source, ok bool) {
	s := strings.TrimLeft(line, " ")
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	rest := strings.TrimLeft(s[n:], " ")
	if strings.HasPrefix(rest, "|") && indent(line) < 12 && (n > 0 || indent(line) > 0) {
		return n > 0, true
	}
	return false, n == 0 && s != "" && strings.Trim(s, "^~ ") == ""
}

func missingHeader(message string) (string, bool) {
	for _, tail := range []string{": No such file or directory", "' file not found"} {
		if head, ok := strings.CutSuffix(message, tail); ok {
			name := strings.Trim(head[strings.LastIndexAny(head, " ")+1:], "'\"")
			return name, strings.HasSuffix(name, ".h") || strings.HasSuffix(name, ".hpp")
		}
	}
	return "", false
}

// makeReader reads make and ninja around the compilers they run.
var makeReader = &reader{
	kind:  "make",
	tools: []string{"make", "gmake", "bmake", "ninja", "samu"},
	signs: []string{"make: *", "make[#]: *", "[#/#] *", "ninja: *"},
	read: func(p *page) {
		p.lastOf("[#/#] *")
		p.apply(makeRules)
		readCompiler(p)
		p.compileCommands()
	},
}

var makeRules = parseRules(`
	noise            make[#]: Entering directory *
	noise            make[#]: Leaving directory *
	noise            make: Entering directory *
	noise            make: Leaving directory *
	keep             make*: Nothing to be done for *
	keep             make*: '*' is up to date.
	warn:build       make: warning: *
	warn:build       make[#]: warning: *
	warn:build       make: [*] Error # (ignored)
	warn:build       make[#]: [*] Error # (ignored)
	vital            make: Target '*' not remade because of errors.
	error:missing    make: \*\*\* No rule to make target *
	error:build      make: \*\*\* *
	vital            make[#]: \*\*\* *
	keep             make: *
	keep             make[#]: *
	error:build      ninja: error: *
	error:build      ninja: build stopped: *
	keep             ninja: no work to do.
	noise            ninja: Entering directory *
	error:build      FAILED: *
	aside:build_steps  [#/#] *
`)

// lastOf keeps the last line of a shape: how far it went.
func (p *page) lastOf(shape pattern) {
	for i := len(p.lines) - 1; i >= 0; i-- {
		if p.fates[i] == open && shape.match(p.lines[i]) {
			p.fates[i] = kept
			return
		}
	}
}

// compileCommands leaves out the command lines of compilers and archivers that make
// shows before it runs them.
func (p *page) compileCommands() {
	p.each(func(i int, line string) fate {
		word, rest, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
		if i := strings.LastIndexByte(word, '/'); i >= 0 {
			word = word[i+1:]
		}
		switch toolName(word) {
		case "gcc", "g++", "cc", "c++", "clang", "clang++", "ar", "ranlib", "ld", "strip", "libtool:", "CC", "CXX", "LINK", "AR", "LD", "AS", "HOSTCC",
			"install", "rm", "mkdir", "cp", "ln", "mv", "echo", "sed", "chmod", "touch", "/bin/sh", "depbase=`echo":
			if rest == "" || alarm(rest) == alarmed && !strings.Contains(rest, " -") {
				return open
			}
			p.whys[i] = p.reason("commands")
			return aside
		}
		return open
	})
}

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
