package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// detail says how much a reader shows. Readers are asked for less until the text fits.
type detail uint8

const (
	full    detail = iota
	lean           // without what explains: context of changes, sizes of files
	brief          // without what is not needed to choose what to open
	outline        // names and counts
)

// fate is what has been decided about a line.
type fate uint8

const (
	open   fate = iota // nobody knows it: it is shown
	kept               // shown
	vital              // shown, and the last to go when the budget is short
	noise              // left out: its tool prints it in every run
	folded             // left out behind a gap in its place
	aside              // left out, counted in a line at the end
	retold             // its content is in a note: a listing's path, a log's subject
)

// page is an output under reading.
type page struct {
	in      Input
	sheet   *sheet
	cmd     command
	readers []*reader
	lines   []string // of the sheet
	detail  detail
	kind    string

	fates    []fate
	whys     []uint8 // per line: why it is folded or aside, an index into reasons
	reasons  []string
	notes    []note
	findings []api.Finding
	steps    []api.Next

	entered []int           // per line: the one that says which directory make works in, or -1
	placed  map[string]bool // files of findings that stand in no line as they are called there

	rare map[int]bool // lines whose kind has few lines, of many that are alike

	coarser  detail // the next detail at which less would be shown; full for none
	patience int    // tokens that the readers of this content may take
	failed   bool   // something on the page says that it failed
	mute     bool   // nothing on it does, though it failed
	clipped  bool   // it was longer than its budget
}

// note is a line of ours, drawn before the line at.
type note struct {
	at    int
	text  string
	vital bool
	lines []int // that it counts and that are nowhere else, in order
}

func newPage(in Input, s *sheet, cmd command, chosen []*reader, d detail) *page {
	return &page{
		in: in, sheet: s, lines: s.lines, detail: d, kind: "text", cmd: cmd, readers: chosen,
		fates: make([]fate, len(s.lines)), whys: make([]uint8, len(s.lines)), reasons: []string{""},
	}
}

// read lets every reader that fits look at the page, each at what the ones before it
// left open, and the generic one last.
func (p *page) read() {
	if p.difference() {
		return
	}
	p.seenParts()
	p.noText()
	p.redraws()
	for _, r := range p.readers {
		if p.kind == "text" || p.kind == "" {
			p.kind = r.kind
		}
		p.patience = max(p.patience, r.target)
		r.apply(p)
	}
	p.generic()
	p.fewLeftOut()
	p.explainFailure()
}

// fewLeftOut shows the tests that did not run, and why, while they are few: a line of
// theirs takes no more than saying that it is not shown.
func (p *page) fewLeftOut() {
	for why, reason := range p.reasons {
		switch reason {
		case "skipped tests", "ignored tests", "pending tests", "tests to do":
			p.showFew(uint8(why))
		}
	}
}

const fewTests = 3

func (p *page) showFew(why uint8) {
	var lines []int
	for i, f := range p.fates {
		if f == aside && p.whys[i] == why {
			lines = append(lines, i)
		}
	}
	if len(lines) > fewTests || p.detail > lean {
		return
	}
	for _, i := range lines {
		p.fates[i] = kept
	}
}

// each calls yield for every line that is open, and takes what it returns as the
// line's fate.
func (p *page) each(yield func(i int, line string) fate) {
	for i, f := range p.fates {
		if f == open {
			p.fates[i] = yield(i, p.lines[i])
		}
	}
}

// startAt leaves the details before one out if names could not be told within what the
// text may take: each is a token at least.
func (p *page) startAt(d detail, names int) {
	if names > p.most() {
		p.detail = max(p.detail, d)
	}
}

// most is how many tokens the text may take, and so how many lines at most.
func (p *page) most() int {
	if p.in.MaxTokens > 0 {
		return p.in.MaxTokens
	}
	return max(Target, p.patience)
}

// coarsen says that less would be shown at that detail.
func (p *page) coarsen(to detail) {
	if to > p.detail && to <= outline && (p.coarser == full || to < p.coarser) {
		p.coarser = to
	}
}

// mark gives lines from up to to the fate f.
func (p *page) mark(from, to int, f fate) {
	for i := from; i < to; i++ {
		p.fates[i] = f
	}
}

// showVital makes line i vital, unless a note tells it already.
func (p *page) showVital(i int) {
	if p.fates[i] != retold {
		p.fates[i] = vital
	}
}

// because sets a fate of a line together with the reason that its gap gives.
func (p *page) because(i int, f fate, why string) {
	p.fates[i] = f
	p.whys[i] = p.reason(why)
}

func (p *page) reason(why string) uint8 {
	for i, r := range p.reasons {
		if r == why {
			return uint8(i)
		}
	}
	if len(p.reasons) == 255 {
		return 0
	}
	p.reasons = append(p.reasons, why)
	return uint8(len(p.reasons) - 1)
}

// note puts a line of ours before line at.
func (p *page) note(at int, text string) { p.notes = append(p.notes, note{at: at, text: text}) }

// count puts a line of ours before line at that stands for lines: text, and what opens
// exactly those.
func (p *page) count(at int, text string, lines []int) {
	ref, exact := p.refTo(p.placesOf(lines))
	if !exact {
		text = strings.Replace(text, " like it", " alike", 1) // a token for that of "in"
	}
	p.notes = append(p.notes, note{at: at, text: "[" + text + " " + ref + "]", lines: lines})
}

func (p *page) vitalNote(at int, text string) {
	p.notes = append(p.notes, note{at: at, text: text, vital: true})
}

// find records a finding. One that is an error explains a failed exit.
func (p *page) find(f api.Finding) {
	if f.Severity == "error" {
		p.failed = true
	}
	if len(p.findings) < maxFindings {
		p.findings = append(p.findings, f)
	}
}

// maxFindings bounds an answer: who has more than this mends the first and runs again.
const maxFindings = 200

// next proposes a command.
func (p *page) next(command, reason string) {
	for _, s := range p.steps {
		if s.Command == command {
			return
		}
	}
	if len(p.steps) < maxNext {
		p.steps = append(p.steps, api.Next{Command: command, Reason: reason})
	}
}

const maxNext = 4

// number is the 1-based number of line i in the block.
func (p *page) number(i int) int { return p.sheet.number(i) }

// indent is the count of blanks that a line begins with.
func indent(line string) int {
	n := 0
	for n < len(line) && line[n] == ' ' {
		n++
	}
	return n
}

func blank(line string) bool { return indent(line) == len(line) }
