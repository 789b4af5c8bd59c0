package persistence

import (
	"crypto/cipher"
	"encoding/binary"
	"hash/crc32"
)

// guard proves that a segment's frames and chunks are what was written: with a
// checksum, or, where the segment is encrypted, with an AEAD's tag in its place.
type guard struct {
	seed uint32      // what the checksums start from
	aead cipher.AEAD // nil: plain
}

const (
	crcSize = 4
	tagSize = 16

	// rest is a frame's header behind its checksum or tag: length, kind, three
	// bytes by kind, sequence, offset, time.
	rest = 32
)

// head is the size of a frame's header.
func (g *guard) head() int {
	if g.aead != nil {
		return tagSize + rest
	}
	return crcSize + rest
}

// put appends a whole frame to b. No two frames of a segment may share a nonce.
func (g *guard) put(b []byte, f frameHeader, n nonce, payload []byte) []byte {
	at, head := len(b), g.head()
	b = append(b, make([]byte, head)...)
	h, le := b[at+head-rest:at+head], binary.LittleEndian
	le.PutUint32(h, uint32(len(payload)))
	le.PutUint32(h[4:], uint32(f.kind)|f.extra<<8)
	le.PutUint64(h[8:], f.seq)
	le.PutUint64(h[16:], uint64(f.offset))
	le.PutUint64(h[24:], uint64(f.time))
	if g.aead == nil {
		crc := crc32.Update(g.seed, castagnoli, h)
		le.PutUint32(b[at:], crc32.Update(crc, castagnoli, payload))
		return append(b, payload...)
	}
	b = g.aead.Seal(b, n[:], payload, b[at+head-rest:at+head])
	tag := len(b) - tagSize
	copy(b[at:], b[tag:])
	return b[:tag]
}

// get proves a whole frame and returns its payload: in b itself if it is plain,
// else in room, which has space for the payload and a tag.
func (g *guard) get(b []byte, n nonce, room []byte) ([]byte, bool) {
	head := g.head()
	if g.aead == nil {
		return b[head:], crc32.Update(g.seed, castagnoli, b[crcSize:]) == binary.LittleEndian.Uint32(b)
	}
	// Open clears its target when the tag is wrong, and the bytes may be needed
	// to look for the next frame: hence the copy.
	room = append(append(room[:0], b[head:]...), b[:tagSize]...)
	p, err := g.aead.Open(room[:0], n[:], room, b[head-rest:head])
	return p, err == nil
}

// nonce makes each frame's encryption its own under the segment's key.
type nonce [12]byte

// frameNonce is that of a frame in an active segment. extra counts the writes of
// this sequence number that failed: what they left may still be on the disk.
func frameNonce(f frameHeader) (n nonce) {
	binary.LittleEndian.PutUint32(n[:], f.extra)
	binary.LittleEndian.PutUint64(n[4:], f.seq)
	return n
}

// chunkNonce is that of a chunk of a sealed segment: its place, and whether it is
// the last one (STREAM, Hoang, Reyhanitabar, Rogaway, Vizár 2015, section 7).
func chunkNonce(pos uint32, last bool) (n nonce) {
	if last {
		n[0] = 1
	}
	binary.LittleEndian.PutUint64(n[4:], uint64(pos))
	return n
}

func decodeFrame(b []byte) frameHeader {
	h, le := b[len(b)-rest:], binary.LittleEndian
	return frameHeader{
		size: int(le.Uint32(h)), kind: Kind(h[4]), extra: le.Uint32(h[4:]) >> 8,
		seq: le.Uint64(h[8:]), offset: int64(le.Uint64(h[16:])), time: int64(le.Uint64(h[24:])),
	}
}
