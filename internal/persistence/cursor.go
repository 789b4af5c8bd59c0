package persistence

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"
)

// cursor walks frames over segments, as the journal was when it was made.
type cursor struct {
	j    *Journal
	segs []segment
	end  Position // what comes behind the last frame of segs
	i    int      // the segment that s walks
	head header
	f    *os.File
	w    walker

	grave  *tombstone
	buried bool // it walks what is about to be evicted

	kinds uint64 // of the frames that are wanted, as kindBit; 0 = all
}

// walker steps through the frames of one segment.
type walker interface {
	next() (frame, *hole, error) // a frame, or a hole before the next one, or io.EOF
	load(frame) ([]byte, error)  // a payload that outlives the walker
	state() *progress
	buffered() bool // the next step needs no disk
	close()
}

// cursor makes one that has entered no segment yet.
func (j *Journal) cursor() *cursor {
	j.mu.Lock()
	defer j.mu.Unlock()
	return &cursor{j: j, segs: slices.Clone(j.segs), end: j.end, grave: j.grave}
}

func (c *cursor) close() {
	if c.w != nil {
		c.w.close()
		c.w = nil
	}
	if c.f != nil {
		c.f.Close()
		c.f = nil
	}
}

// enter starts in segment i, at the last known place that before accepts.
func (c *cursor) enter(i int, before func(Position) bool) error {
	c.close()
	seg := c.segs[i]
	f, err := os.Open(c.j.path(seg.number))
	if errors.Is(err, os.ErrNotExist) {
		err = c.gone(seg, err)
	}
	if err != nil {
		return err
	}
	c.i, c.f = i, f
	if c.head, err = headerOf(f); err != nil {
		return fmt.Errorf("segment %d: %w", seg.number, err)
	}
	g, err := c.j.guardOf(&c.head)
	if err != nil {
		return err
	}
	if c.head.sealed() { // perhaps only since the cursor was made
		s, err := openSealed(f, c.head, g)
		if err != nil {
			return fmt.Errorf("segment %d: %w", seg.number, err)
		}
		c.w = s.walk(before)
		if c.kinds != 0 && c.kinds&kindBit(Output) == 0 && len(s.faults) == 0 {
			c.w = s.walkRecords(before, c.kinds)
		}
		return nil
	}
	start := entry{pos: headerSize}
	if before != nil {
		t, err := c.j.tableOf(seg, f, g, i == len(c.segs)-1)
		if err != nil {
			return err
		}
		n, _ := slices.BinarySearchFunc(t, true, func(e entry, _ bool) int {
			if before(Position{Seq: seg.seq + uint64(e.seq), Offset: seg.offset + int64(e.offset)}) {
				return -1
			}
			return 1
		})
		if n > 0 {
			start = t[n-1]
		}
	}
	c.w = newScanner(f, int64(seg.size), g, int64(start.pos), seg.seq+uint64(start.seq), seg.offset+int64(start.offset))
	return nil
}

// gone is the error for a segment that is not there: it may have been evicted
// since the cursor was made.
func (c *cursor) gone(seg segment, err error) error {
	if e := c.j.Evicted(); e != nil && seg.seq < e.To.Seq {
		return e
	}
	return err
}

// seekOffset goes to a frame at or before the one that holds an output byte.
func (c *cursor) seekOffset(off int64) error {
	n, _ := slices.BinarySearchFunc(c.segs, off, func(s segment, off int64) int {
		if s.offset <= off {
			return -1
		}
		return 1
	})
	return c.enter(max(n-1, 0), func(p Position) bool { return p.Offset <= off })
}

// seekSeq goes to a frame at or before the one with a sequence number.
func (c *cursor) seekSeq(seq uint64) error {
	n, _ := slices.BinarySearchFunc(c.segs, seq, func(s segment, seq uint64) int {
		if s.seq <= seq {
			return -1
		}
		return 1
	})
	return c.enter(max(n-1, 0), func(p Position) bool { return p.Seq <= seq })
}

