package persistence

import (
	"errors"
	"io"
	"os"
	"slices"
)

// sealedFile is an open sealed segment.
type sealedFile struct {
	f      *os.File
	h      header
	g      guard
	size   int64
	sum    summary
	chunks []chunk // back to back, in the order of the file

	// What could not be read of the parts that only say where things are: no
	// frame is lost by that.
	faults []stretch
}

// stretch is a range of file positions.
type stretch struct{ from, to int64 }

// openSealed reads a sealed segment's table, or, where that is damaged, finds the
// chunks by walking over them. The file stays the caller's.
func openSealed(f *os.File, h header, g guard) (*sealedFile, error) {
	s := &sealedFile{f: f, h: h, g: g}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	s.size = info.Size()
	var b [summarySize]byte
	if n, err := f.ReadAt(b[:], headerSize); n < len(b) && err != io.EOF {
		return nil, err
	}
	if s.sum, err = decodeSummary(b[:], &h); err != nil {
		s.faults = append(s.faults, stretch{headerSize, chunksBegin})
		return s, s.rescan()
	}
	u := unpacker{r: f, g: g}
	t, contents, err := u.read(s.sum.table, s.sum.tableSize)
	if err != nil && !errors.Is(err, errChunk) {
		return nil, err
	}
	if err == nil && s.agrees(t) {
		s.chunks, err = decodeTable(contents, &h, s.sum.filters)
	}
	if err != nil || !s.agrees(t) || len(s.chunks) != int(s.sum.chunks) {
		s.faults = append(s.faults, stretch{int64(s.sum.table), int64(s.sum.table) + int64(s.sum.tableSize)})
		return s, s.rescan()
	}
	return s, nil
}

// agrees compares the summary with the table's header, which a tag covers too
// where the segment is encrypted.
func (s *sealedFile) agrees(t frameHeader) bool {
	return t.kind == tableChunk && t.seq == s.sum.end.Seq && t.offset == s.sum.end.Offset && t.time == s.sum.last
}

// rescan finds the chunks without a table. A chunk that cannot be read is left
// out; the sequence numbers around it tell what was in it. Work is bounded as when
// frames are looked for.
func (s *sealedFile) rescan() error {
	s.chunks = nil
	u := unpacker{r: s.f, g: s.g}
	pos, bad := uint32(chunksBegin), int64(-1)
	for budget := resyncWork * s.size; budget > 0 && int64(pos)+int64(s.g.head()) <= s.size; {
		h, size, contents, err := s.chunkAt(&u, pos)
		if err != nil && !errors.Is(err, errChunk) {
			return err
		}
		if err != nil {
			if bad < 0 {
				bad = int64(pos)
			}
			pos++
			budget -= 1 + int64(size)
			continue
		}
		if bad >= 0 {
			s.faults, bad = append(s.faults, stretch{bad, int64(pos)}), -1
		}
		if h.kind == tableChunk {
			s.sum.end, s.sum.last = Position{Seq: h.seq, Offset: h.offset}, h.time
			return nil
		}
		if c, ok := surveyChunk(h, pos, size, contents); ok {
			s.chunks = append(s.chunks, c)
		}
		pos += size
	}
	if bad < 0 {
		bad = int64(pos)
	}
	s.faults = append(s.faults, stretch{bad, max(s.size, bad)})
	return nil
}

// chunkAt reads a chunk at a place where one may be.
func (s *sealedFile) chunkAt(u *unpacker, pos uint32) (h frameHeader, size uint32, contents []byte, err error) {
	b := make([]byte, s.g.head())
	if n, err := s.f.ReadAt(b, int64(pos)); n < len(b) {
		if err == io.EOF {
			err = errChunk
		}
		return h, 0, nil, err
	}
	h = decodeFrame(b)
	if h.kind < textChunk || h.extra > chunkCompressed || h.seq < s.h.seq || h.offset < s.h.offset ||
		int64(pos)+int64(len(b))+int64(h.size) > s.size {
		return h, 0, nil, errChunk
	}
	size = uint32(len(b) + h.size)
	h, contents, err = u.read(pos, size)
	return h, size, contents, err // the size also when it was not valid: it was read
}

// surveyChunk learns from a chunk's contents what the table would say of it.
func surveyChunk(h frameHeader, pos, size uint32, contents []byte) (chunk, bool) {
	c := chunk{kind: h.kind, pos: pos, size: size, seq: h.seq, last: h.seq, offset: h.offset, time: h.time, until: h.time}
	switch h.kind {
	case textChunk:
		t, ok := openText(h, pos, contents)
		for f, more := t.next(); ok && more; f, more = t.next() {
			c.last, c.until, c.text = f.seq, f.time, uint32(f.offset+int64(f.size)-h.offset)
		}
		return c, ok
	case recordsChunk:
		r := openRecords(h, pos, contents)
		for f, dropped, ok := r.next(); ok; f, dropped, ok = r.next() {
			c.last, c.until = f.seq, f.time
			if !dropped {
				c.kinds |= kindBit(f.kind)
			}
		}
		return c, true
	}
	return c, false
}

