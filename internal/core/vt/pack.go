package vt

import (
	"encoding/binary"
	"unicode/utf8"
)

// encodeCells packs cells as a coded line of page p and returns the cost of the
// links it added to the page. Exact keeps erased cells apart from spaces.
func (t *Terminal) encodeCells(b []byte, cells []cell, p *page, exact bool) (out []byte, cost int) {
	style, wide := uint32(0), false
	for i := 0; i < len(cells); i++ {
		c := cells[i]
		if c.part() == wideTail {
			continue
		}
		if id := c.style(); id != style {
			style = id
			var n int
			b, n = t.encodeStyle(append(b, markStyle), t.styleOf(c), p)
			cost += n
		}
		if c.part() == spacer {
			b = append(b, markSpacer)
			continue
		}
		if c&glyphMask == 0 && exact {
			n := 1
			for i+n < len(cells) && cells[i+n] == c {
				n++
			}
			b = binary.AppendUvarint(append(b, markErased), uint64(n))
			i += n - 1
			continue
		}
		if w := c.part() == wideHead; w != wide {
			wide = w
			mark := byte(markNarrow)
			if w {
				mark = markWide
			}
			b = append(b, mark)
		}
		b = t.encodeGlyph(b, c)
	}
	return b, cost
}

func (t *Terminal) encodeGlyph(b []byte, c cell) []byte {
	switch {
	case c.isCluster():
		s := t.clusters.at(c.content())
		return append(append(b, markCluster, byte(len(s))), s...)
	case c.content() == 0:
		return append(b, ' ')
	}
	return utf8.AppendRune(b, rune(c.content()))
}

// encodeStyle packs a style, its link numbered by page.
func (t *Terminal) encodeStyle(b []byte, s Style, p *page) (out []byte, cost int) {
	n := 0
	if s.link != 0 && p != nil {
		l := t.links.list[s.link-1]
		var added bool
		if n, added = p.link(l); added {
			cost = l.cost()
		}
	}
	return appendStyle(b, s, n), cost
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

// record is one packed line.
type record struct {
	flags uint8
	data  []byte
	page  *page
}

// nextRecord cuts the first line off b.
func nextRecord(b []byte, p *page) (record, []byte) {
	v, n := binary.Uvarint(b)
	size := int(v >> 4)
	return record{uint8(v & 15), b[n : n+size], p}, b[n+size:]
}

// glyph is an unpacked cell: text is a space if nothing was printed.
type glyph struct {
	text   []byte
	wide   bool
	space  bool // a spacer: no text of its own
	erased int  // this many erased cells; text is one space
	style  Style
}

var blankText = []byte{' '}

// each calls f for every cell of a coded or plain line.
func (r record) each(t *Terminal, f func(glyph)) {
	var g glyph
	for b := r.data; len(b) > 0; {
		g.space, g.erased = false, 0
		switch c := b[0]; {
		case c == markErased:
			n, k := binary.Uvarint(b[1:])
			g.erased, g.text, b = int(n), blankText, b[1+k:]
		case c == markStyle:
			var n int
			g.style, n, b = readStyle(b[1:])
			if n > 0 && n <= len(r.page.links) {
				g.style.link = t.linkID(r.page.links[n-1])
			}
			continue
		case c == markWide || c == markNarrow:
			g.wide = c == markWide
			b = b[1:]
			continue
		case c == markCluster:
			n := int(b[1])
			g.text, b = b[2:2+n], b[2+n:]
		case c == markSpacer:
			g.space, g.text, b = true, b[:0], b[1:]
		case c < utf8.RuneSelf:
			g.text, b = b[:1], b[1:]
		default:
			_, n := utf8.DecodeRune(b)
			g.text, b = b[:n], b[n:]
		}
		f(g)
	}
}

// appendText appends the line's text.
func (r record) appendText(dst []byte) []byte {
	if r.flags&hCoded == 0 {
		return append(dst, r.data...)
	}
	for b := r.data; len(b) > 0; {
		switch c := b[0]; c {
		case markStyle:
			_, _, b = readStyle(b[1:])
		case markWide, markNarrow, markSpacer:
			b = b[1:]
		case markCluster:
			n := int(b[1])
			dst = append(dst, b[2:2+n]...)
			b = b[2+n:]
		default:
			n := 1
			for n < len(b) && b[n] >= 0x20 {
				n++
			}
			dst = append(dst, b[:n]...)
			b = b[n:]
		}
	}
	return dst
}

// eachFrom calls f with the records from line number from on, 0 being the oldest.
func (h *history) eachFrom(from int, f func(record)) {
	for _, p := range h.pages {
		if from >= p.lines {
			from -= p.lines
			continue
		}
		for b := p.data; len(b) > 0; {
			var r record
			r, b = nextRecord(b, p)
			if from > 0 {
				from--
				continue
			}
			f(r)
		}
	}
}
