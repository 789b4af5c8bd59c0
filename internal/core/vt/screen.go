package vt

// line is the row at y, allocated now if it was never written, and marked as
// changed.
func (t *Terminal) line(y int) *row {
	r := t.scr.rows[y]
	if r == nil {
		r = &row{cells: make([]cell, t.cols)}
		t.scr.rows[y] = r
	}
	r.seq = t.seq
	return r
}

// split blanks the halves of wide characters that a change of columns [from, to)
// would tear apart.
func (t *Terminal) split(r *row, from, to int) {
	if from > 0 && from < len(r.cells) && r.cells[from].part() == wideTail {
		r.cells[from-1] &^= glyphMask
		r.cells[from] &^= glyphMask
	}
	if to > 0 && to < len(r.cells) && r.cells[to].part() == wideTail {
		r.cells[to-1] &^= glyphMask
		r.cells[to] &^= glyphMask
	}
}

// eraseCells blanks columns [from, to) of row y.
func (t *Terminal) eraseCells(y, from, to int) {
	b := t.blank()
	if b == 0 && t.scr.rows[y] == nil || from >= to {
		return
	}
	r := t.line(y)
	t.split(r, from, to)
	fill(r.cells[from:to], b)
	if b != 0 {
		r.touch(to)
	} else if to >= int(r.used) && from < int(r.used) {
		r.used = int32(from)
	}
	if to == t.cols {
		r.flags &^= wrapped
	}
}

// eraseKeeping is eraseCells that spares cells with an attribute of keep.
func (t *Terminal) eraseKeeping(y, from, to int, keep Attr) {
	r := t.scr.rows[y]
	if r == nil {
		t.eraseCells(y, from, to)
		return
	}
	for x := from; x < to; x++ {
		if t.styleOf(r.cells[x].ink()).Attr&keep == 0 {
			t.eraseCells(y, x, x+1)
		}
	}
}

func (t *Terminal) eraseLine(y int) {
	if r := t.scr.rows[y]; r == nil && t.blank() == 0 {
		return
	}
	t.line(y).wipe(t.blank())
}

func (t *Terminal) resetMargins() {
	t.top, t.bottom = 0, int32(t.rows-1)
	t.resetSideMargins()
}

// resetSideMargins takes a wrap with it that was pending at the right one.
func (t *Terminal) resetSideMargins() {
	t.left, t.right = 0, int32(t.cols-1)
	t.cur.wrap = t.cur.wrap && (t.cur.col == t.right || t.cur.col == t.lastCol(t.cur.row))
}

func (t *Terminal) fullWidth() bool { return t.left == 0 && int(t.right) == t.cols-1 }

// scrollUp moves the lines of [top, bottom] up by n; what leaves the top of the
// main screen goes to the history, as in xterm also when the bottom margin is set.
func (t *Terminal) scrollUp(top, bottom, n int) {
	if n <= 0 || top > bottom {
		return
	}
	n = min(n, bottom-top+1)
	if !t.fullWidth() {
		t.shiftRect(top, bottom, n)
		return
	}
	if n == 1 && bottom-top+1 == t.rows {
		t.scrollOne()
		return
	}
	rows := t.scr.rows
	if top == 0 && t.hist != nil && t.scr == &t.main {
		for _, r := range rows[:n] {
			t.push(r)
		}
	}
	t.rotateUp(rows[top:bottom+1], n)
}

// scrollDown moves the lines of [top, bottom] down by n.
func (t *Terminal) scrollDown(top, bottom, n int) {
	if n <= 0 || top > bottom {
		return
	}
	n = min(n, bottom-top+1)
	if !t.fullWidth() {
		t.shiftRect(top, bottom, -n)
		return
	}
	t.rotateDown(t.scr.rows[top:bottom+1], n)
}

// scrollOne moves the whole screen up by one line, see scrollUp. Every line feed at the bottom
// comes here, so rows is a window that slides over a larger array instead of
// having all of its pointers moved.
func (t *Terminal) scrollOne() {
	s := t.scr
	r, n := s.rows[0], len(s.rows)
	if t.hist != nil && s == &t.main {
		t.push(r)
	}
	switch {
	case cap(s.rows) > n:
		s.rows[0] = nil
		s.rows = s.rows[1 : n+1]
	case s.buf == nil:
		s.buf = make([]*row, 2*n)
		s.rows = s.buf[:copy(s.buf, s.rows[1:])+1]
	default:
		copy(s.buf, s.rows[1:])
		clear(s.buf[n:]) // the window's old place
		s.rows = s.buf[:n]
	}
	s.rows[n-1] = r
	if b := t.blank(); r == nil && b != 0 {
		t.blankRows(s.rows[n-1:])
	} else if r != nil {
		r.wipe(b)
	}
	t.changedAll()
}

