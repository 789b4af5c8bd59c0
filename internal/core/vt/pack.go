package vt

import (
	"encoding/binary"
	"unicode/utf8"
)

// encoder packs cells as the content of a line of page.
type encoder struct {
	t      *Terminal
	b      []byte
	page   *page
	exact  bool // erased cells are kept apart from spaces
	coded  bool // not only ASCII in default style
	linked bool // there are links
	cost   int  // of the links added to page

	base cell // the style of the cells being packed
	wide bool
}

func (e *encoder) cells(cells []cell) {
	// One byte a cell is enough for most lines; the rest is what marks take.
	if cap(e.b)-len(e.b) < len(cells) {
		e.b = append(make([]byte, 0, len(e.b)+len(cells)+32), e.b...)
	}
	for len(cells) > 0 {
		n := 0
		switch c := cells[0] ^ e.base; {
		case c > glyphMask:
			if len(cells) > 1 && cells[0]^cells[1] < 0x80 {
				e.restyle(cells[0]) // the next round packs the run
				continue
			}
		case e.wide == (c >= wideHead):
			switch {
			case e.wide:
				n = e.wideRun(cells)
			case c < 0x80:
				n = e.ascii(cells)
			default:
				n = e.narrowRun(cells)
			}
		case c < wideTail && (c != 0 || !e.exact):
			e.rewidth(c >= wideHead)
			continue
		}
		if n == 0 {
			n = e.cell(cells)
		}
		cells = cells[n:]
	}
}

// ascii packs the run of ASCII in the current style at the start of cells.
func (e *encoder) ascii(cells []cell) int {
	k := len(e.b)
	if cap(e.b)-k < len(cells) {
		e.b = append(make([]byte, 0, 2*cap(e.b)+len(cells)), e.b...)
	}
	out := e.b[k : k+len(cells)]
	i := packASCII(out, cells, e.base)
	for ; i < len(cells); i++ {
		c := cells[i] ^ e.base
		if c-1 >= 0x7f {
			if c != 0 || e.exact {
				break
			}
			c = ' '
		}
		out[i] = byte(c)
	}
	e.b = e.b[:k+i]
	return i
}

// packASCII packs cells of ASCII in the style base, eight at a time, and returns
// how many it did: it stops before eight that hold anything else.
func packASCII(out []byte, cells []cell, base cell) int {
	i := 0
	for ; i+8 <= len(cells) && i+8 <= len(out); i += 8 {
		c := (*[8]cell)(cells[i:])
		c0, c1, c2, c3 := c[0]^base, c[1]^base, c[2]^base, c[3]^base
		c4, c5, c6, c7 := c[4]^base, c[5]^base, c[6]^base, c[7]^base
		w := c0 | c1<<8 | c2<<16 | c3<<24 | c4<<32 | c5<<40 | c6<<48 | c7<<56
		if c0|c1|c2|c3|c4|c5|c6|c7 >= 0x80 || (w-ones)&^w&highs != 0 { // an erased cell is 0
			break
		}
		binary.LittleEndian.PutUint64(out[i:], uint64(w))
	}
	return i
}

// wideRun packs the run of wide characters in the current style.
func (e *encoder) wideRun(cells []cell) int {
	b, base := e.b, e.base|wideHead
	i := 0
	for ; i+1 < len(cells); i += 2 {
		switch c := cells[i] ^ base; {
		case c-0x800 < 0x10000-0x800:
			b = append(b, 0xe0|byte(c>>12), 0x80|byte(c>>6)&0xbf, 0x80|byte(c)&0xbf)
			continue
		case c-0x10000 < 0x100000:
			b = append(b, 0xf0|byte(c>>18), 0x80|byte(c>>12)&0xbf, 0x80|byte(c>>6)&0xbf, 0x80|byte(c)&0xbf)
			continue
		case c-clusterBit < clusterBit:
			b = e.cluster(b, c)
			continue
		}
		break
	}
	e.b = b
	return i
}

