package persistence

import (
	"errors"
	"io"
	"os"
)

// beginning is what the start of a segment's file says.
type beginning struct {
	header
	size  int64 // of the file
	sum   summary
	whole bool // nothing of it is damaged, and a sealed one's size is right
}

func readBeginning(path string) (b beginning, err error) {
	f, err := os.Open(path)
	if err != nil {
		return b, err
	}
	defer f.Close()
	if b.size, err = f.Seek(0, io.SeekEnd); err != nil {
		return b, err
	}
	var raw [chunksBegin]byte
	n, err := f.ReadAt(raw[:], 0)
	if err != nil && err != io.EOF {
		return b, err
	}
	if b.header, err = decodeHeader(raw[:n]); err == nil && !b.sealed() {
		b.whole = true
		return b, nil
	}
	b.whole = err == nil
	if errors.Is(err, errHeader) {
		b.header, err = headerCopy(f, b.size)
	}
	if err != nil {
		return b, err
	}
	if b.sum, err = decodeSummary(raw[headerSize:max(n, headerSize)], &b.header); err != nil || b.size != int64(b.sum.size) {
		b.whole = false
	}
	return b, nil
}

// headerOf reads a segment's header, or the copy that a sealed one ends with.
func headerOf(f *os.File) (header, error) {
	var b [headerSize]byte
	n, err := f.ReadAt(b[:], 0)
	if err != nil && err != io.EOF {
		return header{}, err
	}
	h, err := decodeHeader(b[:n])
	if !errors.Is(err, errHeader) {
		return h, err
	}
	info, err := f.Stat()
	if err != nil {
		return h, err
	}
	return headerCopy(f, info.Size())
}

// headerCopy reads the second header of a sealed segment.
func headerCopy(f io.ReaderAt, size int64) (header, error) {
	if size < chunksBegin+headerSize {
		return header{}, errHeader
	}
	var b [headerSize]byte
	if _, err := f.ReadAt(b[:], size-headerSize); err != nil {
		return header{}, err
	}
	h, err := decodeHeader(b[:])
	if err == nil && !h.sealed() {
		err = errHeader
	}
	return h, err
}
