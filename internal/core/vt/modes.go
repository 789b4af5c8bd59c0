package vt

// modes is the set of modes that are on.
type modes uint64

const (
	mInsert         modes = 1 << iota // IRM
	mNewLine                          // LNM
	mKeyLock                          // KAM
	mLocalEcho                        // SRM, set is no echo: kept only to report it
	mAppCursor                        // DECCKM
	mWide                             // DECCOLM: remembered, the width is the owner's
	mSmoothScroll                     // DECSCLM
	mReverseScreen                    // DECSCNM
	mAutoWrap                         // DECAWM
	mAutoRepeat                       // DECARM
	mMouseX10                         // 9
	mCursorBlink                      // 12
	mCursorVisible                    // DECTCEM
	mAllowWide                        // 40
	mReverseWrap                      // 45
	mAppKeypad                        // DECNKM, DECKPAM
	mBackarrow                        // DECBKM
	mSideMargins                      // DECLRMM
	mNoClearWide                      // DECNCSM
	mMouseClick                       // 1000
	mMouseDrag                        // 1002
	mMouseMove                        // 1003
	mFocus                            // 1004
	mMouseUTF8                        // 1005
	mMouseSGR                         // 1006
	mAltScroll                        // 1007
	mMouseURXVT                       // 1015
	mMousePixels                      // 1016
	mMeta8                            // 1034
	mMetaEscape                       // 1036
	mAltEscape                        // 1039
	mBracketedPaste                   // 2004
	mSync                             // 2026
	mGraphemes                        // 2027
	mColorScheme                      // 2031
	mInBandResize                     // 2048
	mOrigin                           // DECOM: only a name, the cursor has it
	mAlt                              // 47, 1047, 1049: only a name, the screen says
	mSavedCursor                      // 1048
	mMoreFix                          // 41: HT after the last column wraps first
	mReverseWrapAll                   // 1045
	mPrintFF                          // DECPFF, and on from here: only remembered
	mPrintExtent                      // DECPEX
	mScrollbar                        // 30
	mFontKeys                         // 35
	mNational                         // DECNRCM; acted on: national sets may be designated
	mMarginBell                       // 44
	mSixelDisplay                     // 80
	mScrollOnOutput                   // 1010
	mScrollOnKey                      // 1011
	mNumLock                          // 1035
	mDeleteDEL                        // 1037
	mKeepSelection                    // 1040
	mClipboard                        // 1041
	mUrgentBell                       // 1042
	mRaiseBell                        // 1043
	mKeepClipboard                    // 1044
	mColorRegisters                   // 1070
	mSixelRight                       // 8452
	_                                 // 36, which xterm does not know, in older snapshots
	modesEnd

	elsewhere = mOrigin | mAlt | mSavedCursor
)

const initialModes = mAutoWrap | mCursorVisible | mAutoRepeat | mLocalEcho | mMetaEscape | mAltEscape | mAltScroll

const mouseModes = mMouseX10 | mMouseClick | mMouseDrag | mMouseMove
const mouseEncodings = mMouseUTF8 | mMouseSGR | mMouseURXVT | mMousePixels

func (m modes) has(x modes) bool { return m&x != 0 }

func (m *modes) set(x modes, on bool) {
	if on {
		*m |= x
	} else {
		*m &^= x
	}
}

// decMode names the private modes (xterm ctlseqs, "CSI ? Pm h").
func decMode(n int) modes {
	switch n {
	case 1:
		return mAppCursor
	case 3:
		return mWide
	case 4:
		return mSmoothScroll
	case 5:
		return mReverseScreen
	case 6:
		return mOrigin
	case 7:
		return mAutoWrap
	case 8:
		return mAutoRepeat
	case 9:
		return mMouseX10
	case 18:
		return mPrintFF
	case 19:
		return mPrintExtent
	case 30:
		return mScrollbar
	case 35:
		return mFontKeys
	case 41:
		return mMoreFix
	case 42:
		return mNational
	case 44:
		return mMarginBell
	case 80:
		return mSixelDisplay
	case 12:
		return mCursorBlink
	case 25:
		return mCursorVisible
	case 40:
		return mAllowWide
	case 45:
		return mReverseWrap
	case 47, 1047, 1049:
		return mAlt
	case 66:
		return mAppKeypad
	case 67:
		return mBackarrow
	case 69:
		return mSideMargins
	case 95:
		return mNoClearWide
	}
	return decModeHigh(n)
}

