package vt

// place is the cursor's place as CPR gives it: from the origin under DECOM.
func (t *Terminal) place() (row, col int) {
	row, col = int(t.cur.row)+1, int(t.cur.col)+1
	if t.cur.origin {
		row -= int(t.top)
		col -= int(t.left)
	}
	return row, col
}

// statusReport is DSR: 5 the state, 6 the cursor (CPR).
func (t *Terminal) statusReport(what int) {
	switch what {
	case 5:
		t.reply("\x1b[0n")
	case 6:
		row, col := t.place()
		t.reply("\x1b[" + itoa(row) + ";" + itoa(col) + "R")
	}
}

// privateStatusReport is DSR with "?" (xterm ctlseqs, "CSI ? Ps n").
func (t *Terminal) privateStatusReport(what int) {
	switch what {
	case 6: // DECXCPR
		row, col := t.place()
		t.reply("\x1b[?" + itoa(row) + ";" + itoa(col) + ";1R")
	case 15: // no printer
		t.reply("\x1b[?13n")
	case 25: // user-defined keys locked
		t.reply("\x1b[?21n")
	case 26: // keyboard: North American
		t.reply("\x1b[?27;1;0;0n")
	case 53, 55: // no locator
		t.reply("\x1b[?50n")
	case 56:
		t.reply("\x1b[?57;0n")
	case 62: // macro space
		t.reply("\x1b[0000*{")
	case 63: // checksum of the macros there are none of
		t.reply("\x1bP" + itoa(t.p.arg(1, 0)) + "!~0000\x1b\\")
	case 75: // data integrity: ready
		t.reply("\x1b[?70n")
	case 85: // multiple sessions: not configured
		t.reply("\x1b[?83n")
	case 996: // the colour scheme
		t.reportScheme()
	}
}

// SetColorScheme tells whether the terminals looking at this one are light. A
// program that asked to know (mode 2031) is told of a change.
func (t *Terminal) SetColorScheme(light bool) {
	if light == (t.rare != nil && t.rare.scheme == 1) {
		return
	}
	t.more().scheme ^= 1
	if t.modes.has(mColorScheme) {
		t.reportScheme()
	}
}

func (t *Terminal) reportScheme() {
	s := "1"
	if t.rare != nil && t.rare.scheme == 1 {
		s = "2"
	}
	t.reply("\x1b[?997;" + s + "n")
}

// reportMode is DECRQM: 1 set, 2 reset, 4 reset for good, 0 unknown. It came with
// level 3.
func (t *Terminal) reportMode(dec bool, n int) {
	if t.level() < 3 {
		return
	}
	m, prefix := ansiMode(n), ""
	if dec {
		m, prefix = t.levelMode(n), "?"
	}
	v := 0
	switch {
	case dec && n == 8, !dec && ansiNever(n): // repeating is the keyboard's
		v = 4
	case m == 0:
	case t.mode(m):
		v = 1
	default:
		v = 2
	}
	t.reply("\x1b[" + prefix + itoa(n) + ";" + itoa(v) + "$y")
}

// reportResize is the message of mode 2048.
func (t *Terminal) reportResize() {
	if t.modes.has(mInBandResize) {
		t.reply("\x1b[48;" + itoa(t.rows) + ";" + itoa(t.cols) + ";" + itoa(int(t.ypx)) + ";" + itoa(int(t.xpx)) + "t")
	}
}

// reportSetting is DECRQSS (VT510): the sequence that would make the setting.
func (t *Terminal) reportSetting(s []byte) {
	v := ""
	switch string(s) {
	case "m":
		v = string(appendSetting([]byte("0"), t.cur.pen)) + "m"
	case "r":
		v = itoa(int(t.top)+1) + ";" + itoa(int(t.bottom)+1) + "r"
	case "s":
		v = itoa(int(t.left)+1) + ";" + itoa(int(t.right)+1) + "s"
	case " q":
		v = itoa(max(int(t.look), 1)) + " q"
	case `"p`:
		v = itoa(60+t.level()) + `;1"p`
	case `"q`:
		v = `0"q`
		if t.cur.pen.Attr&Protected != 0 {
			v = `1"q`
		}
	case "t":
		v = itoa(t.rows) + "t"
	case "$|":
		v = itoa(t.cols) + "$|"
	case "*|":
		v = itoa(t.rows) + "*|"
	case "*x":
		v = "0*x"
		if t.rare != nil {
			v = itoa(int(t.rare.rectMode)) + "*x"
		}
	case "$}", "$~": // there is no status line
		v = "0" + string(s)
	default:
		t.reply("\x1bP0$r\x1b\\")
		return
	}
	t.reply("\x1bP1$r" + v + "\x1b\\")
}
