package vt

import "maps"

// colorStack holds the palettes of XTPUSHCOLORS.
type colorStack struct {
	saved []map[uint16]uint32 // by place, at most maxStack; nil was never stored
	used  int                 // places that pushing has taken
}

// pushColors is XTPUSHCOLORS (xterm ctlseqs, "CSI Pm # P"): the colours of OSC 4, 5
// and 10 to 19 go on the stack, or with a number from 1 to its place in there.
func (t *Terminal) pushColors(n int) {
	c := &t.more().colors
	at := n - 1
	if n == 0 {
		at = c.used
	}
	if at >= maxStack {
		return
	}
	for len(c.saved) <= at {
		c.saved = append(c.saved, nil)
	}
	if c.saved[at] = maps.Clone(t.rare.palette); c.saved[at] == nil {
		c.saved[at] = map[uint16]uint32{}
	}
	if n == 0 {
		c.used++
	}
}

// popColors is XTPOPCOLORS ("CSI Pm # Q"): the colours on the top of the stack, which
// is then one lower, or at the place n.
func (t *Terminal) popColors(n int) {
	if t.rare == nil {
		return
	}
	c := &t.rare.colors
	at := n - 1
	if n == 0 {
		at = c.used - 1
	}
	if at < 0 || at >= len(c.saved) || c.saved[at] == nil {
		return
	}
	t.rare.palette = maps.Clone(c.saved[at])
	if n == 0 {
		c.used--
	}
	t.changedAll()
}

// reportColors is XTREPORTCOLORS ("CSI # R"): the places in use and how many hold
// colours, in kitty's form.
func (t *Terminal) reportColors() {
	c := colorStack{}
	if t.rare != nil {
		c = t.rare.colors
	}
	t.reply("\x1b[" + itoa(c.used) + ";" + itoa(len(c.saved)) + "#Q")
}

// colorStack sends what is on the stack, and leaves no colour set.
func (w *ansiWriter) colorStack() {
	c := &w.t.rare.colors
	for i, p := range c.saved {
		if p == nil {
			continue
		}
		w.palette(p)
		if i < c.used {
			w.s("\x1b[#P")
		} else {
			w.s("\x1b[" + itoa(i+1) + "#P")
		}
		w.s("\x1b]104\x1b\\\x1b]105\x1b\\")
		for n := range 10 {
			w.s("\x1b]" + itoa(110+n) + "\x1b\\")
		}
	}
}
