package output

import (
	"fmt"

	"github.com/ai-session/ai-session/api"
)

// generic reads what no reader knew: repeats are folded, lines of one shape are
// counted behind the first of them, and when that is still too long, the beginning,
// the end and what alarms remain.
func (p *page) generic() {
	p.foldRepeats()
	left := p.openLines()
	if len(left) >= minMined {
		p.mine(left)
	}
	left = p.openLines()
	if len(left) > headLines+tailLines {
		p.coarser = true
	}
	switch p.detail {
	case brief:
		p.sift(left, 4*headLines, 4*tailLines)
	case outline:
		p.sift(left, headLines, tailLines)
	}
}

const (
	minMined  = 24 // fewer lines are read as fast as a template
	headLines = 15
	tailLines = 25 // the end says how it went
)

func (p *page) openLines() []int {
	var left []int
	for i, f := range p.fates {
		if f == open && !blank(p.lines[i]) {
			left = append(left, i)
		}
	}
	return left
}

// foldRepeats folds a line that is said three times or more in a row.
func (p *page) foldRepeats() {
	for i := 0; i < len(p.lines); {
		j := i + 1
		for j < len(p.lines) && p.lines[j] == p.lines[i] && p.fates[j] == open {
			j++
		}
		if j-i >= 3 && p.fates[i] == open && !blank(p.lines[i]) {
			for k := i + 1; k < j; k++ {
				p.because(k, folded, "the same")
			}
		}
		i = j
	}
}

// sift keeps the first lines, the last, and those between that alarm.
func (p *page) sift(left []int, head, tail int) {
	if len(left) <= head+tail {
		return
	}
	alarms := map[uint64]int{}
	for _, i := range left[head : len(left)-tail] {
		if alarm(p.lines[i]) > calm {
			key := shapeOf(p.lines[i])
			alarms[key]++
			if alarms[key] <= 2 {
				continue
			}
		}
		p.fates[i] = folded
	}
}

// tailOfFailure is how many last lines are shown of a failure that nobody explains.
const tailOfFailure = 20

// explainFailure sees to it that a failed command never reads as a success: if no
// reader found an error, the last line that alarms is taken for it, and the end of
// the output is shown as it is.
func (p *page) explainFailure() {
	if !p.in.failed() || p.failed {
		return
	}
	p.mute = true
	p.vitalNote(0, p.in.failure())
	p.unfoldTail()
	for i := len(p.lines) - 1; i >= 0 && i >= len(p.lines)-sampleLines; i-- {
		if alarm(p.lines[i]) == alarmed {
			p.fates[i] = vital
			f := api.Finding{Kind: "error", Severity: "error", Message: trimmed(p.lines[i])}
			if d, ok := parsePlace(p.lines[i]); ok {
				f.File, f.Line, f.Col = d.file, d.line, d.col
			}
			p.find(f)
			return
		}
	}
	p.find(api.Finding{Kind: "exit", Severity: "error", Message: p.in.failure()})
}

func (p *page) unfoldTail() {
	shown := 0
	for i := len(p.lines) - 1; i >= 0 && shown < tailOfFailure; i-- {
		if blank(p.lines[i]) {
			continue
		}
		shown++
		if p.fates[i] != retold {
			p.fates[i] = vital
		}
	}
}

func trimmed(line string) string { return cutLine(line[indent(line):], maxLine) }

// likeIt is the note behind the first of n+1 lines of one shape.
func (p *page) likeIt(n, from, to int) string {
	return fmt.Sprintf("[+%d like it %s]", n, p.ref(p.number(from), p.number(to)))
}
