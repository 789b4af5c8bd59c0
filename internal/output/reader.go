package output

import "strings"

// A reader knows the output of one tool. It is chosen by the command line, by what the
// output looks like, or both; it decides about the lines it knows and leaves the
// others open, for the readers after it and at last for the generic one.
type reader struct {
	kind string

	// tools are the command lines it reads: a program and the words that follow it,
	// flags left out, as "go test". A program stands for its base name.
	tools []string

	// signs are patterns of lines by which its output is known under any command.
	signs []string

	// rules decide line by line. read is for what takes more than one line to know; it
	// applies the rules itself when it has both.
	rules *rules
	read  func(*page)

	// whole says that the output is the tool's own content, a listing or a file: such
	// a reader is chosen by the command alone, and only if nothing else ran.
	whole bool

	// target is how many tokens its text may take before it is asked for less detail,
	// if that is more than Target: who opens a file wants to read it.
	target int
}

// failuresTarget is what the failures of a test run may take: each is work to be done.
const failuresTarget = 4000

func (r *reader) apply(p *page) {
	if r.read != nil {
		r.read(p)
		return
	}
	p.apply(r.rules)
}

// choose picks the readers of an output: those of the command first, then those whose
// signs are there.
func choose(cmd command, lines []string) []*reader {
	var chosen []*reader
	add := func(r *reader) {
		for _, c := range chosen {
			if c == r {
				return
			}
		}
		chosen = append(chosen, r)
	}
	for _, c := range cmd.shown() {
		for _, r := range readers {
			if r.reads(c) && (!r.whole || len(cmd.shown()) == 1) {
				add(r)
			}
		}
	}
	seen := signs(cmd, lines)
	for i, r := range readers {
		if seen[i] {
			add(r)
		}
	}
	return chosen
}

// reads says whether one of the reader's tools is the call.
func (r *reader) reads(c call) bool {
	for _, t := range r.tools {
		name, rest, more := strings.Cut(t, " ")
		if name != c.name {
			continue
		}
		if !more || c.begins(rest) {
			return true
		}
	}
	return false
}

// Of a long output, the signs are looked for in so many lines at both ends and in every
// signStep-th between.
const (
	signHead = 1500
	signStep = 5
)

// signs finds the readers whose signs are among the lines. The content of a file, a
// listing or a history shows nobody at work: only a log does.
func signs(cmd command, lines []string) map[int]bool {
	seen := map[int]bool{}
	if cmd.showsContent() {
		return seen
	}
	for i, line := range lines {
		if i > signHead && i < len(lines)-signHead && i%signStep != 0 {
			continue
		}
		if n := signTable.find(line); n >= 0 {
			seen[n] = true
		}
	}
	return seen
}

var signTable = func() *patterns {
	t := &patterns{}
	for i, r := range readers {
		for _, s := range r.signs {
			t.add(pattern(s), i)
		}
	}
	return t
}()
