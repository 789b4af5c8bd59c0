package vt

// Rectangular area operations (VT420 and VT510 manuals, xterm ctlseqs). Areas
// count from the origin under DECOM and are clipped to the page.

// area is a rectangle of rows [top, bottom) and columns [left, right).
type area struct{ top, left, bottom, right int }

// area reads four parameters from number i on; ok is false if nothing is in it.
func (t *Terminal) area(i int) (a area, ok bool) {
	p := &t.p
	a = area{p.arg(i, 1) - 1, p.arg(i+1, 1) - 1, p.arg(i+2, t.rows), p.arg(i+3, t.cols)}
	if t.cur.origin {
		a.top, a.bottom = a.top+int(t.top), a.bottom+int(t.top)
		a.left, a.right = a.left+int(t.left), a.right+int(t.left)
		a.bottom = min(a.bottom, int(t.bottom)+1)
		a.right = min(a.right, int(t.right)+1)
	}
	a.bottom, a.right = min(a.bottom, t.rows), min(a.right, t.cols)
	return a, a.top < a.bottom && a.left < a.right
}

// rectangle executes the rectangular area operations.
func (t *Terminal) rectangle(k uint32) {
	switch k {
	case key(0, '$', 'v'): // DECCRA
		t.copyArea()
	case key(0, '$', 'x'): // DECFRA
		t.fillArea()
	case key(0, '$', 'z'): // DECERA
		if a, ok := t.area(0); ok {
			for y := a.top; y < a.bottom; y++ {
				t.eraseCells(y, a.left, a.right)
			}
		}
	case key(0, '$', '{'): // DECSERA
		if a, ok := t.area(0); ok {
			for y := a.top; y < a.bottom; y++ {
				t.eraseCharacters(y, a.left, a.right)
			}
		}
	case key(0, '$', 'r'): // DECCARA
		t.restyle((*Style).applyArea)
	case key(0, '$', 't'): // DECRARA
		t.restyle((*Style).toggle)
	case key(0, '*', 'x'): // DECSACE
		t.more().rectMode = uint8(min(t.p.arg(0, 0), 2))
	case key(0, '*', 'y'): // DECRQCRA
		t.reportChecksum()
	}
}

// eraseCharacters is DECSERA on one row: the characters go, their renditions stay
// (VT510). What SPA guards it does not spare, as in xterm.
func (t *Terminal) eraseCharacters(y, left, right int) {
	r := t.scr.rows[y]
	if r == nil {
		return
	}
	t.line(y)
	for x := left; x < min(right, int(r.used)); x++ {
		if c := r.cells[x]; !c.isBlank() && (t.guards() || t.styleOf(c.ink()).Attr&Protected == 0) {
			t.split(r, x, x+1)
			r.cells[x] = r.cells[x]&^glyphMask | ' '
		}
	}
}

// copyArea is DECCRA; pages other than the first are the first.
func (t *Terminal) copyArea() {
	a, ok := t.area(0)
	if !ok {
		return
	}
	top, left := t.p.arg(5, 1)-1, t.p.arg(6, 1)-1
	if t.cur.origin {
		top, left = top+int(t.top), left+int(t.left)
	}
	h, w := min(a.bottom-a.top, t.rows-top), min(a.right-a.left, t.cols-left)
	if h <= 0 || w <= 0 {
		return
	}
	for i := range h {
		if top > a.top { // never read a row that was written already
			i = h - 1 - i
		}
		src, dst := t.line(a.top+i), t.line(top+i)
		t.split(dst, left, left+w)
		copy(dst.cells[left:left+w], src.cells[a.left:a.left+w])
		dst.touch(left + w)
		dst.mend(left, left+w)
	}
}

// mend blanks halves of wide characters at the edges of copied columns.
func (r *row) mend(from, to int) {
	if r.cells[from].part() == wideTail {
		r.cells[from] &^= glyphMask
	}
	if last := to - 1; r.cells[last].part() == wideHead {
		r.cells[last] &^= glyphMask
	}
}

// fillArea is DECFRA.
func (t *Terminal) fillArea() {
	c := t.p.arg(0, 0) // there is no default (xterm)
	if c < 0x20 || c > 0x7e && c < 0xa0 || c > 0xff {
		return
	}
	a, ok := t.area(1)
	if !ok {
		return
	}
	x := cell(c) | cell(t.pen())<<inkShift
	for y := a.top; y < a.bottom; y++ {
		r := t.line(y)
		t.split(r, a.left, a.right)
		fill(r.cells[a.left:a.right], x)
		r.touch(a.right)
	}
}

// restyle is DECCARA and DECRARA: f applies each parameter after the area to the
// cells of the rectangle, or of the stream from its first to its last character
// unless DECSACE said rectangle.
func (t *Terminal) restyle(f func(*Style, uint16)) {
	a, ok := t.area(0)
	if !ok {
		return
	}
	params := t.p.param[min(4, t.p.count()):t.p.count()]
	if len(params) == 0 {
		params = []uint16{0}
	}
	stream := t.rare == nil || t.rare.rectMode != 2
	known := map[ink]ink{}
	for y := a.top; y < a.bottom; y++ {
		left, right := a.left, a.right
		if stream {
			left, right = 0, t.cols
			if y == a.top {
				left = a.left
			}
			if y == a.bottom-1 {
				right = a.right
			}
		}
		t.restyleRow(y, left, right, params, f, known)
	}
}