// ofKind lists the chunks of one kind.
func (s *sealedFile) ofKind(k Kind) []chunk {
	return slices.Collect(func(yield func(chunk) bool) {
		for _, c := range s.chunks {
			if c.kind == k && !yield(c) {
				return
			}
		}
	})
}

// walk begins at the last text chunk that before accepts.
func (s *sealedFile) walk(before func(Position) bool) *sealedWalk {
	w := &sealedWalk{s: s, text: lane{chunks: s.ofKind(textChunk)}, recs: lane{chunks: s.ofKind(recordsChunk)}}
	w.progress = progress{seq: s.h.seq, off: s.h.offset, limit: s.size}
	w.text.u, w.recs.u = unpacker{r: s.f, g: s.g}, unpacker{r: s.f, g: s.g}
	if len(s.faults) > 0 {
		w.bad = s.faults[len(s.faults)-1]
		for _, b := range s.faults { // where frames may be missing
			if b.from != headerSize && b.from != int64(s.sum.table) {
				w.bad = b
			}
		}
	}
	if before == nil {
		return w
	}
	for i, c := range w.text.chunks {
		if !before(Position{Seq: c.seq, Offset: c.offset}) {
			break
		}
		w.text.next, w.seq, w.off = i, c.seq, c.offset
	}
	for w.recs.next < len(w.recs.chunks) && w.recs.chunks[w.recs.next].last < w.seq {
		w.recs.next++
	}
	return w
}

// walkRecords passes over output, and over records of other kinds where they fill a chunk.
func (s *sealedFile) walkRecords(before func(Position) bool, kinds uint64) *sealedWalk {
	w := &sealedWalk{s: s, records: true, recs: lane{u: unpacker{r: s.f, g: s.g}}}
	w.progress = progress{seq: s.h.seq, off: s.h.offset, limit: s.size}
	for _, c := range s.chunks {
		behind := before == nil || !before(Position{Seq: c.last + 1, Offset: c.offset})
		if c.kind == recordsChunk && c.kinds&kinds != 0 && behind {
			w.recs.chunks = append(w.recs.chunks, c)
		}
	}
	return w
}

// sealedWalk merges a sealed segment's output and records into frames again.
type sealedWalk struct {
	progress
	s          *sealedFile
	text, recs lane
	bad        stretch // the chunk that could not be read most recently
	lostTail   bool
	records    bool // only some records are wanted: what is between them is not missed
}

// lane is one kind of chunk on the way to frames.
type lane struct {
	chunks []chunk
	next   int // the chunk to open next
	u      unpacker
	text   textFrames
	recs   recordFrames
	open   bool
	peeked frame
	full   bool // peeked holds a frame
	drop   bool // which was dropped
}

func (w *sealedWalk) state() *progress { return &w.progress }

func (w *sealedWalk) buffered() bool { return w.text.full || w.text.open && w.text.text.left > 0 }

func (w *sealedWalk) close() {}

func (w *sealedWalk) load(f frame) ([]byte, error) { return slices.Clone(f.data), nil }

// next returns a frame, or a hole before the next frame, or io.EOF.
func (w *sealedWalk) next() (frame, *hole, error) {
	for {
		f, l, err := w.first()
		if err != nil {
			return frame{}, nil, err
		}
		if w.records && w.bad.to != 0 {
			return w.damagedRecords()
		}
		if l == nil {
			return w.ended()
		}
		if w.records {
			w.seq, w.off = max(w.seq, f.seq), max(w.off, f.offset)
		}
		if f.seq < w.seq {
			l.full = false
			continue
		}
		if f.seq != w.seq || f.offset != w.off {
			h := &hole{from: w.bad.from, to: w.bad.to, seq: w.seq, frames: f.seq - w.seq, offset: w.off, until: f.offset}
			w.seq, w.off = f.seq, f.offset
			return frame{}, h, nil
		}
		l.full = false
		w.seq, w.off = f.seq+1, f.end()
		if !l.drop {
			return f, nil, nil
		}
	}
}

// damagedRecords reports the chunk that was opened last and could not be read.
func (w *sealedWalk) damagedRecords() (frame, *hole, error) {
	h := &hole{from: w.bad.from, to: w.bad.to}
	for _, c := range w.recs.chunks {
		if int64(c.pos) == w.bad.from {
			h.seq, h.frames, h.offset, h.until = c.seq, c.last-c.seq+1, c.offset, c.offset
		}
	}
	w.bad = stretch{}
	return frame{}, h, nil
}

// ended says at the end whether frames are missing there.
func (w *sealedWalk) ended() (frame, *hole, error) {
	end := w.s.sum.end
	if w.records {
		w.seq, w.off = end.Seq, end.Offset
	}
	if w.lostTail || (w.seq == end.Seq && w.off == end.Offset) {
		return frame{}, nil, io.EOF
	}
	w.lostTail = true
	return frame{}, &hole{from: w.bad.from, to: w.bad.to, seq: w.seq, offset: w.off, until: w.off, toEnd: true}, nil
}