// rotateUp moves rows up by n and blanks those that come round.
func (t *Terminal) rotateUp(rows []*row, n int) {
	if n < len(rows) {
		reverse(rows[:n])
		reverse(rows[n:])
		reverse(rows)
	}
	t.blankRows(rows[len(rows)-n:])
	t.moved(rows)
}

// rotateDown moves rows down by n and blanks those that come round.
func (t *Terminal) rotateDown(rows []*row, n int) {
	if n < len(rows) {
		reverse(rows)
		reverse(rows[:n])
		reverse(rows[n:])
	}
	t.blankRows(rows[:n])
	if last := rows[len(rows)-1]; last != nil {
		last.flags &^= wrapped // what it went on in is gone
	}
	t.moved(rows)
}

// moved marks rows that are in a new place.
func (t *Terminal) moved(rows []*row) {
	if len(rows) == t.rows {
		t.changedAll()
		return
	}
	for i, r := range rows {
		if r == nil {
			r = &row{cells: make([]cell, t.cols)}
			rows[i] = r
		}
		r.seq = t.seq
	}
}

func reverse(rows []*row) {
	for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
		rows[i], rows[j] = rows[j], rows[i]
	}
}

func (t *Terminal) blankRows(rows []*row) {
	b := t.blank()
	for i, r := range rows {
		if r == nil {
			if b == 0 {
				continue
			}
			r = &row{cells: make([]cell, t.cols)}
			rows[i] = r
		}
		r.wipe(b)
		r.seq = t.seq
	}
}

// shiftRect scrolls within the left and right margins, up by n or down by -n.
func (t *Terminal) shiftRect(top, bottom, n int) {
	from, to := int(t.left), int(t.right)+1
	for y := top; y <= bottom; y++ {
		t.split(t.line(y), from, to)
		t.scr.rows[y].flags &^= wrapped
	}
	move := func(dst, src int) {
		d, s := t.scr.rows[dst], t.scr.rows[src]
		copy(d.cells[from:to], s.cells[from:to])
		d.touch(min(to, int(s.used)))
		if int(s.used) < to {
			d.touch(to) // cells beyond s.used are zero; an upper bound will do
		}
	}
	if n > 0 {
		for y := top; y+n <= bottom; y++ {
			move(y, y+n)
		}
		for y := max(top, bottom-n+1); y <= bottom; y++ {
			t.eraseCells(y, from, to)
		}
		return
	}
	for y := bottom; y+n >= top; y-- {
		move(y, y+n)
	}
	for y := top; y <= min(bottom, top-n-1); y++ {
		t.eraseCells(y, from, to)
	}
}

// insertCells makes room for n blanks at column x of row y, up to the right margin.
func (t *Terminal) insertCells(y, x, n int) {
	end := int(t.right) + 1
	if n = min(n, end-x); n <= 0 {
		return
	}
	r := t.line(y)
	t.split(r, x, x)
	t.split(r, end-n, end)
	copy(r.cells[x+n:end], r.cells[x:end-n])
	r.touch(end)
	fill(r.cells[x:x+n], t.blank())
	t.split(r, end, end)
	r.flags &^= wrapped
}

// deleteCells removes n cells at column x of row y; blanks come in at the right margin.
func (t *Terminal) deleteCells(y, x, n int) {
	end := int(t.right) + 1
	if n = min(n, end-x); n <= 0 {
		return
	}
	b := t.blank()
	if t.scr.rows[y] == nil && b == 0 {
		return
	}
	r := t.line(y)
	t.split(r, x, x+n)
	t.split(r, end, end)
	copy(r.cells[x:end-n], r.cells[x+n:end])
	fill(r.cells[end-n:end], b)
	if b != 0 {
		r.touch(end)
	}
	r.flags &^= wrapped
}

// enterAlt shows the alternate screen, made when first entered.
func (t *Terminal) enterAlt() {
	if t.scr != &t.main {
		return
	}
	if t.alt == nil {
		t.alt = &screen{rows: make([]*row, t.rows)}
	}
	t.scr = t.alt
	t.changedAll()
}

func (t *Terminal) leaveAlt() {
	if t.scr == &t.main {
		return
	}
	t.scr = &t.main
	t.changedAll()
}

// clearScreen erases every row, with the current background.
func (t *Terminal) clearScreen() {
	for y := range t.scr.rows {
		t.eraseLine(y)
	}
}
