package vt

// ink is how a cell looks, in the 40 bits that a cell has for it: the id of a
// style, or a direct foreground and the id of the style that is the rest. Pictures
// and gradients give every cell a colour of its own; so they need no ids.
//
//	39   38             15 14      0
//	+---+-----------------+---------+
//	| 1 | red green blue  | id      |    or 0 and an id of up to 32 bits
//	+---+-----------------+---------+
type ink uint64

const (
	inkBase   ink = 1<<15 - 1
	inkRGB        = 15 // where the colour begins
	inkDirect ink = 1 << 39
)

// directInk is a foreground over style id, which has none and is at most inkBase.
func directInk(fg Color, id uint32) ink {
	return inkDirect | ink(fg&0xffffff)<<inkRGB | ink(id)
}

// id is what the ink needs from the table of styles.
func (i ink) id() uint32 {
	if i&inkDirect != 0 {
		return uint32(i & inkBase)
	}
	return uint32(i)
}

// inkOf is the ink of a style. While there are more styles than a direct ink can
// name it may be another one than before: see sameStyle.
func (t *Terminal) inkOf(s *Style) ink {
	if s.Fg&colorKind == colorRGB {
		base := *s
		base.Fg = 0
		if id := t.styleID(&base); id <= uint32(inkBase) {
			return directInk(s.Fg, id)
		}
	}
	return ink(t.styleID(s))
}

// styleOf is the style of an ink.
func (t *Terminal) styleOf(i ink) Style {
	if i == 0 {
		return Style{}
	}
	var s Style
	if id := i.id(); id != 0 {
		s = t.styles.list[id]
	}
	if i&inkDirect != 0 {
		s.Fg = colorRGB | Color(i>>inkRGB)&0xffffff
	}
	return s
}

// sameStyle tells whether two inks look the same.
func (t *Terminal) sameStyle(a, b ink) bool {
	return a == b || t.styleOf(a) == t.styleOf(b)
}
