package vt

import "unicode/utf8"

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
// prompt marks, what only replies would show, and what the
// screen that is not shown holds besides its text and its saved cursor.
func (t *Terminal) ANSI(o ANSIOptions) []byte {
	w := &ansiWriter{t: t, b: make([]byte, 0, 1024)}
	// A known state to start from, without RIS, which would cost the client its
	// own scrollback.
	w.s("\x18\x1b<\x1b[?1049l\x1b[?5W")
	if n := t.level(); n != defaultLevel || t.ansi != nil {
		w.s("\x1b[" + itoa(60+n) + ";1\"p")
	}
	w.s(plainState)
	w.tabs() // while all lines have all columns
	w.history(o.History)
	w.rows(t.main.rows)
	w.savedModes()
	w.margins()
	w.keyboard(0)
	w.savedCursor(&t.main)
	if t.scr != &t.main {
		w.s("\x1b[?1047h" + plainState)
		w.pen = Style{}
		w.rows(t.alt.rows)
		w.margins()
		w.keyboard(1)
		w.savedCursor(t.alt)
	}
	w.strings()
	w.stacks()
	w.current()
	w.guards()
	w.modes()
	w.vt52()
	w.unfinished()
	return w.b
}

// current puts the cursor in place; in VT52 mode with what leaving it brings back.
func (w *ansiWriter) current() {
	c := w.t.cur
	if a := w.t.ansi; a != nil {
		c = a.cursor
		c.row, c.col = w.t.cur.row, w.t.cur.col
	}
	w.cursor(w.t.scr, &c)
}

// plainState ends an unfinished sequence, takes back what changes how text is
// printed, and clears the screen and the saved cursor. The space uses up a single
// shift.
const plainState = "\x1b[?69;6;2027l\x1b[r\x1b[4;20l\x1b[?7h" + plainSets + "\x1b[m\x1b]8;;\x1b\\\x1b[\"q\x1b[H\x1b7\x1b[2J \x1b[1K\r"

const plainSets = "\x1b(B\x1b)B\x1b*B\x1b+B\x0f"

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
	if st.Attr&Protected != w.pen.Attr&Protected {
		w.protection(st.Attr)
	}
	a, b := st, w.pen
	a.link, b.link, a.Attr, b.Attr = 0, 0, a.Attr&^Protected, b.Attr&^Protected
	if a != b {
		w.s("\x1b[")
		if a != (Style{}) {
			w.s("0")
			w.b = appendSGR(w.b, a)
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
	if a&Protected != 0 {
		w.s("\x1b[1\"q")
	} else {
		w.s("\x1b[\"q")
	}
}

// guards makes what is protected spared by all, once all is drawn.
func (w *ansiWriter) guards() {
	if !w.t.guards() {
		return
	}
	w.s("\x1bV")
	if w.pen.Attr&Protected == 0 {
		w.s("\x1bW")
	}
}

// appendSGR appends the parameters that turn the default rendition into s, each
// after a semicolon.
func appendSGR(b []byte, s Style) []byte {
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
	open, gap := false, false // the line before wraps; it left a column to a wide character
	w.t.hist.eachFrom(from, func(r record) {
		if open && len(r.data) == 0 {
			w.fillGap(&gap)
			w.forceWrap()
		}
		first := true
		r.each(w.t, func(g glyph) {
			if !first || !wideText(string(g.text)) {
				w.fillGap(&gap)
			}
			first = false
			w.style(g.style)
			w.cluster(string(g.text), g.wide)
			gap = g.space
		})
		if open = r.flags&hWrapped != 0; !open {
			gap = false
			w.newline()
		}
	})
	if !open {
		return
	}
	next := w.t.main.rows[0]
	if forced(next) || !w.t.startsWide(next.cells[0]) {
		w.fillGap(&gap)
	}
	if forced(next) {
		w.forceWrap()
	}
}

// fillGap prints a space where no wide character will leave one.
func (w *ansiWriter) fillGap(gap *bool) {
	if *gap {
		w.s(" ")
		*gap = false
	}
}

// forceWrap prints something that wraps to the next line, and takes it away.
func (w *ansiWriter) forceWrap() {
	w.style(Style{})
	w.s(" \r\x1b[X") // EL would make it another line
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
			w.row(r, i+1 < len(rows) && w.t.leavesSpacer(r, rows[i+1]))
		}
		if i == len(rows)-1 {
			break
		}
		if r == nil || r.flags&wrapped == 0 {
			w.newline()
			continue
		}
		if forced(rows[i+1]) {
			w.forceWrap()
		}
	}
	w.style(Style{})
}

