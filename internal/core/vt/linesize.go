package vt

// Lines of double width (VT100 user guide, DECDWL, DECDHL and DECSWL). Their
// characters take two columns each, so that half of the columns are there: the
// cursor stays in them, and text wraps behind them. Cells count as on other lines.

// lineSize is DECDHL, DECSWL, DECDWL and DECALN. There is one size while margins at
// the sides are on (xterm).
func (t *Terminal) lineSize(b byte) {
	var f uint8
	switch b {
	case '3':
		f = doubleTop
	case '4':
		f = doubleBelow
	case '5':
	case '6':
		f = doubleWide
	case '8':
		t.alignmentPattern()
		return
	default:
		return
	}
	if f == 0 && t.scr.rows[t.cur.row] == nil || t.modes.has(mSideMargins) {
		return
	}
	r := t.line(int(t.cur.row))
	r.flags = r.flags&^sizeFlags | f
	if f != 0 {
		r.flags &^= wrapped // its end is out of sight
		t.doubled = true
	}
}

// lastCol is the last column there is in row y of the screen shown.
func (t *Terminal) lastCol(y int32) int32 { return t.lastColOf(t.scr, y) }

func (t *Terminal) lastColOf(s *screen, y int32) int32 {
	if t.doubled {
		if r := s.rows[y]; r != nil && r.flags&sizeFlags != 0 {
			return int32(t.cols-1) / 2
		}
	}
	return int32(t.cols - 1)
}

// keepInLine takes the cursor back to the end of a line that is shorter than the one
// it was on, and a wrap that was pending at the end of a shorter one. It is called
// after every sequence: few sessions get further than the condition.
func (t *Terminal) keepInLine() {
	if t.doubled {
		t.bringIntoLine()
	}
}

func (t *Terminal) bringIntoLine() {
	c := &t.cur
	last := t.lastCol(c.row)
	if c.col > last {
		c.col, c.wrap = last, false
	}
	c.wrap = c.wrap && (c.col == t.right || c.col == last)
}

// doubledEdge is edge where a line may be of double width.
func (t *Terminal) doubledEdge() int {
	t.bringIntoLine()
	last := t.lastCol(t.cur.row)
	if t.cur.col <= t.right {
		last = min(last, t.right)
	}
	return int(last) + 1
}

// singleWidth makes all lines DECSWL.
func (t *Terminal) singleWidth() {
	if !t.doubled {
		return
	}
	t.doubled = false
	t.eachRow(func(r *row) {
		if r.flags&sizeFlags != 0 {
			r.flags &^= sizeFlags
			r.seq = t.seq
		}
	})
	t.bringIntoLine() // no wrap is pending in the middle
}
