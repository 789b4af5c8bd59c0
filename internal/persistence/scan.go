package persistence

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"
	"sync"
)

// scanBuffer holds the longest output frame and, mostly, a whole stride of the
// table, so that finding an offset is one or two reads.
const scanBuffer = 128 << 10

// buffers are lent to scanners while they run; an idle journal holds none.
var buffers = sync.Pool{New: func() any { return new([scanBuffer]byte) }}

// resyncWork bounds how many segment lengths may go through the checksum in
// search of the next frame: bytes crafted to look like frames cost linear time.
const resyncWork = 16

// frame is one found in a segment. data lies in the scanner's buffer until the
// next step; it is nil, and large set, if the payload did not fit there.
type frame struct {
	frameHeader
	pos   int64
	head  int // size of its header
	data  []byte
	large bool
}

// next is the file position behind the frame.
func (f *frame) next() int64 { return f.pos + int64(f.head) + int64(f.size) }

// end is the offset behind the frame.
func (f *frame) end() int64 {
	switch f.kind {
	case Output:
		return f.offset + int64(f.size)
	case Gap:
		if n, ok := gapSize(f.data, f.offset); ok {
			return f.offset + n
		}
	}
	return f.offset
}

// hole is a stretch of a segment without valid frames. If toEnd, none follows in
// this segment and seq and offset behind it are for the next one to tell.
type hole struct {
	from, to int64 // file positions
	seq      uint64
	frames   uint64
	offset   int64
	until    int64
	toEnd    bool
}

// progress is how far a walk over a segment has come.
type progress struct {
	seq   uint64 // what the next frame should carry
	off   int64
	limit int64 // where in the file the frames end
}

// scanner walks the frames of one segment as the writer left them.
type scanner struct {
	progress
	r io.ReaderAt
	g guard

	pos int64 // of the next frame

	buf  *[scanBuffer]byte
	room *[scanBuffer]byte // decrypted payloads; nil for a plain segment
	at   int64             // file position of buf[0]
	have int               // valid bytes in buf
}

func newScanner(r io.ReaderAt, limit int64, g guard, pos int64, seq uint64, off int64) *scanner {
	s := &scanner{progress: progress{seq, off, limit}, r: r, g: g, pos: pos, buf: buffers.Get().(*[scanBuffer]byte)}
	if g.aead != nil {
		s.room = buffers.Get().(*[scanBuffer]byte)
	}
	return s
}

// close gives the buffers back. No frame of this scanner may be used after it.
func (s *scanner) close() {
	if s.buf != nil {
		buffers.Put(s.buf)
	}
	if s.room != nil {
		buffers.Put(s.room)
	}
	s.buf, s.room = nil, nil
}

func (s *scanner) state() *progress { return &s.progress }

// buffered says that the next step needs no disk.
func (s *scanner) buffered() bool { return s.pos < s.at+int64(s.have) }