// forced tells whether r, into which the row above wraps, does not begin with a
// character that would make it wrap.
func forced(r *row) bool {
	return r == nil || r.cells[0].isBlank() || r.flags&sizeFlags != 0
}

// leavesSpacer tells whether printing next after r leaves the spacer that r has.
func (t *Terminal) leavesSpacer(r, next *row) bool {
	if r.flags&wrapped == 0 || forced(next) {
		return false
	}
	last, head := r.cells[len(r.cells)-1], next.cells[0]
	return t.startsWide(head) && t.sameStyle(last.ink(), head.ink())
}

// startsWide tells whether printing a cell begins with a wide character; one that
// a later code point made wide does not.
func (t *Terminal) startsWide(c cell) bool {
	return c.part() == wideHead && wideText(t.cellText(c))
}

func wideText(s string) bool {
	c, _ := utf8.DecodeRuneInString(s)
	return RuneWidth(c) == 2
}

// row prints a row; wide says that it wraps into a wide character.
func (w *ansiWriter) row(r *row, wide bool) {
	if f := r.flags & sizeFlags; f != 0 { // at the end, for more may be there than it shows
		defer w.s("\x1b#" + map[uint8]string{doubleWide: "6", doubleTop: "3", doubleBelow: "4"}[f])
	}
	n := r.trimmed()
	if r.flags&wrapped != 0 {
		n = len(r.cells)
	}
	tail := n // cells from here on are one run of erased cells to the end
	if n == len(r.cells) && r.flags&wrapped == 0 && w.t.erasable(r.cells[n-1]) {
		for tail > 0 && r.cells[tail-1] == r.cells[n-1] {
			tail--
		}
	}
	w.cells(r.cells[:tail], wide)
	if tail < n {
		w.style(w.t.styleOf(r.cells[tail].ink()))
		if tail == 0 { // a line of its own, if EL erased it all
			w.csi(n)
			w.s("X")
		} else {
			w.s("\x1b[K")
		}
	}
}

func (w *ansiWriter) cells(cells []cell, wide bool) {
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
		if c.part() == spacer && wide && i == len(cells)-1 {
			return // the wide character that follows leaves it again
		}
		w.style(w.t.styleOf(c.ink()))
		if c.part() == spacer {
			c &^= glyphMask
		}
		w.glyph(c)
	}
}

// glyph prints a cell. What joins only in grapheme clusters (mode 2027) is joined
// in that mode; everything else is painted without it, so that cells stay apart.
func (w *ansiWriter) glyph(c cell) {
	if !c.isCluster() {
		w.b = w.t.appendCell(w.b, c)
		return
	}
	w.cluster(w.t.clusters.at(c.content()), c.part() == wideHead)
}

// cluster prints what is in one cell.
func (w *ansiWriter) cluster(s string, wide bool) {
	first, n := utf8.DecodeRuneInString(s)
	if n == len(s) {
		w.s(s)
		return
	}
	joined := wide && RuneWidth(first) == 1
	for _, r := range s[n:] {
		joined = joined || RuneWidth(r) > 0
	}
	if !joined {
		w.s(s)
		return
	}
	w.s(s[:n] + "\x1b[?2027h" + s[n:] + "\x1b[?2027l")
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
	w.s("\r")
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
