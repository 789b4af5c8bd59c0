package vt

import "bytes"

// defaultLevel is the conformance level after a reset: a VT420, as xterm is.
const (
	defaultLevel = 4
	maxLevel     = 5
)

// level is the conformance level of DECSCL. Only what later levels brought is
// missing in lower ones, see since; DECSLRM comes with 4, DECNCSM with 5.
func (t *Terminal) level() int {
	if t.rare == nil || t.rare.level == 0 {
		return defaultLevel
	}
	return int(t.rare.level)
}

// since is the level that brought a sequence with intermediates (xterm; VT510 manual,
// appendix on the levels): DECRQM for ANSI modes, DECRQPSR and DECSCPP 3, rectangles
// and columns 4. xterm tells of DEC's modes at any level.
func since(k uint32) int {
	switch byte(k >> 8) {
	case '*', '\'':
		return 4
	case '$':
		switch {
		case k>>16 != 0:
			return 1
		case bytes.IndexByte([]byte("rtvxz{"), byte(k)) >= 0:
			return 4
		}
		return 3
	}
	return 1
}

// reportSince is the level that a DSR of DEC's came with (xterm).
func reportSince(what int) int {
	switch {
	case what == 15 || what == 25 || what == 26:
		return 2
	case what == 53 || what == 55 || what == 56:
		return 3
	case what >= 62 && what <= 85:
		return 4
	}
	return 1
}

// setLevel is DECSCL, a soft reset (DEC STD 070) that sets the level. Answers are
// 7-bit whatever the second parameter says.
func (t *Terminal) setLevel(n int) {
	if n < 61 || n > 60+maxLevel {
		return
	}
	t.softReset()
	if n -= 60; n != t.level() {
		t.more().level = uint8(n)
	}
	t.keepInLevel()
}

// keepInLevel ends what the level lacks, so that a terminal can be told the level
// first and all else then.
func (t *Terminal) keepInLevel() {
	level := t.level()
	if level < 5 {
		t.modes &^= mNoClearWide
	}
	if level < 4 && t.modes.has(mSideMargins) {
		t.modes &^= mSideMargins
		t.resetSideMargins()
	}
	if level > 1 {
		return
	}
	t.modes &^= mNational
	cursors := []*cursor{&t.cur, t.main.saved}
	if t.alt != nil {
		cursors = append(cursors, t.alt.saved)
	}
	for _, c := range cursors {
		if c != nil {
			c.dropNational()
		}
	}
}

// deviceAttributes answers DA1, DA2 ('>') and DA3 ('='). What is claimed is what
// every terminal that may be attached has: selective erase and colour. Margins at
// the sides and rectangles work, but tmux would use them if they were named, and
// many terminals it is then shown on lack them. Where reports are allowed, all of
// xterm's list is given.
func (t *Terminal) deviceAttributes(prefix byte) {
	if t.p.arg(0, 0) != 0 && t.p.state == ground && t.p.n > 0 {
		return
	}
	level := t.level()
	switch prefix {
	case 0:
		features := ";6;22c"
		if t.reports {
			features = ";1;2;6;9;15;16;17;18;21;22;28;29c"
		}
		t.reply("\x1b[?6" + itoa(level) + features)
	case '>':
		model := "41"
		if level == maxLevel {
			model = "64"
		}
		t.reply("\x1b[>" + model + ";379;0c")
	case '=':
		t.reply("\x1bP!|00000000\x1b\\")
	}
}
