package vt

// escapeDispatch executes ESC and one byte (ECMA-48 5.3, 5.5).
func (t *Terminal) escapeDispatch(b byte) {
	switch b {
	case '7': // DECSC
		t.saveCursor()
	case '8': // DECRC
		t.restoreCursor()
	case 'D': // IND
		t.index()
	case 'E': // NEL 8.3.86
		t.index()
		t.carriageReturn()
	case 'H': // HTS 8.3.62
		t.setTab(int(t.cur.col), true)
	case 'M': // RI 8.3.104
		t.reverseIndex()
	case 'N', 'O': // SS2 8.3.141, SS3 8.3.142
		t.shift = b - 'N' + 2
		t.updatePlain()
	case 'Z': // DECID
		t.deviceAttributes(0)
	case 'c': // RIS 8.3.105
		t.reset()
	case '=': // DECKPAM
		t.modes.set(mAppKeypad, true)
	case '>': // DECKPNM
		t.modes.set(mAppKeypad, false)
	case 'n', 'o': // LS2 8.3.78, LS3 8.3.80
		t.shiftTo(b - 'n' + 2)
	case '~', '}', '|': // LS1R, LS2R, LS3R: kept, GR is never shown
		t.cur.gr = '~' - b + 1
	case 'V', 'W': // SPA 8.3.129, EPA 8.3.37
		t.guard(b == 'V')
	case 'l': // memory lock of HP terminals, meml in terminfo (xterm ctlseqs, "ESC l")
		if t.cur.row < t.bottom {
			t.top = t.cur.row
		}
	case 'm': // and unlock, memu
		t.top = 0
	case '6', '9': // DECBI, DECFI, of level 4
		if t.level() >= 4 {
			t.backIndex(b == '9')
		}
	}
}

// guard begins or ends a guarded area: SPA and EPA (ECMA-48 8.3.129, 8.3.46).
func (t *Terminal) guard(on bool) { t.protect(on, on || t.guards()) }

// protect says whether what is printed from now on is protected, and whether all
// that is protected is spared by ED, EL and ECH too. That is so from SPA on until
// DECSCA or a soft reset, whichever of the two the cells were protected by (xterm).
func (t *Terminal) protect(on, guards bool) {
	t.cur.pen.Attr &^= Protected
	if on {
		t.cur.pen.Attr |= Protected
	}
	if guards != t.guards() {
		t.more().guards = guards
	}
	t.penOK = false
}

func (t *Terminal) guards() bool { return t.rare != nil && t.rare.guards }

// backIndex is DECBI and, forward, DECFI (VT420): a step that at the margin moves
// the columns between the margins instead of the cursor, and nothing from a line
// above or below them (xterm).
func (t *Terminal) backIndex(forward bool) {
	margin, end, step := t.left, int32(0), int32(-1)
	if forward {
		margin, end, step = t.right, int32(t.cols-1), 1
	}
	switch {
	case t.cur.col == margin && !t.inMargins():
	case t.cur.col == margin && forward:
		t.eachMarginRow(func(y int) { t.deleteCells(y, int(t.left), 1) })
	case t.cur.col == margin:
		t.eachMarginRow(func(y int) { t.insertCells(y, int(t.left), 1) })
	case t.cur.col != end:
		t.cur.wrap = false
		t.cur.col += step
	}
}

// escapeInter executes ESC, an intermediate byte and a final byte.
func (t *Terminal) escapeInter(inter, final byte) {
	switch {
	case inter >= '(' && inter <= '/' && inter != ',':
		t.designate(inter, string(final))
	case inter == '#':
		t.lineSize(final)
	}
}

// alignmentPattern is DECALN: E everywhere, margins and origin mode reset. The
// cursor stays, as in alacritty's recordings; with reports allowed, which claim a
// VT420, it goes home as in DEC STD 070, xterm and tmux, and all of the rendition but colours is reset.
func (t *Terminal) alignmentPattern() {
	t.resetMargins()
	t.cur.origin = false
	if t.reports {
		t.moveTo(0, 0)
		t.cur.pen.Attr &= Protected
		t.cur.pen.Underline = NoUnderline
		t.penOK = false
	}
	for y := range t.scr.rows {
		r := t.line(y)
		fill(r.cells, 'E')
		r.used, r.flags = int32(t.cols), 0
	}
}
