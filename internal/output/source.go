package output

import (
	"path"
	"strings"
)

// source reads files that are shown: whole while they fit, and else their beginning
// with an outline of what they define.
var source = &reader{
	kind:   "file",
	tools:  []string{"cat", "bat", "less", "more", "head", "tail", "sed", "nl", "type", "batcat"},
	whole:  true,
	read:   readSource,
	target: Ceiling,
}

const (
	headShown   = 30 // lines of a long file that are shown as they are
	outlineLine = 90 // bytes of a definition
	outlineLong = 400
)

func readSource(p *page) {
	name := p.cmd.fileShown()
	if p.cmd.log || isLogName(name) && (path.Ext(name) != ".txt" || timed(p.lines)) {
		p.patience, p.kind = 0, "log"
		return
	}
	if p.detail == full {
		p.coarsen(brief)
		p.keepOpen()
		return
	}
	p.coarsen(outline)
	if lang := language(name, p.lines); lang != nil {
		p.outlineOf(lang)
		return
	}
	p.bothEnds()
}

// readsAsLog says that a file that is shown, and that is too long to be shown whole, has the
// lines of a log whatever its name: each an object, or each with a time in front.
func (in Input) readsAsLog(s *sheet) bool {
	most := Ceiling
	if in.MaxTokens > 0 {
		most = in.MaxTokens
	}
	if !s.verbatim || s.tokens <= most || len(s.lines) < minMined {
		return false
	}
	for _, c := range s.cmd.shown() {
		if !source.reads(c) && c.name != "jq" && c.name != "zcat" {
			return false
		}
	}
	n, objects := 0, 0
	for i := 0; i < len(s.lines); i += 1 + len(s.lines)/100 {
		line := s.lines[i]
		if blank(line) {
			continue
		}
		n++
		if line[0] == '{' && line[len(line)-1] == '}' && strings.Contains(line, `":`) {
			objects++
		}
	}
	return objects*10 >= n*9 || timed(s.lines)
}

// timed says that most lines begin with a time, as those of a log do.
func timed(lines []string) bool {
	n, with := 0, 0
	for i := 0; i < len(lines); i += 1 + len(lines)/50 {
		head := lines[i][:min(len(lines[i]), 32)]
		if blank(head) {
			continue
		}
		n++
		if c := strings.Count(head, ":"); c >= 2 && strings.ContainsAny(head[:1], "[0123456789JFMASOND") {
			with++
		}
	}
	return with*2 > n
}

// numbered says that most of the lines are those of a file with their numbers in front,
// one after the other, as tools that show a part of a file print them.
func (p *page) numbered(left []int) bool {
	n, before := 0, 0
	for k, i := range left {
		if k == minMined && n < k/2 {
			return false
		}
		line := strings.TrimLeft(p.lines[i], " ")
		at, rest := number(line)
		if at > 0 && (rest == "" || strings.IndexByte(":\t |-", rest[0]) >= 0) {
			if at == before+1 {
				n++
			}
			before = at
		}
	}
	if n*10 < len(left)*8 {
		return false
	}
	if p.kind == "text" {
		p.kind = "file"
	}
	p.patience = max(p.patience, Ceiling)
	p.coarsen(brief)
	return true
}

// keepOpen shows what nobody has decided about, as it is.
func (p *page) keepOpen() {
	for i, f := range p.fates {
		if f == open {
			p.fates[i] = kept
		}
	}
}

// bothEnds shows the beginning and the end of a file of which nothing is known, and
// between them what is none of it: what complains, and few lines that begin like no others.
func (p *page) bothEnds() {
	head, tail := 3*headShown, headShown
	if p.detail == outline {
		head, tail = headShown, headShown/3
	}
	o := newOpenings()
	for _, line := range p.lines {
		o.see(line)
	}
	var odd []int
	for i, line := range p.lines {
		switch {
		case p.fates[i] != open:
		case i < head || i >= len(p.lines)-tail:
			p.fates[i] = kept
		case complaint(line):
			p.fates[i] = vital
		default:
			p.fates[i] = folded
			if o.odd(line) && !blank(line) {
				odd = append(odd, i)
			}
		}
	}
	if len(odd) <= maxOdd {
		for _, i := range odd {
			p.fates[i] = kept
		}
	}
}

// fileShown is the first file that the command shows.
func (c command) fileShown() string {
	for _, x := range c.calls {
		if x.silent() {
			continue
		}
		args := x.plain()
		if x.name == "sed" && len(args) > 1 {
			args = args[1:]
		}
		for _, a := range args {
			if a != "" && !isDigit(a[0]) || strings.Contains(a, ".") {
				return a
			}
		}
	}
	return ""
}

// outlineOf shows the head of the file, and of the rest the lines that define
// something, with their numbers.
func (p *page) outlineOf(lang *grammar) {
	head, width := headShown, outlineLine
	if p.detail == outline {
		head, width = headShown/3, outlineLine*2/3
	}
	var defs []int
	for i, line := range p.lines {
		if i >= head && p.fates[i] == open && lang.defines(line) {
			defs = append(defs, i)
		}
	}
	step := 1
	if len(defs) > outlineLong {
		step = len(defs)/outlineLong + 1
	}
	isDef := map[int]bool{}
	for k, i := range defs {
		isDef[i] = k%step == 0
	}
	for i, line := range p.lines {
		switch {
		case p.fates[i] != open:
		case i < head:
			p.fates[i] = kept
		case lang.foreign(line):
			p.fates[i] = vital
		case isDef[i]:
			p.fates[i] = retold
			p.note(i, itoa(p.number(i))+" "+cutLine(strings.TrimRight(line, " {"), width))
		default:
			p.because(i, aside, "lines of the file")
		}
	}
}
