package output

import (
	"slices"
	"strings"
)

// clip makes the page fit into a budget, whatever it costs: first it keeps the last
// lines, what is vital, and from both ends what else there is room for. The rest goes
// behind gaps. How a failure ended is said first: what explains it may be among the rest.
func (p *page) clip(budget int) {
	if budget <= 0 {
		budget = 1
	}
	if p.in.failed() && !p.mute {
		p.notes = slices.Insert(p.notes, 0, note{at: -1, text: p.in.failure(), vital: true})
	}
	p.clipped = true
	before, items := p.choices(), p.items()
	part, fits := float64(budget)*0.9, 0.0
	for range maxParts {
		p.choosePart(items, int(part))
		d := p.draw()
		switch {
		case d.tokens > budget && fits > 0:
			p.restore(before)
			p.choosePart(items, int(fits))
			return
		case d.tokens > budget:
			part = min(part*0.85, part*float64(budget)/float64(d.tokens))
		case fits > 0 || d.tokens*8 > budget*7 || d.tokens == 0:
			return
		default: // there is room for more
			fits, part = part, part*0.97*float64(budget)/float64(d.tokens)
		}
		p.restore(before)
	}
	p.choosePart(items, 0)
}

// maxParts is how many parts of a page are tried: what a line costs beside others, in a
// row or between gaps, is known when it is drawn.
const maxParts = 8

// choices is what has been decided about a page, before a part of it is chosen.
type choices struct {
	fates []fate
	whys  []uint8
	notes []note
}

func (p *page) choices() choices {
	return choices{slices.Clone(p.fates), slices.Clone(p.whys), slices.Clone(p.notes)}
}

func (p *page) restore(c choices) {
	copy(p.fates, c.fates)
	copy(p.whys, c.whys)
	p.notes = slices.Clone(c.notes)
}

// gapCost is about what a gap takes.
const gapCost = 14

// countedLines is how many lines are counted token by token before a part of them is chosen.
const countedLines = 5000

// item is what a page draws: a line or a note.
type item struct {
	line, note int // one of them is -1
	cost       int
	rank       rank
	alike      int // lines that begin so
}

// rank is the order in which items are kept.
type rank uint8

const (
	unlike   rank = iota // asks for attention and begins like few others
	found                // says what a finding says, or names it
	wrong                // vital, and an error
	needed               // vital
	uncommon             // begins like few others
	seldom               // is of a kind with few lines
	common
)

func (p *page) choosePart(items []item, budget int) {
	keep := make([]bool, len(items))
	take := func(k int) bool {
		if keep[k] || items[k].cost > budget {
			return keep[k]
		}
		budget -= items[k].cost
		if k > 0 && !keep[k-1] && k+1 < len(items) && !keep[k+1] {
			budget -= gapCost
		}
		keep[k] = true
		return true
	}
	if len(items) > 0 && items[0].rank <= needed && items[0].note >= 0 {
		keep[0] = true // how it ended, whatever it costs
		budget -= items[0].cost
	}
	for k := len(items) - 1; k >= 0 && k >= len(items)-3; k-- {
		take(k)
	}
	rest := budget
	odd := rarest(items)
	forOdd := min(rest/4, (len(odd)+1)*gapCost*3)
	for r := unlike; r <= common; r++ {
		least := 0
		switch {
		case r == unlike:
			least = rest / 2 // what is odd does not take it all
		case r <= wrong && len(odd) > 0:
			least = forOdd
		case r == needed:
			for k, until := 0, budget-forOdd; k < len(odd) && budget > until; k++ {
				take(odd[k])
			}
		case r == uncommon, r == seldom:
			least = rest / 4
		}
		takeBothEnds(items, take, func(it item) bool { return it.rank == r && budget > least })
	}
	p.dropUnkept(items, keep)
}

// rarest are the items that alarm nobody and are of kinds with few lines, the rarest first.
func rarest(items []item) []int {
	var odd []int
	for k, it := range items {
		if it.rank == uncommon || it.rank == seldom {
			odd = append(odd, k)
		}
	}
	slices.SortStableFunc(odd, func(a, b int) int { return items[a].alike - items[b].alike })
	return odd
}

// takeBothEnds takes items in turn from the beginning and the end, two to one, as far
// as they go.
func takeBothEnds(items []item, take func(int) bool, want func(item) bool) {
	a, b := 0, len(items)-1
	for turn := 0; a <= b; turn++ {
		k := a
		if turn%3 == 2 {
			k = b
			b--
		} else {
			a++
		}
		if want(items[k]) && !take(k) && items[k].rank == common {
			return
		}
	}
}

