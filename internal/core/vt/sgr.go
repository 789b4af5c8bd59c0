package vt

import (
	"encoding/binary"
	"math/bits"
)

// sgrPlain is sgr after numbers without colons. What one or two of them, or an
// indexed colour, made of a style is remembered, without the direct foreground
// that may be over it.
func (t *Terminal) sgrPlain() {
	k, ok := t.p.shortSGR()
	s := t.styles
	if !ok || !t.penOK || s == nil || t.penInk.id() > uint32(inkBase) {
		t.sgr()
		return
	}
	pen, fg := &t.cur.pen, t.cur.pen.Fg
	over := t.penInk&inkDirect != 0
	if over {
		pen.Fg = 0
	}
	key := t.penInk.id()<<16 | k.first<<8 | k.second
	id, ok := s.next.find(key)
	if !ok {
		t.sgr()
		id = t.styleID(pen)
		s.next.add(key, id)
	}
	*pen, t.penInk, t.penOK = s.list[id], ink(id), true
	if over && k.keepsFg {
		pen.Fg = fg
		t.penInk, t.penOK = directInk(fg, id), id <= uint32(inkBase)
	}
}

// shortSGR is what an SGR is remembered by.
type shortSGR struct {
	first, second uint32 // noParam if there is no second
	keepsFg       bool
}

// An indexed colour is remembered as one of these and its index.
const (
	shortFg = 0xf0
	shortBg = 0xf1
	noParam = 0xff
)

// shortSGR tells whether the parameters are few enough to be remembered.
func (q *parser) shortSGR() (k shortSGR, ok bool) {
	a, b := uint32(q.param[0]), uint32(q.param[1])
	switch q.n {
	case 0:
		return shortSGR{0, noParam, false}, true
	case 1:
		return shortSGR{a, noParam, keepsFg(a)}, a < shortFg && !beginsColor(a)
	case 2:
		ok = a < shortFg && b < noParam && !beginsColor(a) && !beginsColor(b)
		return shortSGR{a, b, keepsFg(a) && keepsFg(b)}, ok
	case 3:
		n := uint32(q.param[2])
		if b == 5 && n < noParam && (a == 38 || a == 48) {
			return shortSGR{shortFg + (a-38)/10, n, a == 48}, true
		}
	}
	return k, false
}

func keepsFg(v uint32) bool { return v != 0 && v-30 > 9 && v-90 > 7 }

// beginsColor tells whether a parameter needs others.
func beginsColor(v uint32) bool { return v == 38 || v == 48 || v == 58 }

// directSGR reads 38;2;r;g;bm or 48;2;r;g;bm and tells how long it is, 0 if p does
// not begin with that or ends too soon after it.
func directSGR(p []byte) (c Color, n int) {
	if len(p) < len("38;2;255;255;255m")+4 || p[1] != '8' || p[2] != ';' || p[3] != '2' || p[4] != ';' || p[0] != '3' && p[0] != '4' {
		return 0, 0
	}
	n = 5
	r, k := octet(p[n:], ';')
	n += k
	g, k := octet(p[n:], ';')
	n += k
	b, k := octet(p[n:], 'm')
	n += k
	if r|g|b > 0xff {
		return 0, 0
	}
	return colorRGB | Color(r<<16|g<<8|b), n
}

// octet reads up to three digits and the end after them, all at once: their number
// differs too much to be guessed. It is more than 255 if that is not what p holds.
func octet(p []byte, end byte) (v uint32, n int) {
	w := binary.LittleEndian.Uint32(p) ^ 0x30303030
	other := (w + 0x76767676 | w) & (highs & 0xffffffff) // a high bit marks what is no digit; see printable
	if other == 0 {
		return 256, 1
	}
	k := bits.TrailingZeros32(other) // 7 and 8 for each digit
	d := uint64(w) << (39 - k)       // the last digit is now in bits 24 to 31
	if v = uint32(d>>8&0xff)*100 + uint32(d>>16&0xff)*10 + uint32(d>>24&0xff); p[k>>3] != end {
		return 256, 1
	}
	return v, k>>3 + 1
}

// setDirect sets the foreground, or the background, to a direct colour.
func (t *Terminal) setDirect(background bool, c Color) {
	pen := &t.cur.pen
	switch {
	case background:
		pen.Bg = c
		t.penOK = false
	case t.penOK && t.penInk&inkDirect != 0, t.penOK && pen.Fg == 0 && t.penInk <= inkBase:
		pen.Fg = c
		t.penInk = directInk(c, t.penInk.id())
	default:
		pen.Fg = c
		t.penOK = false
	}
}

