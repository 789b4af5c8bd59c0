package vt

// reflow builds rows of another width.
type reflow struct {
	t    *Terminal
	cols int
	rows []*row
	full bool // nothing was empty below: the history may come back

	cur, col int // where the cursor has come to
	wrap     bool
}

// screen wraps the lines of the main screen, and of the history the line that
// goes on in it.
func (f *reflow) screen(cur *cursor) {
	t := f.t
	var old []*row
	if t.hist != nil {
		old = t.popLine(nil)
	}
	above := len(old)
	old = append(old, t.main.rows...)
	old = old[:max(lastInUse(old), above+int(cur.row))+1]
	for len(old) > 0 {
		n := 1
		for n < len(old) && old[n-1] != nil && old[n-1].flags&wrapped != 0 {
			n++
		}
		at := above + int(cur.row)
		if at < 0 || at >= n {
			at = -1
		}
		f.line(old[:n], at, int(cur.col), cur.wrap)
		above -= n
		old = old[n:]
	}
}

// lastInUse is the index of the last row with something in it, or -1.
func lastInUse(rows []*row) int {
	n := len(rows) - 1
	for n >= 0 && (rows[n] == nil || rows[n].trimmed() == 0) {
		n--
	}
	return n
}

// line wraps one line, which is a few rows. The cursor is at column col of row
// at, if that is not negative.
func (f *reflow) line(old []*row, at, col int, wrap bool) {
	var cells []cell
	place := -1
	for i, r := range old {
		if i == at {
			place = len(cells) + col
			if wrap {
				place++
			}
		}
		if r == nil {
			continue
		}
		n := r.trimmed()
		if i < len(old)-1 {
			if n = len(r.cells); r.cells[n-1].part() == spacer {
				n--
			}
		}
		for _, c := range r.cells[:n] {
			if c.part() == spacer { // moved here by editing: a blank like others
				c &^= partMask
			}
			cells = append(cells, c)
		}
	}
	var tail cell // a background that went to the end of the line still does
	last := old[len(old)-1]
	if n := len(cells); n > 0 && last != nil && last.trimmed() == len(last.cells) && cells[n-1].isBlank() {
		for tail = cells[n-1]; n > 0 && cells[n-1] == tail; n-- {
			cells = cells[:n-1]
		}
	}
	first := len(f.rows)
	f.pour(cells, tail, place)
	if r := old[0]; r != nil && r.flags&(sizeFlags|promptRow) != 0 {
		if f.rows[first] == nil {
			f.rows[first] = &row{cells: make([]cell, f.cols)}
		}
		keep := sizeFlags | promptRow
		if f.rows[first].flags&wrapped != 0 {
			keep = promptRow // what is wrapped is of single width
		}
		f.rows[first].flags |= r.flags & keep
	}
}

// pour fills rows with cells and finds where place, an index in cells or beyond
// them, has come to.
func (f *reflow) pour(cells []cell, tail cell, place int) {
	start := 0
	for {
		n := min(f.cols, len(cells))
		if n < len(cells) && cells[n].part() == wideTail {
			n-- // a wide character does not fit
		}
		rest := cells[n:]
		if n == 0 && len(cells) > 0 { // one column: nothing wide ever fits
			rest, n = cells[2:], 0
		}
		r := f.row(cells[:n], tail, len(rest) > 0)
		f.rows = append(f.rows, r)
		if place >= start && (place < start+n || len(rest) == 0) {
			f.setCursor(place - start)
		}
		if len(rest) == 0 {
			return
		}
		start += len(cells) - len(rest)
		cells = rest
	}
}

func (f *reflow) setCursor(col int) {
	f.cur, f.col, f.wrap = len(f.rows)-1, col, false
	if col >= f.cols {
		f.col, f.wrap = f.cols-1, true
	}
}

func (f *reflow) row(cells []cell, tail cell, wraps bool) *row {
	if len(cells) == 0 && tail == 0 && !wraps {
		return nil
	}
	r := &row{cells: make([]cell, f.cols), used: int32(f.cols)}
	n := copy(r.cells, cells)
	if wraps {
		r.flags = wrapped
		fill(r.cells[n:], spacer)
	} else {
		fill(r.cells[n:], tail)
	}
	return r
}

// fit makes it so many rows: empty ones at the bottom go first, then the history
// takes from the top or gives back to what was full.
func (f *reflow) fit(rows int) {
	t := f.t
	if last := max(lastInUse(f.rows), f.cur) + 1; last < len(f.rows) {
		f.rows = f.rows[:max(last, min(rows, len(f.rows)))]
	}
	if n := len(f.rows) - rows; n > 0 {
		for _, r := range f.rows[:n] {
			if t.hist != nil {
				t.push(r)
			}
		}
		f.rows = f.rows[n:]
		f.cur = max(f.cur-n, 0)
	}
	for f.full && len(f.rows) < rows && t.hist != nil && t.hist.lines > 0 && f.pull(rows) {
	}
	out := make([]*row, rows) // not a part of a larger array
	copy(out, f.rows)
	f.rows = out
}

// pull puts one line of the history above the rows; what of it does not fit goes
// back. It tells whether there may be more.
func (f *reflow) pull(rows int) bool {
	t := f.t
	last := t.popRows(1)
	old := t.popLine(last)
	g := reflow{t: t, cols: f.cols}
	if r := last[0]; r == nil || r.flags&wrapped == 0 {
		g.line(old, -1, 0, false)
	} else if f.fits(old) {
		g.rows = old // goes on in the first row, and was wrapped together with it
	} else { // so long that it was wrapped in parts: it stays in two
		for _, r := range old {
			t.push(r)
		}
		return false
	}
	room := rows - len(f.rows)
	for len(g.rows) > room {
		t.push(g.rows[0])
		g.rows = g.rows[1:]
		if len(g.rows) == room {
			break
		}
	}
	f.cur += len(g.rows)
	f.rows = append(g.rows, f.rows...)
	return true
}

// fits tells whether rows have this width already.
func (f *reflow) fits(rows []*row) bool {
	for _, r := range rows {
		if r == nil || len(r.cells) != f.cols {
			return false
		}
	}
	return true
}

// maxReflow bounds how many rows of the history a resize joins with the screen:
// a line can be as long as the history.
const maxReflow = 256

// popLine takes the rows of the history that wrap into rows, and returns all.
func (t *Terminal) popLine(rows []*row) []*row {
	for n := 0; n < maxReflow && t.hist.lines > 0 && t.hist.lastWraps(); n++ {
		rows = append(t.popRows(1), rows...)
	}
	return rows
}
