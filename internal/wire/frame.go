package wire

import (
	"encoding/binary"
	"io"

	"github.com/ai-session/ai-session/api"
)

// Protocol is what an attach request upgrades to.
const Protocol = "ai-session-attach/1"

// WebSocketProtocol is the subprotocol of the same frames over a WebSocket, one to a
// binary message.
const WebSocketProtocol = "ai-session-attach.1"

// An attach frame on the wire:
//
//	+---------+---------+----------------+
//	| len u32 | kind u8 | data len bytes |   little endian; len does not count itself or kind
//	+---------+---------+----------------+
const frameHeader = 5

// MaxFrame bounds a frame's data, so that a length from outside cannot become memory.
// A repaint of a large dense screen is the biggest one.
const MaxFrame = 16 << 20

// AppendFrame appends f's encoding to b.
func AppendFrame(b []byte, f api.Frame) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(f.Data)))
	b = append(b, byte(f.Kind))
	return append(b, f.Data...)
}

// ReadFrame reads one frame. io.EOF means the stream ended between two frames.
func ReadFrame(r io.Reader) (api.Frame, error) {
	var head [frameHeader]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return api.Frame{}, err
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n > MaxFrame {
		return api.Frame{}, api.Errorf(api.TooLarge, "attach frame of %d bytes", n)
	}
	f := api.Frame{Kind: api.FrameKind(head[4])}
	if n == 0 {
		return f, nil
	}
	f.Data = make([]byte, n)
	if _, err := io.ReadFull(r, f.Data); err != nil {
		return api.Frame{}, io.ErrUnexpectedEOF
	}
	return f, nil
}

// SizeData is the data of a resize frame.
func SizeData(cols, rows, xpixel, ypixel int) []byte {
	b := make([]byte, 0, 8)
	for _, n := range [...]int{cols, rows, xpixel, ypixel} {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
	}
	return b
}

// ParseSize reads the data of a resize frame.
func ParseSize(b []byte) (cols, rows, xpixel, ypixel int, ok bool) {
	if len(b) < 8 {
		return 0, 0, 0, 0, false
	}
	at := func(i int) int { return int(binary.LittleEndian.Uint16(b[2*i:])) }
	return at(0), at(1), at(2), at(3), true
}

// CreditData is the data of a credit frame.
func CreditData(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }

// ParseCredit reads the data of a credit frame.
func ParseCredit(b []byte) (int, bool) {
	if len(b) < 4 {
		return 0, false
	}
	return int(binary.LittleEndian.Uint32(b)), true
}
