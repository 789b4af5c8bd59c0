package vt

import "strings"

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
	level := t.level()
	if level < reportSince(what) {
		return
	}
	switch what {
	case 6: // DECXCPR; pages came with level 4
		row, col := t.place()
		page := ""
		if level >= 4 {
			page = ";1"
		}
		t.reply("\x1b[?" + itoa(row) + ";" + itoa(col) + page + "R")
	case 15: // no printer
		t.reply("\x1b[?13n")
	case 25: // user-defined keys locked
		t.reply("\x1b[?21n")
	case 26: // keyboard: North American
		t.reply("\x1b[?27;1" + strings.Repeat(";0", min(level-2, 2)) + "n")
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

// reportMode is DECRQM: 1 set, 2 reset, 3 and 4 for good, 0 unknown.
func (t *Terminal) reportMode(dec bool, n int) {
	m, prefix := ansiMode(n), ""
	if dec {
		m, prefix = t.levelMode(n), "?"
	}
	v := 0
	switch {
	case dec && n == 2: // DECANM: a VT52 cannot be asked
		v = 1
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
	name := string(s)
	if name == `"p` && t.level() < 2 {
		return // a VT100, which cannot be asked; xterm is silent about this only
	}
	v := t.setting(name)
	if v == "" {
		t.reply("\x1bP0$r\x1b\\")
		return
	}
	t.reply("\x1bP1$r" + v + name + "\x1b\\")
}

// setting is the parameters in force of the sequence that ends in name.
func (t *Terminal) setting(name string) string {
	switch name {
	case "m":
		return string(appendSetting([]byte("0"), t.cur.pen))
	case "r":
		return itoa(int(t.top)+1) + ";" + itoa(int(t.bottom)+1)
	case "s":
		if t.level() < 4 {
			return ""
		}
		return itoa(int(t.left)+1) + ";" + itoa(int(t.right)+1)
	case " q":
		return itoa(max(int(t.look), 1))
	case `"p`:
		return itoa(60+t.level()) + ";1"
	case `"q`:
		if t.cur.pen.Attr&Protected != 0 && !t.guards() {
			return "1"
		}
		return "0"
	case "t", "*|":
		return itoa(t.rows)
	case "$|":
		return itoa(t.cols)
	case "*x":
		if t.rare != nil {
			return itoa(int(t.rare.rectMode))
		}
		return "0"
	case "$}", "$~": // there is no status line
		return "0"
	}
	return ""
}
