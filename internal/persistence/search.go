package persistence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"regexp"
	"regexp/syntax"
	"sync"
	"time"
)

// Query says what to look for in a journal's output, byte by byte as the program
// wrote it: escape sequences count.
type Query struct {
	Text             string    // up to 1024 bytes in one line
	Regexp           bool      // Text is a regular expression (package regexp)
	IgnoreCase       bool      // of ASCII letters; with Regexp of all
	FromTime, ToTime time.Time // when it was written; zero = no bound
	FromOffset       int64     // matches at or behind this offset
}

// Hit is one line with a match.
type Hit struct {
	Offset     int64 // of the first match in the line
	Size       int   // of the match
	LineOffset int64 // of Line
	Line       []byte
	Time       time.Time // when the frame with the match was written
}

const (
	maxQuery = 1024

	// maxLine bounds what a search takes as one line: longer ones are looked at
	// in pieces.
	maxLine = 64 << 10

	// maxContext is how much of a line a hit shows before and behind its match.
	maxContext = 2 << 10

	searchers   = 2 // goroutines that unpack chunks, for as long as a step takes
	searchBatch = 8 // chunks a step
)

// ErrQuery is wrapped by errors about queries that cannot be asked.
var ErrQuery = errors.New("query")

// Search walks the lines that match, in order, up to the end that the journal has
// now; a line is reported once. Output that is missing comes as a *GapError in its
// place, and the walk goes on. Sealed segments are asked by their filters first.
// A Hit's Line is the caller's.
func (j *Journal) Search(ctx context.Context, q Query) iter.Seq2[Hit, error] {
	return func(yield func(Hit, error) bool) {
		m, err := newMatcher(q)
		if err != nil {
			yield(Hit{}, err)
			return
		}
		s := search{ctx: ctx, c: j.cursor(), q: q, m: m, yield: yield}
		defer s.c.close()
		s.find.s = &s
		if to, err := s.c.outputBefore(); err != nil && to > q.FromOffset && !yield(Hit{}, err) {
			return
		}
		for i := range s.c.segs {
			if !s.segment(i) {
				return
			}
		}
		s.find.flush()
	}
}

// matcher finds the first match in some lines.
type matcher struct {
	text []byte // what each match contains; empty: nothing is known
	fold bool   // text is in lower case, and case does not count
	re   *regexp.Regexp

	trigrams []uint32 // of text, hashed; none: all chunks are read
}

// maybe says whether a chunk's output holds the text, may end within it or, at an
// edge, may begin within it. low is a buffer, which is returned.
func (m *matcher) maybe(data []byte, edge bool, low []byte) (bool, []byte) {
	if m.fold {
		low = appendLower(low[:0], data)
		data = low
	}
	if bytes.Contains(data, m.text) {
		return true, low
	}
	for n := 1; n < len(m.text); n++ {
		if edge && bytes.HasPrefix(data, m.text[n:]) || len(m.text)-n <= 2 && bytes.HasSuffix(data, m.text[:n]) {
			return true, low
		}
	}
	return false, low
}

func newMatcher(q Query) (*matcher, error) {
	if q.Text == "" || len(q.Text) > maxQuery {
		return nil, fmt.Errorf("%w of %d bytes, want 1 to %d", ErrQuery, len(q.Text), maxQuery)
	}
	if !q.Regexp {
		m := &matcher{text: []byte(q.Text), fold: q.IgnoreCase}
		if bytes.IndexByte(m.text, '\n') >= 0 {
			return nil, fmt.Errorf("%w with a line feed", ErrQuery)
		}
		if m.fold {
			m.text = appendLower(nil, m.text)
		}
		m.contains(q.Text)
		return m, nil
	}
	text := q.Text
	if q.IgnoreCase {
		text = "(?i)" + text
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrQuery, err)
	}
	m := &matcher{re: re, fold: true}
	if tree, err := syntax.Parse(text, syntax.Perl); err == nil {
		known := requiredText(tree.Simplify())
		m.text = appendLower(nil, []byte(known))
		m.contains(known)
	}
	return m, nil
}

func (m *matcher) contains(text string) {
	for i := 2; i < len(text); i++ {
		m.trigrams = append(m.trigrams, trigram(uint32(lower[text[i-2]])<<16|uint32(lower[text[i-1]])<<8|uint32(lower[text[i]])))
	}
}

