//go:build linux

package main

import (
	"bytes"
	"io"
)

// stream looks for marks in what a terminal writes.
type stream struct {
	src  io.Reader
	held []byte // read and not yet looked through
	buf  []byte
}

func newStream(src io.Reader) *stream { return &stream{src: src, buf: make([]byte, 64<<10)} }

// until reads to the end of the next mark and returns what stood before it.
func (s *stream) until(mark string) ([]byte, error) {
	before := bytes.Clone(s.held)
	from := 0
	for {
		if i := bytes.Index(before[from:], []byte(mark)); i >= 0 {
			s.held = bytes.Clone(before[from+i+len(mark):])
			return before[:from+i], nil
		}
		from = max(0, len(before)-len(mark)+1) // a mark may come in two reads
		n, err := s.src.Read(s.buf)
		before = append(before, s.buf[:n]...)
		if n == 0 && err != nil {
			return before, err
		}
	}
}

// skip reads to the end of the next mark and keeps nothing of what stood before it.
func (s *stream) skip(mark string) error {
	for {
		if i := bytes.Index(s.held, []byte(mark)); i >= 0 {
			s.held = s.held[i+len(mark):]
			return nil
		}
		keep := copy(s.buf, s.held[max(0, len(s.held)-len(mark)+1):])
		n, err := s.src.Read(s.buf[keep:])
		s.held = s.buf[:keep+n]
		if n == 0 && err != nil {
			return err
		}
	}
}
