package vt

import (
	"bytes"
	"unicode/utf8"
)

// key packs what identifies a control sequence: prefix, intermediate, final byte.
func key(prefix, inter, final byte) uint32 {
	return uint32(prefix)<<16 | uint32(inter)<<8 | uint32(final)
}

// csiDispatch executes a control sequence (ECMA-48 5.4).
func (t *Terminal) csiDispatch(final byte) {
	q := &t.p
	if q.ninter > 1 || q.sub != 0 && final != 'm' {
		return // sub-parameters mean something in SGR only
	}
	switch {
	case q.prefix == 0 && q.ninter == 0:
		if final == 'm' {
			t.sgr()
			return
		}
		t.csiPlain(final)
	case q.ninter == 0:
		t.csiPrivate(key(q.prefix, 0, final))
	default:
		t.csiInter(key(q.prefix, q.inter[0], final))
	}
}

// csiPlain executes sequences without prefix and intermediates: cursor movement
// first, then changes of the screen, then the rest.
func (t *Terminal) csiPlain(final byte) {
	n := t.p.arg(0, 1)
	switch final {
	case 'A', 'k': // CUU 8.3.22, VPB
		t.up(n)
	case 'B': // CUD 8.3.19
		t.down(n)
	case 'C': // CUF 8.3.20
		t.forward(n)
	case 'D', 'j': // CUB 8.3.18, HPB
		t.back(n)
	case 'E': // CNL 8.3.12
		t.down(n)
		t.carriageReturn()
	case 'F': // CPL 8.3.13
		t.up(n)
		t.carriageReturn()
	case 'G', '`': // CHA 8.3.9, HPA 8.3.57
		t.moveCol(n - 1)
	case 'H', 'f': // CUP 8.3.21, HVP 8.3.63
		t.moveTo(n-1, t.p.arg(1, 1)-1)
	case 'I': // CHT 8.3.10
		t.tab(n)
	case 'Z': // CBT 8.3.7
		t.backTab(n)
	case 'd': // VPA 8.3.158
		t.moveRow(n - 1)
	case 'a', 'e': // HPR 8.3.59, VPR 8.3.160
		t.moveBy(final == 'e', n)
	default:
		t.csiEdit(final, n)
	}
}

func (t *Terminal) csiEdit(final byte, n int) {
	x, y := int(t.cur.col), int(t.cur.row)
	switch final {
	case '@': // ICH 8.3.64
		if t.inSideMargins() {
			t.cur.wrap = false
			t.insertCells(y, x, n)
		}
	case 'P': // DCH 8.3.26
		if t.inSideMargins() {
			t.cur.wrap = false
			t.deleteCells(y, x, n)
		}
	case 'X': // ECH 8.3.38
		t.eraseGuarded(y, x, min(x+n, t.cols))
	case 'J': // ED 8.3.39
		t.eraseDisplay(t.p.arg(0, 0), false)
	case 'K': // EL 8.3.41
		t.eraseInLine(t.p.arg(0, 0), false)
	case 'L': // IL 8.3.67
		if t.inMargins() {
			t.scrollDown(y, int(t.bottom), n)
			t.carriageReturn()
		}
	case 'M': // DL 8.3.32
		if t.inMargins() {
			t.deleteLines(y, n)
			t.carriageReturn()
		}
	case 'S': // SU 8.3.147
		t.scrollUp(int(t.top), int(t.bottom), n)
	case 'T', '^': // SD 8.3.113; with five parameters mouse tracking
		if t.p.count() < 2 {
			t.scrollDown(int(t.top), int(t.bottom), n)
		}
	case 'b': // REP 8.3.103
		t.repeat(n)
	default:
		t.csiOther(final)
	}
}

func (t *Terminal) csiOther(final byte) {
	switch final {
	case 'c': // DA1
		t.deviceAttributes(0)
	case 'g': // TBC 8.3.154
		switch t.p.arg(0, 0) {
		case 0:
			t.setTab(int(t.cur.col), false)
		case 3:
			t.tabs = make([]uint64, (t.cols+63)/64)
		}
	case 'h':
		t.setModes(true)
	case 'l':
		t.setModes(false)
	case 'n': // DSR 8.3.35
		t.statusReport(t.p.arg(0, 0))
	case 'r': // DECSTBM
		t.setMargins(t.p.arg(0, 0), t.p.arg(1, 0))
	case 's': // DECSLRM, or SCOSC without DECLRMM
		if t.modes.has(mSideMargins) {
			t.setSideMargins(t.p.arg(0, 0), t.p.arg(1, 0))
		} else {
			t.saveCursor()
		}
	case 'u': // SCORC
		t.restoreCursor()
	case 't': // XTWINOPS
		t.windowOp()
	case 'x': // DECREQTPARM
		if n := t.p.arg(0, 0); n < 2 {
			t.reply("\x1b[" + itoa(n+2) + ";1;1;128;128;1;0x")
		}
	}
}

