package vt

import "bytes"

// Reports of how the terminal stands, and settings from them (VT510: DECRQPSR,
// DECRSPS; xterm: XTREPORTSGR).

// reportPresentation is DECRQPSR: 1 the cursor (DECCIR), 2 the tab stops (DECTABSR).
func (t *Terminal) reportPresentation(what int) {
	switch what {
	case 1:
		t.reply("\x1bP1$u" + t.cursorReport() + "\x1b\\")
	case 2:
		s, sep := "", ""
		for x := range t.cols {
			if t.tabStop(x) {
				s, sep = s+sep+itoa(x+1), "/"
			}
		}
		t.reply("\x1bP2$u" + s + "\x1b\\")
	}
}

// cursorReport is the data of DECCIR: line, column, page, rendition, protection,
// flags, GL, GR, which of G0-G3 have 96 characters, and what they are.
func (t *Terminal) cursorReport() string {
	c := &t.cur
	a := c.pen.Attr
	shown := bitmap(a&Bold != 0, c.pen.Underline != NoUnderline, a&(Blink|RapidBlink) != 0, a&Reverse != 0)
	state := bitmap(c.origin, t.shift == 2, t.shift == 3, c.wrap)
	var big [4]bool
	names := ""
	for i, s := range c.gset {
		var name string
		name, big[i] = s.name()
		names += name
	}
	gr := 2 // after a reset, though nothing is ever shown from it
	if c.gr > 0 {
		gr = int(c.gr)
	}
	return itoa(int(c.row)+1) + ";" + itoa(int(c.col)+1) + ";1;" + shown + ";" + bitmap(a&Protected != 0 && !t.guards()) + ";" +
		state + ";" + itoa(int(c.gl)) + ";" + itoa(gr) + ";" + bitmap(big[:]...) + ";" + names
}

// bitmap is a character of DECCIR: bits from the lowest, above 0x40.
func bitmap(bits ...bool) string {
	v := byte('@')
	for i, on := range bits {
		if on {
			v |= 1 << i
		}
	}
	return string(v)
}

// restorePresentation is DECRSPS: it takes back what DECRQPSR reported.
func (t *Terminal) restorePresentation(what int, s []byte) {
	switch what {
	case 1:
		if f := bytes.Split(s, []byte(";")); len(f) == 10 {
			t.restoreReport(f)
		}
	case 2:
		t.tabs = make([]uint64, (t.cols+63)/64)
		for f := range bytes.SplitSeq(s, []byte("/")) {
			if n, ok := atoi(f); ok && n > 0 && n <= t.cols {
				t.setTab(n-1, true)
			}
		}
	}
}

// setNames cuts the names of sets apart: each ends in its final byte.
func setNames(s string) []string {
	var names []string
	for from, i := 0, 0; i < len(s); i++ {
		if s[i] >= 0x30 {
			names = append(names, s[from:i+1])
			from = i + 1
		}
	}
	return names
}

// restoreReport sets what the fields of a DECCIR say. One that does not make sense
// makes the report count for nothing.
func (t *Terminal) restoreReport(f [][]byte) {
	row, ok1 := atoi(f[0])
	col, ok2 := atoi(f[1])
	gl, ok3 := atoi(f[6])
	gr, ok4 := atoi(f[7])
	names := setNames(string(f[9]))
	if !ok1 || !ok2 || !ok3 || !ok4 || gl > 3 || gr > 3 || len(names) != 4 {
		return
	}
	var bits [4]byte // rendition, protection, flags, sizes
	for i, k := range [4]int{3, 4, 5, 8} {
		if len(f[k]) != 1 || f[k][0]&0xf0 != '@' {
			return
		}
		bits[i] = f[k][0] & 15
	}
	c := t.cur
	for i, name := range names {
		c.gset[i] = charsetOf(name, bits[3]&(1<<i) != 0)
	}
	c.gl, c.gr = uint8(gl), uint8(gr)
	c.pen.restoreBits(bits[0], bits[1])
	if bits[1]&1 != 0 {
		t.protect(true, false)
	}
	c.origin, c.wrap = bits[2]&1 != 0, bits[2]&8 != 0 && t.modes.has(mAutoWrap)
	c.row, c.col = clamp32(int32(row-1), 0, int32(t.rows-1)), clamp32(int32(col-1), 0, int32(t.cols-1))
	t.cur = t.inside(t.scr, c)
	t.shift = 0
	if s := bits[2] >> 1 & 3; s == 1 || s == 2 {
		t.shift = s + 1
	}
	t.penOK = false
	t.updatePlain()
}

