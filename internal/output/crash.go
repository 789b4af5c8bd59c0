package output

import (
	"slices"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// node reads what node prints when a program ends by an error, and node --test.
var node = &reader{
	kind:  "node",
	tools: []string{"node", "nodejs", "deno", "tsx", "ts-node", "bun run"},
	signs: []string{"Node.js v#", "~at *(node:internal/*", "ℹ tests #", "✖ failing tests:"},
	read: func(p *page) {
		p.nodeHead()
		p.nodeTests()
		p.jsFrames(0, len(p.lines))
		p.apply(nodeRules)
	},
}

var nodeRules = parseRules(`
	noise                Node.js v#
	noise                ~^
	noise                ~^^*
	aside:tests_to_do    ~✔ *(*ms) \# *
	aside:skipped_tests  ~﹣ *(*ms) \# *
	aside:tests_to_do    ~ok # - * \# TODO*
	aside:tests_to_do    ok # - * \# TODO*
	aside:skipped_tests  ~ok # - * \# SKIP*
	aside:skipped_tests  ok # - * \# SKIP*
	retold               ~\# Subtest: *
	aside:passing_tests  ~✔ *
	noise                ▶ *
	noise                ~▶ *
	vital                ~✖ *
	noise                ℹ cancelled 0
	noise                ℹ skipped 0
	noise                ℹ todo 0
	noise                ℹ suites *
	vital                ℹ *
	aside:passing_tests  ~ok # - *
	aside:passing_tests  ok # - *
	error:test           ~not ok # - *
	noise                TAP version #
	noise                ~duration_ms: *
	noise                ~duration_ms *
	noise                ~type: 'test'
	noise                ~---
	noise                ~...
	noise                ~#..#
	noise                #..#
	vital                \# tests #
	vital                \# pass #
	vital                \# fail #
	noise                \# suites #
	noise                \# cancelled 0
	noise                \# skipped 0
	noise                \# todo 0
	noise                \# duration_ms *
	noise                ~throw *
	noise                node:internal/*:#
`)

// nodeHead finds the error above the frames: the place, the line, the mark, the error.
func (p *page) nodeHead() {
	for i, line := range p.lines {
		if i == 0 || p.fates[i] != open {
			continue
		}
		if _, ok := jsFrame(line); !ok {
			continue
		}
		if _, ok := jsFrame(p.lines[i-1]); ok || blank(p.lines[i-1]) || p.fates[i-1] != open || indent(p.lines[i-1]) > indent(line) {
			continue
		}
		head := i - 1
		for head > 0 && (strings.HasPrefix(p.lines[head], "- ") || p.lines[head] == "Require stack:") {
			p.fates[head] = kept
			head--
		}
		f := api.Finding{Kind: "crash", Severity: "error", Message: strings.TrimSpace(p.lines[head])}
		p.fates[head] = vital
		for k := i; k < len(p.lines); k++ {
			where, ok := jsFrame(p.lines[k])
			if !ok {
				break
			}
			if at, ok := parsePlace(where + ":"); ok && !fromLibrary(where) {
				f.File, f.Line, f.Col = strings.TrimPrefix(at.file, "file://"), at.line, at.col
				break
			}
		}
		p.find(f)
		if module, ok := missingNodeModule(f.Message); ok {
			p.next("npm install "+quoteWord(module), "the module that is required is not installed")
		} else if f.File != "" {
			p.openPlace(f.File, f.Line)
		}
	}
}

// nodeTests makes findings of what node --test reports. It tells failures twice: while
// the tests run and at the end.
func (p *page) nodeTests() {
	told := map[string]bool{}
	defer func() {
		if len(told) > 0 {
			p.testsOnly()
		}
	}()
	for i, line := range p.lines {
		name, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "✖ ")
		if !ok || p.fates[i] != open || name == "failing tests:" {
			continue
		}
		p.fates[i] = vital
		if strings.Contains(name, "ms) # ") {
			continue // to do, or skipped: it may fail
		}
		if k := strings.LastIndex(name, " ("); k > 0 && strings.HasSuffix(name, "ms)") {
			name = name[:k]
		}
		if told[name] {
			continue
		}
		told[name] = true
		f := api.Finding{Kind: "test", Severity: "error", Name: name, Message: name + " failed"}
		if i+1 < len(p.lines) && indent(p.lines[i+1]) > indent(line) {
			f.Message = strings.TrimSpace(p.lines[i+1])
		}
		for k := i + 1; k < len(p.lines) && k < i+12 && f.File == ""; k++ {
			if where, ok := jsFrame(p.lines[k]); ok && !fromLibrary(where) {
				at, _ := parsePlace(where + ":")
				f.File, f.Line, f.Col = at.file, at.line, at.col
			}
		}
		p.find(f)
		p.next("node --test --test-name-pattern "+shellQuote(name), "run only the test that failed")
	}
}

