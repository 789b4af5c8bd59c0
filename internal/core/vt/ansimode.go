package vt

import "slices"

// restoredModes are the private modes whose state ANSI sends; the others are
// part of the cursor or the screen, or are dropped (2026).
var restoredModes = [...]int{
	1, 4, 5, 7, 8, 9, 12, 25, 40, 41, 42, 45, 66, 67, 95, 1000, 1002, 1003, 1004, 1005, 1006, 1007,
	1015, 1016, 1034, 1036, 1039, 1045, 2004, 2027, 2031, 2048,
}

// rememberedModes are sent only if a program turned them on: in a terminal with a
// window they are its user's settings.
var rememberedModes = [...]int{
	18, 19, 30, 35, 44, 80, 1010, 1011, 1035, 1037, 1040, 1041, 1042, 1043, 1044, 1070, 8452,
}

// modes sends every mode, on or off: the client may come from another session.
func (w *ansiWriter) modes() {
	on, shift := w.t.modes, w.t.shift
	if a := w.t.ansi; a != nil {
		on, shift = on|a.modes, a.shift
	}
	w.decModes(restoredModes[:], func(m modes) bool { return !on.has(m) }, "l")
	w.decModes(restoredModes[:], on.has, "h")
	w.decModes(rememberedModes[:], on.has, "h")
	for _, n := range [...]int{2, 4, 12, 20} {
		w.csi(n)
		if on.has(ansiMode(n)) {
			w.s("h")
		} else {
			w.s("l")
		}
	}
	w.s("\x1b[" + itoa(int(w.t.look)) + " q")
	if shift != 0 {
		w.s("\x1b" + string(rune('N'+shift-2)))
	}
}

// vt52 enters VT52 mode again.
func (w *ansiWriter) vt52() {
	if w.t.ansi == nil {
		return
	}
	w.s("\x1b[?2l")
	if w.t.cur.gl == 1 {
		w.s("\x1bF")
	}
}

// decModes sends the modes that f picks in one sequence.
func (w *ansiWriter) decModes(list []int, f func(modes) bool, final string) {
	sep := "\x1b[?"
	for _, n := range list {
		if f(decMode(n)) {
			w.s(sep + itoa(n))
			sep = ";"
		}
	}
	if sep == ";" {
		w.s(final)
	}
}

// savedModes makes XTSAVE's memory: the modes are set, saved, and put right later.
func (w *ansiWriter) savedModes() {
	saved := w.t.savedModes
	pick := func(m modes) bool { return saved.has(m) && m != mInBandResize }
	if saved == 0 {
		return
	}
	all := slices.Concat(restoredModes[:], rememberedModes[:])
	w.decModes(all, pick, "h")
	w.decModes(all, pick, "s")
	w.decModes(all, pick, "l")
	w.s("\x1b[?7h")
}

// keyboard sends the kitty flags of a screen and, once, modifyOtherKeys.
func (w *ansiWriter) keyboard(screen int) {
	k := kittyStack{}
	if w.t.rare != nil {
		k = w.t.rare.kitty[screen]
	}
	all := append(slices.Clone(k.stack), k.flags)
	w.s("\x1b[=" + itoa(int(all[0])) + ";1u")
	for _, f := range all[1:] {
		w.s("\x1b[>" + itoa(int(f)) + "u")
	}
	if screen == 0 {
		n := 0
		if w.t.rare != nil {
			n = int(w.t.rare.modKeys)
		}
		w.s("\x1b[>4;" + itoa(n) + "m")
	}
}