// before is what is missing ahead of the first segment: a *Damage, an *Evicted, or
// nil, and the offset behind it.
func (c *cursor) before() (behind int64, err error) {
	first := c.segs[0]
	if first.seq == 1 && first.offset == 0 {
		return 0, nil
	}
	if t := c.grave; t != nil && t.To.Seq == first.seq {
		e := t.Evicted
		return first.offset, &e
	}
	d := Damage{Segment: int(first.number), FirstSeq: 1, Frames: int64(first.seq - 1), OffsetTo: first.offset, Reason: Absent}
	return first.offset, &d
}

// outputBefore is before as what a reader of output is told: a *GapError or an *Evicted.
func (c *cursor) outputBefore() (behind int64, err error) {
	to, err := c.before()
	if _, damaged := err.(*Damage); damaged && to > 0 {
		err = &GapError{From: 0, To: to, Reason: Absent}
	}
	if to == 0 {
		return 0, nil
	}
	return to, err
}

// next returns a frame, or damage in its place, or io.EOF.
func (c *cursor) next() (frame, *Damage, error) {
	for {
		f, h, err := c.w.next()
		if err == nil && h == nil {
			return f, nil, nil
		}
		if err != nil && err != io.EOF {
			return f, nil, fmt.Errorf("segment %d: %w", c.segs[c.i].number, err)
		}
		if h != nil && !h.toEnd {
			d := h.damage(c.segs[c.i].number)
			return f, &d, nil
		}
		d, err := c.cross(h)
		if d != nil || err != nil {
			return f, d, err
		}
	}
}

// cross goes from the end of a segment to the next, and says what is missing between.
func (c *cursor) cross(h *hole) (*Damage, error) {
	at := c.w.state()
	d := Damage{
		Segment: int(c.segs[c.i].number), From: at.limit, To: at.limit,
		FirstSeq: at.seq, OffsetFrom: at.off, Reason: Absent,
	}
	if h != nil {
		d.From, d.To, d.Reason = h.from, h.to, Damaged
	}
	behind, last := c.end, c.i+1 == len(c.segs)
	if !last {
		behind = Position{Seq: c.segs[c.i+1].seq, Offset: c.segs[c.i+1].offset}
	}
	d.Frames, d.OffsetTo = int64(behind.Seq-at.seq), behind.Offset
	at.seq, at.off = behind.Seq, behind.Offset
	if d.Frames != 0 || d.OffsetTo != d.OffsetFrom || d.From != d.To {
		if !last {
			if err := c.enter(c.i+1, nil); err != nil {
				return nil, err
			}
		}
		return &d, nil
	}
	if last {
		return nil, io.EOF
	}
	return nil, c.enter(c.i+1, nil)
}

// out is the frame as callers see it; its data lives until the cursor moves.
func (c *cursor) out(f frame) (Frame, error) {
	data := f.data
	if f.large {
		var err error
		if data, err = c.w.load(f); err != nil {
			return Frame{}, err
		}
	}
	at := time.Unix(0, c.head.wall+(f.time-c.head.mono))
	return Frame{Seq: f.seq, Offset: f.offset, Time: at, Kind: f.kind, Data: data}, nil
}