// restoreBits sets the renditions that DECCIR knows, and leaves colours alone.
func (s *Style) restoreBits(shown, protected byte) {
	s.Attr &^= Bold | Blink | RapidBlink | Reverse | Protected
	s.Underline = NoUnderline
	for i, a := range [...]Attr{Bold, 0, Blink, Reverse} {
		if shown&(1<<i) != 0 {
			s.Attr |= a
		}
	}
	if shown&2 != 0 {
		s.Underline = SingleUnderline
	}
	if protected&1 != 0 {
		s.Attr |= Protected
	}
}

// reportRendition is XTREPORTSGR: the SGR that all cells of an area have in common.
func (t *Terminal) reportRendition() {
	a, ok := t.area(0)
	if !ok {
		return
	}
	common, first := Style{}, true
	for y := a.top; y < a.bottom; y++ {
		for x := a.left; x < a.right; x++ {
			s := Style{}
			if r := t.scr.rows[y]; r != nil {
				s = t.styleOf(r.cells[x].ink())
			}
			if first {
				common, first = s, false
			}
			common.keepCommon(s)
		}
	}
	t.reply("\x1b[" + string(appendSetting([]byte("0"), common)) + "m")
}

// keepCommon takes from s what o does not have.
func (s *Style) keepCommon(o Style) {
	s.Attr &= o.Attr
	if s.Underline != o.Underline {
		s.Underline = NoUnderline
	}
	for _, c := range [...][2]*Color{{&s.Fg, &o.Fg}, {&s.Bg, &o.Bg}, {&s.Line, &o.Line}} {
		if *c[0] != *c[1] {
			*c[0] = 0
		}
	}
}

// appendSetting is appendSGR as DECRQSS tells it: in the order of the numbers, and
// colours with colons (ITU T.416), as xterm does.
func appendSetting(b []byte, s Style) []byte {
	attr := func(n int, on bool) {
		if on {
			b = append(append(b, ';'), itoa(n)...)
		}
	}
	attr(1, s.Attr&Bold != 0)
	attr(2, s.Attr&Faint != 0)
	attr(3, s.Attr&Italic != 0)
	attr(4, s.Underline == SingleUnderline)
	if s.Underline > DoubleUnderline {
		b = append(b, ';', '4', ':', '0'+byte(s.Underline))
	}
	for i, a := range [...]Attr{Blink, RapidBlink, Reverse, Conceal, Strike} {
		attr(5+i, s.Attr&a != 0)
	}
	attr(21, s.Underline == DoubleUnderline)
	b = appendSettingColor(b, 30, s.Fg)
	b = appendSettingColor(b, 40, s.Bg)
	attr(53, s.Attr&Overline != 0)
	return appendSettingColor(b, 50, s.Line)
}

func appendSettingColor(b []byte, base int, c Color) []byte {
	if i, ok := c.Index(); ok && i < 16 && base < 50 {
		return appendColor(b, base, c)
	} else if ok {
		return append(b, ";"+itoa(base+8)+":5:"+itoa(int(i))...)
	}
	if r, g, bl, ok := c.RGB(); ok {
		return append(b, ";"+itoa(base+8)+":2::"+itoa(int(r))+":"+itoa(int(g))+":"+itoa(int(bl))...)
	}
	return b
}
