package vt

import "unicode/utf8"

// charset is a set that can be designated to G0-G3 (ISO 2022, VT510 SCS).
type charset uint8

const (
	ascii charset = iota
	lineDrawing
	british
	latin1 // the 96-character supplemental sets: GL shows Latin-1's upper half
)

// drawing is DEC Special Graphics, 0x5f to 0x7e.
var drawing = [...]rune{
	0x0020, 0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0,
	0x00b1, 0x2424, 0x240b, 0x2518, 0x2510, 0x250c, 0x2514, 0x253c,
	0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524, 0x2534,
	0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7,
}

// designate is SCS: set is named by inter ('(' to '/') and the final byte.
func (t *Terminal) designate(inter, final byte) {
	slot := int(inter - '(')
	if inter >= '-' { // 96-character sets go to G1-G3
		slot = int(inter - ',')
	}
	if slot < 0 || slot > 3 {
		return
	}
	t.cur.gset[slot] = charsetOf(final, inter >= '-')
	t.updatePlain()
}

// charsetOf is the set with a final byte, among those of 96 characters or of 94.
func charsetOf(final byte, big bool) charset {
	switch {
	case big && final == 'A':
		return latin1
	case big:
	case final == '0':
		return lineDrawing
	case final == 'A':
		return british
	}
	return ascii
}

// updatePlain notes whether printASCII may be used.
func (t *Terminal) updatePlain() {
	t.plain = t.cur.gset[t.cur.gl] == ascii && t.shift == 0 && !t.modes.has(mInsert)
}

func (t *Terminal) shiftTo(gl uint8) {
	t.cur.gl = gl
	t.updatePlain()
}

// translate maps a character of 0x20-0x7f through the set in GL, or the single
// shift. GR is never looked at: bytes above 0x7f are UTF-8.
func (t *Terminal) translate(c rune) rune {
	set := t.cur.gset[t.cur.gl]
	if t.shift != 0 {
		set = t.cur.gset[t.shift]
		t.shift = 0
		t.updatePlain()
	}
	switch {
	case c < 0x20 || c > 0x7f:
	case set == lineDrawing && c >= 0x5f && c < 0x7f:
		return drawing[c-0x5f]
	case set == british && c == '#':
		return 0xa3
	case set == latin1:
		return c + 0x80
	}
	return c
}

// delPrints tells whether 0x7f is a character: in sets of 96 (ISO 2022 6.3.2).
func (t *Terminal) delPrints() bool {
	if t.shift != 0 {
		return t.cur.gset[t.shift] == latin1
	}
	return t.cur.gset[t.cur.gl] == latin1
}

func appendRune(b []byte, c rune) []byte { return utf8.AppendRune(b, c) }
