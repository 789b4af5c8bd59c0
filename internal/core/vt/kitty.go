package vt

// kittyStack is the keyboard mode of one screen (kitty, "Comprehensive keyboard
// handling"): the flags in force and those pushed.
type kittyStack struct {
	flags uint8
	stack []uint8
}

// kittyDepth bounds the stack; the oldest entry goes when it is full.
const kittyDepth = 16

const kittyAll = 31

func (t *Terminal) kitty() *kittyStack {
	i := 0
	if t.scr != &t.main {
		i = 1
	}
	return &t.more().kitty[i]
}

func (t *Terminal) kittyFlags() uint8 {
	if t.rare == nil {
		return 0
	}
	return t.kitty().flags
}

// kittyKeyboard is CSI ? u (query), > push, < pop and = set.
func (t *Terminal) kittyKeyboard(prefix byte) {
	n := t.p.arg(0, 0)
	switch prefix {
	case '?':
		t.reply("\x1b[?" + itoa(int(t.kittyFlags())) + "u")
	case '>':
		k := t.kitty()
		if len(k.stack) == kittyDepth {
			k.stack = k.stack[:copy(k.stack, k.stack[1:])]
		}
		k.stack = append(k.stack, k.flags)
		k.flags = uint8(n) & kittyAll
	case '<':
		k := t.kitty()
		for n = t.p.arg(0, 1); n > 0; n-- {
			if len(k.stack) == 0 {
				k.flags = 0
				break
			}
			k.flags = k.stack[len(k.stack)-1]
			k.stack = k.stack[:len(k.stack)-1]
		}
	case '=':
		k := t.kitty()
		f := uint8(n) & kittyAll
		switch t.p.arg(1, 1) {
		case 1:
			k.flags = f
		case 2:
			k.flags |= f
		case 3:
			k.flags &^= f
		}
	}
}

// modifyKeys is XTMODKEYS, its query, and the disabling form with "n". Only
// modifyOtherKeys (resource 4) is kept.
func (t *Terminal) modifyKeys(prefix, final byte) {
	switch {
	case prefix == '?':
		if t.p.arg(0, 0) == 4 {
			n := 0
			if t.rare != nil {
				n = int(t.rare.modKeys)
			}
			t.reply("\x1b[>4;" + itoa(n) + "m")
		}
	case t.p.count() > 0 && t.p.arg(0, 0) != 4:
	case final == 'n':
		t.more().modKeys = 0
	default:
		t.more().modKeys = uint8(min(t.p.arg(1, 0), 2))
	}
}
