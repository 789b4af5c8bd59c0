package vt

func (w *ansiWriter) savedCursor(s *screen) {
	if s.saved == nil {
		return
	}
	w.cursor(s, s.saved)
	w.s("\x1b7\x1b[?6l" + plainSets)
}

// cursor puts the cursor, its rendition and its character sets in place.
func (w *ansiWriter) cursor(s *screen, c *cursor) {
	at := w.t.inside(s, *c)
	row, col := int(at.row), int(at.col)
	if c.origin {
		w.s("\x1b[?6h")
		row, col = row-int(w.t.top), col-int(w.t.left)
	}
	w.csi(row+1, col+1)
	w.s("H")
	if at.wrap {
		w.pendingWrap(s.rows[at.row], int(at.col), row+1, col+1)
	}
	w.style(c.pen)
	for i, set := range c.gset {
		w.designate(i, set)
	}
	w.s([...]string{"\x0f", "\x0e", "\x1bn", "\x1bo"}[c.gl])
}

// pendingWrap prints the last cell of the line again, which leaves the wrap
// pending as it was.
func (w *ansiWriter) pendingWrap(r *row, x, row, col int) {
	c := cell(0)
	if r != nil && x < len(r.cells) {
		c = r.cells[x]
	}
	if c.part() == wideTail && x > 0 {
		c = r.cells[x-1]
		w.csi(row, col-1)
		w.s("H")
	}
	w.style(w.t.styleOf(c.ink()))
	w.glyph(c &^ spacerBit(c))
	if w.t.erasable(c) && (r == nil || r.flags&wrapped == 0) {
		w.s("\x1b[X") // erased again; the wrap stays pending
	}
}

func spacerBit(c cell) cell {
	if c.part() == spacer {
		return partMask
	}
	return 0
}

// erasable tells whether erasing can leave this cell.
func (t *Terminal) erasable(c cell) bool {
	s := t.styleOf(c.ink())
	return c&glyphMask == 0 && s == Style{Bg: s.Bg}
}

// designate sends a set that is not ASCII.
func (w *ansiWriter) designate(slot int, set charset) {
	if set == ascii {
		return
	}
	name, big := set.name()
	inter := "()*+"[slot]
	if big {
		inter = ",-./"[slot]
	}
	if set.national() {
		w.s("\x1b[?42h") // until the modes are sent
	}
	w.s("\x1b" + string(inter) + name)
}
