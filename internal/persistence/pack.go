package persistence

import (
	"encoding/binary"

	"github.com/klauspost/compress/zstd"
)

// textPack collects output frames for one chunk. The columns stand apart because
// they compress better so: docs/journal.md, "Text chunk".
type textPack struct {
	chunk
	n                  int
	seqs, sizes, times []byte
	data               []byte
	at                 int64 // time of the last frame as it will be read back
}

// fits says whether the frame may go into the same chunk.
func (t *textPack) fits(f frame) bool {
	return t.n == 0 || (len(t.data)+f.size <= maxOutput && f.offset == t.end())
}

func (t *textPack) add(f frame, data []byte) {
	if t.n == 0 {
		t.chunk = chunk{kind: textChunk, seq: f.seq, last: f.seq, offset: f.offset, time: f.time, until: f.time}
		t.at = f.time
	}
	t.n++
	t.seqs = binary.AppendUvarint(t.seqs, f.seq-t.last)
	t.sizes = binary.AppendUvarint(t.sizes, uint64(f.size))
	passed := max(f.time-t.at, 0) / 1000
	t.times = binary.AppendUvarint(t.times, uint64(passed))
	t.at += passed * 1000
	t.data = append(t.data, data...)
	t.last, t.until, t.text = f.seq, t.at, uint32(len(t.data))
}

// contents appends the chunk's contents to b.
func (t *textPack) contents(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(t.n))
	for _, column := range [][]byte{t.seqs, t.sizes, t.times} {
		b = binary.AppendUvarint(b, uint64(len(column)))
		b = append(b, column...)
	}
	return append(b, t.data...)
}

func (t *textPack) reset() {
	t.n, t.seqs, t.sizes, t.times, t.data = 0, t.seqs[:0], t.sizes[:0], t.times[:0], t.data[:0]
}

// recordPack collects all other frames.
type recordPack struct {
	chunk
	n      int
	data   []byte
	offset int64
	at     int64
}

// recordDropped marks a frame that sealing left out; only its place is kept.
const recordDropped = 1

// alone says whether a frame gets a chunk of its own: so that the commands of a
// segment are read without its screen.
func alone(f frame) bool { return f.kind == Checkpoint || f.size > maxOutput/2 }

func (r *recordPack) add(f frame, data []byte, flags byte) {
	if r.n == 0 {
		r.chunk = chunk{kind: recordsChunk, seq: f.seq, last: f.seq, offset: f.offset, time: f.time, until: f.time}
		r.offset, r.at = f.offset, f.time
	}
	r.n++
	passed := max(f.time-r.at, 0) / 1000
	r.data = binary.AppendUvarint(r.data, f.seq-r.last)
	r.data = append(r.data, byte(f.kind), flags)
	r.data = binary.AppendUvarint(r.data, uint64(f.offset-r.offset))
	r.data = binary.AppendUvarint(r.data, uint64(passed))
	r.data = binary.AppendUvarint(r.data, uint64(len(data)))
	r.data = append(r.data, data...)
	r.at += passed * 1000
	r.last, r.offset, r.until = f.seq, f.offset, r.at
	if flags&recordDropped == 0 {
		r.kinds |= kindBit(f.kind)
	}
}

func (r *recordPack) reset() { r.n, r.data = 0, r.data[:0] }

// textFrames reads the frames of a text chunk one by one.
type textFrames struct {
	left               uint64
	seqs, sizes, times varints
	data               []byte
	at                 frame
}

func openText(c frameHeader, pos uint32, b []byte) (t textFrames, ok bool) {
	r := varints{b: b}
	t.left = r.unsigned()
	for _, column := range []*varints{&t.seqs, &t.sizes, &t.times} {
		column.b = r.bytes(r.unsigned())
	}
	t.data = r.b
	t.at = frame{frameHeader: frameHeader{kind: Output, seq: c.seq, offset: c.offset, time: c.time}, pos: int64(pos)}
	return t, !r.bad && t.left > 0
}

// next is false at the end, and where the columns say what cannot be.
func (t *textFrames) next() (frame, bool) {
	if t.left == 0 {
		return frame{}, false
	}
	t.left--
	f := &t.at
	f.offset += int64(f.size)
	f.seq += t.seqs.unsigned()
	n := t.sizes.unsigned()
	f.time += int64(t.times.unsigned()) * 1000
	if t.seqs.bad || t.sizes.bad || t.times.bad || n > uint64(len(t.data)) {
		t.left = 0
		return frame{}, false
	}
	f.size, f.data, t.data = int(n), t.data[:n:n], t.data[n:]
	return *f, true
}

// recordFrames reads the frames of a records chunk.
type recordFrames struct {
	r  varints
	at frame
}

func openRecords(c frameHeader, pos uint32, b []byte) recordFrames {
	return recordFrames{r: varints{b: b}, at: frame{
		frameHeader: frameHeader{seq: c.seq, offset: c.offset, time: c.time}, pos: int64(pos)}}
}

func (t *recordFrames) next() (f frame, dropped, ok bool) {
	if len(t.r.b) == 0 {
		return frame{}, false, false
	}
	at := &t.at
	at.seq += t.r.unsigned()
	at.kind = Kind(t.r.octet())
	flags := t.r.octet()
	at.offset += int64(t.r.unsigned())
	at.time += int64(t.r.unsigned()) * 1000
	at.data = t.r.bytes(t.r.unsigned())
	at.size = len(at.data)
	if t.r.bad || !at.shaped() {
		t.r.b = nil
		return frame{}, false, false
	}
	return *at, flags&recordDropped != 0, true
}

// newEncoder makes what compresses a segment. It holds about a megabyte and is
// dropped when the sealing is done.
func newEncoder() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false), zstd.WithWindowSize(128<<10), zstd.WithLowerEncoderMem(true))
}