// narrowRun packs the run of narrow characters of more than a byte, and single ones
// of a byte among them. Its last cases are wideRun's: in a function of their own they cost
// a tenth of CJK's speed and more of emoji's.
func (e *encoder) narrowRun(cells []cell) int {
	b, i := e.b, 0
	for ; i < len(cells); i++ {
		switch c := cells[i] ^ e.base; {
		case c-0x20 < 0x5f && i+1 < len(cells) && cells[i+1]^e.base >= 0x80:
			b = append(b, byte(c))
			continue
		case c-0x80 < 0x800-0x80:
			b = append(b, 0xc0|byte(c>>6), 0x80|byte(c)&0xbf)
			continue
		case c-0x800 < 0x10000-0x800:
			b = append(b, 0xe0|byte(c>>12), 0x80|byte(c>>6)&0xbf, 0x80|byte(c)&0xbf)
			continue
		case c-0x10000 < 0x100000:
			b = append(b, 0xf0|byte(c>>18), 0x80|byte(c>>12)&0xbf, 0x80|byte(c>>6)&0xbf, 0x80|byte(c)&0xbf)
			continue
		case c-clusterBit < clusterBit:
			b = e.cluster(b, c)
			continue
		}
		break
	}
	e.b, e.coded = b, e.coded || i > 0
	return i
}

func (e *encoder) cluster(b []byte, c cell) []byte {
	s := e.t.clusters.at(c.content())
	return append(append(b, markCluster, byte(len(s))), s...)
}

// cell packs one cell, or some that are erased, with the marks it needs and
// returns how many it took.
func (e *encoder) cell(cells []cell) int {
	c := cells[0]
	if c.part() == wideTail {
		return 1
	}
	if c&^glyphMask != e.base {
		e.restyle(c)
	}
	switch {
	case c.part() == spacer:
		e.coded = true
		e.b = append(e.b, markSpacer)
		return 1
	case c.isBlank() && e.exact:
		n := 1
		for n < len(cells) && cells[n] == c {
			n++
		}
		e.b = binary.AppendUvarint(append(e.b, markErased), uint64(n))
		return n
	}
	if w := c.part() == wideHead; w != e.wide {
		e.rewidth(w)
	}
	switch v := c.content(); {
	case c.isCluster():
		e.coded = true
		e.b = e.cluster(e.b, c)
	case v == 0:
		e.b = append(e.b, ' ')
	case v < utf8.RuneSelf:
		e.b = append(e.b, byte(v))
	default:
		e.coded = true
		e.b = utf8.AppendRune(e.b, rune(v))
	}
	return 1
}

// rewidth marks that cells are wide from here on, or narrow.
func (e *encoder) rewidth(wide bool) {
	e.wide, e.coded = wide, true
	mark := byte(markNarrow)
	if wide {
		mark = markWide
	}
	e.b = append(e.b, mark)
}

// restyle packs the style of a cell, the most common ones at once.
func (e *encoder) restyle(c cell) {
	e.base, e.coded = c&^glyphMask, true
	switch i := c.ink(); {
	case i == 0:
		e.b = append(e.b, markStyle, 0)
	case i&(inkDirect|inkBase) == inkDirect: // the colour, and nothing else
		e.b = append(e.b, markStyle, 2, byte(i>>31), byte(i>>23), byte(i>>15))
	case i&inkDirect == 0:
		e.b = append(e.b, markStyle)
		e.style(&e.t.styles.list[i])
	default:
		e.b = append(e.b, markStyle)
		s := e.t.styleOf(i)
		e.style(&s)
	}
}