// requiredText is the longest text that every match contains, but for ASCII case.
func requiredText(re *syntax.Regexp) (longest string) {
	switch re.Op {
	case syntax.OpLiteral:
		begin := 0
		for i, r := range re.Rune {
			// Letters that have other forms outside ASCII: U+017F, U+212A.
			if re.Flags&syntax.FoldCase != 0 && (r >= 0x80 || r == 'k' || r == 'K' || r == 's' || r == 'S') {
				longest = longer(longest, string(re.Rune[begin:i]))
				begin = i + 1
			}
		}
		return longer(longest, string(re.Rune[min(begin, len(re.Rune)):]))
	case syntax.OpConcat, syntax.OpCapture, syntax.OpPlus:
		for _, sub := range re.Sub {
			longest = longer(longest, requiredText(sub))
		}
	case syntax.OpRepeat:
		if re.Min > 0 {
			return requiredText(re.Sub[0])
		}
	}
	return longest
}

func longer(a, b string) string {
	if len(b) > len(a) {
		return b
	}
	return a
}

func appendLower(b, p []byte) []byte {
	for _, c := range p {
		b = append(b, lower[c])
	}
	return b
}

// head is how many trigrams from the first on, tail how many up to the last, the
// filter has; both are all of them if the text may be there as a whole.
func (m *matcher) head(f *filter) (n int) {
	for n < len(m.trigrams) && f.has(m.trigrams[n]) {
		n++
	}
	return n
}

func (m *matcher) tail(f *filter) (n int) {
	for n < len(m.trigrams) && f.has(m.trigrams[len(m.trigrams)-1-n]) {
		n++
	}
	return n
}

// search is one walk.
type search struct {
	ctx   context.Context
	c     *cursor
	q     Query
	m     *matcher
	yield func(Hit, error) bool
	find  finder

	units  [searchBatch + 1]unit
	before int  // of the chunk before, the matcher's head
	over   bool // the caller has enough
}

// report hands something out; false ends the walk.
func (s *search) report(h Hit, err error) bool {
	s.over = s.over || !s.yield(h, err)
	return !s.over
}

func (s *search) segment(i int) bool {
	if err := s.ctx.Err(); err != nil {
		return s.report(Hit{}, err) && false
	}
	seg := s.c.segs[i]
	end := s.c.end.Offset
	if i+1 < len(s.c.segs) {
		end = s.c.segs[i+1].offset
	}
	if end <= s.q.FromOffset && i+1 < len(s.c.segs) {
		return true
	}
	f, err := os.Open(s.c.j.path(seg.number))
	if errors.Is(err, os.ErrNotExist) {
		var e *Evicted
		if errors.As(s.c.gone(seg, err), &e) {
			return s.report(Hit{}, e)
		}
	}
	if err != nil {
		return s.report(Hit{}, err) && false
	}
	defer f.Close()
	h, err := headerOf(f)
	var g guard
	if err == nil {
		g, err = s.c.j.guardOf(&h)
	}
	switch {
	case errors.Is(err, errHeader):
		return s.report(Hit{}, &GapError{From: seg.offset, To: end, Reason: Absent})
	case err != nil:
		return s.report(Hit{}, err) && false
	case !h.sealed():
		s.find.enter(&h)
		s.before = len(s.m.trigrams)
		return s.active(newScanner(f, int64(seg.size), g, headerSize, seg.seq, seg.offset), end)
	}
	sealed, err := openSealed(f, h, g)
	if err != nil {
		return s.report(Hit{}, err) && false
	}
	s.find.enter(&h)
	return s.sealed(sealed, end)
}

// active reads all output of a segment that is not sealed.
func (s *search) active(sc *scanner, end int64) bool {
	defer sc.close()
	for {
		f, hole, err := sc.next()
		switch {
		case err == io.EOF:
			return sc.off >= end || s.gap(sc.off, end, Damaged)
		case err != nil:
			return s.report(Hit{}, err) && false
		case hole != nil && !hole.toEnd:
			if !s.gap(hole.offset, hole.until, Damaged) {
				return false
			}
		case f.kind == Gap:
			if !s.gap(f.offset, f.end(), Lost) {
				return false
			}
		case f.kind == Output:
			if s.find.add(f); s.over {
				return false
			}
		}
	}
}

func (s *search) gap(from, to int64, r Reason) bool {
	if to <= from || to <= s.q.FromOffset {
		return true
	}
	s.find.flush()
	return !s.over && s.report(Hit{}, &GapError{From: from, To: to, Reason: r})
}

// sealed reads those chunks of a sealed segment that may hold a match.
func (s *search) sealed(f *sealedFile, end int64) bool {
	text := f.ofKind(textChunk)
	wanted, err := s.candidates(f, text)
	if err != nil {
		return s.report(Hit{}, err) && false
	}
	at := f.h.offset
	var batch []*job
	for i := range text {
		c := &text[i]
		if c.offset > at { // between them lies a gap, or damage
			batch = append(batch, &job{from: at, to: c.offset})
		}
		at = c.end()
		if wanted[i] != no {
			batch = append(batch, &job{c: c, edge: wanted[i] == edge})
		}
		if len(batch) >= searchBatch { // one more than that at most
			if !s.batch(f, batch) {
				return false
			}
			batch = batch[:0]
		}
	}
	if at < end {
		batch = append(batch, &job{from: at, to: end})
	}
	return s.batch(f, batch)
}

