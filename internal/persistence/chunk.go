package persistence

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// The chunks of a sealed segment, in docs/journal.md's words.
const (
	textChunk    Kind = 250 // the payloads of output frames
	recordsChunk Kind = 251 // all other frames
	filtersChunk Kind = 252 // which trigrams each text chunk holds, in earlier versions
	rowsChunk    Kind = 253 // a part of the trigrams, and which columns of text hold each
	columnsChunk Kind = 254 // what leads to those parts
	tableChunk   Kind = footer

	chunkCompressed = 1 // in a chunk header's extra

	// maxChunk is what a chunk may unpack to: the longest frame and its head.
	maxChunk = MaxPayload + 1<<10

	summarySize = 64
	chunksBegin = headerSize + summarySize
)

var (
	errChunk   = errors.New("chunk damaged")
	errSummary = errors.New("summary damaged")
)

// chunk is one of a sealed segment, as its table tells.
type chunk struct {
	kind        Kind
	pos, size   uint32 // in the file, header included
	seq, last   uint64 // of its first and last frame
	offset      int64  // before its first frame
	text        uint32 // how many output bytes it holds
	time, until int64  // of its first and last frame
	kinds       uint64 // of its records, a bit each; bit 0 for those above 63
}

// end is the offset behind a text chunk.
func (c *chunk) end() int64 { return c.offset + int64(c.text) }

func kindBit(k Kind) uint64 {
	if k > 63 {
		k = 0
	}
	return 1 << k
}

// summary stands behind the header of a sealed segment.
type summary struct {
	table, tableSize     uint32
	filters, filtersSize uint32
	raw                  uint32 // the segment's size before it was sealed
	end                  Position
	last                 int64 // time of the last frame
	size                 uint32
	chunks, lines        uint32
}

func (s *summary) encode(seed uint32) []byte {
	b, le := make([]byte, summarySize), binary.LittleEndian
	for i, v := range []uint32{s.table, s.tableSize, s.filters, s.filtersSize, s.raw} {
		le.PutUint32(b[4+4*i:], v)
	}
	le.PutUint64(b[24:], s.end.Seq)
	le.PutUint64(b[32:], uint64(s.end.Offset))
	le.PutUint64(b[40:], uint64(s.last))
	for i, v := range []uint32{s.size, s.chunks, s.lines} {
		le.PutUint32(b[48+4*i:], v)
	}
	le.PutUint32(b, crc32.Update(seed, castagnoli, b[4:]))
	return b
}

func decodeSummary(b []byte, h *header) (s summary, err error) {
	le := binary.LittleEndian
	if len(b) < summarySize || le.Uint32(b) != crc32.Update(h.seed(), castagnoli, b[4:summarySize]) {
		return s, errSummary
	}
	for i, p := range []*uint32{&s.table, &s.tableSize, &s.filters, &s.filtersSize, &s.raw} {
		*p = le.Uint32(b[4+4*i:])
	}
	s.end = Position{Seq: le.Uint64(b[24:]), Offset: int64(le.Uint64(b[32:]))}
	s.last = int64(le.Uint64(b[40:]))
	for i, p := range []*uint32{&s.size, &s.chunks, &s.lines} {
		*p = le.Uint32(b[48+4*i:])
	}
	if s.end.Seq < h.seq || s.end.Offset < h.offset {
		return s, errSummary
	}
	return s, nil
}

// encodeTable writes the chunks in the order of the file, where they lie back to back.
func encodeTable(h *header, chunks []chunk) []byte {
	b := binary.AppendUvarint(nil, uint64(len(chunks)))
	time := h.mono
	for i := range chunks {
		c := &chunks[i]
		b = append(b, byte(c.kind))
		for _, v := range []uint64{
			uint64(c.size), c.seq - h.seq, c.last - c.seq, uint64(c.offset - h.offset), uint64(c.text), c.kinds,
		} {
			b = binary.AppendUvarint(b, v)
		}
		b = binary.AppendVarint(b, c.time-time)
		b = binary.AppendVarint(b, c.until-c.time)
		time = c.time
	}
	return b
}