// deleteLines is DL at row y. Rows deleted at the top of the screen are gone,
// they do not go to the history.
func (t *Terminal) deleteLines(y, n int) {
	h := t.hist
	t.hist = nil
	t.scrollUp(y, int(t.bottom), n)
	t.hist = h
}

// eraseGuarded erases what SPA does not guard.
func (t *Terminal) eraseGuarded(y, from, to int) {
	if t.guards() {
		t.eraseKeeping(y, from, to, Protected)
		return
	}
	t.eraseCells(y, from, to)
}

// eraseInLine is EL, or DECSEL, which spares protected cells. A pending wrap stays
// pending, and then there is nothing to the right: `grep --color` ends a match in
// the last column with EL, which must not take the character. So do tmux and
// alacritty; xterm and the VT510 erase it.
func (t *Terminal) eraseInLine(what int, selective bool) {
	from, to := int(t.cur.col), t.cols
	switch what {
	case 0:
		if t.cur.wrap {
			return
		}
	case 1:
		from, to = 0, int(t.cur.col)+1
	case 2:
		from = 0
	default:
		return
	}
	t.erase(int(t.cur.row), from, to, selective)
}

func (t *Terminal) erase(y, from, to int, selective bool) {
	if selective { // what SPA guards too, as in xterm
		t.eraseKeeping(y, from, to, Protected)
		return
	}
	if from == 0 && to == t.cols && !t.guards() {
		t.endAbove(y)
	}
	t.eraseGuarded(y, from, to)
}

// endAbove ends the line above row y, which is erased, if it wrapped into it: what is
// written there next is another line (tmux, xterm.js).
func (t *Terminal) endAbove(y int) {
	switch {
	case y > 0:
		if r := t.scr.rows[y-1]; r != nil && r.flags&wrapped != 0 {
			r.flags &^= wrapped
			r.seq = t.seq
		}
	case t.scr == &t.main && t.hist != nil:
		t.hist.endLast()
	}
}

// eraseDisplay is ED, or DECSED, which spares protected cells.
func (t *Terminal) eraseDisplay(what int, selective bool) {
	from, to := 0, t.rows
	switch what {
	case 0:
		t.eraseInLine(0, selective)
		from = int(t.cur.row) + 1
	case 1:
		t.eraseInLine(1, selective)
		to = int(t.cur.row)
	case 2:
		if !selective {
			t.saveScreen()
		}
	case 3: // xterm: the history
		if t.hist != nil && !t.hist.keep && !selective {
			t.hist.clear()
		}
		return
	default:
		return
	}
	for y := from; y < to; y++ {
		t.erase(y, 0, t.cols, selective)
		if r := t.scr.rows[y]; r != nil {
			r.flags = 0
		}
	}
}

// saveScreen moves what the main screen shows to the history before all of it is
// erased, as tmux and alacritty do and xterm does not: `clear` should not lose
// what was read a moment ago.
func (t *Terminal) saveScreen() {
	if t.scr != &t.main || t.hist == nil {
		return
	}
	n := t.rows
	for n > 0 && (t.main.rows[n-1] == nil || t.main.rows[n-1].trimmed() == 0) {
		n--
	}
	for _, r := range t.main.rows[:n] {
		t.push(r)
	}
}

// repeat is REP: the character right before it again; what would be more than a
// screenful ends in the same place with fewer lines in the history. After anything else, REP too, there is nothing to repeat (xterm, tmux; ECMA-48 8.3.103
// leaves it open).
func (t *Terminal) repeat(n int) {
	last := t.last
	if last == 0 {
		return
	}
	if all := t.cols * t.rows; n > all { // lines of it, however they scroll, look the same
		n = all + (n-all)%max(int(t.right-t.left)+1, 1)
	}
	if s := t.lastCluster(); s != "" {
		for ; n > 0; n-- {
			for _, c := range s {
				t.printRune(c)
			}
		}
		return
	}
	if t.plain && last < 0x7f {
		run := bytes.Repeat([]byte{byte(last)}, min(n, t.cols))
		for ; n > 0; n -= len(run) {
			run = run[:min(n, len(run))]
			t.printASCII(run)
		}
		return
	}
	for ; n > 0; n-- {
		t.printRune(last)
	}
}

// lastCluster is the last character with what joined it, if that is in the cell
// before the cursor; empty without marks.
func (t *Terminal) lastCluster() string {
	r, x := t.lastCell()
	if r == nil || !r.cells[x].isCluster() {
		return ""
	}
	s := t.clusters.at(r.cells[x].content())
	if c, _ := utf8.DecodeRuneInString(s); c != t.last {
		return ""
	}
	return s
}

