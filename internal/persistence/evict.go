package persistence

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Evicted is what was dropped from the beginning of a journal to save space. It is
// the error of reading there; to errors.As it is a *GapError and a *Damage too, so
// that who does not care about the reason need not know it.
type Evicted struct {
	To       Position // all before it is gone; offsets count from 0
	Lines    int64    // line feeds in it
	Segments int      // how many files that were
}

func (e *Evicted) Error() string {
	return fmt.Sprintf("output 0 to %d (%d lines, frames 1 to %d) was evicted", e.To.Offset, e.Lines, e.To.Seq-1)
}

// Unwrap is what it is to those who only ask what is missing.
func (e *Evicted) Unwrap() []error {
	return []error{
		&GapError{From: 0, To: e.To.Offset, Reason: Dropped},
		&Damage{FirstSeq: 1, Frames: int64(e.To.Seq - 1), OffsetTo: e.To.Offset, Reason: Dropped},
	}
}

// tombstone is the file that says so. It is written before a segment goes.
type tombstone struct {
	Evicted
	first uint32 // number of the first segment that stays

	// The beginning of a command that was not over: without it a rebuild would
	// lose the command that runs.
	open Frame
	is   bool
}

const (
	tombstoneName = "evicted"
	tombstoneSize = 64
	maxTombstone  = tombstoneSize + MaxPayload
)

var tombstoneMagic = [8]byte{0x89, 'A', 'I', 'S', 'T', '\r', '\n', 0x1a}

func (t *tombstone) encode() []byte {
	b, le := make([]byte, tombstoneSize), binary.LittleEndian
	copy(b, tombstoneMagic[:])
	le.PutUint32(b[8:], t.first)
	le.PutUint32(b[12:], uint32(t.Segments))
	le.PutUint64(b[16:], uint64(t.To.Offset))
	le.PutUint64(b[24:], t.To.Seq)
	le.PutUint64(b[32:], uint64(t.Lines))
	if t.is {
		le.PutUint64(b[40:], t.open.Seq)
		le.PutUint64(b[48:], uint64(t.open.Offset))
		b = binary.LittleEndian.AppendUint64(b, uint64(t.open.Time.UnixNano()))
		b = append(b, t.open.Data...)
	}
	le.PutUint32(b[56:], uint32(len(b)))
	crc := crc32.Checksum(b[:60], castagnoli)
	le.PutUint32(b[60:], crc32.Update(crc, castagnoli, b[tombstoneSize:]))
	return b
}

var errTombstone = errors.New("tombstone damaged")

func decodeTombstone(b []byte) (*tombstone, error) {
	le := binary.LittleEndian
	if len(b) < tombstoneSize || [8]byte(b[:8]) != tombstoneMagic || int(le.Uint32(b[56:])) != len(b) ||
		le.Uint32(b[60:]) != crc32.Update(crc32.Checksum(b[:60], castagnoli), castagnoli, b[tombstoneSize:]) {
		return nil, errTombstone
	}
	t := &tombstone{first: le.Uint32(b[8:])}
	t.Segments, t.Lines = int(le.Uint32(b[12:])), int64(le.Uint64(b[32:]))
	t.To = Position{Offset: int64(le.Uint64(b[16:])), Seq: le.Uint64(b[24:])}
	if t.To.Offset < 0 || t.To.Seq == 0 || t.first == 0 {
		return nil, errTombstone
	}
	if len(b) >= tombstoneSize+8 {
		t.is = true
		t.open = Frame{Kind: ExecStart, Seq: le.Uint64(b[40:]), Offset: int64(le.Uint64(b[48:])), Data: b[tombstoneSize+8:],
			Time: time.Unix(0, int64(le.Uint64(b[tombstoneSize:])))}
	}
	return t, nil
}

