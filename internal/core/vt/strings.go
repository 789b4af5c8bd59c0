package vt

import "bytes"

func (t *Terminal) beginString(state uint8, kind byte) {
	q := &t.p
	q.state, q.kind = state, kind
	q.over, q.esc = false, false
	q.str = q.str[:0]
}

// stringBytes takes the inside of an OSC, DCS or text string up to ST, or BEL
// for OSC (xterm). Other controls are dropped, as ECMA-48 8.3.89 has no place for
// them; in DCS data they belong to the string.
func (t *Terminal) stringBytes(p []byte) int {
	q := &t.p
	if q.esc {
		q.esc = false
		if p[0] == '\\' {
			t.endString()
			return 1
		}
		// any other sequence cuts the string off, and then it does not count (xterm,
		// libvterm; it does in tmux and alacritty)
		t.dropString()
		t.begin(escape)
		return 0
	}
	n := 0
	for n < len(p) && p[n] >= 0x20 {
		n++
	}
	t.keep(p[:n])
	if n == len(p) {
		return n
	}
	switch b := p[n]; {
	case b == 0x1b:
		q.esc = true
	case b == 0x18 || b == 0x1a:
		t.dropString()
	case b == 0x07 && q.state == osc:
		q.bel = true
		t.endString()
		q.bel = false
	case q.state == dcsData:
		t.keep(p[n : n+1])
	}
	return n + 1
}

// keep adds to the string what is of use later.
func (t *Terminal) keep(p []byte) {
	q := &t.p
	if q.over || q.state == dcsIgnore || len(p) == 0 {
		return
	}
	if q.img.active {
		q.img.feed(p)
		return
	}
	if q.state == osc && len(q.str) == 0 && cap(q.str) == 0 {
		q.str = make([]byte, 0, 64)
	}
	if n := min(max(imageHead-len(q.str), 0), len(p)); n > 0 {
		q.str = append(q.str, p[:n]...)
		p = p[n:]
	}
	if len(p) == 0 || q.state == text || q.state == osc && bytes.HasPrefix(q.str, []byte("1337;File=")) {
		return
	}
	if len(q.str)+len(p) > maxString {
		q.over, q.str = true, nil
		return
	}
	q.str = append(q.str, p...)
}

// imageHead is how much of a kitty or iTerm2 image is kept: its keys and enough
// of the data to see its size.
const imageHead = 1024

func (t *Terminal) dropString() {
	t.p.state = ground
	t.releaseString()
}

// releaseString keeps a small buffer for the next string: prompts send several.
func (t *Terminal) releaseString() {
	t.p.img = imageMeter{}
	t.p.str = t.p.str[:0]
	if cap(t.p.str) > 128 {
		t.p.str = nil
	}
}

func (t *Terminal) endString() {
	q := &t.p
	state := q.state
	q.state = ground
	if !q.over {
		switch state {
		case osc:
			t.oscDispatch(q.str)
		case dcsData:
			t.dcsDispatch(q.str)
		case text:
			t.textDispatch(q.str)
		}
	}
	t.releaseString()
}

// dcsByte reads the head of a device control string (ECMA-48 8.3.27).
func (t *Terminal) dcsByte(b byte) {
	q := &t.p
	switch {
	case b < 0x30:
		q.state = dcsInter
		t.intermediate(b)
	case q.state == dcs && b-'0' <= 9:
		q.digits([]byte{b})
	case q.state == dcs && (b == ';' || b == ':'):
		q.nextParam(b == ':')
	case q.state == dcs && b >= 0x3c && b < 0x40 && q.n == 0 && q.prefix == 0:
		q.prefix = b
	case b < 0x40:
		t.beginString(dcsIgnore, 'P')
	default:
		t.beginString(dcsData, b)
		q.img.begin(q)
	}
}

// dcsDispatch answers DECRQSS and XTGETTCAP and obeys DECRSPS; sixel was measured on the way.
func (t *Terminal) dcsDispatch(s []byte) {
	q := &t.p
	if q.ninter > 1 {
		return
	}
	var inter byte
	if q.ninter == 1 {
		inter = q.inter[0]
	}
	switch key(q.prefix, inter, q.kind) {
	case key(0, '$', 'q'):
		t.reportSetting(s)
	case key(0, '$', 't'):
		t.restorePresentation(q.arg(0, 0), s)
	case key(0, '+', 'q'):
		t.reportTermcap(s)
	case key(0, 0, 'q'):
		t.placeImage(q.img.size())
	case key('=', 0, 's'): // iTerm2's synchronized updates, before mode 2026
		if n := q.arg(0, 0); n == 1 || n == 2 {
			t.modes.set(mSync, n == 1)
		}
	}
}

// textDispatch sees APC, PM and SOS strings. Only kitty's images (APC G) mean
// something, and those only by their size.
func (t *Terminal) textDispatch(s []byte) {
	if t.p.kind == '_' && bytes.HasPrefix(s, []byte("G")) {
		t.kittyImage(s[1:])
	}
}
