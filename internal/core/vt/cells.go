package vt

// Cell is one character of a row, for those who draw.
type Cell struct {
	Col   int
	Width int    // 1 or 2 columns
	Text  string // a space if nothing was printed
	Style Style
}

// Cells calls yield for the characters of a row of the screen from the left, as
// for a range loop. Erased cells in default style at the end are left out.
func (t *Terminal) Cells(row int) func(yield func(Cell) bool) {
	return func(yield func(Cell) bool) {
		if row < 0 || row >= t.rows || t.scr.rows[row] == nil {
			return
		}
		r := t.scr.rows[row]
		for x, c := range r.cells[:r.trimmed()] {
			if c.part() == wideTail {
				continue
			}
			out := Cell{Col: x, Width: 1, Text: " ", Style: t.styleOf(c.ink())}
			if !c.isBlank() && c.part() != spacer {
				out.Text = t.cellText(c)
			}
			if c.part() == wideHead {
				out.Width = 2
			}
			if !yield(out) {
				return
			}
		}
	}
}

// cellText is what a cell shows, without allocating for ASCII.
func (t *Terminal) cellText(c cell) string {
	switch v := c.content(); {
	case c.isCluster():
		return t.clusters.at(v)
	case v < 0x80:
		const ascii = "\x00\x01\x02\x03\x04\x05\x06\a\b\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f" +
			" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\x7f"
		return ascii[v : v+1]
	default:
		return string(rune(v))
	}
}

// SGR is the control sequence that gives a terminal in any rendition this one.
// The hyperlink is not in it.
func (s Style) SGR() string {
	return "\x1b[0" + string(appendSGR(nil, s)) + "m"
}

// HistoryANSI returns lines of the history with their styles, each ending in a
// default rendition and CR LF. Lines are counted from the newest, 0, backwards:
// [from, to). A client that shows the screen first can ask for them page by page.
func (t *Terminal) HistoryANSI(from, to int) []byte {
	n := t.HistoryLines()
	from, to = max(from, 0), min(to, n)
	if from >= to {
		return nil
	}
	w := &ansiWriter{t: t}
	left := to - from
	t.hist.eachFrom(n-to, func(r record) {
		if left--; left < 0 {
			return
		}
		r.each(t, func(g glyph) {
			w.style(g.style)
			w.b = append(w.b, g.text...)
		})
		w.newline()
	})
	return w.b
}
