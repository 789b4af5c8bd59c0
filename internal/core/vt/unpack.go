package vt

import (
	"encoding/binary"
	"unicode/utf8"
)

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
		case markWide, markNarrow:
			b = b[1:]
		case markSpacer: // nothing at the margin, elsewhere what editing moved
			if b = b[1:]; len(b) > 0 {
				dst = append(dst, ' ')
			}
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