// strings sends title, directory and colours.
func (w *ansiWriter) strings() {
	t := w.t
	if t.rare != nil {
		for _, e := range t.rare.titles {
			w.s("\x1b]2;" + e.title + "\x1b\\\x1b]1;" + e.icon + "\x1b\\\x1b[22t")
		}
		if t.rare.iconName != "" || len(t.rare.titles) > 0 {
			w.s("\x1b]1;" + t.rare.iconName + "\x1b\\")
		}
		w.colorStack()
		w.palette(t.rare.palette)
	}
	w.s("\x1b]2;" + t.title + "\x1b\\")
	w.titleModes()
	switch {
	case t.cwd == "":
	case t.cwd[0] == '/':
		w.s("\x1b]7;file://" + escapePath(t.cwd) + "\x1b\\")
	default:
		w.s("\x1b]7;" + t.cwd + "\x1b\\")
	}
	if t.rare != nil && t.rare.progress != (Progress{}) {
		w.s("\x1b]9;4;" + itoa(t.rare.progress.State) + ";" + itoa(t.rare.progress.Percent) + "\x1b\\")
	}
}

func (w *ansiWriter) titleModes() {
	if w.t.rare == nil {
		return
	}
	if w.t.rare.window.hexSet {
		w.s("\x1b[>0t")
	}
	if w.t.rare.window.hexQuery {
		w.s("\x1b[>1t")
	}
}

// palette sends colours that a program set.
func (w *ansiWriter) palette(p map[uint16]uint32) {
	for _, n := range sortedKeys(p) {
		switch {
		case n < dynamicBase:
			w.s("\x1b]4;" + itoa(int(n)))
		case n < specialBase:
			w.s("\x1b]" + itoa(int(n)-dynamicBase+10))
		default:
			w.s("\x1b]5;" + itoa(int(n)-specialBase))
		}
		w.s(";" + colorSpec(p[n]) + "\x1b\\")
	}
}

// escapePath is percent-encoding of what may not stand in a URI's path.
func escapePath(s string) string {
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, len(s)+8)
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || c == '%' || c == '?' || c == '#' || c == ';' {
			b = append(b, '%', digits[c>>4], digits[c&15])
			continue
		}
		b = append(b, c)
	}
	return string(b)
}

// unfinished sends the beginning of the sequence or character the parser is in.
func (w *ansiWriter) unfinished() {
	q := &w.t.p
	w.b = append(w.b, q.utf[:q.nutf]...)
	switch q.state {
	case ground:
		return
	case escape, escapeInter:
		w.s("\x1b")
		w.inter()
	case csi, csiInter, csiIgnore:
		w.s("\x1b[")
		w.params()
		w.inter()
		if q.state == csiIgnore {
			w.s("\x20<") // nothing that could follow makes this a sequence
		}
	case vt52Place:
		w.s("\x1bY")
		if q.n > 0 {
			w.b = append(w.b, byte(q.param[0]))
		}
	case dcs, dcsInter:
		w.s("\x1bP")
		w.params()
		w.inter()
	case dcsData:
		w.s("\x1bP")
		w.params()
		w.inter()
		w.b = append(w.b, q.kind)
		w.b = append(w.b, q.str...)
	case dcsIgnore:
		w.s("\x1bP:")
	case osc:
		w.s("\x1b]")
		w.b = append(w.b, q.str...)
	case text:
		w.b = append(w.b, 0x1b, q.kind)
		w.b = append(w.b, q.str...)
	}
	if q.esc {
		w.s("\x1b")
	}
}

func (w *ansiWriter) inter() {
	q := &w.t.p
	for i := range min(int(q.ninter), len(q.inter)) {
		w.b = append(w.b, q.inter[i])
	}
	if int(q.ninter) > len(q.inter) {
		w.s("   ")
	}
}

func (w *ansiWriter) params() {
	q := &w.t.p
	if q.prefix != 0 {
		w.b = append(w.b, q.prefix)
	}
	for i := range q.count() {
		if i > 0 {
			if q.sub&(1<<i) != 0 {
				w.s(":")
			} else {
				w.s(";")
			}
		}
		w.s(itoa(int(q.param[i])))
	}
	if int(q.n) > maxParams {
		w.s(";")
	}
}