// sgr is SGR (ECMA-48 8.3.117, xterm ctlseqs "CSI Pm m").
func (t *Terminal) sgr() {
	q := &t.p
	pen := &t.cur.pen
	t.penOK = false
	n := q.count()
	if n == 0 {
		pen.resetSGR()
		return
	}
	if n == 5 && q.sub == 0 && q.param[1] == 2 && (q.param[2]|q.param[3]|q.param[4]) < 256 {
		switch c := RGB(uint8(q.param[2]), uint8(q.param[3]), uint8(q.param[4])); q.param[0] {
		case 38:
			pen.Fg = c
			return
		case 48:
			pen.Bg = c
			return
		}
	}
	for i := 0; i < n; {
		end := q.groupEnd(i)
		group := q.param[i:end]
		switch v := group[0]; v {
		case 38, 48, 58:
			var c Color
			var ok bool
			used := 0
			if len(group) > 1 {
				c, ok = colonColor(group[1:])
			} else if next := q.groupEnd(end); next > end+1 { // colons from there on (xterm)
				c, ok = colonColor(q.param[end:next])
				used = next - end
			} else {
				c, used, ok = semicolonColor(q.param[end:n])
			}
			if ok {
				pen.setColor(v, c)
			}
			i = end + used
			continue
		case 4:
			pen.Underline = SingleUnderline
			if len(group) > 1 {
				if u := group[1]; u <= 5 {
					pen.Underline = Underline(u)
				}
			}
		default:
			if len(group) == 1 {
				pen.applySGR(v)
			}
		}
		i = end
	}
}

// resetSGR keeps what is not a rendition: protection and the hyperlink.
func (s *Style) resetSGR() {
	*s = Style{Attr: s.Attr & Protected, link: s.link}
}

func (s *Style) setColor(which uint16, c Color) {
	switch which {
	case 38:
		s.Fg = c
	case 48:
		s.Bg = c
	case 58:
		s.Line = c
	}
}

// groupEnd is where the colon-separated parameters that begin at i end.
func (q *parser) groupEnd(i int) int {
	end, n := i+1, q.count()
	for end < n && q.sub&(1<<end) != 0 {
		end++
	}
	return min(end, n)
}

// colonColor reads 5:n, 2::r:g:b (ITU T.416, with a colour space) and 2:r:g:b.
func colonColor(p []uint16) (Color, bool) {
	switch {
	case p[0] == 5 && len(p) > 1:
		return indexed(p[1])
	case p[0] == 2 && len(p) > 4:
		return direct(p[2], p[3], p[4])
	case p[0] == 2 && len(p) == 4:
		return direct(p[1], p[2], p[3])
	}
	return 0, false
}

// semicolonColor reads 5;n and 2;r;g;b and tells how many parameters that took.
func semicolonColor(p []uint16) (c Color, used int, ok bool) {
	switch {
	case len(p) > 1 && p[0] == 5:
		c, ok = indexed(p[1])
		return c, 2, ok
	case len(p) > 3 && p[0] == 2:
		c, ok = direct(p[1], p[2], p[3])
		return c, 4, ok
	}
	return 0, len(p), false
}

func indexed(n uint16) (Color, bool) { return Indexed(uint8(n)), n < 256 }

func direct(r, g, b uint16) (Color, bool) {
	return RGB(uint8(r), uint8(g), uint8(b)), r < 256 && g < 256 && b < 256
}

func (s *Style) applySGR(v uint16) {
	switch {
	case v >= 30 && v <= 37:
		s.Fg = Indexed(uint8(v - 30))
	case v >= 40 && v <= 47:
		s.Bg = Indexed(uint8(v - 40))
	case v >= 90 && v <= 97:
		s.Fg = Indexed(uint8(v - 90 + 8))
	case v >= 100 && v <= 107:
		s.Bg = Indexed(uint8(v - 100 + 8))
	case v < 10:
		s.setAttr(v)
	case v >= 21 && v <= 29:
		s.clearAttr(v)
	case v == 39:
		s.Fg = 0
	case v == 49:
		s.Bg = 0
	case v == 53:
		s.Attr |= Overline
	case v == 55:
		s.Attr &^= Overline
	case v == 59:
		s.Line = 0
	}
}

func (s *Style) setAttr(v uint16) {
	switch v {
	case 0:
		s.resetSGR()
	case 1:
		s.Attr |= Bold
	case 2:
		s.Attr |= Faint
	case 3:
		s.Attr |= Italic
	case 5:
		s.Attr |= Blink
	case 6:
		s.Attr |= RapidBlink
	case 7:
		s.Attr |= Reverse
	case 8:
		s.Attr |= Conceal
	case 9:
		s.Attr |= Strike
	}
}

func (s *Style) clearAttr(v uint16) {
	switch v {
	case 21: // ECMA-48: doubly underlined; a shape asked for by 4:n is more exact
		if s.Underline < DoubleUnderline {
			s.Underline = DoubleUnderline
		}
	case 22:
		s.Attr &^= Bold | Faint
	case 23:
		s.Attr &^= Italic
	case 24:
		s.Underline = NoUnderline
	case 25:
		s.Attr &^= Blink | RapidBlink
	case 27:
		s.Attr &^= Reverse
	case 28:
		s.Attr &^= Conceal
	case 29:
		s.Attr &^= Strike
	}
}