// decodeTable refuses chunks that reach beyond the table's own place.
func decodeTable(b []byte, h *header, limit uint32) ([]chunk, error) {
	r := varints{b: b}
	n := r.unsigned()
	if n > uint64(len(b))/9 {
		return nil, errChunk
	}
	chunks := make([]chunk, 0, n)
	pos, time := uint64(chunksBegin), h.mono
	for range n {
		c := chunk{kind: Kind(r.octet()), pos: uint32(pos)}
		size, seq, last, offset, text := r.unsigned(), r.unsigned(), r.unsigned(), r.unsigned(), r.unsigned()
		c.kinds = r.unsigned()
		c.time = time + r.signed()
		c.until = c.time + r.signed()
		pos += size
		if r.bad || size > maxChunk || pos > uint64(limit) || seq > math.MaxInt64 || last > math.MaxUint32 ||
			offset > uint64(math.MaxInt64-h.offset) || text > maxOutput || (c.kind != textChunk && c.kind != recordsChunk) {
			return nil, errChunk
		}
		c.size, c.seq, c.text = uint32(size), h.seq+seq, uint32(text)
		c.last, c.offset, time = c.seq+last, h.offset+int64(offset), c.time
		if c.offset > math.MaxInt64-int64(c.text) {
			return nil, errChunk
		}
		chunks = append(chunks, c)
	}
	return chunks, nil
}

// varints reads numbers from outside; bad stays set once one of them is cut.
type varints struct {
	b   []byte
	bad bool
}

func (r *varints) unsigned() uint64 {
	v, n := binary.Uvarint(r.b)
	return v * r.took(n)
}

func (r *varints) signed() int64 {
	v, n := binary.Varint(r.b)
	return v * int64(r.took(n))
}

func (r *varints) took(n int) uint64 {
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return 1
}

func (r *varints) octet() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

// bytes takes the next n.
func (r *varints) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

// decoders are lent out for one chunk at a time; an idle journal holds none.
var decoders = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(maxChunk), zstd.WithDecodeAllCapLimit(false))
	if err != nil {
		panic("persistence: the decoder's options are constants: " + err.Error())
	}
	return d
}}

// unpack reads and proves the chunk at pos and returns its contents. Both buffers
// are used, and grown, if they are given.
type unpacker struct {
	r      io.ReaderAt
	g      guard
	stored []byte // as it lies in the file
	room   []byte // decrypted
	plain  []byte // unpacked
}

// read returns the header and the contents, which live until the next call. The
// error is errChunk if the bytes are not what was written.
func (u *unpacker) read(pos, size uint32) (frameHeader, []byte, error) {
	if size < uint32(u.g.head()) || size > maxChunk {
		return frameHeader{}, nil, errChunk
	}
	if cap(u.stored) < int(size) {
		u.stored = make([]byte, size)
	}
	u.stored = u.stored[:size]
	if n, err := u.r.ReadAt(u.stored, int64(pos)); n < len(u.stored) {
		if err == io.EOF {
			err = errChunk
		}
		return frameHeader{}, nil, err
	}
	return u.prove(pos)
}

func (u *unpacker) prove(pos uint32) (frameHeader, []byte, error) {
	h := decodeFrame(u.stored[:u.g.head()])
	if h.size != len(u.stored)-u.g.head() {
		return h, nil, errChunk
	}
	p, ok := u.g.get(u.stored, chunkNonce(pos, h.kind == tableChunk), u.room)
	if !ok {
		return h, nil, errChunk
	}
	if u.g.aead != nil {
		u.room = p
	}
	if h.extra&chunkCompressed == 0 {
		return h, p, nil
	}
	d := decoders.Get().(*zstd.Decoder)
	defer decoders.Put(d)
	plain, err := d.DecodeAll(p, u.plain[:0])
	if err != nil || len(plain) > maxChunk {
		return h, nil, errChunk
	}
	u.plain = plain
	return h, plain, nil
}
