package vt

// penMask says which parts of a rendition an entry of XTPUSHSGR's stack brings back.
type penMask uint16

// The parameters of XTPUSHSGR that name a part, in the order of their bits (xterm
// ctlseqs, "CSI Pm # {").
var penParts = [...]uint16{1, 2, 3, 4, 5, 7, 8, 9, 21, 30, 31}

// wholePen brings back all of it, the hyperlink and the overline too.
const wholePen penMask = 1 << len(penParts)

// pushPen is XTPUSHSGR.
func (t *Terminal) pushPen() {
	m := t.more()
	if len(m.pens) == maxStack {
		return
	}
	var mask penMask
	if t.p.count() == 0 {
		mask = wholePen
	}
	for _, p := range t.p.param[:t.p.count()] {
		for i, n := range penParts {
			if p == n {
				mask |= 1 << i
			}
		}
	}
	m.pens = append(m.pens, t.cur.pen)
	m.penMasks = append(m.penMasks, mask)
}

// popPen is XTPOPSGR.
func (t *Terminal) popPen() {
	m := t.rare
	if m == nil || len(m.pens) == 0 {
		return
	}
	last := len(m.pens) - 1
	t.cur.pen.take(m.pens[last], m.penMasks[last])
	m.pens, m.penMasks = m.pens[:last], m.penMasks[:last]
	t.penOK = false
}

// take makes the parts of s that mask names those of o.
func (s *Style) take(o Style, mask penMask) {
	if mask == wholePen {
		*s = o
		return
	}
	attrs := [...]Attr{Bold, Faint, Italic, 0, Blink | RapidBlink, Reverse, Conceal, Strike, 0, 0, 0}
	for i, n := range penParts {
		if mask&(1<<i) == 0 {
			continue
		}
		s.Attr = s.Attr&^attrs[i] | o.Attr&attrs[i]
		switch n {
		case 4, 21: // one is the other's absence: a line has one shape
			s.Underline = o.Underline
		case 30:
			s.Fg = o.Fg
		case 31:
			s.Bg = o.Bg
		}
	}
}

// stacks sends what XTPUSHSGR has pushed.
func (w *ansiWriter) stacks() {
	m := w.t.rare
	if m == nil {
		return
	}
	for i, p := range m.pens {
		w.style(p)
		sep := "\x1b["
		for bit, n := range penParts {
			if m.penMasks[i]&(1<<bit) != 0 {
				w.s(sep + itoa(int(n)))
				sep = ";"
			}
		}
		switch {
		case m.penMasks[i] == wholePen:
			w.s(sep)
		case sep != ";":
			w.s(sep + "0")
		}
		w.s("#{")
	}
}

func (w *snapshotWriter) penMasks(m *rare) {
	for _, k := range m.penMasks {
		w.nums(int(k))
	}
}

func (r *snapshotReader) penMasks() {
	for i := range r.t.more().penMasks {
		r.t.rare.penMasks[i] = penMask(r.num(int(wholePen)))
	}
}