// readTombstone returns nil if nothing was evicted.
func (j *Journal) readTombstone() (*tombstone, error) {
	b, err := os.ReadFile(filepath.Join(j.dir, tombstoneName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if id := smallKey(b); id != 0 {
		if err := j.useKey(id); err != nil {
			return nil, err
		}
		if b, err = j.key.open(tombstoneName, b); errors.Is(err, errSmall) {
			err = errTombstone
		}
		if err != nil {
			return nil, err
		}
	}
	return decodeTombstone(b)
}

// Evicted is what is gone from the journal's beginning; nil if nothing is.
func (j *Journal) Evicted() *Evicted {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.grave == nil {
		return nil
	}
	e := j.grave.Evicted
	return &e
}

// Evict drops whole finished segments, oldest first, until the journal is at most
// keep bytes long. It stops before the segment of the last checkpoint, and before
// the one that is written to, so a rebuild has all it needs. What is dropped reads
// as Evicted from then on. The bytes that were freed are returned.
func (j *Journal) Evict(keep int64) (freed int64, err error) {
	return j.evict(func(total int64, _ segment, _ int64) bool { return total > keep })
}

// EvictBefore drops finished segments that ended before a time, as Evict does.
func (j *Journal) EvictBefore(t time.Time) (freed int64, err error) {
	return j.evict(func(_ int64, _ segment, ended int64) bool { return ended < t.UnixNano() })
}

// evict drops segments while more says so of the total, the oldest one, and the
// wall time when it ended.
func (j *Journal) evict(more func(total int64, s segment, ended int64) bool) (freed int64, err error) {
	j.tending.Lock()
	defer j.tending.Unlock()
	j.mu.Lock()
	segs, ckpt, total := slices.Clone(j.segs), j.ckpt.segment, int64(0)
	for _, s := range j.segs {
		total += int64(s.size)
	}
	j.mu.Unlock()
	n := 0
	for ; n+1 < len(segs) && segs[n].number < ckpt; n++ {
		b, err := readBeginning(j.path(segs[n+1].number))
		if err != nil || !more(total, segs[n], b.wall) {
			break
		}
		total -= int64(segs[n].size)
		freed += int64(segs[n].size)
	}
	if n == 0 {
		return 0, nil
	}
	if err := j.bury(segs[:n+1]); err != nil {
		return 0, fmt.Errorf("evict from journal %s: %w", j.dir, err)
	}
	return freed, nil
}

// bury writes the tombstone for all but the last of some segments, then removes
// them. Should it die in between, Open removes the rest.
func (j *Journal) bury(segs []segment) error {
	n := len(segs) - 1
	t := &tombstone{first: segs[n].number}
	j.mu.Lock()
	if j.grave != nil {
		t.Evicted, t.open, t.is = j.grave.Evicted, j.grave.open, j.grave.is
	}
	j.mu.Unlock()
	if err := j.mourn(t, segs); err != nil {
		return err
	}
	t.To, t.Segments = Position{Seq: segs[n].seq, Offset: segs[n].offset}, t.Segments+n
	b := t.encode()
	if j.key != nil {
		var err error
		if b, err = j.key.seal(tombstoneName, b); err != nil {
			return err
		}
	}
	if err := j.fail("evict: before the tombstone"); err != nil {
		return err
	}
	err := writeFile(j.dir, tombstoneName, b)
	if isFull(err) {
		err = j.buryInPlace(segs[0], b)
	}
	if err == nil {
		err = syncDir(j.dir)
	}
	if err != nil {
		return err
	}
	j.mu.Lock()
	j.grave = t
	for _, s := range segs[:n] {
		j.bytes -= int64(s.size)
	}
	j.segs = slices.Clone(j.segs[n:])
	j.mu.Unlock()
	for _, s := range segs[:n] {
		if err := j.fail("evict: before a removal"); err != nil {
			return err
		}
		if err := os.Remove(j.path(s.number)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// buryInPlace writes the tombstone where a full disk has room for it: over the
// oldest segment, which is about to go.
func (j *Journal) buryInPlace(oldest segment, b []byte) error {
	path := j.path(oldest.number)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, 0)
	if err == nil {
		err = f.Truncate(int64(len(b)))
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(path, filepath.Join(j.dir, tombstoneName))
}

// mourn takes from the segments what the tombstone keeps: the number of lines, and
// the beginning of a command that did not end in them.
func (j *Journal) mourn(t *tombstone, segs []segment) error {
	c := j.cursor()
	c.kinds = kindBit(ExecStart) | kindBit(ExecEnd)
	if k := slices.IndexFunc(c.segs, func(s segment) bool { return s.number == segs[len(segs)-1].number }); k > 0 {
		c.end = Position{Seq: c.segs[k].seq, Offset: c.segs[k].offset}
		c.segs = c.segs[:k]
	}
	for _, s := range c.segs {
		n, err := j.linesOf(s)
		if err != nil {
			return err
		}
		t.Lines += n
	}
	c.buried = true
	c.walk(0, func(f Frame, err error) bool {
		switch f.Kind {
		case ExecStart:
			f.Data = slices.Clone(f.Data)
			t.open, t.is = f, true
		case ExecEnd:
			t.open, t.is = Frame{}, false
		}
		return true
	})
	return nil
}

// linesOf counts the line feeds in a segment.
func (j *Journal) linesOf(s segment) (int64, error) {
	b, err := readBeginning(j.path(s.number))
	if err != nil || s.sealed && b.sum.size != 0 {
		return int64(b.sum.lines), err
	}
	g, err := j.guardOf(&b.header)
	if err != nil {
		return 0, err
	}
	f, err := os.Open(j.path(s.number))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if s.sealed {
		return 0, nil // its summary is damaged: unknown
	}
	sc := newScanner(f, int64(s.size), g, headerSize, s.seq, s.offset)
	defer sc.close()
	lines := int64(0)
	for {
		fr, _, err := sc.next()
		if err != nil {
			return lines, nil
		}
		if fr.kind == Output {
			lines += int64(countLines(fr.data))
		}
	}
}
