package vt

// Resize changes the size, clamped as in Config.
func (t *Terminal) Resize(cols, rows int) {
	cols, rows = clampSize(cols, defaultCols), clampSize(rows, defaultRows)
	if cols == t.cols && rows == t.rows {
		return
	}
	t.seq++
	for _, s := range []*screen{&t.main, t.alt} {
		if s != nil {
			t.resizeScreen(s, cols, rows)
		}
	}
	t.cols, t.rows = cols, rows
	if t.tabs != nil {
		t.tabs = append(t.tabs, make([]uint64, 64)...)[:(cols+63)/64]
	}
	t.resetMargins()
	t.cur.row = clamp32(t.cur.row, 0, int32(rows-1))
	t.cur.col = clamp32(t.cur.col, 0, int32(cols-1))
	t.cur.wrap = false
	t.changedAll()
	t.reportResize()
}

func (t *Terminal) resizeScreen(s *screen, cols, rows int) {
	for i, r := range s.rows {
		if r == nil || len(r.cells) == cols {
			continue
		}
		cells := make([]cell, cols)
		copy(cells, r.cells)
		if cols < len(r.cells) && r.cells[cols].part() == wideTail {
			cells[cols-1] = 0
		}
		s.rows[i].cells = cells
		r.used = min(r.used, int32(cols))
	}
	if drop := len(s.rows) - rows; drop > 0 {
		if s == t.scr {
			drop = min(drop, max(0, int(t.cur.row)-rows+1))
			t.cur.row -= int32(drop)
		} else {
			drop = 0
		}
		for _, r := range s.rows[:drop] {
			if s == &t.main && t.hist != nil {
				t.push(r)
			}
		}
		s.rows = append([]*row(nil), s.rows[drop:drop+rows]...)
		return
	}
	s.rows = append(s.rows, make([]*row, rows-len(s.rows))...)
}
