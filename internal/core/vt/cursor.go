package vt

// moveTo places the cursor; rows and columns count from the origin when DECOM is
// set, and stay inside the margins then (DEC STD 070, CUP).
func (t *Terminal) moveTo(row, col int) {
	c := &t.cur
	c.wrap = false
	if c.origin {
		c.row = clamp32(int32(row)+t.top, t.top, t.bottom)
		c.col = clamp32(int32(col)+t.left, t.left, t.right)
		return
	}
	c.row = clamp32(int32(row), 0, int32(t.rows-1))
	c.col = clamp32(int32(col), 0, int32(t.cols-1))
}

// moveRow and moveCol are VPA and CHA: the other coordinate stays.
func (t *Terminal) moveRow(row int) {
	col := t.cur.col
	t.moveTo(row, 0)
	t.cur.col = col
}

func (t *Terminal) moveCol(col int) {
	row := t.cur.row
	t.moveTo(0, col)
	t.cur.row = row
}

// moveBy is VPR, or HPR: unlike CUD and CUF they heed margins in origin mode only
// (xterm).
func (t *Terminal) moveBy(down bool, n int) {
	c := &t.cur
	c.wrap = false
	row, col := int32(t.rows-1), int32(t.cols-1)
	if c.origin {
		row, col = t.bottom, t.right
	}
	if down {
		c.row = min(c.row+int32(n), row)
	} else {
		c.col = min(c.col+int32(n), col)
	}
}

func clamp32(v, lo, hi int32) int32 { return min(max(v, lo), hi) }

// up, down, forward and back stop at a margin they are inside of (ECMA-48
// 8.3.22, DEC STD 070).
func (t *Terminal) up(n int) {
	limit := int32(0)
	if t.cur.row >= t.top {
		limit = t.top
	}
	t.cur.wrap = false
	t.cur.row = max(t.cur.row-int32(n), limit)
}

func (t *Terminal) down(n int) {
	limit := int32(t.rows - 1)
	if t.cur.row <= t.bottom {
		limit = t.bottom
	}
	t.cur.wrap = false
	t.cur.row = min(t.cur.row+int32(n), limit)
}

func (t *Terminal) forward(n int) {
	limit := int32(t.cols - 1)
	if t.cur.col <= t.right {
		limit = t.right
	}
	t.cur.wrap = false
	t.cur.col = min(t.cur.col+int32(n), limit)
}

func (t *Terminal) back(n int) {
	limit := int32(0)
	if t.cur.col >= t.left {
		limit = t.left
	}
	wrap := t.cur.wrap
	t.cur.wrap = false
	if t.modes.has(mReverseWrap|mReverseWrapAll) && t.modes.has(mAutoWrap) {
		t.backWrapping(n, wrap)
		return
	}
	t.cur.col = max(t.cur.col-int32(n), limit)
}

// backWrapping is CUB under mode 45 or 1045: from the left margin to the end of the
// line above, from the top margin to the bottom one. xterm did so up to patch 379
// and still does under 1045; under 45 it now stays in a line that was wrapped.
func (t *Terminal) backWrapping(n int, wrap bool) {
	if wrap {
		n--
	}
	for n = min(n, t.rows*t.cols); n > 0; n-- {
		if t.cur.col > t.left || t.cur.col > 0 && t.cur.col < t.left {
			t.cur.col--
			continue
		}
		t.cur.col = t.right
		switch t.cur.row {
		case t.top:
			t.cur.row = t.bottom
		case 0:
			t.cur.row = int32(t.rows - 1)
		default:
			t.cur.row--
		}
	}
}

func (t *Terminal) backspace() { t.back(1) }

// carriageReturn goes to the left margin, or to column 0 from the left of it.
func (t *Terminal) carriageReturn() {
	t.cur.wrap = false
	if t.cur.col >= t.left {
		t.cur.col = t.left
	} else {
		t.cur.col = 0
	}
}

// index moves down one line and scrolls at the bottom margin (IND, LF).
func (t *Terminal) index() {
	t.cur.wrap = false
	switch {
	case t.cur.row != t.bottom:
		if int(t.cur.row) < t.rows-1 {
			t.cur.row++
			t.keepInLine()
		}
	case t.top == 0 && int(t.bottom) == t.rows-1 && t.fullWidth():
		t.scrollOne()
	case t.cur.col >= t.left && t.cur.col <= t.right:
		t.scrollUp(int(t.top), int(t.bottom), 1)
	}
}

