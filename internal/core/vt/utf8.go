package vt

import "unicode/utf8"

// runes prints the characters at the start of p up to the next byte below 0x80.
func (t *Terminal) runes(p []byte) int {
	i := 0
	for i < len(p) && p[i] >= 0x80 {
		if t.plain {
			if n := t.printRun(p[i:]); n > 0 {
				i += n
				continue
			}
		}
		c, n := decode(p[i:])
		if n == 0 {
			c, n = decodeOther(p[i:])
		}
		if n == 0 {
			c, n = utf8.DecodeRune(p[i:])
			if c == utf8.RuneError && n == 1 {
				if !utf8.FullRune(p[i:]) {
					t.p.nutf = uint8(copy(t.p.utf[:], p[i:]))
					return len(p)
				}
				n = badRune(p[i:])
			}
		}
		i += n
		if c >= 0xa0 { // C1: see the package doc
			t.printRune(c)
		}
	}
	return i
}

// decode is utf8.DecodeRune for the common three bytes, small enough to be
// inlined; n is 0 for everything else.
func decode(p []byte) (c rune, n int) {
	if len(p) >= 3 && p[0]-0xe1 < 0x0f && p[0] != 0xed && p[1]&0xc0 == 0x80 && p[2]&0xc0 == 0x80 {
		return rune(p[0]&15)<<12 | rune(p[1]&63)<<6 | rune(p[2]&63), 3
	}
	return 0, 0
}

// decodeOther is decode for two bytes, for the three that may be ill-formed, as of
// Thai and Hangul, and for the four bytes of emoji: planes 1 to 3.
func decodeOther(p []byte) (c rune, n int) {
	switch {
	case len(p) < 2:
	case p[0]-0xc3 < 0x1d && p[1]&0xc0 == 0x80, p[0] == 0xc2 && p[1]&0xe0 == 0xa0:
		return rune(p[0]&31)<<6 | rune(p[1]&63), 2
	case len(p) < 3 || p[2]&0xc0 != 0x80:
	case p[0] == 0xe0 && p[1]&0xe0 == 0xa0, p[0] == 0xed && p[1]&0xe0 == 0x80:
		return rune(p[0]&15)<<12 | rune(p[1]&63)<<6 | rune(p[2]&63), 3
	case len(p) >= 4 && p[0] == 0xf0 && p[1]-0x90 < 0x30 && p[3]&0xc0 == 0x80:
		return rune(p[1]&63)<<12 | rune(p[2]&63)<<6 | rune(p[3]&63), 4
	}
	return 0, 0
}

// badRune is the length of the ill-formed piece at the start of p: a maximal
// subpart (Unicode 3.9, "U+FFFD Substitution of Maximal Subparts"), so that the
// number of replacement characters does not depend on how input was cut.
func badRune(p []byte) int {
	n := 1
	for n < len(p) && n < 4 && !utf8.FullRune(p[:n]) {
		n++
	}
	if n > 1 {
		n--
	}
	return max(n, 1)
}

// resumeRune goes on with a character whose first bytes came in an earlier Write.
func (t *Terminal) resumeRune(p []byte) int {
	n := int(t.p.nutf)
	t.p.utf[n] = p[0]
	buf := t.p.utf[:n+1]
	if !utf8.FullRune(buf) {
		t.p.nutf++
		return 1
	}
	t.p.nutf = 0
	c, size := utf8.DecodeRune(buf)
	if size == n+1 && size > 1 {
		if c >= 0xa0 {
			t.printRune(c)
		}
		return 1
	}
	t.printRune(utf8.RuneError)
	return 0 // p[0] did not belong to it
}

// runesInSequence begins a character whose first byte broke off a sequence.
func (t *Terminal) runesInSequence(b byte) {
	t.runes([]byte{b})
}
