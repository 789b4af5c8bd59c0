package persistence

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"
)

// wallSlack is how far the wall clock may be from where the journal's own clock
// puts it before frames get a new anchor, which means a new segment.
const wallSlack = time.Second

// Open continues the journal in dir. It cuts a torn tail, and reports that and
// all other damage it saw: in headers, in the sizes of segments, and in the last
// segment's frames. Verify looks everywhere.
func Open(dir string, o Options) (*Journal, Recovery, error) {
	j := newJournal(dir, o)
	var r Recovery
	if err := j.open(&r); err != nil {
		if j.file != nil {
			j.file.Close()
		}
		return nil, r, fmt.Errorf("open journal %s: %w", dir, err)
	}
	return j, r, nil
}

func (j *Journal) open(r *Recovery) error {
	l, err := j.loadHeaders(r)
	if err != nil {
		return err
	}
	last := j.segs[len(j.segs)-1]
	if last.sealed {
		err = j.recoverSealed()
	} else {
		err = j.recoverLast(r)
	}
	if err != nil {
		return err
	}
	if err := j.checkOlder(l.segments, r); err != nil {
		return err
	}
	if err := j.freshKey(); err != nil {
		return err
	}
	for i := range r.Damaged {
		j.complete(&r.Damaged[i])
	}
	if l.skipped > last.number { // the last files are unreadable: pass what they can have held
		j.end.Offset += l.skippedBytes
		j.end.Seq += uint64(l.skippedBytes)/frameSize + 1
		return j.startSegment(l.skipped + 1)
	}
	return j.continueClock()
}

// freshKey leaves an encrypted segment to those who wrote it. What they wrote last
// may be lost or cut: under the same key the same sequence number must not be
// written again, so the next frame begins a segment.
func (j *Journal) freshKey() (err error) {
	if j.opts.Encrypt && j.key == nil {
		if j.key, err = newKey(j.opts.Keys, j.dir, j.opts.Session); err != nil {
			return err
		}
	}
	if j.key == nil || j.file == nil {
		return nil
	}
	err = j.file.Close()
	j.file = nil
	return err
}

// loaded is what the headers say beyond segs.
type loaded struct {
	segments     []beginning // as segs
	skipped      uint32      // highest number of the unreadable files behind the last good one
	skippedBytes int64       // and their sizes, summed
}

// loadHeaders fills segs, leaving out files whose header is damaged.
func (j *Journal) loadHeaders(r *Recovery) (l loaded, err error) {
	ns, err := segmentNumbers(j.dir)
	if err != nil {
		return l, err
	}
	if ns, err = j.afterEviction(ns, r); err != nil {
		return l, err
	}
	for i, n := range ns {
		if err := os.Remove(j.aside(n)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return l, err // what a sealing that was cut off left
		}
		b, err := readBeginning(j.path(n))
		if err == nil && (b.number != n || !j.fits(b.header)) {
			err = errHeader
		}
		switch {
		case errors.Is(err, errHeader) && b.size < headerSize && i == len(ns)-1 && i > 0:
			if err := os.Remove(j.path(n)); err != nil {
				return l, err
			}
			r.Removed = append(r.Removed, int(n))
			continue
		case errors.Is(err, errHeader):
			r.Damaged = append(r.Damaged, Damage{Segment: int(n), To: b.size, Frames: -1, OffsetTo: -1, Reason: Absent})
			l.skipped, l.skippedBytes = n, l.skippedBytes+b.size
			continue
		case err != nil:
			return l, err
		}
		if err := j.belongs(b.header); err != nil {
			return l, err
		}
		if b.keyID != 0 {
			if err := j.useKey(b.keyID); err != nil {
				return l, err
			}
		}
		j.addSegment(b.header, b.size)
		l.segments = append(l.segments, b)
		l.skipped, l.skippedBytes = 0, 0
	}
	if len(j.segs) == 0 {
		if len(r.Damaged) > 0 {
			return l, fmt.Errorf("no segment has a sound header: %w", &r.Damaged[0])
		}
		return l, ErrNoJournal
	}
	return l, nil
}

// afterEviction reads the tombstone and removes what it says is gone.
func (j *Journal) afterEviction(ns []uint32, r *Recovery) ([]uint32, error) {
	if j.opts.Session == "" && len(ns) > 0 { // a sealed tombstone names nobody
		if b, err := readBeginning(j.path(ns[len(ns)-1])); err == nil {
			j.opts.Session = b.session
		}
	}
	t, err := j.readTombstone()
	if errors.Is(err, errTombstone) { // what is gone reads as absent
		r.Damaged = append(r.Damaged, Damage{OffsetTo: -1, Frames: -1, Reason: Damaged})
		return ns, nil
	}
	if err != nil || t == nil {
		return ns, err
	}
	for len(ns) > 0 && ns[0] < t.first {
		if err := os.Remove(j.path(ns[0])); err != nil {
			return ns, err
		}
		ns = ns[1:]
	}
	j.grave = t
	return ns, nil
}