// first peeks at both lanes and returns the lower frame with its lane; no lane at the end.
func (w *sealedWalk) first() (frame, *lane, error) {
	// A records chunk that begins behind the text at hand is not needed yet.
	if err := w.fill(&w.text, textChunk); err != nil {
		return frame{}, nil, err
	}
	later := w.text.full && !w.recs.full && !w.recs.open &&
		w.recs.next < len(w.recs.chunks) && w.recs.chunks[w.recs.next].seq > w.text.peeked.seq
	if !later {
		if err := w.fill(&w.recs, recordsChunk); err != nil {
			return frame{}, nil, err
		}
	}
	switch {
	case w.text.full && (!w.recs.full || w.text.peeked.seq < w.recs.peeked.seq):
		w.text.drop = false
		return w.text.peeked, &w.text, nil
	case w.recs.full:
		return w.recs.peeked, &w.recs, nil
	}
	return frame{}, nil, nil
}

// fill peeks at a lane's next frame, opening chunks as needed.
func (w *sealedWalk) fill(l *lane, k Kind) error {
	for !l.full {
		if l.open {
			if k == textChunk {
				l.peeked, l.full = l.text.next()
			} else {
				l.peeked, l.drop, l.full = l.recs.next()
			}
			l.open = l.full
			continue
		}
		if l.next >= len(l.chunks) {
			return nil
		}
		c := &l.chunks[l.next]
		l.next++
		if err := w.openChunk(l, c); err != nil || w.records && w.bad.to != 0 {
			return err
		}
	}
	return nil
}

func (w *sealedWalk) openChunk(l *lane, c *chunk) error {
	h, contents, err := l.u.read(c.pos, c.size)
	if err == nil && (h.kind != c.kind || h.seq != c.seq || h.offset != c.offset) {
		err = errChunk
	}
	if err == nil && c.kind == textChunk {
		if l.text, l.open = openText(h, c.pos, contents); !l.open {
			err = errChunk
		}
	}
	if err == nil && c.kind == recordsChunk {
		l.recs, l.open = openRecords(h, c.pos, contents), true
	}
	if errors.Is(err, errChunk) {
		w.bad = stretch{int64(c.pos), int64(c.pos) + int64(c.size)}
		return nil
	}
	return err
}

// checkpoint reads the segment's last checkpoint; errNoCheckpoint if it has none
// that can be read.
func (s *sealedFile) checkpoint() (frame, error) {
	recs := s.ofKind(recordsChunk)
	u := unpacker{r: s.f, g: s.g}
	for _, c := range slices.Backward(recs) {
		if c.kinds&kindBit(Checkpoint) == 0 {
			continue
		}
		h, contents, err := u.read(c.pos, c.size)
		if errors.Is(err, errChunk) {
			continue
		}
		if err != nil {
			return frame{}, err
		}
		r := openRecords(h, c.pos, contents)
		for f, dropped, ok := r.next(); ok; f, dropped, ok = r.next() {
			if f.kind == Checkpoint && !dropped {
				return f, nil
			}
		}
	}
	return frame{}, errNoCheckpoint
}

// verify reads what no walk needs and reports what of it is damaged.
func (s *sealedFile) verify(found func(stretch)) error {
	for _, b := range s.faults {
		found(b)
	}
	if len(s.faults) > 0 {
		return nil
	}
	u := unpacker{r: s.f, g: s.g}
	h, contents, err := u.read(s.sum.filters, s.sum.filtersSize)
	if err != nil && !errors.Is(err, errChunk) {
		return err
	}
	text := s.ofKind(textChunk)
	switch r, ok := decodeColumns(contents, s.sum.filters, text); {
	case err == nil && h.kind == filtersChunk && len(decodeFilters(contents, len(text))) == len(text):
	case err == nil && h.kind == columnsChunk && ok:
		r.u = &u
		for i, p := range r.pages {
			if _, err := r.page(i); errors.Is(err, errChunk) {
				found(p)
			} else if err != nil {
				return err
			}
		}
	default:
		found(stretch{int64(s.sum.filters), int64(s.sum.filters) + int64(s.sum.filtersSize)})
	}
	copyAt := int64(s.sum.table) + int64(s.sum.tableSize)
	var first, second [headerSize]byte
	if _, err := s.f.ReadAt(first[:], 0); err != nil {
		return err
	}
	if _, err := s.f.ReadAt(second[:], copyAt); err != nil && err != io.EOF {
		return err
	}
	if _, err := decodeHeader(first[:]); err != nil {
		found(stretch{0, headerSize})
	}
	if _, err := decodeHeader(second[:]); err != nil || s.size != copyAt+headerSize {
		found(stretch{copyAt, max(s.size, copyAt+headerSize)})
	}
	return nil
}