func (t *Terminal) restyleRow(y, left, right int, params []uint16, f func(*Style, uint16), known map[ink]ink) {
	r := t.line(y)
	r.touch(right)
	if right < len(r.cells) && r.cells[right].part() == wideTail {
		right++
	}
	for x := left; x < right; x++ {
		if r.cells[x].part() == wideTail { // both halves look the same
			if x > left {
				r.cells[x] = wideTail | r.cells[x-1]&^glyphMask
			}
			continue
		}
		old := r.cells[x].ink()
		id, ok := known[old]
		if !ok {
			s := t.styleOf(old)
			for _, p := range params {
				f(&s, p)
			}
			if t.styles != nil && len(t.styles.free) == 0 && len(t.styles.list) >= t.styles.limit {
				clear(known) // ids are about to be given to others
			}
			id = t.inkOf(&s)
			known[old] = id
		}
		r.cells[x] = r.cells[x]&glyphMask | cell(id)<<inkShift
	}
}

// applyArea is one parameter of DECCARA: attributes only, no colours (VT510).
func (s *Style) applyArea(v uint16) {
	switch v {
	case 0:
		s.Attr &^= Bold | Blink | Reverse | Conceal
		s.Underline = NoUnderline
	case 4:
		s.Underline = SingleUnderline
	case 1, 5, 7, 8:
		s.setAttr(v)
	case 22, 24, 25, 27, 28:
		s.clearAttr(v)
	}
}

// toggle is one parameter of DECRARA.
func (s *Style) toggle(v uint16) {
	flip := func(a Attr) { s.Attr ^= a }
	switch v {
	case 0:
		flip(Bold | Blink | Reverse | Conceal)
		s.toggle(4)
	case 1:
		flip(Bold)
	case 4:
		if s.Underline == NoUnderline {
			s.Underline = SingleUnderline
		} else {
			s.Underline = NoUnderline
		}
	case 5:
		flip(Blink)
	case 7:
		flip(Reverse)
	case 8:
		flip(Conceal)
	}
}

// Bits of XTCHECKSUM: what the sum of an area leaves out or does not do.
const (
	sumPositive = 1 << iota // it is not negated
	sumPlain                // attributes do not count
	sumBlanks               // blanks count
	sumDrawn                // what was never written does not
	sumWide                 // characters count whole, and with their marks
	sum8Bit                 // more than their low 7 bits: always, here and in xterm's default
	maxChecksum = 1<<iota - 1
)

// reportChecksum is DECRQCRA as xterm computes it: the sum of what the cells add,
// negated. It tells what the screen shows, so it is answered only when the owner
// allowed it.
func (t *Terminal) reportChecksum() {
	if !t.reports {
		return
	}
	id := t.p.arg(0, 0)
	mode, sum := uint8(0), 0
	if t.rare != nil {
		mode = t.rare.window.checksum
	}
	if a, ok := t.area(2); ok {
		for y := a.top; y < a.bottom; y++ {
			r := t.scr.rows[y]
			for x := a.left; x < a.right; x++ {
				sum += t.checksum(r, x, y == a.top && x == a.left, mode)
			}
		}
	}
	if mode&sumPositive == 0 {
		sum = -sum
	}
	const digits = "0123456789ABCDEF"
	v := uint16(sum)
	t.reply("\x1bP" + itoa(id) + "!~" + string([]byte{
		digits[v>>12], digits[v>>8&15], digits[v>>4&15], digits[v&15]}) + "\x1b\\")
}

// checksum is what one cell adds: the low byte of its character, and weights for
// the attributes of a VT100. Erased cells are spaces; those without any of these
// attributes add nothing unless they are the first of the area.
func (t *Terminal) checksum(r *row, x int, first bool, mode uint8) int {
	c := cell(0)
	if r != nil {
		c = r.cells[x]
	}
	blank := c.isBlank()
	s := t.styleOf(c.ink())
	if s.Attr&Conceal != 0 {
		c = ' ' // what is not shown is not told (xterm)
	}
	sum := t.sumOfCharacter(c, mode)
	if mode&sumPlain == 0 {
		sum += s.weight()
	}
	switch {
	case !blank:
	case mode&sumBlanks != 0 && mode&sumDrawn != 0, mode&sumBlanks == 0 && !first && sum == ' ':
		return 0
	}
	return sum
}

// weight is what attributes add to a checksum.
func (s *Style) weight() int {
	sum := 0
	for i, a := range [...]Attr{Reverse, Blink, Bold} {
		if s.Attr&a != 0 {
			sum += 0x20 << i
		}
	}
	if s.Underline != NoUnderline {
		sum += 0x10
	}
	return sum
}

func (t *Terminal) sumOfCharacter(c cell, mode uint8) int {
	mask := 0xff
	if mode&sumWide != 0 {
		mask = 0xffff
	}
	if c.part() == wideTail {
		return mask
	}
	sum := 0
	for i, v := range string(t.appendCell(nil, c)) {
		if i > 0 && mode&sumWide == 0 {
			break
		}
		sum += int(v) & mask
	}
	return sum
}