func (p *page) items() []item {
	var items []item
	next := 0
	o := newOpenings()
	unknown := 0
	for i, f := range p.fates {
		if f <= vital && !blank(p.lines[i]) {
			o.see(p.lines[i])
			if f == open {
				unknown++
			}
		}
	}
	fewOpen := unknown*3 <= o.total && o.total > 4*fewAlike
	told := p.toldByFindings()
	for _, n := range p.notes {
		o.see(n.text)
	}
	for i := 0; i <= len(p.lines); i++ {
		for next < len(p.notes) && p.notes[next].at <= i {
			n := p.notes[next]
			it := item{line: -1, note: next, cost: p.in.Tokens(n.text) + 1, rank: n.rank()}
			if n.vital && told.by(n.text) {
				it.rank = found
			}
			items = append(items, it)
			next++
		}
		if i == len(p.lines) {
			return items
		}
		f := p.fates[i]
		if (f == open || f == kept || f == vital) && !blank(p.lines[i]) {
			limit := p.longest(f)
			cost := min(len(p.lines[i]), limit)/3 + 1 // of many lines few have a chance: a guess will do
			if len(p.lines) <= countedLines {
				cost = p.in.Tokens(cutLine(p.lines[i], limit)) + 1
			}
			if p.gapBefore(i) {
				cost += gapCost // lines before it are not on the sheet
			}
			it := item{line: i, note: -1, cost: cost, rank: p.rank(i, o), alike: o.count[opening(p.lines[i])]}
			if f == vital && it.rank > found && told.by(p.lines[i]) {
				it.rank = found
			}
			if it.rank == common && f == open && fewOpen { // its reader knows nearly all of them, but not this one
				if it.rank = seldom; p.standsOut(p.lines[i]) {
					it.rank = unlike
				}
			}
			items = append(items, it)
		}
	}
	return items
}

// told are the beginnings of the messages of errors, and the names.
type told []string

// maxTold is how many findings lines are compared with, and how much of each.
const (
	maxTold     = 60
	toldMessage = 48
)

func (p *page) toldByFindings() told {
	var t told
	if len(p.lines) > countedLines {
		return nil
	}
	for _, f := range p.findings {
		if f.Severity != "error" || len(t) >= 2*maxTold {
			continue
		}
		for _, s := range []string{f.Message, f.Name} {
			if s = strings.TrimSpace(s[:min(len(s), toldMessage)]); len(s) > 3 {
				t = append(t, s)
			}
		}
	}
	return t
}

// by says that the line has one of them.
func (t told) by(line string) bool {
	for _, s := range t {
		if strings.Contains(line, s) {
			return true
		}
	}
	return false
}

func (n note) rank() rank {
	if n.vital {
		return wrong
	}
	return common
}

func (p *page) rank(i int, o *openings) rank {
	line, f := p.lines[i], p.fates[i]
	odd, rare := o.odd(line), p.rare[i]
	switch {
	case (odd || rare) && p.standsOut(line):
		return unlike
	case f == vital && (alarm(line) == alarmed || isError(line)):
		return wrong
	case f == vital:
		return needed
	case f == open && diagnostic(line):
		return needed
	case odd && f == open:
		return uncommon
	case rare && f == open:
		return seldom
	}
	return common
}

// dropUnkept folds the lines and drops the notes that were not kept. Notes stand for
// lines; those of dropped notes are folded too, as far as it is known which they are, and
// else those up to the next note.
func (p *page) dropUnkept(items []item, keep []bool) {
	dropped := map[int]bool{}
	for k, it := range items {
		switch {
		case keep[k]:
		case it.note >= 0:
			dropped[it.note] = true
		default:
			p.because(it.line, folded, "")
		}
	}
	var notes []note
	for n, x := range p.notes {
		if !dropped[n] {
			notes = append(notes, x)
			continue
		}
		for _, i := range x.lines {
			p.because(i, folded, "")
		}
		if x.lines != nil {
			continue
		}
		end := len(p.lines)
		if n+1 < len(p.notes) {
			end = max(x.at+1, p.notes[n+1].at)
		}
		for i := max(0, x.at); i < min(end, len(p.lines)); i++ {
			if p.fates[i] == retold {
				p.because(i, folded, "")
			}
		}
	}
	p.notes = notes
}
