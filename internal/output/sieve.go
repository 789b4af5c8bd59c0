package output

import (
	"math/bits"
	"strings"
)

// sieve picks lines of a long output that stand out: of each shape the first two, and
// when there are more shapes than it remembers, of each opening; and what alarms. That
// has room of its own, so that it is found behind megabytes of lines no two of which are
// alike, and when all of them alarm, so has each word that does.
type sieve struct {
	shapes, openings, alarms, words sightings

	calm, loud, last int // bytes that may still be picked: for their shape, as alarms, for a word
	plain            []byte
}

const (
	pickAlike  = 2 // lines of one shape that are picked
	calmBytes  = 1 << 18
	alarmBytes = 1 << 19
	wordBytes  = 1 << 17
)

func newSieve() *sieve { return &sieve{calm: calmBytes, loud: alarmBytes, last: wordBytes} }

// pick says that a line stands out.
func (v *sieve) pick(line string) bool {
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	n, known := v.shapes.see(rawShape(line))
	if n > pickAlike || line == "" {
		return false
	}
	if known && v.calm > 0 {
		v.calm -= len(line) + 1
		return !blank(line)
	}
	text := v.text(line)
	if l, loudest := alarmAt(text); l > calm {
		return v.pickLoud(text, loudest)
	}
	if n, known = v.openings.see(opening(text)); !known || n > pickAlike || v.calm <= 0 {
		return false
	}
	v.calm -= len(line) + 1
	return true
}

func (v *sieve) pickLoud(text string, loudest word) bool {
	room := &v.loud
	if v.loud > 0 {
		if n, _ := v.alarms.see(shapeOf(text)); n > pickAlike {
			return false
		}
	} else {
		n, known := v.words.see(opening(text) ^ wordKey(text[loudest.from:loudest.end]))
		if !known || n > pickAlike || v.last <= 0 {
			return false
		}
		room = &v.last
	}
	*room -= len(text) + 1
	return true
}

// wordKey is a word, in capitals or not, as a hash.
func wordKey(w string) uint64 {
	key := uint64(14695981039346656037)
	for i := range len(w) {
		key = (key ^ uint64(w[i]|0x20)) * 1099511628211
	}
	return key
}

// text is a line without the sequences in it.
func (v *sieve) text(line string) string {
	if strings.IndexByte(line, 0x1b) < 0 {
		return line
	}
	out := v.plain[:0]
	for i := 0; i < len(line); i++ {
		if line[i] == 0x1b {
			i += sequence(line[i:]) - 1
			continue
		}
		out = append(out, line[i])
	}
	v.plain = out
	return string(out)
}

// sightings counts how often keys were seen, up to sightingsMax of them.
type sightings struct {
	slots []uint64 // a key with the count in its last two bits
	used  int
}

const (
	sightingSlots = 1 << 15
	sightingsMax  = 20000
)

// see counts a key and says how often it has been seen, up to three times; known is false
// if it is too new to be remembered.
func (s *sightings) see(key uint64) (n int, known bool) {
	if s.slots == nil {
		s.slots = make([]uint64, sightingSlots)
	}
	key &^= 3
	for at := key >> 17; ; at++ {
		slot := &s.slots[at%sightingSlots]
		switch {
		case *slot == 0 && s.used == sightingsMax:
			return 0, false
		case *slot == 0:
			s.used++
			*slot = key | 1
			return 1, true
		case *slot&^3 != key:
			continue
		case *slot&3 < 3:
			*slot++
		}
		return int(*slot & 3), true
	}
}

// rawShape is a line as it was written with its numbers masked, as a hash. Of a number
// that stands alone it keeps whether it is nothing, and of three digits the first: what
// failed 0 times, and what was answered by 200, is of another kind than the rest.
//
// It reads eight bytes at a time as far as there is no digit among them.
func rawShape(line string) uint64 {
	const prime = 0x9e3779b97f4a7c15
	h := uint64(len(line)) >> 7
	for i := 0; i < len(line); {
		left := min(8, len(line)-i)
		x := upToEight(line[i:])
		n := min(left, digitFreeBytes(x))
		if n > 0 {
			h = bits.RotateLeft64((h^(x&^(^uint64(0)<<(8*uint(n)))))*prime, 29)
			i += n
		}
		if n == left {
			continue
		}
		j := i + 1
		for j < len(line) && isDigit(line[j]) {
			j++
		}
		h = (h ^ numberClass(line, i, j)) * prime
		i = j
	}
	return h ^ h>>31
}

// upToEight are the first eight bytes of s as a number, the first one lowest.
func upToEight(s string) uint64 {
	if len(s) >= 8 {
		return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	}
	x := uint64(0)
	for i := range len(s) {
		x |= uint64(s[i]) << (8 * i)
	}
	return x
}

// digitFreeBytes is how many of eight bytes, the lowest first, come before a digit.
func digitFreeBytes(x uint64) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	y := x ^ '0'*ones // digits are 0 to 9
	return bits.TrailingZeros64((y-10*ones)&^y&tops) / 8
}

// numberClass is what the shape of a line keeps of its digits from i to j.
func numberClass(line string, i, j int) uint64 {
	if i > 0 && !apart(line[i-1]) || j < len(line) && !apart(line[j]) {
		return '#'
	}
	switch {
	case j == i+1 && line[i] == '0':
		return '0'
	case j == i+3:
		return uint64(line[i])
	}
	return '#'
}

// apart says that a byte beside a number does not belong to it.
func apart(c byte) bool {
	switch c {
	case ' ', '=', '"', '\'', '(', ')', '[', ']', '{', '}', ';', '|', '\t':
		return true
	}
	return false
}
