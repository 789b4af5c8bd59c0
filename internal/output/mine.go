package output

import (
	"strings"
	"unicode"
)

// Lines of a log are made by few statements: the same words with values between. mine
// finds them without being told, in two passes. The first counts which words stand in
// which column (of lines with that many words) and how many different ones there are.
// A column with few different words says what kind of line it is, so each of its words
// counts: the one 504 among ten thousand 200s is a kind of its own. In a column with
// many, only words that come often are part of the kind; the others are values.
//
// Kinds with several lines are shown once, with a count; rare kinds are shown whole.
type miner struct {
	counts   []uint32           // by hash of (words in line, column, word)
	distinct [2 * columns]int32 // by column; those with the digits masked behind the others
	lines    [maxWords + 1]int  // by words in line
}

// columns is how many there are in lines of all lengths; masked marks a word without its
// digits.
const (
	columns = (maxWords + 1) << 6
	masked  = columns
)

// wordRef is a word of a line: its hash, that with the digits masked, and whether it
// alarms.
type wordRef struct {
	h, masked uint32
	loud      bool
	stamp     bool // a date or a time: when a line was written is not what kind it is
}

const (
	minerBits   = 16
	maxWords    = 40
	fewWords    = 12 // a column with so few different words names kinds
	minAlike    = 4  // so many lines of a kind are folded into the first
	shownAlarms = 3  // lines of one kind that alarm
	endOfLog    = 12 // last lines that are shown whatever their kind: what happened last
)

func (p *page) mine(left []int) {
	m := &miner{counts: make([]uint32, 1<<minerBits)}
	for _, i := range left {
		m.learn(p.sheet.wordsOf(i))
	}
	kinds := map[uint64][]int{}
	var order []uint64
	last := min(endOfLog, len(left)/6)
	if len(p.sheet.wordsOf(left[len(left)-1])) < 3 {
		last = 0 // a list
	}
	for _, i := range left[:len(left)-last] {
		words := p.sheet.wordsOf(i)
		if len(words) < 2 && strings.ContainsFunc(p.lines[i], unicode.IsLetter) {
			continue // a list of names: each says something else
		}
		k, headed := m.kind(words)
		if !headed {
			k ^= opening(p.lines[i]) // alike if they begin alike
		}
		if kinds[k] == nil {
			order = append(order, k)
		}
		kinds[k] = append(kinds[k], i)
	}
	var few []int
	for _, k := range order {
		p.foldKind(kinds[k])
		if len(kinds[k]) < minAlike {
			few = append(few, kinds[k]...)
		}
	}
	if len(few)*fewOfAll > len(left) {
		return // nothing is out of the ordinary where little is alike
	}
	p.rare = make(map[int]bool, len(few))
	for _, i := range few {
		p.rare[i] = true
	}
}

// fewOfAll is of how many lines one may be of a rare kind, for it to stand out by that.
const fewOfAll = 20

// wordsOf are the words of line i. They are read once, however often a page is.
func (s *sheet) wordsOf(i int) []wordRef {
	if s.words == nil {
		s.words = make([][]wordRef, len(s.lines))
		s.wordPool = make([]wordRef, 0, min(4*s.tokens/3, len(s.lines)*maxWords))
	}
	if s.words[i] == nil {
		from := len(s.wordPool)
		s.wordPool = appendWords(s.wordPool, s.lines[i])
		s.words[i] = s.wordPool[from:len(s.wordPool):len(s.wordPool)]
	}
	return s.words[i]
}

// foldKind shows the first of the lines of a kind and counts the others.
func (p *page) foldKind(lines []int) {
	show := 1
	if alarm(p.lines[lines[0]]) == alarmed {
		show = shownAlarms
	}
	if len(lines) < minAlike || len(lines) <= show+1 {
		return
	}
	if len(lines) < fewOfKind && p.detail == full {
		p.coarsen(lean)
		return
	}
	if len(lines) <= fewRows && p.rows(lines) {
		p.coarsen(brief)
		if p.detail < brief {
			return
		}
	}
	rest := lines[show:]
	if p.cheap(rest) {
		return
	}
	for _, i := range rest {
		p.fates[i] = retold
	}
	p.count(lines[show-1]+1, "+"+itoa(len(rest))+" like it", rest)
}

// fewOfKind is how many lines of a kind are too few to be told by the first while there is room.
const fewOfKind = 8

// countCost is about what the count of a kind takes in bytes.
const countCost = 40

// cheap says that lines take no more than the count of them: braces and brackets.
func (p *page) cheap(lines []int) bool {
	n := 0
	for _, i := range lines {
		if n += len(p.lines[i]) - indent(p.lines[i]) + 1; n > countCost {
			return false
		}
	}
	return true
}

