package vt

// ANSIOptions says what ANSI returns.
type ANSIOptions struct {
	History int // lines of history to print above the screen; negative is all
}

// ANSI returns bytes that put another terminal of the same size into this state:
// both screens, cursor and saved cursor, rendition, character sets, margins, tabs,
// modes, keyboard, title, directory and the sequence that is not finished. The
// cost without history is that of the screen.
//
// Not in it: synchronized output (a client must never be left holding back),
// prompt marks, and what only replies would show.
func (t *Terminal) ANSI(o ANSIOptions) []byte {
	w := &ansiWriter{t: t, b: make([]byte, 0, 1024)}
	// A known state to start from, without RIS, which would cost the client its
	// own scrollback.
	w.s("\x1b[?69;6;1049l\x1b[r\x1b[4;20l\x1b[?7h\x1b(B\x0f\x1b[m\x1b[H\x1b[2J")
	w.history(o.History)
	w.rows(t.main.rows)
	w.tabs()
	w.savedModes()
	if t.scr == &t.main {
		w.margins()
	}
	w.keyboard(0)
	w.savedCursor(t.main.saved)
	if t.scr != &t.main {
		w.s("\x1b[?1047h\x1b[r\x1b[m\x1b[H\x1b[2J")
		w.rows(t.alt.rows)
		w.margins()
		w.keyboard(1)
		w.savedCursor(t.alt.saved)
	}
	w.strings()
	w.stacks()
	w.cursor(&t.cur)
	w.modes()
	w.unfinished()
	return w.b
}

// ansiWriter writes to a terminal and knows the rendition it has reached.
type ansiWriter struct {
	t   *Terminal
	b   []byte
	pen Style
}

func (w *ansiWriter) s(s string) { w.b = append(w.b, s...) }

func (w *ansiWriter) csi(params ...int) {
	w.s("\x1b[")
	for i, p := range params {
		if i > 0 {
			w.s(";")
		}
		w.s(itoa(p))
	}
}

// style changes the rendition to st.
func (w *ansiWriter) style(st Style) {
	if st == w.pen {
		return
	}
	if st.link != w.pen.link {
		w.link(st.link)
	}
	if st.Attr&protection != w.pen.Attr&protection {
		w.protection(st.Attr)
	}
	a, b := st, w.pen
	a.link, b.link, a.Attr, b.Attr = 0, 0, a.Attr&^protection, b.Attr&^protection
	if a != b {
		w.s("\x1b[")
		if a != (Style{}) {
			w.s("0")
			w.b = w.t.appendSGR(w.b, a)
		}
		w.s("m")
	}
	w.pen = st
}

func (w *ansiWriter) link(id uint32) {
	w.s("\x1b]8;")
	if id != 0 {
		l := w.t.links.list[id-1]
		if l.id != "" {
			w.s("id=" + l.id)
		}
		w.s(";" + l.uri)
	} else {
		w.s(";")
	}
	w.s("\x1b\\")
}

func (w *ansiWriter) protection(a Attr) {
	if a&Protected != w.pen.Attr&Protected {
		if a&Protected != 0 {
			w.s("\x1b[1\"q")
		} else {
			w.s("\x1b[\"q")
		}
	}
	if a&Guarded != w.pen.Attr&Guarded {
		if a&Guarded != 0 {
			w.s("\x1bV")
		} else {
			w.s("\x1bW")
		}
	}
}

// appendSGR appends the parameters that turn the default rendition into s, each
// after a semicolon.
func (t *Terminal) appendSGR(b []byte, s Style) []byte {
	for i, n := range [...]string{";1", ";2", ";3", ";5", ";6", ";7", ";8", ";9", ";53"} {
		if s.Attr&(1<<i) != 0 {
			b = append(b, n...)
		}
	}
	switch s.Underline {
	case NoUnderline:
	case SingleUnderline:
		b = append(b, ";4"...)
	default:
		b = append(b, ";4:"...)
		b = append(b, '0'+byte(s.Underline))
	}
	b = appendColor(b, 30, s.Fg)
	b = appendColor(b, 40, s.Bg)
	return appendColor(b, 50, s.Line)
}

// appendColor appends a colour to SGR parameters; base is 30, 40 or 50.
func appendColor(b []byte, base int, c Color) []byte {
	sep := byte(';')
	if base == 50 { // there is no other spelling for underlines in use
		sep = ':'
	}
	num := func(n int) { b = append(append(b, sep), itoa(n)...) }
	i := int(c & 0xff)
	switch c & colorKind {
	case colorIndexed:
		switch {
		case base < 50 && i < 8:
			b = append(append(b, ';'), itoa(base+i)...)
		case base < 50 && i < 16:
			b = append(append(b, ';'), itoa(base+60+i-8)...)
		default:
			b = append(append(b, ';'), itoa(base+8)...)
			num(5)
			num(i)
		}
	case colorRGB:
		b = append(append(b, ';'), itoa(base+8)...)
		num(2)
		if sep == ':' {
			b = append(b, ':')
		}
		num(int(c >> 16 & 0xff))
		num(int(c >> 8 & 0xff))
		num(i)
	}
	return b
}

