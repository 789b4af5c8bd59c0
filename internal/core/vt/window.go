package vt

import "encoding/hex"

// window is the window a terminal would have: what XTWINOPS changes and reports
// besides the size (xterm ctlseqs, "CSI Ps ; Ps ; Ps t").
type window struct {
	x, y      uint16
	iconified bool
	hexSet    bool  // XTSMTITLE 0: titles arrive in hexadecimal
	hexQuery  bool  // XTSMTITLE 1: and are told so
	checksum  uint8 // XTCHECKSUM
}

// savedTitle is an entry of the stack of XTWINOPS 22.
type savedTitle struct{ title, icon string }

// The size of a character in pixels when nobody has said it.
const (
	charWidth  = 10
	charHeight = 20
)

// Limits of the size that a program may ask for.
const (
	maxAskedCols = 512
	maxAskedRows = 256
)

// pixels is the size of the text area.
func (t *Terminal) pixels() (w, h int) {
	if t.xpx > 0 && t.ypx > 0 {
		return int(t.xpx), int(t.ypx)
	}
	return t.cols * charWidth, t.rows * charHeight
}

// windowOp is XTWINOPS. The window is as large as the screen it is on and has no
// frame, so that all sizes asked for are the text area's.
func (t *Terminal) windowOp() {
	op, a, b := t.p.arg(0, 0), t.p.arg(1, 0), t.p.arg(2, 0)
	switch op {
	case 1, 2:
		t.more().window.iconified = op == 2
	case 3:
		m := t.more()
		m.window.x, m.window.y = uint16(a), uint16(b)
	case 4:
		w, h := t.pixels()
		t.askSize(b*t.cols/max(w, 1), a*t.rows/max(h, 1))
	case 8:
		t.askSize(b, a)
	case 22:
		t.pushTitle(a)
	case 23:
		t.popTitle(a)
	default:
		if op >= 24 { // DECSLPP (VT340)
			t.askSize(0, op)
			return
		}
		t.windowReport(op)
	}
}

func (t *Terminal) windowReport(op int) {
	say := func(kind, a, b int) {
		t.reply("\x1b[" + itoa(kind) + ";" + itoa(a) + ";" + itoa(b) + "t")
	}
	win := window{}
	if t.rare != nil {
		win = t.rare.window
	}
	w, h := t.pixels()
	switch op {
	case 11:
		if win.iconified {
			t.reply("\x1b[2t")
		} else {
			t.reply("\x1b[1t")
		}
	case 13:
		say(3, int(win.x), int(win.y))
	case 14:
		say(4, h, w)
	case 15:
		say(5, h, w)
	case 16:
		say(6, h/t.rows, w/t.cols)
	case 18:
		say(8, t.rows, t.cols)
	case 19:
		say(9, t.rows, t.cols)
	case 20:
		t.reportTitle('L', t.iconName())
	case 21:
		t.reportTitle('l', t.title)
	}
}

func (t *Terminal) iconName() string {
	if t.rare == nil {
		return ""
	}
	return t.rare.iconName
}

// reportTitle tells a title only where reports are allowed: an echoed title is
// typed text.
func (t *Terminal) reportTitle(kind byte, s string) {
	if !t.reports {
		return
	}
	if t.rare != nil && t.rare.window.hexQuery {
		s = hex.EncodeToString([]byte(s))
	}
	t.reply("\x1b]" + string(kind) + s + "\x1b\\")
}

// setTitles is OSC 0, 1 and 2.
func (t *Terminal) setTitles(n int, s []byte) {
	if t.rare != nil && t.rare.window.hexSet {
		b, err := hex.DecodeString(string(s))
		if err != nil {
			return
		}
		s = b
	}
	title := clean(s, maxTitle)
	if n != 1 {
		t.title = title
	}
	if n == 1 || n == 0 && (title != "" || t.rare != nil) {
		t.more().iconName = title
	}
}

// titleModes is XTSMTITLE and XTRMTITLE. 2 and 3, UTF-8, are what there is without
// 0 and 1.
func (t *Terminal) titleModes(on bool) {
	for i := range max(t.p.count(), 1) {
		switch w := &t.more().window; t.p.arg(i, 0) {
		case 0:
			w.hexSet = on
		case 1:
			w.hexQuery = on
		}
	}
}

// pushTitle is XTWINOPS 22: 1 the icon's, 2 the window's, 0 both. What is not
// pushed goes along from below, so that popping both finds it (xterm).
func (t *Terminal) pushTitle(which int) {
	m := t.more()
	n := len(m.titles)
	if which > 2 || n >= maxStack {
		return
	}
	e := savedTitle{t.title, m.iconName}
	if n > 0 && which == 1 {
		e.title = m.titles[n-1].title
	}
	if n > 0 && which == 2 {
		e.icon = m.titles[n-1].icon
	}
	m.titles = append(m.titles, e)
}

// popTitle is XTWINOPS 23: an entry goes, whatever of it is taken.
func (t *Terminal) popTitle(which int) {
	m := t.rare
	if m == nil || len(m.titles) == 0 || which > 2 {
		return
	}
	e := m.titles[len(m.titles)-1]
	m.titles = m.titles[:len(m.titles)-1]
	if which != 2 {
		m.iconName = e.icon
	}
	if which != 1 {
		t.title = e.title
	}
}

// askSize is a program's wish for a size; 0 keeps what is. The size is the owner's
// unless Config.AllowResize gave it away.
func (t *Terminal) askSize(cols, rows int) {
	if !t.resizes {
		return
	}
	if cols <= 0 {
		cols = t.cols
	}
	if rows <= 0 {
		rows = t.rows
	}
	t.Resize(min(cols, maxAskedCols), min(rows, maxAskedRows))
}
