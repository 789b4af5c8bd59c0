package vt

// ansiState is what VT52 mode puts aside until it is left. DEC STD 070 A.5.5 leaves
// open what becomes of the modes in between; this is what xterm keeps, without origin
// mode, for the cursor may then be outside the margins.
type ansiState struct {
	cursor cursor // rendition and character sets; it has no place
	modes  modes  // those of vt52Off that were on
	shift  uint8
}

// vt52Off are the modes that a VT52 does not have: it does not wrap.
const vt52Off = mInsert | mNewLine | mAutoWrap | mReverseWrap | mReverseWrapAll

// enterVT52 is DECANM reset (VT100 user guide, "VT52 compatible mode"). The screen,
// the cursor's place and the margins stay; G1 is the graphics of ESC F.
func (t *Terminal) enterVT52() {
	c := t.cur
	a := &ansiState{modes: t.modes & vt52Off, shift: t.shift}
	a.cursor = cursor{gl: c.gl, gr: c.gr, gset: c.gset, pen: c.pen}
	t.ansi = a
	t.modes &^= vt52Off
	t.cur = cursor{row: c.row, col: c.col}
	t.cur.gset[1] = lineDrawing
	t.shift, t.penOK = 0, false
	t.more().uncommon = true
	t.updatePlain()
}

// leaveVT52 is ESC <, to a VT100: later levels come back with DECSCL (xterm, VT420).
func (t *Terminal) leaveVT52() {
	a := t.ansi
	t.ansi = nil
	t.modes |= a.modes
	row, col := t.cur.row, t.cur.col
	t.cur = a.cursor
	t.cur.row, t.cur.col = row, col
	t.shift, t.penOK = a.shift, false
	t.more().level = 1
	t.keepInLevel()
	t.updatePlain()
}

// vt52Byte takes the bytes after ESC in VT52 mode; of two with an intermediate byte
// both are ignored (xterm).
func (t *Terminal) vt52Byte(b byte) {
	switch {
	case b < 0x30:
		t.p.state = escapeInter
		t.intermediate(b)
	case t.p.state == escapeInter:
		t.p.state = ground
	case b == 'Y':
		t.begin(vt52Place)
	default:
		t.p.state = ground
		t.vt52Dispatch(b)
		t.keepInLine()
	}
}

// vt52Dispatch executes a VT52's sequences (xterm ctlseqs, "VT52 Mode").
func (t *Terminal) vt52Dispatch(b byte) {
	switch b {
	case 'A':
		t.up(1)
	case 'B':
		t.down(1)
	case 'C':
		t.forward(1)
	case 'D':
		t.back(1)
	case 'F', 'G': // graphics, and back
		t.shiftTo('G' - b)
	case 'H':
		t.moveTo(0, 0)
	case 'I':
		t.reverseIndex()
	case 'J':
		t.eraseDisplay(0, false)
	case 'K':
		t.eraseInLine(0, false)
	case 'Z':
		t.reply("\x1b/Z") // a VT100 that emulates one
	case '=', '>':
		t.modes.set(mAppKeypad, b == '=')
	case '<':
		t.leaveVT52()
	}
}

// vt52Address takes the row and the column after ESC Y, each a character from the
// space on. One beyond the screen moves nothing in its direction (DEC STD 070, VT52
// emulation; a real VT52 goes to the last column).
func (t *Terminal) vt52Address(b byte) {
	q := &t.p
	if q.n == 0 {
		q.n, q.param[0] = 1, uint16(b)
		return
	}
	q.state = ground
	row, col := int(q.param[0]-' '), int(b-' ')
	if row >= t.rows {
		row = int(t.cur.row)
	}
	if col >= t.cols {
		col = int(t.cur.col)
	}
	t.moveTo(row, col)
	t.keepInLine()
}

// vt52Key is what a key sends in VT52 mode, nil if that is what it sends without.
// There is no way to tell of modifiers (xterm ctlseqs, "VT52-Style Function Keys").
func (t *Terminal) vt52Key(k Key) []byte {
	switch {
	case t.ansi == nil:
	case k.Name >= Up && k.Name <= End, k.Name >= F1 && k.Name <= F4:
		final, _ := functionKey(k.Name)
		return []byte{0x1b, final}
	case k.Name >= KP0 && k.Mods == 0 && t.modes.has(mAppKeypad):
		return []byte{0x1b, '?', keypadText[k.Name-KP0] | 0x40}
	}
	return nil
}
