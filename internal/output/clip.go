package output

import "slices"

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
	for share := 0.85; share > 0.1; share *= 0.7 {
		p.choosePart(int(float64(budget) * share))
		if p.draw().tokens <= budget {
			return
		}
	}
	p.choosePart(0)
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
}

// rank is the order in which items are kept.
type rank uint8

const (
	unlike   rank = iota // asks for attention and begins like few others
	wrong                // vital, and an error
	needed               // vital
	uncommon             // begins like few others
	seldom               // is of a kind with few lines
	common
)

func (p *page) choosePart(budget int) {
	p.clipped = true
	items := p.items()
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
	for r := unlike; r <= common; r++ {
		least := 0
		if r == unlike || r == uncommon || r == seldom {
			least = rest / 2 // what is odd does not take it all
		}
		takeBothEnds(items, take, func(it item) bool { return it.rank == r && budget > least })
	}
	p.dropUnkept(items, keep)
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
	for i, f := range p.fates {
		if f <= vital && !blank(p.lines[i]) {
			o.see(p.lines[i])
		}
	}
	for _, n := range p.notes {
		o.see(n.text)
	}
	for i := 0; i <= len(p.lines); i++ {
		for next < len(p.notes) && p.notes[next].at <= i {
			items = append(items, item{line: -1, note: next, cost: p.in.Tokens(p.notes[next].text) + 1, rank: p.notes[next].rank()})
			next++
		}
		if i == len(p.lines) {
			return items
		}
		f := p.fates[i]
		if (f == open || f == kept || f == vital) && !blank(p.lines[i]) {
			limit := maxLine
			if f == vital {
				limit = maxVitalLine
			}
			cost := min(len(p.lines[i]), limit)/3 + 1 // of many lines few have a chance: a guess will do
			if len(p.lines) <= countedLines {
				cost = p.in.Tokens(cutLine(p.lines[i], limit)) + 1
			}
			if p.gapBefore(i) {
				cost += gapCost // lines before it are not on the sheet
			}
			items = append(items, item{line: i, note: -1, cost: cost, rank: p.rank(i, o)})
		}
	}
	return items
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
