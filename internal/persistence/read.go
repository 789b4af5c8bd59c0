package persistence

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
)

// ReadAt reads output by its offset. Fewer bytes than asked for come with an
// error: io.EOF at the end, or a *GapError if output is missing there. Inside a
// gap it is 0 bytes and that gap.
func (j *Journal) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("read journal %s at %d", j.dir, off)
	}
	if len(p) == 0 {
		return 0, nil
	}
	r := outputReader{j: j, at: off, to: off + int64(len(p))}
	if r.to < off {
		r.to = 1<<63 - 1
	}
	defer r.stop()
	n := 0
	for n < len(p) {
		m, err := r.Read(p[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// Reader streams output from one offset to another; to is cut to the end that the
// journal has now, and -1 means that end. A gap is reported once, as a *GapError
// and no bytes; the next Read goes on behind it. It holds one file and at most
// 128 KiB, both given back when it reaches the end or an error.
func (j *Journal) Reader(from, to int64) io.Reader {
	end := j.End().Offset
	if to < 0 || to > end {
		to = end
	}
	return &outputReader{j: j, at: max(from, 0), to: to}
}

// outputReader reads [at, to). It starts anew at `at` whenever it has no cursor.
type outputReader struct {
	j      *Journal
	at, to int64
	c      *cursor
	rest   []byte // of the frame at hand, in the cursor's buffer
}

func (r *outputReader) stop() {
	if r.c != nil {
		r.c.close()
		r.c, r.rest = nil, nil
	}
}

func (r *outputReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n := 0
	for n < len(p) && r.at < r.to {
		if len(r.rest) == 0 {
			if n > 0 && r.c != nil && r.atReadCost() {
				return n, nil
			}
			if err := r.fill(); err != nil {
				return r.ended(n, err)
			}
		}
		m := copy(p[n:], r.rest[:min(int64(len(r.rest)), r.to-r.at)])
		r.rest, r.at, n = r.rest[m:], r.at+int64(m), n+m
	}
	if n == 0 {
		r.stop()
		return 0, io.EOF
	}
	return n, nil
}

// atReadCost says that the next frame needs the disk: what is there goes out first.
func (r *outputReader) atReadCost() bool {
	return !r.c.w.buffered()
}

// ended turns an error into what Read answers, after n bytes were delivered.
func (r *outputReader) ended(n int, err error) (int, error) {
	var gap *GapError
	ok := errors.As(err, &gap)
	if n > 0 && (ok || err == io.EOF) {
		return n, nil // the next Read meets it again
	}
	if ok {
		r.at = max(r.at, gap.To)
	}
	r.stop()
	return n, err
}

// fill moves to the frame that holds the byte at `at`.
func (r *outputReader) fill() error {
	if r.c == nil {
		r.c = r.j.cursor()
		if r.at >= r.c.end.Offset {
			return io.EOF
		}
		if err := r.c.seekOffset(r.at); err != nil {
			return r.evicted(err)
		}
		if to, err := r.c.outputBefore(); err != nil && r.at < to {
			return err
		}
	}
	for {
		f, d, err := r.c.next()
		switch {
		case err != nil:
			return r.evicted(err)
		case d != nil:
			if r.at < d.OffsetTo {
				gap := &GapError{From: d.OffsetFrom, To: d.OffsetTo, Reason: d.Reason}
				return r.gap(gap)
			}
		case f.kind == Gap && r.at < f.end():
			return r.gap(&GapError{From: f.offset, To: f.end(), Reason: Lost})
		case f.offset > r.at: // segments that do not fit together
			return r.gap(&GapError{From: r.at, To: f.offset, Reason: Damaged})
		case f.kind == Output && r.at < f.end():
			r.rest = f.data[r.at-f.offset:]
			return nil
		}
	}
}

// evicted makes a gap of a segment that went while it was about to be read.
func (r *outputReader) evicted(err error) error {
	var e *Evicted
	if !errors.As(err, &e) {
		return err
	}
	return r.gap(e)
}

// gap leaves the cursor: the next fill finds its own place, before the gap or behind it.
func (r *outputReader) gap(g error) error {
	r.stop()
	return g
}

// Frames walks all frames from a sequence number on, in order, up to the end that
// the journal has when the walk starts. Data is valid until the next step. Damage
// comes as a *Damage error in its place, and the walk goes on behind it; after any
// other error it ends.
func (j *Journal) Frames(fromSeq uint64) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		j.cursor().walk(fromSeq, yield)
	}
}

// walk hands out frames and damage from a sequence number on.
func (c *cursor) walk(fromSeq uint64, yield func(Frame, error) bool) {
	defer c.close()
	if fromSeq >= c.end.Seq {
		return
	}
	if err := c.seekSeq(fromSeq); err != nil {
		yield(Frame{}, err)
		return
	}
	if _, d := c.before(); d != nil && !c.buried && fromSeq < c.segs[0].seq {
		if t := c.grave; t != nil && t.is && t.open.Seq >= fromSeq && !yield(t.open, nil) {
			return
		}
		if !yield(Frame{}, d) {
			return
		}
	}
	for c.yieldNext(fromSeq, yield) {
	}
}

// yieldNext hands out one frame or damage at or behind a sequence number; false
// ends the walk.
func (c *cursor) yieldNext(fromSeq uint64, yield func(Frame, error) bool) bool {
	f, d, err := c.next()
	switch {
	case err == io.EOF:
		return false
	case err != nil:
		yield(Frame{}, err)
		return false
	case d != nil:
		passed := d.Frames > 0 && d.FirstSeq+uint64(d.Frames) <= fromSeq
		return passed || yield(Frame{}, d)
	case f.seq < fromSeq:
		return true
	}
	out, err := c.out(f)
	return yield(out, err) && err == nil
}

// FramesOf is Frames for some kinds only. Sealed segments are read without
// unpacking their output unless Output is asked for; what is damaged there is then
// reported for the records alone, as the range of sequence numbers they lie in.
func (j *Journal) FramesOf(fromSeq uint64, kinds ...Kind) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		c := j.cursor()
		for _, k := range kinds {
			c.kinds |= kindBit(k)
		}
		c.walk(fromSeq, func(f Frame, err error) bool {
			return err == nil && !slices.Contains(kinds, f.Kind) || yield(f, err)
		})
	}
}

// Checkpoint is the last checkpoint frame, where a rebuild starts: if it is
// damaged the one before it, and so on. False if there is none that can be read.
func (j *Journal) Checkpoint() (Frame, bool) {
	j.mu.Lock()
	p := j.ckpt
	j.mu.Unlock()
	f, at, err := j.checkpointAt(p)
	if err != nil || at.segment == 0 {
		return Frame{}, false
	}
	f.Data = slices.Clip(f.Data)
	return f, true
}
