package output

import (
	"path"
	"slices"
	"strings"
)

// makeReader reads make and ninja around the compilers they run.
var makeReader = &reader{
	kind:  "make",
	tools: []string{"make", "gmake", "bmake", "ninja", "samu"},
	signs: []string{"make: *", "make[#]: *", "[#/#] *", "ninja: *"},
	read: func(p *page) {
		p.lastOf("[#/#] *")
		p.entered = p.makeEnters()
		p.apply(makeRules)
		readCompiler(p)
		p.compileCommands()
		p.makeCauses()
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

// mixed stands for the directory of a line where several makes work at once.
const mixed = -2

// makeEnters is, for every line, the line above it that says which directory make works in, mixed,
// or -1 where none does.
func (p *page) makeEnters() []int {
	entered := make([]int, len(p.lines))
	within := map[string][]int{} // by the name of the make, as make[1], the lines that entered
	levels := []string{}
	for i, line := range p.lines {
		entered[i] = -1
		if n := len(levels); n > 0 {
			if entered[i] = mixed; len(within[levels[n-1]]) == 1 {
				entered[i] = within[levels[n-1]][0]
			}
		}
		name, _, enters := strings.Cut(line, ": Entering directory ")
		if enters {
			if len(within[name]) == 0 {
				levels = append(levels, name)
			}
			within[name] = append(within[name], i)
			continue
		}
		name, dir, leaves := strings.Cut(line, ": Leaving directory ")
		if !leaves {
			continue
		}
		within[name] = slices.DeleteFunc(within[name], func(at int) bool { return strings.HasSuffix(p.lines[at], " "+dir) })
		if len(within[name]) == 0 {
			levels = slices.DeleteFunc(levels, func(l string) bool { return l == name })
		}
	}
	return entered
}

// makeWasIn is a file that a line names from where the command ran: make says where its compilers
// run. The line that says so is shown with an error.
func (p *page) makeWasIn(i int, d place) string {
	if p.entered == nil || p.entered[i] < 0 || strings.HasPrefix(d.file, "/") {
		return d.file
	}
	at := p.entered[i]
	_, dir, _ := strings.Cut(p.lines[at], "Entering directory ")
	if dir = strings.Trim(dir, "'`"); dir == "" {
		return d.file
	}
	if d.severity == "error" && p.fates[at] == noise {
		p.fates[at] = kept
	}
	file := path.Join(dir, d.file)
	if below, ok := strings.CutPrefix(file, strings.TrimSuffix(p.in.Cwd, "/")+"/"); ok && p.in.Cwd != "" {
		file = below
	}
	if p.placed == nil {
		p.placed = map[string]bool{}
	}
	p.placed[file] = true
	return file
}

// lastWords is how many lines are shown of what a recipe wrote before it failed, when nothing
// else tells why.
const lastWords = 5

// makeCauses shows them.
func (p *page) makeCauses() {
	for _, f := range p.findings {
		if f.Severity == "error" && !strings.HasPrefix(f.Message, "make") {
			return
		}
	}
	for i, line := range p.lines {
		if !strings.HasPrefix(line, "make") || !strings.Contains(line, ": *** [") {
			continue
		}
		for j, shown := i-1, 0; j >= 0 && shown < lastWords; j-- {
			if p.fates[j] != open && p.fates[j] != aside {
				break
			}
			if !blank(p.lines[j]) {
				p.fates[j] = vital
				shown++
			}
		}
	}
}