// csiPrivate executes sequences with a prefix.
func (t *Terminal) csiPrivate(k uint32) {
	switch k {
	case key('?', 0, 'J'): // DECSED
		t.eraseDisplay(t.p.arg(0, 0), true)
	case key('?', 0, 'K'): // DECSEL
		t.eraseInLine(t.p.arg(0, 0), true)
	case key('?', 0, 'h'):
		t.setDECModes(true)
	case key('?', 0, 'l'):
		t.setDECModes(false)
	case key('?', 0, 's'):
		t.saveModes()
	case key('?', 0, 'r'):
		t.restoreModes()
	case key('?', 0, 'n'):
		t.privateStatusReport(t.p.arg(0, 0))
	case key('?', 0, 'W'): // DECST8C
		if t.p.arg(0, 0) == 5 {
			t.tabs = nil
		}
	case key('?', 0, 'u'), key('>', 0, 'u'), key('=', 0, 'u'), key('<', 0, 'u'):
		t.kittyKeyboard(byte(k >> 16))
	case key('>', 0, 'm'), key('?', 0, 'm'), key('>', 0, 'n'):
		t.modifyKeys(byte(k>>16), byte(k))
	case key('>', 0, 't'), key('>', 0, 'T'):
		t.titleModes(byte(k) == 't')
	case key('>', 0, 'c'):
		t.deviceAttributes('>')
	case key('=', 0, 'c'):
		t.deviceAttributes('=')
	case key('>', 0, 'q'): // XTVERSION
		if t.p.arg(0, 0) == 0 {
			t.reply("\x1bP>|ai-session 1\x1b\\")
		}
	}
}

// csiInter executes sequences with an intermediate byte.
func (t *Terminal) csiInter(k uint32) {
	if t.level() < since(k) {
		return
	}
	n := t.p.arg(0, 1)
	switch k {
	case key(0, ' ', 'q'): // DECSCUSR
		if s := t.p.arg(0, 0); s <= 6 {
			t.look = uint8(s)
		}
	case key(0, ' ', '@'): // SL 8.3.121
		t.shiftColumns(n)
	case key(0, ' ', 'A'): // SR 8.3.135
		t.shiftColumns(-n)
	case key(0, '\'', '}'): // DECIC
		if t.inMargins() {
			t.eachMarginRow(func(y int) { t.insertCells(y, int(t.cur.col), n) })
		}
	case key(0, '\'', '~'): // DECDC
		if t.inMargins() {
			t.eachMarginRow(func(y int) { t.deleteCells(y, int(t.cur.col), n) })
		}
	case key(0, '!', 'p'): // DECSTR
		t.softReset()
	case key(0, '"', 'q'): // DECSCA
		t.protect(t.p.arg(0, 0) == 1, false)
	case key(0, '"', 'p'): // DECSCL
		t.setLevel(t.p.arg(0, 0))
	case key(0, '$', '|'): // DECSCPP
		t.askSize(t.p.arg(0, 80), 0)
	case key(0, '*', '|'): // DECSNLS
		t.askSize(0, n)
	case key('?', '$', 'p'), key(0, '$', 'p'):
		t.reportMode(byte(k>>16) == '?', t.p.arg(0, 0))
	case key(0, '$', 'w'): // DECRQPSR
		t.reportPresentation(t.p.arg(0, 0))
	case key(0, '#', '|'): // XTREPORTSGR
		t.reportRendition()
	case key(0, '#', 'y'): // XTCHECKSUM
		if t.reports {
			t.more().window.checksum = uint8(t.p.arg(0, 0) & maxChecksum)
		}
	case key(0, '#', '{'), key(0, '#', 'p'): // XTPUSHSGR
		t.pushPen()
	case key(0, '#', '}'), key(0, '#', 'q'): // XTPOPSGR
		t.popPen()
	case key(0, '#', 'P'): // XTPUSHCOLORS
		t.pushColors(t.p.arg(0, 0))
	case key(0, '#', 'Q'): // XTPOPCOLORS
		t.popColors(t.p.arg(0, 0))
	case key(0, '#', 'R'): // XTREPORTCOLORS
		t.reportColors()
	default:
		t.rectangle(k)
	}
}

// eachMarginRow calls f for the rows between the margins. The cursor does not move,
// and a pending wrap stays pending (xterm).
func (t *Terminal) eachMarginRow(f func(y int)) {
	for y := int(t.top); y <= int(t.bottom); y++ {
		f(y)
	}
}

// shiftColumns moves everything between the margins n columns left, or right by -n.
// From outside the margins nothing does (xterm).
func (t *Terminal) shiftColumns(n int) {
	if !t.inMargins() {
		return
	}
	t.eachMarginRow(func(y int) {
		if n > 0 {
			t.deleteCells(y, int(t.left), n)
		} else {
			t.insertCells(y, int(t.left), -n)
		}
	})
}
