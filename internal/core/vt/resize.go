package vt

// Resize changes the size, clamped as in Config. Lines of the main screen that
// the terminal wrapped are wrapped anew; rows that no longer fit go to the
// history, and come back from it to a screen that was full: one that was cleared
// stays so. Of the history the newest megabyte is wrapped anew
// too, so that a resize takes milliseconds whatever scrolled away. The alternate
// screen is cut or padded, since its program draws it again.
func (t *Terminal) Resize(cols, rows int) {
	cols, rows = clampSize(cols, defaultCols), clampSize(rows, defaultRows)
	if cols == t.cols && rows == t.rows {
		return
	}
	t.seq++
	if t.alt != nil {
		t.resizeAlt(cols, rows)
	}
	t.resizeMain(cols, rows)
	if t.tabs != nil && cols != t.cols {
		t.resizeTabs(cols)
	}
	t.cols, t.rows = cols, rows
	t.resetMargins()
	t.keepOnScreen(&t.cur)
	t.keepInLine()
	for _, s := range []*screen{&t.main, t.alt} {
		if s != nil && s.saved != nil {
			t.keepOnScreen(s.saved)
		}
	}
	t.changedAll()
	t.reportResize()
}

func (t *Terminal) keepOnScreen(c *cursor) {
	c.row = clamp32(c.row, 0, int32(t.rows-1))
	c.col = clamp32(c.col, 0, int32(t.cols-1))
	c.wrap = c.wrap && int(c.col) == t.cols-1
}

// resizeTabs keeps the stops there are and gives new columns the usual ones.
func (t *Terminal) resizeTabs(cols int) {
	old := t.tabs
	t.tabs = defaultTabs(cols)
	for x := range min(t.cols, cols) {
		bit := uint64(1) << (x & 63)
		t.tabs[x>>6] = t.tabs[x>>6]&^bit | old[x>>6]&bit
	}
}

// resizeAlt cuts or pads; the row of the cursor stays.
func (t *Terminal) resizeAlt(cols, rows int) {
	s := t.alt
	s.buf = nil
	for _, r := range s.rows {
		if r != nil && cols != t.cols {
			r.resize(cols)
		}
	}
	if len(s.rows) <= rows {
		s.rows = append(s.rows, make([]*row, rows-len(s.rows))...)
		return
	}
	drop := 0
	if s == t.scr {
		drop = max(0, int(t.cur.row)-rows+1)
		t.cur.row -= int32(drop)
	}
	s.rows = append([]*row(nil), s.rows[drop:drop+rows]...)
}

// resize cuts or pads one row.
func (r *row) resize(cols int) {
	cells := make([]cell, cols)
	copy(cells, r.cells)
	if cols < len(r.cells) && r.cells[cols].part() == wideTail {
		cells[cols-1] &^= glyphMask
	}
	r.cells = cells
	r.used = min(r.used, int32(cols))
	r.flags &^= wrapped
}

// resizeMain wraps the main screen anew. While the alternate screen is shown, the
// place to keep is the one that leaving it will restore.
func (t *Terminal) resizeMain(cols, rows int) {
	cur := &t.cur
	if t.scr != &t.main {
		if cur = t.main.saved; cur == nil {
			cur = &cursor{}
		}
	}
	if cols != t.cols {
		t.rewrapHistory(cols)
	}
	t.hold++ // ids are between screens for a while
	defer func() { t.hold-- }()
	f := reflow{t: t, cols: cols, full: max(lastInUse(t.main.rows), int(cur.row)) == t.rows-1}
	if cols == t.cols {
		f.rows = t.main.rows
		f.cur, f.col, f.wrap = int(cur.row), int(cur.col), cur.wrap
	} else {
		f.screen(cur)
	}
	f.fit(rows)
	t.main.rows, t.main.buf = f.rows, nil
	cur.row, cur.col, cur.wrap = int32(f.cur), int32(f.col), f.wrap
}
