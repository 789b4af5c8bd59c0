package output

import (
	"bytes"
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lost is what a program wrote and then drew over, as live displays of tests and downloads
// do: what flashed by can be found.
type lost struct {
	texts    []string // that look like a complaint, up to maxLost of them, and others if they are few
	count    int      // with those that say more than how far something is
	from, to int      // where all of them stand in the output
}

// maxLost is how many texts that were drawn over are shown: a display that says "1 failed"
// counts through many.
const maxLost = 8

// fewDrawn is how many texts that complain of nothing are shown: a reference to them takes as much.
const fewDrawn = 2

// overdrawn collects texts that may be drawn over by what follows.
type overdrawn struct {
	seen  map[uint64]bool
	loud  []drawnText
	quiet []drawnText

	buffer []byte // of the line that is looked through
}

// drawnText is a text as it was written in one go, and where.
type drawnText struct {
	text     string
	from, to int
}

const (
	maxLooked = 64   // complaints that are looked for on the page: for each all of it is read
	maxQuiet  = 4096 // other texts that are
	maxSeen   = 1 << 16
)

// see looks through a part of the output that begins at byte at.
func (o *overdrawn) see(raw []byte, at int) {
	if o.seen == nil {
		o.seen = map[uint64]bool{}
	}
	for line := range bytes.Lines(raw) {
		o.buffer = drawnTexts(line, o.buffer, func(text []byte, from, to int) {
			key := shapeOf(text)
			if len(text) < 8 && wordLevel(string(text)) < alarmed || o.seen[key] || len(o.seen) >= maxSeen {
				return
			}
			o.seen[key] = true
			t := drawnText{string(text), at + from, at + to}
			switch {
			case alarm(t.text) > calm || diagnostic(t.text):
				if len(o.loud) < maxLooked {
					o.loud = append(o.loud, t)
				}
			case len(o.quiet) < maxQuiet && !progress(t.text) && letteringOf(t.text) != garbled:
				o.quiet = append(o.quiet, t)
			}
		})
		at += len(line)
	}
}

// lost is what of all that is not on the page.
func (o *overdrawn) lost(lines []string) *lost {
	loud, quiet := o.unseen(lines)
	if len(loud) == 0 && len(quiet) == 0 {
		return nil
	}
	out := &lost{}
	add := func(t drawnText) {
		if out.count == 0 || t.from < out.from {
			out.from = t.from
		}
		out.count++
		out.to = max(out.to, t.to)
	}
	states := statesOf(loud, lines)
	for _, t := range loud {
		if within(lines, bare(t.text)) || states.earlier(t.text) {
			continue
		}
		add(t)
		if len(out.texts) < maxLost {
			out.texts = append(out.texts, t.text)
		}
	}
	var texts []string
	for _, t := range o.unsaid(quiet, lines) {
		add(t)
		texts = append(texts, t.text)
	}
	if len(texts) <= fewDrawn {
		out.texts = append(out.texts, texts...)
	}
	if out.count == 0 {
		return nil
	}
	return out
}

// unseen are the texts of which no line has the shape. Nearly always the lines that have are among
// the first, and the others need not be looked at.
func (o *overdrawn) unseen(lines []string) (loud, quiet []drawnText) {
	missing := map[uint64]bool{}
	for _, texts := range [][]drawnText{o.loud, o.quiet} {
		for _, t := range texts {
			missing[shapeOf(t.text)] = true
			if _, behind, _ := cutLast(t.text, " > "); behind != "" { // a display names what it is at in front
				missing[shapeOf(behind)] = true
			}
		}
	}
	for i := 0; i < len(lines) && len(missing) > 0; i++ {
		delete(missing, shapeOf(strings.TrimSpace(lines[i])))
	}
	still := func(texts []drawnText) (left []drawnText) {
		for _, t := range texts {
			_, behind, _ := cutLast(t.text, " > ")
			if missing[shapeOf(t.text)] && (behind == "" || missing[shapeOf(behind)]) {
				left = append(left, t)
			}
		}
		return left
	}
	return still(o.loud), still(o.quiet)
}

// unsaid are those of the texts whose words the lines do not say, nor one of them before.
func (o *overdrawn) unsaid(texts []drawnText, lines []string) (left []drawnText) {
	if len(texts) == 0 {
		return nil
	}
	said := make(pairs, pairBits/64)
	for _, l := range lines {
		said.add(l)
	}
	for _, t := range texts {
		if !said.have(t.text) {
			said.add(t.text)
			left = append(left, t)
		}
	}
	return left
}

// states are lines of a display that say how it stands in parentheses, by what is before them:
// "Executed 48 of 64 (1 failed)".
type states map[uint64][]string

func statesOf(texts []drawnText, lines []string) states {
	s := states{}
	if len(texts) == 0 {
		return s
	}
	for _, l := range lines {
		if head, state := stateOf(strings.TrimSpace(l)); state != "" && strings.ContainsAny(head, "0123456789") {
			if key := shapeOf(head); len(s[key]) < maxStates {
				s[key] = append(s[key], l)
			}
		}
	}
	return s
}

// maxStates is how many lines that begin alike are looked at.
const maxStates = 4

// earlier says that a text is an earlier state of a line: one that begins alike has all its words.
func (s states) earlier(text string) bool {
	head, state := stateOf(text)
	for _, line := range s[shapeOf(head)] {
		words, all := strings.FieldsFunc(line, notLetter), true
		for w := range strings.FieldsFuncSeq(state, notLetter) {
			all = all && slices.Contains(words, w)
		}
		if all {
			return true
		}
	}
	return false
}

// stateOf splits off what a text ends with in parentheses.
func stateOf(text string) (head, state string) {
	head = text
	for strings.HasSuffix(head, ")") {
		at := strings.LastIndex(head, " (")
		if at < 0 {
			break
		}
		head = head[:at]
	}
	return head, text[len(head):]
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// bare is a text without how far it was: "[3/7] (again) name (try 2)" is the name.
func bare(text string) string {
	if text[0] != '[' || !pattern("[#/#] *").match(text) {
		return text
	}
	_, text, _ = strings.Cut(text, "] ")
	if _, rest, ok := strings.Cut(text, ") "); ok && text[0] == '(' {
		text = rest
	}
	if before, _, ok := cutLast(text, " ("); ok && strings.HasSuffix(text, ")") {
		text = before
	}
	return text
}

// progress says that a text tells how far something is, or that it is being done: it has a
// bar, a share, a rate or a spinner, or less than three words.
func progress(text string) bool {
	if strings.Contains(text, "%") || strings.HasSuffix(text, "...") || strings.HasSuffix(text, "…") || strings.HasSuffix(text, "B/s") {
		return true
	}
	if r, n := utf8.DecodeRuneInString(text); r >= 0x2500 && r <= 0x28ff || n < len(text) && text[n] == ' ' && strings.ContainsRune(`|/-\`, r) {
		return true // blocks, lines and dots of which bars and spinners are made
	}
	words, letters, bar := 0, 0, 0
	for i := range len(text) {
		switch c := text[i]; {
		case isLetter(c):
			if letters++; letters == 3 {
				words++
			}
			bar = 0
			continue
		case c >= 0xe3 && c < 0xee: // a letter of Chinese, Japanese or Korean, which has no blanks between words
			if letters += 2; letters >= 4 {
				words, letters = words+1, 0
			}
			continue
		case c >= 0x80 && c < 0xc0: // behind the first byte of a letter
			continue
		case c >= 0xc3 && c < 0xe2:
			if letters++; letters == 3 {
				words++
			}
			continue
		case c == '/' && i > 0 && isDigit(text[i-1]) && i+1 < len(text) && isDigit(text[i+1]):
			return true // so many of so many
		case c == '=' || c == '#' || c == '-' || c == '.':
			if bar++; bar == 4 {
				return true
			}
		case c >= 0xe2:
			if r, _ := utf8.DecodeRuneInString(text[i:]); r >= 0x2588 && r <= 0x2593 || r == '━' || r == '─' {
				return true
			}
		}
		letters = 0
	}
	return words < 3
}

// pairs is a set of words that follow each other, as bits at their hashes.
type pairs []uint64

const pairBits = 1 << 20

func (p pairs) add(text string) {
	for h := range eachPair(text) {
		p[h%pairBits/64] |= 1 << (h % 64)
	}
}

// have says that most of a text's pairs are in the set.
func (p pairs) have(text string) bool {
	all, in := 0, 0
	for h := range eachPair(text) {
		all++
		if p[h%pairBits/64]&(1<<(h%64)) != 0 {
			in++
		}
	}
	return 2*in >= all
}

// eachPair are hashes of each two words of letters that follow each other. A letter of Chinese,
// Japanese or Korean is a word.
func eachPair(text string) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		before := uint64(0)
		for i := 0; i < len(text); {
			w := wordAt(text, i)
			if c := text[i]; c >= 0xe3 && c < 0xee {
				w.end = min(i+3, len(text))
			}
			if w.end == i {
				i++
				continue
			}
			i = w.end
			key := wordKey(text[w.from:w.end])
			if before != 0 && !yield((before*3^key)*0x9e3779b97f4a7c15>>20) {
				return
			}
			before = key
		}
	}
}

// drawsOver says that an output moves or erases: a carriage return within a line, or a
// sequence that does not only colour.
func drawsOver(raw []byte) bool {
	for i := 0; i < len(raw); {
		n := bytes.IndexAny(raw[i:], "\r\x1b")
		if n < 0 {
			return false
		}
		i += n
		if raw[i] == '\r' {
			for i < len(raw) && raw[i] == '\r' {
				i++
			}
			if i < len(raw) && raw[i] != '\n' {
				return true
			}
			continue
		}
		n = sequence(raw[i:])
		if n > 2 && raw[i+1] == '[' && !stays(raw[i+2:i+n]) {
			return true
		}
		i += max(n, 1)
	}
	return false
}

// within says whether a text is part of a line. A line may hold it behind more text,
// with its blanks drawn as the terminal spaces them.
func within(lines []string, text string) bool {
	for _, l := range lines {
		if len(l) >= len(text) && strings.Contains(l, text) {
			return true
		}
	}
	squeezed := strings.Join(strings.Fields(text), " ")
	for _, l := range lines {
		if len(l) >= len(squeezed) && strings.Contains(strings.Join(strings.Fields(l), " "), squeezed) {
			return true
		}
	}
	return false
}

// drawnTexts yields the texts that a line draws one over the other or beside each other:
// what stands between carriage returns and sequences that move or erase, without its
// colours, and where it begins and ends. ECMA-48 5.3 to 5.6.
func drawnTexts(b, buffer []byte, yield func(text []byte, from, to int)) []byte {
	if plain := bytes.TrimRight(b, "\r\n"); !controls(plain) {
		if text := bytes.TrimSpace(plain); len(text) > 0 {
			from := bytes.Index(plain, text)
			yield(text, from, from+len(text))
		}
		return buffer
	}
	out := buffer[:0]
	from, to := 0, 0
	end := func() {
		if text := bytes.TrimSpace(out); len(text) > 0 {
			yield(text, from, to)
		}
		out = out[:0]
	}
	put := func(c byte, at int) {
		if len(out) == 0 {
			from = at
		}
		out, to = append(out, c), at+1
	}
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == 0x1b:
			n := sequence(b[i:])
			if n > 2 && b[i+1] == '[' && !stays(b[i+2:i+n]) {
				end()
			}
			i += n - 1
		case c == '\r':
			end()
		case c == '\t':
			put(' ', i)
		case c >= ' ' && c != 0x7f:
			put(c, i)
		}
	}
	end()
	return out
}

// controls says that there is more than text.
func controls(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == 0x7f {
			return true
		}
	}
	return false
}

// stays says that a control sequence, given from behind its [, leaves what was written as
// it is: a colour, or the erasing of what is behind.
func stays(s []byte) bool {
	last := s[len(s)-1]
	return last == 'm' || last == 'K' && (len(s) == 1 || s[0] == '0')
}

// sequence is the length of the escape sequence that b begins with.
func sequence[T ~string | ~[]byte](b T) int {
	if len(b) < 2 {
		return len(b)
	}
	switch b[1] {
	case '[':
		for i := 2; i < len(b); i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				return i + 1
			}
		}
		return len(b)
	case ']', 'P', 'X', '^', '_':
		for i := 2; i < len(b); i++ {
			if b[i] == 7 {
				return i + 1
			}
			if b[i] == 0x1b && i+1 < len(b) && b[i+1] == '\\' {
				return i + 2
			}
		}
		return len(b)
	}
	for i := 1; i < len(b); i++ {
		if b[i] < 0x20 || b[i] > 0x2f {
			return i + 1
		}
	}
	return len(b)
}

// redraws leaves out of a bar that is wider than the terminal all but what was drawn last: each
// time it was drawn, a row of it stayed behind.
func (p *page) redraws() {
	if !p.sheet.redrawn {
		return
	}
	for i := 1; i < len(p.lines); i++ {
		if p.wideBar(i-1) && p.wideBar(i) && sameRow(p.lines[i-1], p.lines[i]) {
			p.because(i-1, aside, "redraws")
		}
	}
}

// wideBar says that line i fills its row, and tells how far something is.
func (p *page) wideBar(i int) bool {
	line := p.lines[i]
	return p.fates[i] == open && len(line) >= p.sheet.cols && utf8.RuneCountInString(line) >= p.sheet.cols-1 && progress(line)
}

// sameRow says that b begins with the letters of a in as many columns.
func sameRow(a, b string) bool {
	n, end := utf8.RuneCountInString(a), len(b)
	for at := range b {
		if n == 0 {
			end = at
			break
		}
		n--
	}
	return lettersOf(a) == lettersOf(b[:end])
}

// lettersOf are the letters of a line, as a hash.
func lettersOf(line string) uint64 {
	key := uint64(14695981039346656037)
	for i := range len(line) {
		if isLetter(line[i]) {
			key = (key ^ uint64(line[i])) * 1099511628211
		}
	}
	return key
}