// fewRows is how many rows of a table are read as fast as their count.
const fewRows = 40

// rows says that the lines are those of a table: numbers in columns, and a name.
func (p *page) rows(lines []int) bool {
	for _, i := range lines {
		words, numbers := 0, 0
		for w := range strings.FieldsSeq(p.lines[i]) {
			words++
			if strings.Trim(w, "0123456789.,%") == "" {
				numbers++
			}
		}
		if numbers < 2 || words > 12 || 2*numbers < words {
			return false
		}
	}
	return true
}

// appendWords appends the words of a line, up to maxWords.
func appendWords(words []wordRef, line string) []wordRef {
	most := len(words) + maxWords
	for i := 0; i < len(line) && len(words) < most; {
		if separator[line[i]] {
			i++
			continue
		}
		h, masked := uint32(2166136261), uint32(2166136261)
		from, digits := i, false
		parts, letters := 0, 0
		for i < len(line) && (!separator[line[i]] || line[i] == ':' && digits && i+1 < len(line) && isDigit(line[i+1])) { // a time of day is a word
			c := line[i]
			h = (h ^ uint32(c)) * 16777619
			switch {
			case !isDigit(c):
				masked = (masked ^ uint32(c)) * 16777619
				digits = false
				if c == ':' || c == '-' || c == '/' {
					parts++
				} else if c != '.' && c != 'T' && c != 'Z' && c != '+' {
					letters++
				}
			case !digits:
				masked = (masked ^ '#') * 16777619
				digits = true
			}
			i++
		}
		words = append(words, wordRef{
			h: h, masked: masked, loud: isLetter(line[from]) && loud(line, from, i),
			stamp: parts >= 2 && letters == 0 && isDigit(line[from]),
		})
	}
	return words
}

func loud(line string, from, to int) bool {
	for to > from && !isLetter(line[to-1]) {
		to--
	}
	w := word{from, to}
	return w.mayAlarm(line) && w.level(line) > calm
}

// separator marks the bytes that end a word.
var separator = func() (table [256]bool) {
	for _, c := range []byte(" \t,;=\"'()[]{}|<>:") {
		table[c] = true
	}
	return table
}()

func (m *miner) learn(words []wordRef) {
	n := uint32(len(words))
	m.lines[n]++
	for col, w := range words {
		column := n<<6 | uint32(col)
		m.see(column, w.h)
		if w.masked != w.h {
			m.see(column+masked, w.masked)
		}
	}
}

func (m *miner) see(column, h uint32) {
	c := m.at(column, h)
	if *c == 0 {
		m.distinct[column]++
	}
	*c++
}

// at is the counter of a word in a column. Words may share one: then a kind is taken
// for more frequent than it is, in a rare case.
func (m *miner) at(column, h uint32) *uint32 {
	x := uint64(column)*0x9e3779b97f4a7c15 ^ uint64(h)*0xc2b2ae3d27d4eb4f
	x ^= x >> 29
	x *= 0xbf58476d1ce4e5b9
	return &m.counts[x>>(64-minerBits)]
}

// kind is the kind of a line as a hash, and whether its first word is part of it.
func (m *miner) kind(words []wordRef) (key uint64, headed bool) {
	n := uint32(len(words))
	often := uint32(max(5, m.lines[n]/20))
	mostly := uint32(max(5, m.lines[n]/4)) // a number is a value, unless it is nearly always the same
	key = uint64(n) + 14695981039346656037
	for col, w := range words {
		column := n<<6 | uint32(col)
		part := uint32(0)
		switch {
		case w.stamp:
			part = w.masked
		case w.loud, *m.at(column, w.h) >= often && w.masked == w.h, *m.at(column, w.h) >= mostly, m.distinct[column] <= fewWords && m.lines[n] > 2*int(m.distinct[column]):
			part = w.h
		case w.masked != w.h && (*m.at(column+masked, w.masked) >= often || m.distinct[column+masked] <= fewWords):
			part = w.masked
		}
		headed = headed || col == 0 && part != 0
		key = (key ^ uint64(part)) * 1099511628211
	}
	return key, headed
}

// shapeOf is a line with its numbers masked, as a hash.
func shapeOf[T ~string | ~[]byte](line T) uint64 {
	key := uint64(14695981039346656037)
	digits := false
	for i := range len(line) {
		c := line[i]
		switch {
		case isDigit(c):
			if digits {
				continue
			}
			digits, c = true, '#'
		default:
			digits = false
		}
		key = (key ^ uint64(c)) * 1099511628211
	}
	return key
}