// history prints lines that will scroll off the top as the screen follows.
func (w *ansiWriter) history(n int) {
	from := w.t.historyFrom(n)
	if from >= w.t.HistoryLines() {
		return
	}
	w.t.hist.eachFrom(from, func(r record) {
		r.each(w.t, func(g glyph) {
			w.style(g.style)
			w.b = append(w.b, g.text...)
		})
		if r.flags&hWrapped == 0 {
			w.newline()
		}
	})
}

// newline goes to the next line with the default rendition, which a scrolled-in
// line would take its background from.
func (w *ansiWriter) newline() {
	w.style(Style{})
	w.s("\r\n")
}

// rows prints the rows of a screen from the cursor on, on cleared lines. Lines
// that were wrapped wrap again.
func (w *ansiWriter) rows(rows []*row) {
	for i, r := range rows {
		if r != nil {
			w.row(r)
		}
		if i == len(rows)-1 {
			break
		}
		if r == nil || r.flags&wrapped == 0 {
			w.newline()
			continue
		}
		if next := rows[i+1]; next == nil || next.cells[0].isBlank() {
			w.style(Style{})
			w.s(" \r\x1b[K") // printing wraps; what was printed goes
		}
	}
	w.style(Style{})
}

func (w *ansiWriter) row(r *row) {
	if f := r.flags & sizeFlags; f != 0 {
		w.s("\x1b#" + map[uint8]string{doubleWide: "6", doubleTop: "3", doubleBelow: "4"}[f])
	}
	n := r.trimmed()
	if r.flags&wrapped != 0 {
		n = len(r.cells)
	}
	tail := n // cells from here on are one run of erased cells to the end
	if n == len(r.cells) && r.flags&wrapped == 0 && r.cells[n-1]&glyphMask == 0 {
		for tail > 0 && r.cells[tail-1] == r.cells[n-1] {
			tail--
		}
	}
	w.cells(r.cells[:tail], r.flags&wrapped != 0)
	if tail < n {
		w.style(w.t.styleOf(r.cells[tail]))
		w.s("\x1b[K")
	}
}

func (w *ansiWriter) cells(cells []cell, wraps bool) {
	for i := 0; i < len(cells); i++ {
		c := cells[i]
		if c == 0 {
			n := 1
			for i+n < len(cells) && cells[i+n] == 0 {
				n++
			}
			if n > 4 && i+n < len(cells) {
				w.csi(n)
				w.s("C")
				i += n - 1
				continue
			}
		}
		if c.part() == spacer && wraps && i == len(cells)-1 {
			return // the wide character that follows leaves it again
		}
		w.style(w.t.styleOf(c))
		if c.part() == spacer {
			c &^= glyphMask
		}
		w.b = w.t.appendCell(w.b, c)
	}
}

func (w *ansiWriter) tabs() {
	t := w.t
	if t.tabs == nil {
		return
	}
	w.s("\x1b[3g")
	for x := range t.cols {
		if t.tabStop(x) {
			w.csi(x + 1)
			w.s("G\x1bH")
		}
	}
}

func (w *ansiWriter) margins() {
	t := w.t
	if t.top != 0 || int(t.bottom) != t.rows-1 {
		w.csi(int(t.top)+1, int(t.bottom)+1)
		w.s("r")
	}
	if t.modes.has(mSideMargins) {
		w.s("\x1b[?69h")
		w.csi(int(t.left)+1, int(t.right)+1)
		w.s("s")
	}
}

func (w *ansiWriter) savedCursor(c *savedCursor) {
	if c == nil {
		return
	}
	w.cursor(c)
	w.s("\x1b7\x1b[?6l\x1b(B\x1b)B\x1b*B\x1b+B\x0f")
}

// cursor puts the cursor, its rendition and its character sets in place.
func (w *ansiWriter) cursor(c *cursor) {
	t := w.t
	row, col := int(c.row), int(c.col)
	if c.origin {
		w.s("\x1b[?6h")
		row, col = row-int(t.top), col-int(t.left)
	}
	row, col = max(row, 0), max(col, 0)
	w.csi(row+1, col+1)
	w.s("H")
	if c.wrap {
		w.pendingWrap(int(c.row), int(c.col), row+1, col+1)
	}
	w.style(c.pen)
	for i, set := range c.gset {
		if set != ascii {
			w.s("\x1b" + [...]string{"", "(0", "(A", "-A"}[set][:1])
			w.b[len(w.b)-1] += byte(i)
			w.s([...]string{"", "0", "A", "A"}[set])
		}
	}
	w.s([...]string{"\x0f", "\x0e", "\x1bn", "\x1bo"}[c.gl])
}

// pendingWrap prints the last cell of the line again, which leaves the wrap
// pending as it was.
func (w *ansiWriter) pendingWrap(y, x, row, col int) {
	r := w.t.scr.rows[y]
	c := cell(0)
	if r != nil && x < len(r.cells) {
		c = r.cells[x]
	}
	if c.part() == wideTail && x > 0 {
		c = r.cells[x-1]
		w.csi(row, col-1)
		w.s("H")
	}
	w.style(w.t.styleOf(c))
	w.b = w.t.appendCell(w.b, c&^spacerBit(c))
}

func spacerBit(c cell) cell {
	if c.part() == spacer {
		return partMask
	}
	return 0
}