func decModeHigh(n int) modes {
	switch n {
	case 1000:
		return mMouseClick
	case 1002:
		return mMouseDrag
	case 1003:
		return mMouseMove
	case 1004:
		return mFocus
	case 1005:
		return mMouseUTF8
	case 1006:
		return mMouseSGR
	case 1007:
		return mAltScroll
	case 1015:
		return mMouseURXVT
	case 1016:
		return mMousePixels
	case 1034:
		return mMeta8
	case 1036:
		return mMetaEscape
	case 1039:
		return mAltEscape
	case 1048:
		return mSavedCursor
	case 2004:
		return mBracketedPaste
	case 2026:
		return mSync
	case 2027:
		return mGraphemes
	case 2031:
		return mColorScheme
	case 2048:
		return mInBandResize
	}
	return decModeXterm(n)
}

// decModeXterm names xterm's modes for its own window and keyboard.
func decModeXterm(n int) modes {
	switch n {
	case 1010:
		return mScrollOnOutput
	case 1011:
		return mScrollOnKey
	case 1035:
		return mNumLock
	case 1037:
		return mDeleteDEL
	case 1040:
		return mKeepSelection
	case 1041:
		return mClipboard
	case 1042:
		return mUrgentBell
	case 1043:
		return mRaiseBell
	case 1044:
		return mKeepClipboard
	case 1045:
		return mReverseWrapAll
	case 1070:
		return mColorRegisters
	case 8452:
		return mSixelRight
	}
	return 0
}

// levelMode is decMode without the modes that the conformance level lacks.
func (t *Terminal) levelMode(n int) modes {
	m, level := decMode(n), t.level()
	switch {
	case m == mNational && level < 2, m == mSideMargins && level < 4, m == mNoClearWide && level < 5:
		return 0
	}
	return m
}

// ansiNever tells whether an ANSI mode is reset for good (ECMA-48 7.2, xterm).
func ansiNever(n int) bool {
	switch n {
	case 1, 3, 5, 7, 10, 11, 13, 14, 15, 16, 17, 18, 19: // GATM CRM SRTM VEM HEM PUM FEAM FETM MATM TTM SATM TSM EBM
		return true
	}
	return false
}

// ansiMode names the modes of ECMA-48 7.2 that a terminal may have.
func ansiMode(n int) modes {
	switch n {
	case 2:
		return mKeyLock
	case 4:
		return mInsert
	case 12:
		return mLocalEcho
	case 20:
		return mNewLine
	}
	return 0
}

// mode tells whether m is on, wherever that is kept.
func (t *Terminal) mode(m modes) bool {
	switch m {
	case mOrigin:
		return t.cur.origin
	case mAlt:
		return t.scr != &t.main
	case mSavedCursor:
		return t.scr.saved != nil
	}
	return t.modes.has(m)
}

// setModes is SM and RM.
func (t *Terminal) setModes(on bool) {
	for i := range t.p.count() {
		t.modes.set(ansiMode(int(t.p.param[i])), on)
	}
	t.updatePlain()
}

// setDECModes is DECSET and DECRST.
func (t *Terminal) setDECModes(on bool) {
	for i := range t.p.count() {
		if t.p.param[i] == 2 && !on { // DECANM; ends the sequence, as in xterm
			t.enterVT52()
			return
		}
		t.setDECMode(int(t.p.param[i]), on)
	}
}

func (t *Terminal) setDECMode(n int, on bool) {
	m := t.levelMode(n)
	switch m {
	case 0:
	case mOrigin:
		t.cur.origin = on
		t.moveTo(0, 0)
	case mWide:
		t.columnMode(on)
	case mAlt:
		t.setAlt(n, on)
	case mSavedCursor:
		if on {
			t.saveCursor()
		} else {
			t.restoreCursor()
		}
	case mSideMargins:
		t.modes.set(m, on)
		if on {
			t.singleWidth()
		} else {
			t.resetSideMargins()
		}
	case mMouseX10, mMouseClick, mMouseDrag, mMouseMove:
		t.modes.set(mouseModes, false)
		t.modes.set(m, on)
	case mMouseUTF8, mMouseSGR, mMouseURXVT, mMousePixels:
		if on {
			t.modes.set(mouseEncodings, false)
		}
		t.modes.set(m, on)
	case mReverseScreen:
		t.modes.set(m, on)
		t.changedAll()
	case mAutoWrap:
		t.modes.set(m, on)
		t.cur.wrap = t.cur.wrap && on
	case mInBandResize:
		t.modes.set(m, on)
		t.reportResize()
	default:
		t.modes.set(m, on)
	}
}