// testsOnly drops the crashes that tests have caught: they are told with the tests.
func (p *page) testsOnly() {
	p.findings = slices.DeleteFunc(p.findings, func(f api.Finding) bool { return f.Kind == "crash" })
	p.steps = slices.DeleteFunc(p.steps, func(n api.Next) bool { return strings.HasPrefix(n.Command, "sed ") })
}

func missingNodeModule(message string) (string, bool) {
	for _, head := range []string{"Cannot find module '", "Cannot find package '"} {
		if _, rest, ok := strings.Cut(message, head); ok {
			name, _, _ := strings.Cut(rest, "'")
			return name, name != "" && name[0] != '.' && name[0] != '/'
		}
	}
	return "", false
}

// gdb reads gdb and lldb.
var gdb = &reader{
	kind:  "gdb",
	tools: []string{"gdb", "lldb"},
	signs: []string{"Program received signal *", "Thread # * received signal *"},
	read: func(p *page) {
		p.gdbRegisters()
		p.apply(gdbRules)
	},
}

var gdbRules = parseRules(`
	noise            [Thread debugging using *
	noise            Using host libthread_db *
	noise            [New Thread *
	noise            [Thread * exited]
	noise            Reading symbols from *
	noise            (No debugging symbols found in *
	noise            GNU gdb *
	noise            Copyright (C) *
	noise            License GPLv3+*
	noise            This is free software*
	noise            There is NO WARRANTY*
	noise            Type "*
	noise            This GDB was configured as *
	noise            For bug reporting instructions*
	noise            For help, type *
	noise            Find the GDB manual *
	noise            ~<http*
	noise            warning: Error disabling address space randomization*
	error:crash      Program received signal *
	error:crash      Thread # * received signal *
	error:crash      Program terminated with signal *
	keep             [Inferior # *
`)

// gdbRegisters leaves out the tables of registers, but for where the program is.
func (p *page) gdbRegisters() {
	p.each(func(i int, line string) fate {
		f := strings.Fields(line)
		if len(f) < 3 || !strings.HasPrefix(f[1], "0x") || len(f[0]) > 12 || strings.HasPrefix(f[0], "#") || indent(line) > 0 {
			return open
		}
		if f[0] == "rip" || f[0] == "pc" || f[0] == "eip" {
			return kept
		}
		p.whys[i] = p.reason("registers")
		return aside
	})
	frames := 0
	for i, line := range p.lines {
		if p.fates[i] == open && pattern("#*0x* in *").match(line) || pattern("##  *").match(line) {
			if frames++; frames > 3*maxOwnFrames {
				p.because(i, folded, "frames")
			}
		}
	}
}

// valgrind reads memcheck and its siblings. The process number in front of every line
// is left out.
var valgrind = &reader{
	kind:  "valgrind",
	tools: []string{"valgrind"},
	signs: []string{"==#== Memcheck, *", "==#== ERROR SUMMARY: *"},
	read:  readValgrind,
}

