package persistence

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"time"

	"github.com/klauspost/compress/zstd"
)

// A session as one file, to be carried elsewhere: docs/export.md.
const (
	portableMagic = "AISEXP1\n"
	portableMeta  = 0
	portableEnd   = 255
	recordHeader  = 4 + 1 + 8
)

// ErrNotExport is wrapped when a file is not an export, or not a whole one.
var ErrNotExport = errors.New("not an export of a session, or damaged")

// ErrTooLarge is wrapped when an export holds more than the reader allows.
var ErrTooLarge = errors.New("the export is too large")

// WriteExport writes a session's meta and frames as one file. Damage in the journal
// becomes a gap of its size; frames that keep nothing of the session, checkpoints,
// are left out.
func WriteExport(w io.Writer, meta []byte, frames iter.Seq2[Frame, error]) error {
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	e := exporter{w: z, sum: sha256.New()}
	e.write([]byte(portableMagic))
	e.record(portableMeta, time.Time{}, meta)
	for f, err := range frames {
		var damage *Damage
		switch {
		case errors.As(err, &damage):
			if n := damage.OffsetTo - damage.OffsetFrom; damage.OffsetTo >= 0 && n > 0 {
				e.record(Gap, time.Time{}, GapPayload(n))
			}
			continue
		case err != nil:
			return err
		case f.Kind == Checkpoint:
			continue
		}
		if e.record(f.Kind, f.Time, f.Data); e.err != nil {
			return e.err
		}
	}
	e.record(portableEnd, time.Time{}, e.sum.Sum(nil))
	return errors.Join(e.err, z.Close())
}

type exporter struct {
	w   io.Writer
	sum hash.Hash
	err error
}

func (e *exporter) write(b []byte) {
	if e.err != nil {
		return
	}
	e.sum.Write(b)
	_, e.err = e.w.Write(b)
}

func (e *exporter) record(kind Kind, at time.Time, payload []byte) {
	h := binary.LittleEndian.AppendUint32(make([]byte, 0, recordHeader), uint32(len(payload)))
	h = append(h, byte(kind))
	ns := int64(0)
	if !at.IsZero() {
		ns = at.UnixNano()
	}
	e.write(binary.LittleEndian.AppendUint64(h, uint64(ns)))
	e.write(payload)
}

// Export is an opened export. Frames may be walked once.
type Export struct {
	Meta []byte

	z    *zstd.Decoder
	left int64
	sum  hash.Hash
	err  error
}

// exportWindow bounds the memory of decoding.
const exportWindow = 16 << 20

// OpenExport reads an export's meta. limit bounds what the whole may hold once it is
// unpacked.
func OpenExport(r io.Reader, limit int64) (*Export, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(exportWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotExport, err)
	}
	x := &Export{z: z, left: limit, sum: sha256.New()}
	magic := make([]byte, len(portableMagic))
	if _, err := io.ReadFull(z, magic); err != nil || string(magic) != portableMagic {
		z.Close()
		return nil, ErrNotExport
	}
	x.sum.Write(magic)
	kind, _, meta, err := x.next()
	if err == nil && kind != portableMeta {
		err = fmt.Errorf("no description at its beginning: %w", ErrNotExport)
	}
	if err != nil {
		z.Close()
		return nil, err
	}
	x.Meta = meta
	return x, nil
}

// next reads a record; the payload is the caller's.
func (x *Export) next() (kind Kind, at time.Time, payload []byte, err error) {
	var h [recordHeader]byte
	if _, err := io.ReadFull(x.z, h[:]); err != nil {
		return 0, at, nil, fmt.Errorf("cut short: %w", ErrNotExport)
	}
	kind = Kind(h[4])
	n := int64(binary.LittleEndian.Uint32(h[:]))
	if n > MaxPayload {
		return kind, at, nil, fmt.Errorf("a record of %d bytes: %w", n, ErrNotExport)
	}
	if x.left -= n + recordHeader; x.left < 0 {
		return kind, at, nil, ErrTooLarge
	}
	if ns := int64(binary.LittleEndian.Uint64(h[5:])); ns != 0 {
		at = time.Unix(0, ns)
	}
	var buf bytes.Buffer // grows with what is there, not with what the header says
	if _, err := io.CopyN(&buf, x.z, n); err != nil {
		return kind, at, nil, fmt.Errorf("cut short: %w", ErrNotExport)
	}
	payload = buf.Bytes()
	if kind != portableEnd {
		x.sum.Write(h[:])
		x.sum.Write(payload)
	}
	return kind, at, payload, nil
}

// Frames walks the session's frames. Seq and Offset are not set: they are given anew
// where the frames are appended. Err says whether the file was whole.
func (x *Export) Frames() iter.Seq[Frame] {
	return func(yield func(Frame) bool) {
		for x.err == nil {
			kind, at, payload, err := x.next()
			switch {
			case err != nil:
				x.err = err
			case kind == portableEnd:
				if !bytes.Equal(payload, x.sum.Sum(nil)) {
					x.err = fmt.Errorf("its checksum is wrong: %w", ErrNotExport)
				}
				return
			case kind == portableMeta:
				x.err = ErrNotExport
			case !yield(Frame{Kind: kind, Time: at, Data: payload}):
				return
			}
		}
	}
}

// Err is why Frames ended early; nil at the end of a whole file.
func (x *Export) Err() error { return x.err }

// Close gives the decoder's memory back.
func (x *Export) Close() { x.z.Close() }
