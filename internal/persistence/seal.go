package persistence

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// Seal compresses the segments that are finished and not sealed yet, oldest
// first, and says how many it did. The segment that is written to is not touched;
// a closed journal has none, so its last one is sealed too. It reads and writes
// for about 10 ms per 4 MiB, holds up neither Append nor readers, and keeps no
// memory. Of each segment only the last checkpoint is kept. A segment with damage
// stays as it lies. On systems that do not replace open files it may fail while
// somebody reads that segment: the next call tries again.
func (j *Journal) Seal(ctx context.Context) (n int, err error) {
	j.tending.Lock()
	defer j.tending.Unlock()
	ready := j.unsealed()
	if len(ready) == 0 {
		return 0, nil
	}
	enc, err := newEncoder()
	if err != nil {
		return 0, err
	}
	for _, seg := range ready {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		done, err := j.sealSegment(seg, enc)
		if err != nil {
			return n, fmt.Errorf("seal %s: %w", j.path(seg.number), err)
		}
		if done {
			n++
		}
	}
	return n, nil
}

// finished is a segment with the position behind it.
type finished struct {
	segment
	end Position
}

func (j *Journal) unsealed() (ready []finished) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, s := range j.segs {
		last := i+1 == len(j.segs)
		if s.sealed || s.damaged || (last && !j.closed) {
			continue
		}
		end := j.end
		if !last {
			end = Position{Seq: j.segs[i+1].seq, Offset: j.segs[i+1].offset}
		}
		ready = append(ready, finished{s, end})
	}
	return ready
}