// tableOf is the table of a segment: in memory for the last one and the one read
// most recently, else made by hopping from frame header to frame header. Entries
// are only hints for where to start; each frame is verified when it is read.
func (j *Journal) tableOf(seg segment, f io.ReaderAt, g guard, last bool) ([]entry, error) {
	j.mu.Lock()
	if n := len(j.segs); last && n > 0 && j.segs[n-1].number == seg.number {
		defer j.mu.Unlock()
		return slices.Clone(j.table), nil
	}
	if j.olderN == seg.number {
		defer j.mu.Unlock()
		return j.older, nil // replaced as a whole, never changed
	}
	j.mu.Unlock()
	t, err := hop(seg, f, g)
	if err != nil {
		return nil, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.older, j.olderN = t, seg.number
	return t, nil
}

// hop makes a segment's table. Where frames are damaged it ends: what follows is
// reached from its last entry.
func hop(seg segment, f io.ReaderAt, g guard) ([]entry, error) {
	var t []entry
	s := newScanner(f, int64(seg.size), g, headerSize, seg.seq, seg.offset)
	defer s.close()
	for {
		f, h, err := s.next()
		if err == io.EOF || h != nil {
			return slices.Clip(t), nil
		}
		if err != nil {
			return nil, err
		}
		t = extend(t, seg, f.pos, f.frameHeader)
	}
}

// checkpointAt reads the checkpoint at a place, or, if it is damaged, the one
// before it. The returned place is nowhere if there is none.
func (j *Journal) checkpointAt(p place) (Frame, place, error) {
	for p.segment != 0 {
		f, before, err := j.readCheckpoint(p)
		if err == nil {
			return f, p, nil
		}
		if !errors.Is(err, errNoCheckpoint) {
			return Frame{}, place{}, err
		}
		p = before
	}
	return Frame{}, place{}, nil
}

var errNoCheckpoint = errors.New("no checkpoint at that place")

// readCheckpoint reads one checkpoint. With errNoCheckpoint comes the place to
// look at next, which is always an earlier one.
func (j *Journal) readCheckpoint(p place) (Frame, place, error) {
	f, err := os.Open(j.path(p.segment))
	if errors.Is(err, os.ErrNotExist) {
		return Frame{}, place{}, errNoCheckpoint
	}
	if err != nil {
		return Frame{}, place{}, err
	}
	defer f.Close()
	h, err := headerOf(f)
	if err != nil {
		return Frame{}, place{}, errNoCheckpoint
	}
	g, err := j.guardOf(&h)
	if err != nil {
		return Frame{}, place{}, err
	}
	if h.sealed() {
		return sealedCheckpoint(f, h, g, p)
	}
	info, err := f.Stat()
	if err != nil {
		return Frame{}, place{}, err
	}
	s := newScanner(f, min(info.Size(), math.MaxUint32), g, int64(p.pos), h.seq, h.offset)
	defer s.close()
	if got, ok, err := s.frameAt(int64(p.pos)); err != nil {
		return Frame{}, place{}, err
	} else if ok && got.kind == Checkpoint {
		c := cursor{w: s, head: h}
		out, err := c.out(got)
		out.Data = slices.Clone(out.Data)
		return out, p, err
	}
	before := lastCheckpoint(f, h, g, p)
	return Frame{}, before, errNoCheckpoint
}

// sealedCheckpoint reads a sealed segment's only checkpoint. It is the one that
// the place meant: of a finished segment nobody remembers another.
func sealedCheckpoint(f *os.File, h header, g guard, p place) (Frame, place, error) {
	s, err := openSealed(f, h, g)
	if err != nil {
		return Frame{}, place{}, err
	}
	got, err := s.checkpoint()
	if err == nil {
		c := cursor{head: h}
		out, err := c.out(got)
		out.Data = slices.Clone(out.Data)
		return out, p, err
	}
	before := place{}
	if h.checkpoint.segment < p.segment {
		before = h.checkpoint
	}
	return Frame{}, before, err
}

// lastCheckpoint looks in a segment for the last checkpoint before p, and in its
// header for one before that.
func lastCheckpoint(f io.ReaderAt, h header, g guard, p place) place {
	found := place{}
	if h.checkpoint.segment < p.segment {
		found = h.checkpoint
	}
	s := newScanner(f, int64(p.pos), g, headerSize, h.seq, h.offset)
	defer s.close()
	for {
		got, hole, err := s.next()
		if err != nil {
			return found
		}
		if hole == nil && got.kind == Checkpoint {
			found = place{p.segment, uint32(got.pos)}
		}
	}
}