// want says why a chunk is read.
type want uint8

const (
	no   want = iota
	yes       // it may hold a match
	edge      // and one may have begun in the chunk before
)

// candidates says which text chunks to read. A match that begins in the chunk
// before counts for the chunk where it ends.
func (s *search) candidates(f *sealedFile, text []chunk) ([]want, error) {
	wanted := make([]want, len(text))
	filters := make([]filter, len(text))
	if len(s.m.trigrams) > 0 && len(f.faults) == 0 {
		u := unpacker{r: f.f, g: f.g}
		h, contents, err := u.read(f.sum.filters, f.sum.filtersSize)
		if err != nil && !errors.Is(err, errChunk) {
			return nil, err
		}
		if fs := decodeFilters(contents, len(text)); err == nil && h.kind == filtersChunk && fs != nil {
			filters = fs
		}
	}
	n := len(s.m.trigrams)
	for i := range text {
		c := &text[i]
		head := s.m.head(&filters[i])
		tail := n
		if head < n {
			tail = s.m.tail(&filters[i])
		}
		across := 0
		if i == 0 { // trigrams across two segments are in neither filter
			across = 2
		}
		switch {
		case c.text < maxQuery: // a match may reach over it
			wanted[i], head = edge, n
		case tail+across > 0 && s.before+tail+across >= n:
			wanted[i] = edge
		case head == n:
			wanted[i] = yes
		}
		s.before = head
		if c.end() <= s.q.FromOffset || !s.inTime(f.h.wall-f.h.mono, c) {
			wanted[i] = no
		}
	}
	return wanted, nil
}

func (s *search) inTime(anchor int64, c *chunk) bool {
	return (s.q.FromTime.IsZero() || anchor+c.until >= s.q.FromTime.UnixNano()) &&
		(s.q.ToTime.IsZero() || anchor+c.time <= s.q.ToTime.UnixNano())
}

// job is a chunk to unpack, or a stretch of offsets without output.
type job struct {
	c        *chunk
	edge     bool
	pass     bool // it holds no match
	from, to int64
	head     frameHeader
	contents []byte
	err      error
}

// batch unpacks chunks side by side and looks at them in order.
func (s *search) batch(f *sealedFile, batch []*job) bool {
	if err := s.ctx.Err(); err != nil {
		return s.report(Hit{}, err) && false
	}
	var wg sync.WaitGroup
	for n := range searchers {
		work := func() {
			for i := n; i < len(batch); i += searchers {
				s.units[i].open(f, batch[i], s.m)
			}
		}
		if n+1 == searchers || len(batch) <= n+1 {
			work()
			break
		}
		wg.Go(work)
	}
	wg.Wait()
	for _, b := range batch {
		if !s.look(f, b) {
			return false
		}
	}
	return true
}

// unit is what unpacks one chunk of a batch.
type unit struct {
	u   unpacker
	low []byte
}

func (u *unit) open(f *sealedFile, b *job, m *matcher) {
	if b.c == nil {
		return
	}
	u.u.r, u.u.g = f.f, f.g
	if b.head, b.contents, b.err = u.u.read(b.c.pos, b.c.size); b.err != nil || b.c.text < maxQuery {
		return
	}
	t, _ := openText(b.head, b.c.pos, b.contents)
	maybe := false
	maybe, u.low = m.maybe(t.data, b.edge, u.low)
	b.pass = !maybe
}

func (s *search) look(f *sealedFile, b *job) bool {
	if b.pass {
		return true
	}
	if b.c == nil {
		return s.gap(b.from, b.to, f.reason(b.from, b.to))
	}
	if b.err != nil && !errors.Is(b.err, errChunk) {
		return s.report(Hit{}, b.err) && false
	}
	t, ok := openText(b.head, b.c.pos, b.contents)
	if b.err != nil || !ok {
		return s.gap(b.c.offset, b.c.end(), Damaged)
	}
	for fr, ok := t.next(); ok && !s.over; fr, ok = t.next() {
		s.find.add(fr)
	}
	return !s.over
}

// reason says why a sealed segment has no output in a range of offsets.
func (f *sealedFile) reason(from, to int64) Reason {
	for _, c := range f.ofKind(recordsChunk) {
		if c.kinds&kindBit(Gap) != 0 && c.offset <= to {
			return Lost
		}
	}
	return Damaged
}
