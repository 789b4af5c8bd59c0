package output

// openings counts with what the lines of a page begin: a line that begins like few others
// was written by somebody else, or tells of what is out of the ordinary.
type openings struct {
	count map[uint64]int
	total int
}

func newOpenings() *openings { return &openings{count: map[uint64]int{}} }

func (o *openings) see(line string) {
	o.count[opening(line)]++
	o.total++
}

// fewAlike is how many lines may begin alike and still be few.
const fewAlike = 2

// odd says that the line begins like few others, of many that begin alike.
func (o *openings) odd(line string) bool {
	return o.total > 4*fewAlike && o.count[opening(line)] <= max(fewAlike, o.total/200)
}

// opening is the first word of a line and what it is indented by, its runs of letters and
// of digits one each, as a hash: 2026-11-22T11:26:41Z and 2025-01-01T00:00:00Z are alike.
func opening(line string) uint64 {
	key, last := uint64(14695981039346656037), byte(0)
	word := false
	for i := range min(len(line), maxOpening) {
		c := line[i]
		switch {
		case c == ' ' && word:
			return key
		case c >= 'A' && c <= 'Z' && !word:
			c = 'A'
		case isLetter(c) || c >= 0x80:
			c = 'a'
		case isDigit(c):
			c = '0'
		}
		if c == last && (c == 'a' || c == '0') {
			continue
		}
		word = word || c != ' '
		last = c
		key = (key ^ uint64(c)) * 1099511628211
	}
	return key
}

const maxOpening = 60

// standsOut says that a line asks for attention. Where the page is the content of files,
// only what has the shape of a complaint does.
func (p *page) standsOut(line string) bool {
	if p.sheet.verbatim {
		return diagnostic(line)
	}
	return alarm(line) > calm || diagnostic(line)
}

// showOdd shows of the lines that are left out for a reason those that begin like few others
// of them, if they are no more than most; and all while they are few.
func (p *page) showOdd(why string, most int) {
	reason, o := p.reason(why), newOpenings()
	var left, odd []int
	for i, f := range p.fates {
		if f == aside && p.whys[i] == reason {
			left = append(left, i)
			o.see(p.lines[i])
		}
	}
	for _, i := range left {
		if o.odd(p.lines[i]) || len(left) <= fewTests {
			odd = append(odd, i)
		}
	}
	if len(odd) > most {
		return
	}
	for _, i := range odd {
		p.fates[i] = open
		p.standOut(i)
	}
}
