package persistence

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// Kind says what a frame holds. Kinds that this version does not name are kept
// and handed out by Frames; whoever does not know them skips them.
type Kind uint8

// The kinds of version 1. Only Output and Gap advance the offset.
const (
	Output     Kind = 1
	Resize     Kind = 2
	Mark       Kind = 3
	ExecStart  Kind = 4
	ExecEnd    Kind = 5
	Input      Kind = 6
	Gap        Kind = 7
	Synthetic  Kind = 8
	Checkpoint Kind = 9

	footer Kind = 255 // where the frames of a sealed segment end
)

var kindNames = [...]string{"", "output", "resize", "mark", "exec-start", "exec-end", "input", "gap", "synthetic", "checkpoint"}

// String is the kind's name in docs/journal.md.
func (k Kind) String() string {
	if k >= 1 && int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

const (
	version    = 1
	headerSize = 160
	frameSize  = crcSize + rest // a plain frame's header, the smallest there is
	saltSize   = 16
	maxSession = 64

	// maxOutput bounds what one damaged frame can cost and what a reader holds.
	// It is also what one read of a busy terminal yields at most.
	maxOutput = 64 << 10

	// MaxPayload is the longest payload of a frame that is not output. A
	// checkpoint of a 500 by 200 screen with every cell styled is near 2 MiB.
	MaxPayload = 16 << 20

	flagSealed     = 1
	flagCompressed = 2
	flagEncrypted  = 4

	flagsUnderstood = flagSealed | flagCompressed | flagEncrypted // of bits 0-15
	flagsRequired   = 0xffff                                      // a set bit here that is not understood: refuse
)

var (
	magic      = [8]byte{0x89, 'A', 'I', 'S', 'J', '\r', '\n', 0x1a}
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// header is the start of a segment; docs/journal.md says what each field means.
type header struct {
	flags      uint32
	number     uint32
	keyID      uint32
	offset     int64
	seq        uint64
	wall, mono int64
	salt       [saltSize]byte
	previous   uint32
	checkpoint place
	session    string
}

// place is where a frame lies: a segment's number (0 = nowhere) and a file position.
type place struct{ segment, pos uint32 }

var (
	errHeader = errors.New("segment header damaged")

	// ErrUnsupported is wrapped by errors about files that a newer version
	// wrote, or that need a key. They are left as they are.
	ErrUnsupported = errors.New("journal needs a newer version or a key")
)

// seed is what the checksums of the segment's frames start from.
func (h *header) seed() uint32 { return crc32.Update(0, castagnoli, h.salt[:]) }

func (h *header) encode() []byte {
	b := make([]byte, headerSize)
	le := binary.LittleEndian
	copy(b, magic[:])
	le.PutUint16(b[8:], version)
	le.PutUint16(b[10:], headerSize)
	le.PutUint32(b[12:], h.flags)
	le.PutUint32(b[16:], h.number)
	le.PutUint32(b[20:], h.keyID)
	le.PutUint64(b[24:], uint64(h.offset))
	le.PutUint64(b[32:], h.seq)
	le.PutUint64(b[40:], uint64(h.wall))
	le.PutUint64(b[48:], uint64(h.mono))
	copy(b[56:], h.salt[:])
	le.PutUint32(b[72:], h.previous)
	le.PutUint32(b[76:], h.checkpoint.segment)
	le.PutUint32(b[80:], h.checkpoint.pos)
	b[84] = byte(len(h.session))
	copy(b[85:], h.session)
	le.PutUint32(b[156:], crc32.Checksum(b[:156], castagnoli))
	return b
}

// decodeHeader reads a header. errHeader: damaged. ErrUnsupported: sound, but not for us.
func decodeHeader(b []byte) (h header, err error) {
	le := binary.LittleEndian
	if len(b) < headerSize || !bytes.Equal(b[:8], magic[:]) {
		return h, errHeader
	}
	if le.Uint32(b[156:]) != crc32.Checksum(b[:156], castagnoli) {
		return h, errHeader
	}
	if v := le.Uint16(b[8:]); v != version || le.Uint16(b[10:]) != headerSize {
		return h, fmt.Errorf("%w: segment version %d", ErrUnsupported, v)
	}
	h = header{
		flags: le.Uint32(b[12:]), number: le.Uint32(b[16:]), keyID: le.Uint32(b[20:]),
		offset: int64(le.Uint64(b[24:])), seq: le.Uint64(b[32:]),
		wall: int64(le.Uint64(b[40:])), mono: int64(le.Uint64(b[48:])),
		salt: [saltSize]byte(b[56:72]), previous: le.Uint32(b[72:]),
		checkpoint: place{le.Uint32(b[76:]), le.Uint32(b[80:])},
	}
	n := int(b[84])
	if n < 1 || n > maxSession || h.offset < 0 || h.seq == 0 || h.number == 0 {
		return h, errHeader
	}
	h.session = string(b[85 : 85+n])
	if h.flags&flagsRequired&^flagsUnderstood != 0 || (h.keyID != 0) != (h.flags&flagEncrypted != 0) ||
		(h.flags&flagSealed != 0) != (h.flags&flagCompressed != 0) {
		return h, fmt.Errorf("%w: segment flags %#x, key %d", ErrUnsupported, h.flags, h.keyID)
	}
	return h, nil
}

// sealed says whether the segment holds chunks instead of frames.
func (h *header) sealed() bool { return h.flags&flagSealed != 0 }

// frameHeader is a frame without its payload.
type frameHeader struct {
	size   int // of the payload
	kind   Kind
	extra  uint32 // 24 bits, by kind
	seq    uint64
	offset int64
	time   int64
}

// shaped says whether a header could be one of ours at all; the checksum decides.
func (f *frameHeader) shaped() bool {
	most := MaxPayload
	if f.kind == Output {
		most = maxOutput
	}
	return f.kind != 0 && f.size <= most && f.offset >= 0 && f.offset <= math.MaxInt64-int64(f.size)
}

// GapPayload is the payload of a gap frame that stands for n missing output bytes.
func GapPayload(n int64) []byte {
	return binary.LittleEndian.AppendUint64(nil, uint64(n))
}

// GapSize is how many bytes a gap frame stands for; 0 for every other frame.
func GapSize(f Frame) int64 {
	if f.Kind != Gap {
		return 0
	}
	n, ok := gapSize(f.Data, f.Offset)
	if !ok {
		return 0
	}
	return n
}

// gapSize reads a gap's payload; false if it says nothing sensible after offset.
func gapSize(payload []byte, offset int64) (int64, bool) {
	if len(payload) < 8 {
		return 0, false
	}
	n := int64(binary.LittleEndian.Uint64(payload))
	return n, n > 0 && n <= math.MaxInt64-offset
}