var valgrindRules = parseRules(`
	noise           Memcheck, a memory error detector
	noise           Helgrind, *
	noise           Copyright (C) *
	noise           Using Valgrind-*
	noise           Command: *
	noise           HEAP SUMMARY:
	noise           LEAK SUMMARY:
	noise           For lists of detected and suppressed errors, *
	noise           Rerun with --leak-check=full *
	noise           For counts of detected and suppressed errors, *
	noise           Use --track-origins=yes *
	noise           ~suppressed: 0 bytes *
	noise           ~possibly lost: 0 bytes *
	noise           ~still reachable: 0 bytes *
	noise           ~indirectly lost: 0 bytes *
	noise           ~definitely lost: 0 bytes *
	noise           ~in use at exit: *
	noise           If you believe this happened as a result of a stack
	noise           overflow in your program's main thread (unlikely but
	noise           possible), you can try to increase the size of the
	noise           main thread stack using the --main-stacksize= flag.
	noise           The main thread stack size used in this run was #.
	noise           To see them, rerun with: *
	keep            ~total heap usage: *
	keep            All heap blocks were freed *
	keep            ~definitely lost: *
	keep            ~indirectly lost: *
	keep            ~possibly lost: *
	keep            ~still reachable: *
	keep            ERROR SUMMARY: *
	keep            ~Address 0x*
`)

func readValgrind(p *page) {
	var f *api.Finding
	for i, line := range p.lines {
		text, ok := valgrindText(line)
		if !ok || p.fates[i] != open {
			continue
		}
		s := strings.TrimLeft(text, " ")
		switch at, placed := valgrindFrame(s); {
		case s == "":
			p.fates[i] = noise
		case placed:
			p.valgrindFrame(i, s, at, f)
		default:
			p.valgrindLine(i, text, &f)
		}
	}
	if f != nil && f.Message != "" {
		p.find(*f)
	}
}

func (p *page) valgrindLine(i int, text string, f **api.Finding) {
	s := strings.TrimLeft(text, " ")
	n := valgrindRules.set.find(s)
	switch {
	case n >= 0 && valgrindRules.acts[n].fate == noise:
		p.fates[i] = noise
		return
	case n < 0 && indent(text) == 0:
		if *f != nil {
			p.find(**f)
		}
		*f = &api.Finding{Kind: "crash", Severity: "error", Message: s}
	}
	p.fates[i] = retold
	p.vitalNote(i, text)
}

// valgrindFrame shows a frame in code of the user's own.
func (p *page) valgrindFrame(i int, s, at string, f *api.Finding) {
	if at == "" {
		p.because(i, aside, "stack frames")
		return
	}
	if d, ok := parsePlace(at + ":"); ok && f != nil && f.File == "" {
		f.File, f.Line = d.file, d.line
	}
	p.fates[i] = retold
	_, rest, _ := strings.Cut(s, ": ")
	p.note(i, "  "+strings.TrimSpace(s[:2])+" "+rest)
}

// valgrindText is what stands behind "==123==".
func valgrindText(line string) (string, bool) {
	rest, ok := strings.CutPrefix(line, "==")
	if !ok {
		return "", false
	}
	n, rest := number(rest)
	if n == 0 || !strings.HasPrefix(rest, "==") || strings.HasPrefix(rest, "==ERROR") {
		return "", false
	}
	return strings.TrimPrefix(rest[2:], " "), true
}

// valgrindFrame reads "at 0x109457: main (list.c:17)"; at is empty when the frame has
// no place in source.
func valgrindFrame(s string) (at string, ok bool) {
	if !strings.HasPrefix(s, "at 0x") && !strings.HasPrefix(s, "by 0x") {
		return "", false
	}
	open := strings.LastIndexByte(s, '(')
	if open < 0 || !strings.HasSuffix(s, ")") || strings.HasPrefix(s[open:], "(in ") {
		return "", true
	}
	return s[open+1 : len(s)-1], true
}

// sanitizer reads the reports of the address, thread, leak and undefined-behaviour
// sanitizers.
var sanitizer = &reader{
	kind:  "sanitizer",
	signs: []string{"==#==ERROR: *Sanitizer: *", "WARNING: ThreadSanitizer: *", "SUMMARY: *Sanitizer: *", "*: runtime error: *"},
	read: func(p *page) {
		p.sanitizerFrames()
		p.apply(sanitizerRules)
		p.placeOfFrames()
	},
}