// columnMode is DECCOLM: the screen is cleared and the margins are reset (VT510).
// The width changes only under mode 40, and if the owner lets it.
func (t *Terminal) columnMode(on bool) {
	t.modes.set(mWide, on)
	if t.modes.has(mAllowWide) && on {
		t.askSize(132, 0)
	} else if t.modes.has(mAllowWide) {
		t.askSize(80, 0)
	}
	if !t.modes.has(mNoClearWide) {
		t.clearScreen()
	}
	t.modes.set(mSideMargins, false)
	t.resetMargins()
	t.moveTo(0, 0)
}

// setAlt switches screens (xterm ctlseqs, modes 47, 1047 and 1049): 1049 saves
// the cursor and enters a cleared screen, 1047 clears when it is left. Entering
// twice and leaving twice do nothing, as in tmux and alacritty: xterm would move
// the cursor of a program that cleans up once too often.
func (t *Terminal) setAlt(n int, on bool) {
	if on == (t.scr != &t.main) {
		return
	}
	switch {
	case on && n == 1049:
		t.saveCursor()
		t.enterAlt()
		t.clearScreen()
	case on:
		t.enterAlt()
	case n == 1049:
		t.leaveAlt()
		*t.alt = screen{rows: make([]*row, t.rows), saved: t.alt.saved}
		t.restoreCursor()
	default:
		if n == 1047 {
			t.clearScreen()
		}
		t.leaveAlt()
	}
}

// saveModes and restoreModes are XTSAVE and XTRESTORE.
func (t *Terminal) saveModes() {
	for i := range t.p.count() {
		m := decMode(int(t.p.param[i]))
		t.savedModes.set(m, m != 0 && t.mode(m))
	}
}

func (t *Terminal) restoreModes() {
	for i := range t.p.count() {
		n := int(t.p.param[i])
		if m := decMode(n); m != 0 && m != mSavedCursor {
			t.setDECMode(n, t.savedModes.has(m))
		}
	}
}

// softModes are what DECSTR turns off (VT510, DECSTR). The other modes stay as they
// are: LNM, DECSCNM and SRM are not in its table, and xterm's own are none of its
// business.
const softModes = mKeyLock | mInsert | mAppCursor | mAppKeypad | mNational | mCursorBlink | mSideMargins |
	mReverseWrap | mReverseWrapAll

// softReset is DECSTR: modes, margins and rendition, not the screen, nor the place of
// the cursor with the wrap that may be pending there (xterm). Lines wrap then, as in
// xterm and not in the table: programs rely on it.
func (t *Terminal) softReset() {
	t.modes = t.modes&^softModes | mAutoWrap | mCursorVisible
	c := t.cur
	t.cur = cursor{row: c.row, col: c.col, wrap: c.wrap}
	t.resetMargins()
	t.scr.saved = nil
	t.shift = 0
	t.protect(false, false)
	t.updatePlain()
}

func (t *Terminal) mouseMode() int {
	switch m := t.modes; {
	case m.has(mMouseMove):
		return 1003
	case m.has(mMouseDrag):
		return 1002
	case m.has(mMouseClick):
		return 1000
	case m.has(mMouseX10):
		return 9
	}
	return 0
}

func (t *Terminal) mouseEncoding() int {
	switch m := t.modes; {
	case m.has(mMousePixels):
		return 1016
	case m.has(mMouseSGR):
		return 1006
	case m.has(mMouseURXVT):
		return 1015
	case m.has(mMouseUTF8):
		return 1005
	}
	return 0
}

// ClearTransient takes back what a full-screen program turns on and one that died
// leaves on: the alternate screen, mouse, paste and focus reports, keyboard
// protocols, margins, character sets, a hidden cursor, VT52 mode.
func (t *Terminal) ClearTransient() {
	t.seq++
	t.begin(ground)
	t.p.nutf, t.p.str, t.ansi = 0, nil, nil
	if t.scr != &t.main {
		t.setAlt(1049, false)
	}
	t.modes = t.modes&(mGraphemes|mNewLine) | initialModes
	t.resetMargins()
	c := &t.cur
	c.origin, c.gl, c.gr, c.gset, c.pen = false, 0, 0, [4]charset{}, Style{}
	t.penOK, t.shift, t.look = false, 0, 0
	if t.rare != nil {
		t.rare.kitty, t.rare.modKeys, t.rare.progress = [2]kittyStack{}, 0, Progress{}
	}
	t.updatePlain()
}