// sealSegment puts the sealed form in a segment's place; false if it is damaged.
func (j *Journal) sealSegment(seg finished, enc *zstd.Encoder) (bool, error) {
	size, err := j.compress(seg, enc)
	if errors.Is(err, errHole) {
		j.update(seg.number, func(s *segment) { s.damaged = true })
		return false, nil
	}
	aside := j.aside(seg.number)
	if err == nil {
		err = j.fail("seal: written")
	}
	if err == nil {
		err = os.Rename(aside, j.path(seg.number))
	}
	if err != nil {
		if gone := os.Remove(aside); gone != nil && !errors.Is(gone, os.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		if isFull(err) {
			err = fmt.Errorf("%w: %w", ErrFull, err)
		}
		return false, err
	}
	j.update(seg.number, func(s *segment) { s.size, s.sealed = size, true })
	if err := j.fail("seal: renamed"); err != nil {
		return false, err
	}
	return true, syncDir(j.dir)
}

// compress writes a segment's sealed form aside, and to the disk. No file is open
// when it returns: Windows puts nothing in the place of an open one.
func (j *Journal) compress(seg finished, enc *zstd.Encoder) (size uint32, err error) {
	f, err := os.Open(j.path(seg.number))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	h, err := headerOf(f)
	if errors.Is(err, errHeader) {
		return 0, errHole
	}
	if err != nil {
		return 0, err
	}
	g, err := j.guardOf(&h)
	if err != nil {
		return 0, err
	}
	scan := func() *scanner {
		return newScanner(f, int64(seg.size), g, headerSize, seg.seq, seg.offset)
	}
	keep, err := survey(scan(), seg.end)
	if err != nil {
		return 0, err
	}
	return j.writeSealed(seg, h, scan(), keep, enc)
}

// update changes what is remembered of a segment that is not written to.
func (j *Journal) update(number uint32, change func(*segment)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	i := slices.IndexFunc(j.segs, func(s segment) bool { return s.number == number })
	if i < 0 {
		return
	}
	before := j.segs[i].size
	change(&j.segs[i])
	if i+1 < len(j.segs) {
		j.bytes += int64(j.segs[i].size) - int64(before)
	}
}

// errHole says that not all frames of a segment are there.
var errHole = errors.New("frames are missing")

// survey reads a whole segment: which checkpoint is its last, and whether all
// frames up to the end are there.
func survey(s *scanner, end Position) (keep uint64, err error) {
	defer s.close()
	for {
		f, h, err := s.next()
		switch {
		case err == io.EOF && s.seq == end.Seq && s.off == end.Offset:
			return keep, nil
		case err == io.EOF || h != nil:
			return 0, errHole
		case err != nil:
			return 0, err
		case f.kind == Checkpoint:
			keep = f.seq
		}
	}
}

// writeSealed writes the sealed form aside and syncs it.
func (j *Journal) writeSealed(seg finished, h header, s *scanner, keep uint64, enc *zstd.Encoder) (size uint32, err error) {
	defer s.close()
	h.flags |= flagSealed | flagCompressed
	j.protect(&h)
	rand.Read(h.salt[:]) // another key and other checksums than the frames had
	g, err := j.guardOf(&h)
	if err != nil {
		return 0, err
	}
	f, err := os.OpenFile(j.aside(seg.number), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	w := sealWriter{f: f, h: h, g: g, enc: enc, keep: keep, pos: chunksBegin}
	w.sum.raw, w.sum.end, w.sum.last = seg.size, seg.end, h.mono
	err = w.all(s)
	if err == nil {
		err = f.Sync()
	}
	return w.sum.size, errors.Join(err, f.Close())
}

var newline = []byte{'\n'}

func countLines(b []byte) uint32 { return uint32(bytes.Count(b, newline)) }

// aside is where a segment's sealed form is written.
func (j *Journal) aside(n uint32) string { return filepath.Join(j.dir, "."+segmentName(n)) }

// sealWriter turns frames into the chunks of one file.
type sealWriter struct {
	f    io.WriterAt
	h    header
	g    guard
	enc  *zstd.Encoder
	keep uint64 // sequence number of the checkpoint that stays

	pos     uint32
	sum     summary
	text    textPack
	recs    recordPack
	chunks  []chunk
	columns columns

	contents, packed, whole []byte // buffers
}

func (w *sealWriter) all(s *scanner) error {
	for {
		f, hole, err := s.next()
		if err == io.EOF {
			return w.finish()
		}
		if hole != nil {
			err = errors.New("segment changed while it was read")
		}
		if err == nil {
			err = w.add(s, f)
		}
		if err != nil {
			return err
		}
	}
}

func (w *sealWriter) add(s *scanner, f frame) error {
	w.sum.last = max(w.sum.last, f.time)
	if f.kind == Output {
		if !w.text.fits(f) {
			if err := w.flushText(); err != nil {
				return err
			}
		}
		w.text.add(f, f.data)
		return nil
	}
	if f.kind == Checkpoint && f.seq != w.keep {
		w.recs.add(f, nil, recordDropped)
		return nil
	}
	data := f.data
	if f.large {
		var err error
		if data, err = s.load(f); err != nil {
			return err
		}
	}
	if alone(f) || len(w.recs.data)+f.size > maxOutput {
		if err := w.flushRecords(); err != nil {
			return err
		}
	}
	w.recs.add(f, data, 0)
	if alone(f) {
		return w.flushRecords()
	}
	return nil
}

// flushText writes the output at hand.
func (w *sealWriter) flushText() error {
	if w.text.n == 0 {
		return nil
	}
	w.columns.add(w.text.offset, w.text.data)
	w.sum.lines += countLines(w.text.data)
	w.contents = w.text.contents(w.contents[:0])
	err := w.put(w.text.chunk, w.contents)
	w.text.reset()
	return err
}

func (w *sealWriter) flushRecords() error {
	if w.recs.n == 0 {
		return nil
	}
	err := w.put(w.recs.chunk, w.recs.data)
	w.recs.reset()
	return err
}

func (w *sealWriter) put(c chunk, contents []byte) error {
	f := frameHeader{kind: c.kind, seq: c.seq, offset: c.offset, time: c.time}
	var err error
	c.pos = w.pos
	if c.size, err = w.write(f, contents); err != nil {
		return err
	}
	w.chunks = append(w.chunks, c)
	return nil
}

// write puts a chunk at the end of the file.
func (w *sealWriter) write(f frameHeader, contents []byte) (size uint32, err error) {
	w.packed = w.enc.EncodeAll(contents, w.packed[:0])
	stored := contents
	if len(w.packed) < len(contents) {
		stored, f.extra = w.packed, chunkCompressed
	}
	w.whole = w.g.put(w.whole[:0], f, chunkNonce(w.pos, f.kind == tableChunk), stored)
	if _, err := w.f.WriteAt(w.whole, int64(w.pos)); err != nil {
		return 0, err
	}
	w.pos += uint32(len(w.whole))
	return uint32(len(w.whole)), nil
}

// finish writes what is left, rows, table, the header's second copy, and at
// last the file's beginning.
func (w *sealWriter) finish() error {
	if err := errors.Join(w.flushText(), w.flushRecords()); err != nil {
		return err
	}
	end := frameHeader{seq: w.sum.end.Seq, offset: w.sum.end.Offset, time: w.sum.last}
	if err := w.writeColumns(end); err != nil {
		return err
	}
	var err error
	w.sum.table, end.kind = w.pos, tableChunk
	if w.sum.tableSize, err = w.write(end, encodeTable(&w.h, w.chunks)); err != nil {
		return err
	}
	w.sum.chunks, w.sum.size = uint32(len(w.chunks)), w.pos+headerSize
	head := w.h.encode()
	if _, err := w.f.WriteAt(head, int64(w.pos)); err != nil {
		return err
	}
	_, err = w.f.WriteAt(append(head, w.sum.encode(w.h.seed())...), 0)
	return err
}
