package persistence

import (
	"hash/crc32"
	"io"
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
	data  []byte
	large bool
}

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

// scanner walks the frames of one segment.
type scanner struct {
	r     io.ReaderAt
	limit int64 // frames end here
	seed  uint32

	pos int64 // of the next frame,
	seq uint64
	off int64 // and what it should carry

	buf  *[scanBuffer]byte
	at   int64 // file position of buf[0]
	have int   // valid bytes in buf
}

func newScanner(r io.ReaderAt, limit int64, seed uint32, pos int64, seq uint64, off int64) *scanner {
	return &scanner{r: r, limit: limit, seed: seed, pos: pos, seq: seq, off: off, buf: buffers.Get().(*[scanBuffer]byte)}
}

// close gives the buffer back. No frame of this scanner may be used after it.
func (s *scanner) close() {
	if s.buf != nil {
		buffers.Put(s.buf)
		s.buf = nil
	}
}

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
	s.pos += frameSize + int64(f.size)
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
	if s.limit-pos < frameSize {
		return f, false, nil
	}
	b, err := s.window(pos, frameSize)
	if err != nil {
		return f, false, err
	}
	f.frameHeader, f.pos = decodeFrame(b), pos
	if !f.shaped() || pos+frameSize+int64(f.size) > s.limit || f.seq < s.seq || f.offset < s.off {
		return f, false, nil
	}
	if frameSize+f.size > scanBuffer {
		f.large = true
		crc, err := s.sum(pos+4, frameSize-4+f.size)
		return f, crc == f.crc, err
	}
	if b, err = s.window(pos, frameSize+f.size); err != nil {
		return f, false, err
	}
	f.data = b[frameSize:]
	return f, crc32.Update(s.seed, castagnoli, b[4:]) == f.crc, nil
}

// sum is the checksum of n bytes at pos, read piece by piece.
func (s *scanner) sum(pos int64, n int) (uint32, error) {
	crc := s.seed
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
	b := make([]byte, f.size)
	if !f.large {
		copy(b, f.data)
		return b, nil
	}
	if _, err := s.r.ReadAt(b, f.pos+frameSize); err != nil {
		return nil, err
	}
	return b, nil
}

// resync looks for the next valid frame behind a damaged one: where its own
// length points (its payload was hit), then byte by byte.
func (s *scanner) resync() (frame, bool, error) {
	if s.limit-s.pos >= frameSize {
		b, err := s.window(s.pos, frameSize)
		if err != nil {
			return frame{}, false, err
		}
		h := decodeFrame(b)
		if next := s.pos + frameSize + int64(h.size); h.shaped() && next < s.limit {
			if f, ok, err := s.frameAt(next); ok || err != nil {
				return f, ok, err
			}
		}
	}
	budget := resyncWork * s.limit
	for pos := s.pos + 1; pos+frameSize <= s.limit && budget > 0; pos++ {
		b, err := s.window(pos, frameSize)
		if err != nil {
			return frame{}, false, err
		}
		h := decodeFrame(b)
		if !h.shaped() || h.seq < s.seq || h.seq-s.seq > uint64(pos-s.pos)/frameSize+1 {
			continue
		}
		if pos+frameSize+int64(h.size) <= s.limit {
			budget -= int64(h.size) + frameSize
		}
		if f, ok, err := s.frameAt(pos); ok || err != nil {
			return f, ok, err
		}
	}
	return frame{}, false, nil
}