// reverseIndex moves up one line and scrolls at the top margin (RI).
func (t *Terminal) reverseIndex() {
	t.cur.wrap = false
	if t.cur.row == t.top {
		if t.cur.col >= t.left && t.cur.col <= t.right {
			t.scrollDown(int(t.top), int(t.bottom), 1)
		}
		return
	}
	if t.cur.row > 0 {
		t.cur.row--
	}
}

// inMargins tells whether the cursor is where IL and DL work.
func (t *Terminal) inMargins() bool {
	return t.cur.row >= t.top && t.cur.row <= t.bottom && t.inSideMargins()
}

// inSideMargins tells whether the cursor is where ICH and DCH work.
func (t *Terminal) inSideMargins() bool { return t.cur.col >= t.left && t.cur.col <= t.right }

// saveCursor is DECSC.
func (t *Terminal) saveCursor() {
	s := t.cur
	t.scr.saved = &s
}

// restoreCursor is DECRC; without DECSC before, it restores the defaults.
func (t *Terminal) restoreCursor() {
	c := cursor{}
	if t.scr.saved != nil {
		c = *t.scr.saved
	}
	t.cur = c
	t.cur.row = clamp32(c.row, 0, int32(t.rows-1))
	t.cur.col = clamp32(c.col, 0, int32(t.cols-1))
	t.cur = t.inside(t.scr, t.cur)
	t.cur.wrap = t.cur.wrap && t.modes.has(mAutoWrap)
	t.penOK = false
	t.updatePlain()
}

// inside is c as restoring it on screen s leaves it: the margins may have changed
// since it was saved. In origin mode it goes inside them, and a wrap is pending at an
// edge only.
func (t *Terminal) inside(s *screen, c cursor) cursor {
	if c.origin {
		row, col := clamp32(c.row, t.top, t.bottom), clamp32(c.col, t.left, t.right)
		c.wrap = c.wrap && row == c.row && col == c.col
		c.row, c.col = row, col
	}
	last := t.lastColOf(s, c.row)
	if c.col > last {
		c.col, c.wrap = last, false
	}
	c.wrap = c.wrap && (c.col == t.right || c.col == last)
	return c
}

// setMargins is DECSTBM: 1-based, 0 is the default.
func (t *Terminal) setMargins(top, bottom int) {
	top = max(top, 1)
	if bottom == 0 || bottom > t.rows {
		bottom = t.rows
	}
	if top >= bottom {
		return
	}
	t.top, t.bottom = int32(top-1), int32(bottom-1)
	t.moveTo(0, 0)
}

// setSideMargins is DECSLRM.
func (t *Terminal) setSideMargins(left, right int) {
	left = max(left, 1)
	if right == 0 || right > t.cols {
		right = t.cols
	}
	if left >= right {
		return
	}
	t.left, t.right = int32(left-1), int32(right-1)
	t.moveTo(0, 0)
}

// tab moves n tab stops forward (HT, CHT); it stops at the right margin.
func (t *Terminal) tab(n int) {
	if t.cur.wrap && t.modes.has(mMoreFix) {
		t.wrapLine()
	}
	limit := int32(t.cols - 1)
	if t.cur.col <= t.right {
		limit = t.right
	}
	for ; n > 0 && t.cur.col < limit; n-- {
		for t.cur.col++; t.cur.col < limit && !t.tabStop(int(t.cur.col)); {
			t.cur.col++
		}
	}
}

// backTab moves n tab stops back (CBT).
func (t *Terminal) backTab(n int) {
	t.cur.wrap = false
	limit := int32(0)
	if t.cur.origin {
		limit = t.left
	}
	for ; n > 0 && t.cur.col > limit; n-- {
		for t.cur.col--; t.cur.col > limit && !t.tabStop(int(t.cur.col)); {
			t.cur.col--
		}
	}
}

func (t *Terminal) tabStop(x int) bool {
	if t.tabs == nil {
		return x&7 == 0
	}
	return t.tabs[x>>6]&(1<<(x&63)) != 0
}

// setTab sets or clears the stop at column x.
func (t *Terminal) setTab(x int, on bool) {
	if t.tabStop(x) == on {
		return
	}
	if t.tabs == nil {
		t.tabs = defaultTabs(t.cols)
	}
	if on {
		t.tabs[x>>6] |= 1 << (x & 63)
	} else {
		t.tabs[x>>6] &^= 1 << (x & 63)
	}
}

func defaultTabs(cols int) []uint64 {
	tabs := make([]uint64, (cols+63)/64)
	for i := range tabs {
		tabs[i] = 0x0101010101010101
	}
	return tabs
}
