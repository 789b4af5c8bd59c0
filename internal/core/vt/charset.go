package vt

import (
	"slices"
	"strings"
)

// charset is a set that can be designated to G0-G3 (ISO 2022, VT510 SCS).
type charset uint8

// Their numbers are in snapshots.
const (
	ascii charset = iota
	lineDrawing
	british
	latin1 // the 96-character supplemental sets: GL shows Latin-1's upper half
	supplemental
	technical
	dutch // from here on national, to Swiss
	finnish
	french
	canadian
	german
	italian
	norwegian
	portuguese
	spanish
	swedish
	swiss
	preferred // the user's supplemental set, which nobody chooses another for
	charsets  // how many there are
)

// designators are what may name a set of 94 characters (VT510 manual, SCS): one of
// the finals, the first being the one that reports and encoders use. Sets that are
// not here are ASCII.
var designators = [charsets][]string{
	ascii: {"B"}, lineDrawing: {"0"}, british: {"A"}, supplemental: {"%5"}, preferred: {"<"}, technical: {">"},
	dutch: {"4"}, finnish: {"C", "5"}, french: {"R", "f"}, canadian: {"Q", "9"}, german: {"K"}, italian: {"Y"},
	norwegian: {"`", "E", "6"}, portuguese: {"%6"}, spanish: {"Z"}, swedish: {"H", "7"}, swiss: {"="},
}

// nationalPlaces are the places of ASCII that national sets have other characters
// in, and national what they are (VT220 and VT510 manuals, national replacement
// character sets).
const nationalPlaces = "#@[\\]^_`{|}~"

var national = [charsets][]rune{
	british:    []rune("£@[\\]^_`{|}~"),
	dutch:      []rune("£¾ĳ½|^_`¨ƒ¼´"),
	finnish:    []rune("#@ÄÖÅÜ_éäöåü"),
	french:     []rune("£à°ç§^_`éùè¨"),
	canadian:   []rune("#àâçêî_ôéùèû"),
	german:     []rune("#§ÄÖÜ^_`äöüß"),
	italian:    []rune("£§°çé^_ùàòèì"),
	norwegian:  []rune("#ÄÆØÅÜ_äæøåü"),
	portuguese: []rune("#@ÃÇÕ^_`ãçõ~"),
	spanish:    []rune("£§¡Ñ¿^_`°ñç~"),
	swedish:    []rune("#ÉÄÖÅÜ_éäöåü"),
	swiss:      []rune("ùàéçêîèôäöüû"),
}

// technicalSet is DEC Technical, 0x21 to 0x7e (VT330 manual); a blank is no
// character. Pieces of large signs are those of Unicode 3.2.
var technicalSet = []rune("⎷┌─⌠⌡│⎡⎣⎤⎦⎛⎝⎞⎠⎨⎬           ≤≠≥∫∴∝∞÷Δ∇ΦΓ∼≃Θ×Λ⇔⇒≡ΠΨ Σ  √ΩΞΥ⊂⊃∩∪∧∨¬αβχδεφγηιθκλ ν∂πψρστ ƒωξυζ←↑→↓")

// drawing is DEC Special Graphics, 0x5f to 0x7e.
var drawing = [...]rune{
	0x0020, 0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0,
	0x00b1, 0x2424, 0x240b, 0x2518, 0x2510, 0x250c, 0x2514, 0x253c,
	0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524, 0x2534,
	0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7,
}

// vt52Drawing is the graphics of VT52 mode, 0x5f to 0x7e: a VT52's own, as in xterm,
// which a VT100 does not have. Of 3/, 5/ and 7/ there is the number; scan lines are
// eight, of which Unicode has each second.
var vt52Drawing = [...]rune{
	' ', ' ', '▮', '⅟', '³', '⁵', '⁷', '°', '±', '→', '…', '÷', '↓', '⎺', '⎺', '⎻',
	'⎻', '⎼', '⎼', '⎽', '⎽', '₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉', '¶',
}

// designate is SCS: set is named by inter ('(' to '/') and the bytes after it.
func (t *Terminal) designate(inter byte, name string) {
	slot := int(inter - '(')
	if inter >= '-' { // 96-character sets go to G1-G3
		slot = int(inter - ',')
	}
	if slot < 0 || slot > 3 {
		return
	}
	set := charsetOf(name, inter >= '-')
	if set.national() && !t.modes.has(mNational) {
		set = ascii
	}
	t.cur.gset[slot] = set
	t.updatePlain()
}

// national tells whether a set needs DECNRCM to be designated.
func (s charset) national() bool { return s >= dutch && s <= swiss }

// dropNational has ASCII again where there are national sets.
func (c *cursor) dropNational() {
	for i, set := range c.gset {
		if set.national() {
			c.gset[i] = ascii
		}
	}
}

// charsetOf is the set of a name, among those of 96 characters or of 94.
func charsetOf(name string, big bool) charset {
	if big {
		if name == "A" {
			return latin1
		}
		return ascii
	}
	for set, names := range designators {
		if slices.Contains(names, name) {
			return charset(set)
		}
	}
	return ascii
}

// name is how SCS names the set, and whether that is among those of 96 characters.
func (s charset) name() (name string, big bool) {
	if s == latin1 {
		return "A", true
	}
	return designators[s][0], false
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
	case set == lineDrawing && c >= 0x5f && c < 0x7f && t.ansi != nil:
		return vt52Drawing[c-0x5f]
	case set == lineDrawing && c >= 0x5f && c < 0x7f:
		return drawing[c-0x5f]
	case set == latin1:
		return c + 0x80
	case set == technical && c > 0x20 && c < 0x7f:
		return technicalSet[c-0x21]
	case (set == supplemental || set == preferred) && c > 0x20 && c < 0x7f:
		return multinational(c + 0x80)
	case national[set] != nil:
		if i := strings.IndexByte(nationalPlaces, byte(c)); i >= 0 {
			return national[set][i]
		}
	}
	return c
}

// multinational is a character of DEC Supplemental Graphics: where it differs from
// Latin-1, and U+FFFD where it has none.
func multinational(c rune) rune {
	switch c {
	case 0xa8:
		return '¤'
	case 0xd7:
		return 'Œ'
	case 0xdd:
		return 'Ÿ'
	case 0xf7:
		return 'œ'
	case 0xfd:
		return 'ÿ'
	case 0xa4, 0xa6, 0xac, 0xad, 0xae, 0xaf, 0xb4, 0xb8, 0xbe, 0xd0, 0xde, 0xf0, 0xfe:
		return 0xfffd
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
