package vt

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// repacker wraps a line of the history at another width without unpacking it: it
// cuts the packed characters into rows and repeats the marks that are in force. What
// comes out is what unpacking, wrapping and packing would give.
type repacker struct {
	h        *history
	cols     int
	b        []byte // the row so far
	col      int
	rowFlags uint8 // of the row being built

	style    []byte // in force, packed; nil is the default
	wide     bool   // likewise
	rowStyle []byte // the style last marked in the row
	rowWide  bool   // likewise
}

// defaultStyle is packed. Nobody writes to it.
var defaultStyle = []byte{0}

// begin begins a row with the flags it has before anything is in it.
func (w *repacker) begin(flags uint8) {
	w.b, w.col, w.rowFlags = w.b[:0], 0, flags
	w.rowStyle, w.rowWide = defaultStyle, false
}

// record adds the characters of a record; a spacer at its end goes if the line goes
// on, since it only kept a column free.
func (w *repacker) record(r record, last bool) {
	w.style, w.wide = defaultStyle, false
	if r.flags&hCoded == 0 {
		w.ascii(r.data)
		return
	}
	for b := r.data; len(b) > 0; {
		n := 1
		switch c := b[0]; {
		case c == markStyle:
			_, _, rest := readStyle(b[1:])
			n = len(b) - len(rest)
			w.style = b[1:n]
		case c == markWide || c == markNarrow:
			w.wide = c == markWide
		case c == markCluster:
			n = 2 + int(b[1])
			w.cell(b[:n], w.wide)
		case c == markSpacer:
			if last || len(b) > 1 {
				w.cell(blankText, false)
			}
		case c < utf8.RuneSelf && !w.wide:
			for n < len(b) && b[n]-0x20 < 0x5f {
				n++
			}
			w.ascii(b[:n])
		case c < 0x20: // erased cells, of which the history has none
			w.cell(blankText, false)
		default:
			_, n = utf8.DecodeRune(b)
			w.cell(b[:n], w.wide)
		}
		b = b[n:]
	}
}

// ascii adds a run of narrow characters of a byte each.
func (w *repacker) ascii(b []byte) {
	for len(b) > 0 {
		if w.col == w.cols {
			w.end(hWrapped)
		}
		n := min(len(b), w.cols-w.col)
		w.marks(false)
		w.b = append(w.b, b[:n]...)
		w.col += n
		b = b[n:]
	}
}

// cell adds one character.
func (w *repacker) cell(b []byte, wide bool) {
	width := 1
	if wide {
		width = 2
	}
	if w.col+width > w.cols {
		if w.col < w.cols {
			w.spacer()
		}
		w.end(hWrapped)
	}
	w.marks(wide)
	if b[0] >= utf8.RuneSelf || b[0] == markCluster {
		w.rowFlags |= hCoded
	}
	w.b = append(w.b, b...)
	w.col += width
}

// marks brings the row's style and width to those in force.
func (w *repacker) marks(wide bool) {
	w.mark(w.style)
	if wide != w.rowWide {
		mark := byte(markNarrow)
		if wide {
			mark = markWide
		}
		w.b = append(w.b, mark)
		w.rowWide, w.rowFlags = wide, w.rowFlags|hCoded
	}
}

func (w *repacker) mark(style []byte) {
	if !bytes.Equal(style, w.rowStyle) {
		w.b = append(append(w.b, markStyle), style...)
		w.rowStyle, w.rowFlags = style, w.rowFlags|hCoded
	}
}

// spacer ends a row whose last column a wide character does not fit into.
func (w *repacker) spacer() {
	w.mark(defaultStyle)
	w.b = append(w.b, markSpacer)
	w.rowFlags |= hCoded
}

// end gives the row to the history.
func (w *repacker) end(flags uint8) {
	p := w.h.room(len(w.b) + binary.MaxVarintLen32)
	start := len(p.data)
	p.data = binary.AppendUvarint(p.data, uint64(len(w.b))<<4|uint64(w.rowFlags|flags))
	p.data = append(p.data, w.b...)
	w.h.added(p, len(p.data)-start)
	w.begin(0)
}