// fits says whether a header may follow the ones before it.
func (j *Journal) fits(h header) bool {
	if len(j.segs) == 0 {
		return true
	}
	before := j.segs[len(j.segs)-1]
	return h.offset >= before.offset && h.seq >= before.seq
}

// belongs takes the session's id from the first header if the caller named none.
func (j *Journal) belongs(h header) error {
	if j.opts.Session == "" {
		j.opts.Session = h.session
	}
	if h.session != j.opts.Session {
		return fmt.Errorf("segment %d belongs to session %q, not %q", h.number, h.session, j.opts.Session)
	}
	return nil
}

func (j *Journal) addSegment(h header, size int64) {
	if n := len(j.segs); n > 0 {
		j.bytes += int64(j.segs[n-1].size)
	}
	j.segs = append(j.segs, segment{number: h.number, size: uint32(min(size, 1<<32-1)), offset: h.offset, seq: h.seq, sealed: h.sealed()})
	j.head, j.ckpt = h, h.checkpoint
	j.end = Position{Seq: h.seq, Offset: h.offset}
}

// recoverSealed takes the end from a last segment that is sealed. The next frame
// begins another one.
func (j *Journal) recoverSealed() error {
	last := j.segs[len(j.segs)-1]
	f, err := os.Open(j.path(last.number))
	if err != nil {
		return err
	}
	defer f.Close()
	g, err := j.guardOf(&j.head)
	if err != nil {
		return err
	}
	s, err := openSealed(f, j.head, g)
	if err != nil {
		return err
	}
	sum := s.sum
	if sum.end.Seq == 0 { // neither summary nor table: as if every byte had been a frame
		sum.end = Position{Seq: last.seq + uint64(defaultSegment), Offset: last.offset + math.MaxUint32}
		sum.last = j.head.mono
	}
	j.end, j.last = sum.end, sum.last
	if got, err := s.checkpoint(); err == nil {
		j.ckpt, j.ckptAt = place{segment: last.number}, got.offset
		return nil
	}
	return j.checkpointBefore()
}

// recoverLast opens the last segment for writing, takes from it the end, the
// table, the last checkpoint and the time, and cuts its torn tail.
func (j *Journal) recoverLast(r *Recovery) error {
	seg := &j.segs[len(j.segs)-1]
	w, err := j.openWriter(seg.number, 0)
	if err != nil {
		return err
	}
	j.file = w
	if j.guard, err = j.guardOf(&j.head); err != nil {
		return err
	}
	if err := j.checkpointBefore(); err != nil {
		return err
	}
	f, err := os.Open(j.path(seg.number))
	if err != nil {
		return err
	}
	defer f.Close()
	s := newScanner(f, int64(seg.size), j.guard, headerSize, seg.seq, seg.offset)
	defer s.close()
	tail, err := j.scanLast(s, *seg, r)
	if err != nil {
		return err
	}
	j.end = Position{Seq: s.seq, Offset: s.off}
	if tail == nil {
		return nil
	}
	d := tail.damage(seg.number)
	r.Cut, seg.size = &d, uint32(tail.from)
	return w.Truncate(tail.from)
}

// scanLast walks the last segment and returns the torn tail, if there is one.
func (j *Journal) scanLast(s *scanner, seg segment, r *Recovery) (tail *hole, err error) {
	j.last = j.head.mono
	for {
		f, h, err := s.next()
		switch {
		case err == io.EOF:
			return tail, nil
		case err != nil:
			return nil, err
		case h != nil && h.toEnd:
			tail = h
		case h != nil:
			r.Damaged = append(r.Damaged, h.damage(seg.number))
		default:
			j.table = extend(j.table, seg, f.pos, f.frameHeader)
			j.last = max(j.last, f.time)
			if f.kind == Checkpoint {
				j.ckpt, j.ckptAt = place{seg.number, uint32(f.pos)}, f.offset
			}
		}
	}
}

// checkpointBefore finds the offset of the checkpoint that the last segment's
// header names. If it cannot be read, Checkpoint will find an older one.
func (j *Journal) checkpointBefore() error {
	if j.ckpt.segment == 0 {
		return nil
	}
	f, at, err := j.checkpointAt(j.ckpt)
	if err != nil {
		return err
	}
	j.ckpt, j.ckptAt = at, f.Offset
	return nil
}

// continueClock sets the journal's clock going again, on a new segment if the
// wall clock has moved away from the anchor.
func (j *Journal) continueClock() error {
	then := time.Unix(0, j.head.wall+(j.last-j.head.mono))
	passed := j.wall.Sub(then)
	j.base = j.last + int64(max(passed, 0))
	if passed >= -wallSlack {
		return nil
	}
	return j.startSegment(j.segs[len(j.segs)-1].number + 1)
}