// style packs a style, the most common ones at once.
func (e *encoder) style(s *Style) {
	if s.Line == 0 && s.link == 0 && s.Attr == 0 && s.Underline == 0 {
		fg, bg := s.Fg, s.Bg
		switch {
		case fg&bg&colorKind == colorIndexed:
			e.b = append(e.b, 1|1<<2, byte(fg), byte(bg))
			return
		case bg == 0 && fg&colorKind == colorIndexed:
			e.b = append(e.b, 1, byte(fg))
			return
		case bg == 0 && fg&colorKind == colorRGB:
			e.b = append(e.b, 2, byte(fg>>16), byte(fg>>8), byte(fg))
			return
		}
	}
	n := 0
	if s.link != 0 && e.page != nil {
		l := e.t.links.list[s.link-1]
		var added bool
		if n, added = e.page.link(l); added {
			e.cost += l.cost()
		}
		e.linked = true
	} else if s.link != 0 {
		e.linked = true
	}
	e.b = appendStyle(e.b, *s, n)
}

func (l link) cost() int { return len(l.id) + len(l.uri) + 64 }

// link is the number, from 1, of a link in the page.
func (p *page) link(l link) (n int, added bool) {
	for i := len(p.links) - 1; i >= 0; i-- {
		if p.links[i] == l {
			return i + 1, false
		}
	}
	p.links = append(p.links, l)
	return len(p.links), true
}

// unlink takes back the last links, of that cost together.
func (p *page) unlink(cost int) {
	for n := len(p.links); cost > 0 && n > 0; n-- {
		cost -= p.links[n-1].cost()
		p.links = p.links[:n-1]
	}
}

// appendStyle packs a style:
//
//	bits of the first byte   0-1 kind of Fg, 2-3 of Bg, 4-5 of Line, 6 Attr, 7 link
//	per colour               nothing, one byte of index, or three of RGB
//	Attr                     uvarint Attr | Underline<<12
//	link                     uvarint, the page's number
func appendStyle(b []byte, s Style, link int) []byte {
	head := byte(s.Fg>>24) | byte(s.Bg>>24)<<2 | byte(s.Line>>24)<<4
	if s.Attr != 0 || s.Underline != 0 {
		head |= 1 << 6
	}
	if link != 0 {
		head |= 1 << 7
	}
	b = append(b, head)
	for _, c := range [...]Color{s.Fg, s.Bg, s.Line} {
		switch c & colorKind {
		case colorIndexed:
			b = append(b, byte(c))
		case colorRGB:
			b = append(b, byte(c>>16), byte(c>>8), byte(c))
		}
	}
	if head&(1<<6) != 0 {
		b = binary.AppendUvarint(b, uint64(s.Attr)|uint64(s.Underline)<<12)
	}
	if link != 0 {
		b = binary.AppendUvarint(b, uint64(link))
	}
	return b
}

// readStyle unpacks a style and returns what follows, nil if it is cut short.
func readStyle(b []byte) (s Style, link int, rest []byte) {
	if len(b) == 0 {
		return s, 0, nil
	}
	head := b[0]
	b = b[1:]
	for i, c := range [...]*Color{&s.Fg, &s.Bg, &s.Line} {
		switch n := int(head >> (2 * i) & 3); {
		case n == 1 && len(b) >= 1:
			*c = Indexed(b[0])
			b = b[1:]
		case n == 2 && len(b) >= 3:
			*c = RGB(b[0], b[1], b[2])
			b = b[3:]
		case n != 0:
			return s, 0, nil
		}
	}
	if head&(1<<6) != 0 {
		v, n := binary.Uvarint(b)
		if n <= 0 || v>>12 > uint64(DashedUnderline) {
			return s, 0, nil
		}
		s.Attr, s.Underline = Attr(v)&(attrEnd-1), Underline(v>>12)
		if s.Attr&guarded != 0 {
			s.Attr = s.Attr&^guarded | Protected
		}
		b = b[n:]
	}
	if head&(1<<7) != 0 {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > 1<<20 {
			return s, 0, nil
		}
		link = int(v)
		b = b[n:]
	}
	return s, link, b[:len(b):len(b)]
}
