package output

import "strings"

// A pattern describes a line: * is any text, # a number with its points and commas,
// ~ any blanks or none, \ takes the next character for itself, as does everything
// else. It matches the whole line.
//
// Matching goes back at most to the last *, so it is linear in the line for the short
// patterns there are.
type pattern string

func (p pattern) match(s string) bool {
	pi, si := 0, 0
	star, mark := -1, 0
	for si < len(s) || pi < len(p) {
		if pi < len(p) {
			if p[pi] == '*' {
				if pi == len(p)-1 {
					return true
				}
				star, mark = pi, si
				pi++
				continue
			}
			if n, ok := p.step(pi, s[si:]); ok {
				pi += p.width(pi)
				si += n
				continue
			}
		}
		if star < 0 || mark >= len(s) {
			return false
		}
		mark = p.resume(star, s, mark+1)
		if mark < 0 {
			return false
		}
		pi, si = star+1, mark
	}
	return true
}

// resume finds where what follows a star can begin at the earliest.
func (p pattern) resume(star int, s string, from int) int {
	switch c := p[star+1]; c {
	case '#', '~', '*':
		return from
	default:
		c = p[star+p.width(star+1)] // the character itself
		i := strings.IndexByte(s[from:], c)
		if i < 0 {
			return -1
		}
		return from + i
	}
}

// width is how long the element at pi is.
func (p pattern) width(pi int) int {
	if p[pi] == '\\' && pi+1 < len(p) {
		return 2
	}
	return 1
}

// step matches one element of the pattern at the beginning of s.
func (p pattern) step(pi int, s string) (n int, ok bool) {
	switch p[pi] {
	case '#':
		for n < len(s) && (isDigit(s[n]) || n > 0 && (s[n] == '.' || s[n] == ',') && n+1 < len(s) && isDigit(s[n+1])) {
			n++
		}
		return n, n > 0
	case '~':
		for n < len(s) && (s[n] == ' ' || s[n] == '\t') {
			n++
		}
		return n, true
	}
	return 1, len(s) > 0 && s[0] == p[pi+p.width(pi)-1]
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// patterns is a set of patterns, found by the byte that a line begins with.
type patterns struct {
	first [256][]entry // patterns that begin with this byte
	deep  [256][]entry // patterns that begin with ~, by the first byte after the blanks
	any   []entry      // patterns that begin with * or #
}

type entry struct {
	pattern pattern
	value   int
	must    string // the longest text that a line of the pattern has
	bytes   uint64 // of that text, as bytesOf has them
}

// bytesOf has a bit for each byte in a text, four bytes sharing one. A text is in a line only
// if its bytes are.
func bytesOf(s string) (set uint64) {
	for i := range len(s) {
		set |= 1 << (s[i] & 63)
	}
	return set
}

// literal is the longest text of a pattern that stands for itself.
func (p pattern) literal() string {
	best := ""
	for _, part := range strings.FieldsFunc(string(p), func(r rune) bool { return r == '*' || r == '#' || r == '~' || r == '\\' }) {
		if len(part) > len(best) {
			best = part
		}
	}
	return best
}

func (s *patterns) add(p pattern, value int) {
	must := p.literal()
	e := entry{p, value, must, bytesOf(must)}
	switch {
	case p == "" || p[0] == '*' || p[0] == '#':
		s.any = append(s.any, e)
	case p[0] == '~' && (len(p) == 1 || p[1] == '*' || p[1] == '#'):
		s.any = append(s.any, e)
	case p[0] == '\\' && len(p) > 1:
		s.first[p[1]] = append(s.first[p[1]], e)
	case p[0] == '~' && p[1] == '\\' && len(p) > 2:
		s.deep[p[2]] = append(s.deep[p[2]], e)
	case p[0] == '~':
		s.deep[p[1]] = append(s.deep[p[1]], e)
	default:
		s.first[p[0]] = append(s.first[p[0]], e)
	}
}

// find returns the value of the first pattern that matches the line, or -1.
func (s *patterns) find(line string) int {
	if line == "" {
		return -1
	}
	for _, e := range s.first[line[0]] {
		if e.pattern.match(line) {
			return e.value
		}
	}
	from := 0
	for from < len(line) && (line[from] == ' ' || line[from] == '\t') {
		from++
	}
	if from < len(line) {
		for _, e := range s.deep[line[from]] {
			if e.pattern.match(line) {
				return e.value
			}
		}
	}
	if len(s.any) == 0 {
		return -1
	}
	has := bytesOf(line)
	for _, e := range s.any {
		if e.bytes&^has == 0 && strings.Contains(line, e.must) && e.pattern.match(line) {
			return e.value
		}
	}
	return -1
}
