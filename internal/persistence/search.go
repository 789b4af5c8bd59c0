package persistence

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
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

// search is one walk.
type search struct {
	ctx   context.Context
	c     *cursor
	q     Query
	m     *matcher
	yield func(Hit, error) bool
	find  finder

	units  [searchBatch + 1]unit
	asked  unpacker // reads what says where matches may be
	before border   // of the segment at hand
	over   bool     // the caller has enough
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
		s.before = border{grams: len(s.m.trigrams)}
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
			batch = append(batch, &job{c: c, want: wanted[i]})
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

func (s *search) inTime(anchor int64, c *chunk) bool {
	return (s.q.FromTime.IsZero() || anchor+c.until >= s.q.FromTime.UnixNano()) &&
		(s.q.ToTime.IsZero() || anchor+c.time <= s.q.ToTime.UnixNano())
}

// job is a chunk to unpack, or a stretch of offsets without output.
type job struct {
	c        *chunk
	want     want
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
	maybe, u.low = m.maybe(t.data, b.want, u.low)
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