// window returns the n bytes at pos, n <= scanBuffer; they lie before limit.
func (s *scanner) window(pos int64, n int) ([]byte, error) {
	if pos < s.at || pos+int64(n) > s.at+int64(s.have) {
		want := int(min(scanBuffer, s.limit-pos))
		s.have = 0
		got, err := s.r.ReadAt(s.buf[:want], pos)
		if got < n {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		s.at, s.have = pos, got
	}
	return s.buf[pos-s.at:][:n], nil
}

// next returns a frame, or a hole before the next frame, or io.EOF.
func (s *scanner) next() (frame, *hole, error) {
	if s.pos >= s.limit {
		return frame{}, nil, io.EOF
	}
	f, ok, err := s.frameAt(s.pos)
	if err != nil {
		return f, nil, err
	}
	if ok && f.kind == footer {
		s.limit = s.pos
		return f, nil, io.EOF
	}
	if !ok || f.seq != s.seq || f.offset != s.off {
		h, err := s.skip(f, ok)
		return frame{}, h, err
	}
	s.pos = f.next()
	s.seq++
	s.off = f.end()
	return f, nil, nil
}

// skip moves to the next valid frame and says what was passed over.
func (s *scanner) skip(f frame, ok bool) (*hole, error) {
	h := &hole{from: s.pos, seq: s.seq, offset: s.off}
	if !ok {
		var err error
		if f, ok, err = s.resync(); err != nil {
			return nil, err
		}
	}
	if !ok {
		h.to, h.until, h.toEnd = s.limit, s.off, true
		s.pos = s.limit
		return h, nil
	}
	h.to, h.frames, h.until = f.pos, f.seq-s.seq, f.offset
	s.pos, s.seq, s.off = f.pos, f.seq, f.offset
	return h, nil
}

// frameAt reads the frame at pos; false if there is none that could come next.
func (s *scanner) frameAt(pos int64) (f frame, ok bool, err error) {
	head := s.g.head()
	if s.limit-pos < int64(head) {
		return f, false, nil
	}
	b, err := s.window(pos, head)
	if err != nil {
		return f, false, err
	}
	f.frameHeader, f.pos, f.head = decodeFrame(b), pos, head
	if !f.shaped() || f.next() > s.limit || f.seq < s.seq || f.offset < s.off {
		return f, false, nil
	}
	if head+f.size > scanBuffer-tagSize {
		return s.largeFrame(f)
	}
	if b, err = s.window(pos, head+f.size); err != nil {
		return f, false, err
	}
	var room []byte
	if s.room != nil {
		room = s.room[:]
	}
	f.data, ok = s.g.get(b, frameNonce(f.frameHeader), room)
	return f, ok, nil
}

// largeFrame proves a frame that is longer than the buffer. A plain one is read
// piece by piece and its payload left on the disk.
func (s *scanner) largeFrame(f frame) (frame, bool, error) {
	f.large = true
	if s.g.aead == nil {
		b, err := s.window(f.pos, crcSize)
		if err != nil {
			return f, false, err
		}
		want := binary.LittleEndian.Uint32(b)
		crc, err := s.sum(f.pos+crcSize, rest+f.size)
		return f, crc == want, err
	}
	_, ok, err := s.readLarge(f)
	return f, ok, err
}

// readLarge reads and proves a frame that is longer than the buffer.
func (s *scanner) readLarge(f frame) ([]byte, bool, error) {
	b := make([]byte, f.head+f.size)
	if _, err := s.r.ReadAt(b, f.pos); err != nil {
		return nil, false, err
	}
	p, ok := s.g.get(b, frameNonce(f.frameHeader), nil)
	return p, ok, nil
}

// sum is the checksum of n bytes at pos, read piece by piece.
func (s *scanner) sum(pos int64, n int) (uint32, error) {
	crc := s.g.seed
	for n > 0 {
		m := min(n, scanBuffer)
		b, err := s.window(pos, m)
		if err != nil {
			return 0, err
		}
		crc = crc32.Update(crc, castagnoli, b)
		pos, n = pos+int64(m), n-m
	}
	return crc, nil
}

// load returns a payload that outlives the scanner.
func (s *scanner) load(f frame) ([]byte, error) {
	if !f.large {
		return slices.Clone(f.data), nil
	}
	b, ok, err := s.readLarge(f)
	if err == nil && !ok {
		err = errors.New("frame changed while it was read")
	}
	return b, err
}

// resync looks for the next valid frame behind a damaged one: where its own
// length points (its payload was hit), then byte by byte.
func (s *scanner) resync() (frame, bool, error) {
	head := int64(s.g.head())
	if s.limit-s.pos >= head {
		b, err := s.window(s.pos, int(head))
		if err != nil {
			return frame{}, false, err
		}
		h := decodeFrame(b)
		if next := s.pos + head + int64(h.size); h.shaped() && next < s.limit {
			if f, ok, err := s.frameAt(next); ok || err != nil {
				return f, ok, err
			}
		}
	}
	budget := resyncWork * s.limit
	for pos := s.pos + 1; pos+head <= s.limit && budget > 0; pos++ {
		b, err := s.window(pos, int(head))
		if err != nil {
			return frame{}, false, err
		}
		h := decodeFrame(b)
		if !h.shaped() || h.seq < s.seq || h.seq-s.seq > uint64(pos-s.pos)/uint64(head)+1 {
			continue
		}
		if pos+head+int64(h.size) <= s.limit {
			budget -= int64(h.size) + head
		}
		if f, ok, err := s.frameAt(pos); ok || err != nil {
			return f, ok, err
		}
	}
	return frame{}, false, nil
}
