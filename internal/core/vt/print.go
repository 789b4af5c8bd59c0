package vt

import "unicode/utf8"

// printASCII writes a run of bytes 0x20-0x7e when they stand for themselves
// (t.plain: no other character set, no insert mode).
func (t *Terminal) printASCII(p []byte) {
	base := cell(t.pen()) << inkShift
	t.last = rune(p[len(p)-1])
	for len(p) > 0 {
		if t.cur.wrap {
			t.wrapLine()
		}
		edge := t.edge()
		x := int(t.cur.col)
		n := min(len(p), edge-x)
		r := t.line(int(t.cur.row))
		end := x + n
		if r.cells[x].part() == wideTail || end < len(r.cells) && r.cells[end].part() == wideTail {
			t.split(r, x, end)
		}
		cells := r.cells[x:end]
		src := p[:len(cells)]
		for i := range cells {
			cells[i] = base | cell(src[i])
		}
		r.touch(end)
		p = p[n:]
		t.advance(end, edge)
		if len(p) > 0 && t.cur.wrap && !t.modes.has(mAutoWrap) {
			t.cur.wrap = false
			p = p[len(p)-1:] // without DECAWM only the last one stays in the last column
		}
	}
}

// printRun prints the characters of one or two columns at the start of p, up to the
// edge, and returns how many bytes they were. Whatever wraps, joins the cell before
// it, is ASCII, ill-formed or cut is left to others.
func (t *Terminal) printRun(p []byte) int {
	edge := t.edge()
	r, x := t.scr.rows[t.cur.row], int(t.cur.col)
	if r == nil || t.cur.wrap || r.cells[x].part() == wideTail {
		return 0
	}
	widths := uint8(3)
	if t.modes.has(mGraphemes) {
		widths = 0xff // no class but the plain one
	}
	base := cell(t.pen()) << inkShift
	cells := r.cells[:edge]
	last, i := rune(0), 0
	for x < len(cells) {
		c, n := decode(p[i:])
		if n == 0 {
			if c, n = decodeOther(p[i:]); n == 0 {
				break
			}
		}
		if w := property(c) & widths; w == 2 && x+1 < len(cells) {
			cells[x], cells[x+1] = base|cell(c)|wideHead, base|wideTail
			x += 2
		} else if w == 1 {
			cells[x] = base | cell(c)
			x++
		} else {
			break
		}
		last = c
		i += n
	}
	if i == 0 {
		return 0
	}
	if x < len(r.cells) && r.cells[x].part() == wideTail {
		r.cells[x] &^= glyphMask // its first half is gone
	}
	t.last, r.seq = last, t.seq
	r.touch(x)
	t.advance(x, edge)
	return i
}

// edge is the column after the last one that may be printed in on this line, in
// which the cursor is then.
func (t *Terminal) edge() int {
	if t.doubled {
		return t.doubledEdge()
	}
	if t.cur.col <= t.right {
		return int(t.right) + 1
	}
	return t.cols
}

// advance moves the cursor to column x after printing; at the edge it stays in
// the last column with the wrap pending (DEC STD 070, DECAWM).
func (t *Terminal) advance(x, edge int) {
	if x >= edge {
		t.cur.col = int32(edge - 1)
		t.cur.wrap = t.modes.has(mAutoWrap)
		return
	}
	t.cur.col = int32(x)
}

func (t *Terminal) wrapLine() {
	t.cur.wrap = false
	moves := t.cur.row == t.bottom || int(t.cur.row) < t.rows-1
	if r := t.scr.rows[t.cur.row]; r != nil && moves && t.fullWidth() && r.flags&sizeFlags == 0 && !r.cells[t.cols-1].isBlank() {
		r.flags |= wrapped
	}
	t.index() // first: it scrolls if it is between the margins that the line ended
	t.carriageReturn()
}

// printRune writes one code point that is not a control.
func (t *Terminal) printRune(c rune) {
	if !t.plain {
		c = t.translate(c)
	}
	w := 1
	if c >= 0x300 {
		w = int(property(c) & 3)
	}
	if w == 0 || t.modes.has(mGraphemes) && t.joins(c) {
		t.combine(c)
		return
	}
	t.last = c
	if w == 2 && t.cols < 2 {
		c, w = ' ', 1
	}
	if t.cur.wrap {
		t.wrapLine()
	}
	edge := t.edge()
	if int(t.cur.col)+w > edge {
		if edge = t.wrapWide(edge); edge == 0 {
			return
		}
	}
	t.put(c, w, edge)
}

// wrapWide goes to the next line with a wide character that does not fit, and
// returns its edge, or 0 if it will never fit or must not wrap: then the
// character is dropped, as in xterm.
func (t *Terminal) wrapWide(edge int) int {
	if !t.modes.has(mAutoWrap) || edge < 2 {
		return 0
	}
	r := t.line(int(t.cur.row))
	t.split(r, int(t.cur.col), edge)
	fill(r.cells[t.cur.col:edge], spacer|cell(t.pen())<<inkShift)
	r.touch(edge)
	t.wrapLine()
	if edge = t.edge(); int(t.cur.col)+2 > edge {
		return 0 // margins one column apart
	}
	return edge
}

// put writes a character of width w that is known to fit.
func (t *Terminal) put(c rune, w, edge int) {
	x := int(t.cur.col)
	if t.modes.has(mInsert) && t.inSideMargins() {
		t.insertCells(int(t.cur.row), x, w)
	}
	r := t.line(int(t.cur.row))
	if r.cells[x].part() == wideTail || x+w < len(r.cells) && r.cells[x+w].part() == wideTail {
		t.split(r, x, x+w)
	}
	base := cell(t.pen()) << inkShift
	if w == 2 {
		r.cells[x] = base | cell(c) | wideHead
		r.cells[x+1] = base | wideTail
	} else {
		r.cells[x] = base | cell(c)
	}
	r.touch(x + w)
	t.advance(x+w, edge)
}

// lastCell is the cell that a combining mark belongs to: the one before the
// cursor, or under it when the character printed last is still there.
func (t *Terminal) lastCell() (*row, int) {
	x := int(t.cur.col) - 1
	r := t.scr.rows[t.cur.row]
	if t.cur.wrap || t.stayed(r) {
		x++
	}
	if x < 0 || r == nil {
		return nil, 0
	}
	if r.cells[x].part() == wideTail && x > 0 {
		x--
	}
	return r, x
}

// stayed tells whether the cursor is still on the character printed last, which it
// does not leave in the last column without DECAWM. That is read from the cell: it
// errs only where the same character was there before.
func (t *Terminal) stayed(r *row) bool {
	x := int(t.cur.col)
	if r == nil || t.last == 0 || t.modes.has(mAutoWrap) || x+1 != t.edge() {
		return false
	}
	c := r.cells[x]
	if c.isCluster() {
		first, _ := utf8.DecodeRuneInString(t.clusters.at(c.content()))
		return first == t.last
	}
	return rune(c.content()) == t.last
}

// combine adds a mark to the character before the cursor. Marks without one, and
// marks beyond maxCluster, are dropped.
func (t *Terminal) combine(c rune) {
	r, x := t.lastCell()
	if r == nil {
		return
	}
	old := r.cells[x]
	if old.content() == 0 && !old.isCluster() {
		return
	}
	id, ok := t.joined(old, c)
	if !ok {
		return
	}
	r = t.line(int(t.cur.row))
	r.cells[x] = old&^(contentMask|clusterBit) | clusterBit | cell(id)
	if t.modes.has(mGraphemes) {
		t.widen(r, x, c)
	}
}
