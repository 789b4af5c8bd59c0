package vt

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// The classes of code points that grapheme clusters are made of, besides those
// of no width (UAX #29, UTS #51).
const (
	plainClass    = iota
	pictograph    // Extended_Pictographic
	regional      // Regional_Indicator: two are a flag
	emojiModifier // skin tones
	spacingMark   // takes a column by itself, none in a cluster
)

// property looks a code point up: its width and, from bit 2, its class. Planes
// 2 and 3 are ideographs; of plane 14 only format characters are in use.
func property(c rune) uint8 {
	switch {
	case c < 0x20000:
		return widthBlocks[int(blockIndex[c>>7])<<7|int(c&127)]
	case c < 0x3fffe:
		return 2
	case c >= 0xe0000 && c < 0xe1000:
		return 0
	}
	return 1
}

// RuneWidth is the number of columns a code point takes by itself: 0, 1 or 2
// (UAX #11; ambiguous is 1). Characters that join others are 0: nonspacing and
// enclosing marks, format characters, Hangul vowels and final consonants.
func RuneWidth(c rune) int {
	if c < 0x300 {
		return 1
	}
	return int(property(c) & 3)
}

var zwj = []byte("\u200d") // nobody writes to it

// joins tells whether c goes into the cell before the cursor although it has a
// width of its own. Only with mode 2027, since programs that do not set it count
// columns with wcwidth.
func (t *Terminal) joins(c rune) bool {
	class := property(c) >> 2
	if class == plainClass {
		return false
	}
	r, x := t.lastCell()
	if r == nil || r.cells[x].isBlank() {
		return false
	}
	var buf [maxCluster]byte
	before := t.appendCell(buf[:0], r.cells[x])
	first, n := utf8.DecodeRune(before)
	switch class {
	case regional: // a flag takes two columns; without room for them there is none
		return property(first)>>2 == regional && n == len(before) && x+1 == int(t.cur.col) // not where the cursor stayed
	case pictograph:
		return bytes.HasSuffix(before, zwj) && property(first)>>2 == pictograph
	case emojiModifier:
		return property(first)>>2 == pictograph
	}
	return class == spacingMark
}

// widen gives the cluster at x two columns when c, just added to it, makes it an
// emoji: a flag, or text followed by U+FE0F. U+FE0E never narrows: programs that
// printed on have counted two.
func (t *Terminal) widen(r *row, x int, c rune) {
	if r.cells[x].part() != narrow || c != 0xfe0f && property(c)>>2 != regional {
		return
	}
	var buf [maxCluster]byte
	first, _ := utf8.DecodeRune(t.appendCell(buf[:0], r.cells[x]))
	k := property(first) >> 2
	emoji := k == pictograph || strings.ContainsRune("#*0123456789", first) // UTS #51, ED-9a
	if c == 0xfe0f && !emoji || t.cur.wrap || int(t.cur.col) != x+1 {
		return
	}
	t.split(r, x+1, x+2)
	r.cells[x] |= wideHead
	r.cells[x+1] = wideTail | r.cells[x]&^glyphMask
	r.touch(x + 2)
	t.advance(x+2, t.edge())
}
