package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

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