var sanitizerRules = parseRules(`
	error:crash      ==#==ERROR: *
	error:crash      WARNING: ThreadSanitizer: *
	error:crash      *: runtime error: *
	vital            SUMMARY: *
	noise            ==================*
	noise            =====*
	noise            ==#==HINT: *
	noise            ==#==ABORTING
	aside:shadow_bytes  ~0x*: *
	aside:shadow_bytes  =>0x*: *
	aside:shadow_bytes  Shadow byte*
	aside:shadow_bytes  ~Addressable: *
	aside:shadow_bytes  ~Partially addressable: *
	aside:shadow_bytes  ~Heap left redzone: *
	aside:shadow_bytes  ~Freed heap region: *
	aside:shadow_bytes  ~Stack * redzone: *
	aside:shadow_bytes  ~Stack after return: *
	aside:shadow_bytes  ~Stack use after scope: *
	aside:shadow_bytes  ~Global redzone: *
	aside:shadow_bytes  ~Global init order: *
	aside:shadow_bytes  ~Poisoned by user: *
	aside:shadow_bytes  ~Container overflow: *
	aside:shadow_bytes  ~Array cookie: *
	aside:shadow_bytes  ~Intra object redzone: *
	aside:shadow_bytes  ~ASan internal: *
	aside:shadow_bytes  ~Left alloca redzone: *
	aside:shadow_bytes  ~Right alloca redzone: *
`)

// placeOfFrames takes the first frame that is shown for the place of the first crash.
func (p *page) placeOfFrames() {
	for k := range p.findings {
		if f := &p.findings[k]; f.Kind != "crash" || f.File != "" {
			continue
		}
		for i, line := range p.lines {
			if p.fates[i] != kept || !strings.HasPrefix(strings.TrimLeft(line, " "), "#") {
				continue
			}
			if at, ok := parsePlace(line[strings.LastIndexByte(line, ' ')+1:] + ":"); ok {
				p.findings[k].File, p.findings[k].Line = at.file, at.line
				return
			}
		}
		return
	}
}

func (p *page) sanitizerFrames() {
	fr := p.frames(2)
	for i, line := range p.lines {
		s := strings.TrimLeft(line, " ")
		if p.fates[i] != open {
			continue
		}
		if indent(line) < 4 || !strings.HasPrefix(s, "#") || !strings.Contains(s, "0x") && !strings.Contains(s, " ") {
			if indent(line) == 0 || !strings.HasPrefix(s, "#") {
				fr.trace()
			}
			continue
		}
		if k := strings.LastIndex(s, " ("); k > 0 && strings.HasSuffix(s, ")") && hasPosition(s[:k]) {
			s = s[:k] // the module that the thread sanitizer names behind the place
		}
		where := s[strings.LastIndexByte(s, ' ')+1:]
		if !hasPosition(where) {
			where = "/usr/lib/" // no place in source: a library, or the loader
		}
		fr.frame(i, i+1, where)
	}
}

// strace reads system calls: the failed ones, what was written, signals and the end.
var strace = &reader{
	kind:  "strace",
	tools: []string{"strace", "ltrace", "truss"},
	signs: []string{"execve(\"*", "+++ exited with # +++"},
	read:  readStrace,
}

func readStrace(p *page) {
	lookups := 0
	p.each(func(i int, line string) fate {
		s := line
		if rest, ok := strings.CutPrefix(s, "[pid "); ok {
			_, s, _ = strings.Cut(rest, "] ")
		}
		name, rest, ok := strings.Cut(s, "(")
		switch {
		case strings.HasPrefix(s, "+++ "), strings.HasPrefix(s, "--- SIG"):
			return vital
		case strings.HasPrefix(s, "strace: Process "):
			p.whys[i] = p.reason("attached processes")
			return aside
		case strings.HasPrefix(s, "<... "):
			p.whys[i] = p.reason("system calls")
			return aside
		case !ok || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "":
			return open
		case strings.Contains(rest, "= -1 E"):
			if strings.Contains(rest, "ENOENT") || strings.Contains(rest, "EAGAIN") {
				if lookups++; lookups > 5 {
					p.whys[i] = p.reason("failed look-ups")
					return aside
				}
			}
			return kept
		case name == "execve", name == "exit_group", name == "connect", name == "bind", name == "kill", name == "tgkill",
			(name == "write" || name == "writev") && (strings.HasPrefix(rest, "1,") || strings.HasPrefix(rest, "2,")):
			return kept
		}
		p.whys[i] = p.reason("system calls")
		return aside
	})
}
