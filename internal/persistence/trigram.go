package persistence

import "math/bits"

// gramsMost and gramsLeast bound a filter's size, as powers of two of bits.
const (
	gramsMost  = 16
	gramsLeast = 6
)

// trigramSet is the set of three-byte sequences of a text, ASCII letters in lower
// case, hashed to 16 bits.
type trigramSet [1 << gramsMost / 64]uint64

// trigram hashes three bytes, the first one highest.
func trigram(t uint32) uint32 { return (t & 0xffffff * 0x9e3779b1) >> 16 }

// lower maps ASCII letters to lower case.
var lower = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			t[i] += 'a' - 'A'
		}
	}
	return t
}()

// add takes a text in.
func (s *trigramSet) add(text []byte) {
	if len(text) < 3 {
		return
	}
	t := uint32(lower[text[0]])<<8 | uint32(lower[text[1]])
	for _, c := range text[2:] {
		t = t<<8 | uint32(lower[c])
		h := trigram(t)
		s[h>>6] |= 1 << (h & 63)
	}
}

// fold makes the set one of 2^power bits, from one twice as large.
func (s *trigramSet) fold(power int) {
	half := s[:1<<power/64]
	for i, w := range s[1<<power/64:][:len(half)] {
		half[i] |= w
	}
}

func (s *trigramSet) count(power int) (n int) {
	for _, w := range s[:1<<power/64] {
		n += bits.OnesCount64(w)
	}
	return n
}

// filter is what a text chunk may hold; without bits it may hold anything. Segments
// sealed by earlier versions have one for each text chunk.
type filter struct {
	bits []byte
	mask uint32
}

// has says whether a hashed trigram may be in the text.
func (f *filter) has(h uint32) bool {
	h &= f.mask
	return len(f.bits) == 0 || f.bits[h>>3]&(1<<(h&7)) != 0
}

// decodeFilters reads n filters; nil if they are not what was written.
func decodeFilters(b []byte, n int) []filter {
	fs := make([]filter, 0, n)
	for range n {
		if len(b) == 0 || b[0] > 16 || (b[0] != 0 && b[0] < gramsLeast) {
			return nil
		}
		size := 0
		if b[0] != 0 {
			size = 1 << b[0] / 8
		}
		if len(b) < 1+size {
			return nil
		}
		fs = append(fs, filter{b[1 : 1+size], uint32(1)<<b[0] - 1})
		b = b[1+size:]
	}
	return fs
}
