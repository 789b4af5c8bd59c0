package vt

import "unicode/utf8"

// EncodeKey is what a terminal in this state sends for a key: in the kitty
// protocol when the program asked for it, else as xterm does, under
// modifyOtherKeys if that is on. A release sends nothing unless asked for.
func (t *Terminal) EncodeKey(k Key) []byte {
	if b := t.vt52Key(k); b != nil {
		if k.Event == KeyRelease {
			return nil
		}
		return b
	}
	if f := t.kittyFlags(); f&(kittyDisambiguate|kittyEvents|kittyAllKeys) != 0 {
		return t.encodeKitty(k, f)
	}
	if k.Event == KeyRelease {
		return nil
	}
	k.Mods &= Shift | Meta | Ctrl
	if b := t.encodeOther(k); b != nil {
		return b
	}
	if k.Name != NoName {
		return t.encodeNamed(k)
	}
	return encodeRune(k)
}

// encodeRune encodes a character (xterm ctlseqs, "Alt and Meta Keys").
func encodeRune(k Key) []byte {
	var b []byte
	if k.Mods&Meta != 0 {
		b = append(b, 0x1b)
	}
	if k.Mods&Ctrl != 0 {
		if c, ok := controlOf(k.Rune); ok {
			return append(b, c)
		}
	}
	return utf8.AppendRune(b, shifted(k))
}

func shifted(k Key) rune {
	if k.Mods&Shift != 0 && k.Rune >= 'a' && k.Rune <= 'z' {
		return k.Rune - 32
	}
	return k.Rune
}

// controlOf is the control character of Ctrl with r (xterm, on a PC keyboard).
func controlOf(r rune) (byte, bool) {
	switch {
	case r >= 'a' && r <= 'z':
		return byte(r - 'a' + 1), true
	case r >= '@' && r <= '_':
		return byte(r & 0x1f), true
	case r == ' ' || r == '2':
		return 0, true
	case r >= '3' && r <= '7':
		return byte(r - '3' + 0x1b), true
	case r == '/':
		return 0x1f, true
	case r == '8' || r == '?':
		return 0x7f, true
	}
	return 0, false
}

// otherCode is the code of keys that modifyOtherKeys is about.
func (k Key) otherCode() rune {
	switch k.Name {
	case NoName:
		return shifted(k)
	case Enter:
		return '\r'
	case Tab:
		return '\t'
	case Escape:
		return 0x1b
	case Backspace:
		return 0x7f
	}
	return 0
}

// encodeOther encodes under modifyOtherKeys (xterm ctlseqs, "CSI > Pp m"): level
// 1 for what has no encoding of its own, 2 for every modified key.
func (t *Terminal) encodeOther(k Key) []byte {
	level, code := uint8(0), k.otherCode()
	if t.rare != nil {
		level = t.rare.modKeys
	}
	if level == 0 || code == 0 || k.Mods == 0 || k.Mods == Shift && (k.Name == NoName || k.Name == Tab) {
		return nil
	}
	if level == 1 {
		_, known := controlOf(k.Rune)
		usual := k.Name == NoName && (k.Mods&Ctrl == 0 || known) || k.Name != NoName && k.Mods == Meta
		if usual || k.Name == Backspace {
			return nil
		}
	}
	return []byte("\x1b[27;" + itoa(int(k.Mods)+1) + ";" + itoa(int(code)) + "~")
}

// encodeNamed encodes a key that is not a character (xterm ctlseqs, "PC-Style
// Function Keys").
func (t *Terminal) encodeNamed(k Key) []byte {
	switch k.Name {
	case Enter, Tab, Escape, Backspace:
		return t.encodeSimple(k)
	}
	if k.Name >= KP0 {
		return t.encodeKeypad(k)
	}
	final, number := functionKey(k.Name)
	switch {
	case number != 0 && k.Mods != 0:
		return []byte("\x1b[" + itoa(number) + ";" + itoa(int(k.Mods)+1) + "~")
	case number != 0:
		return []byte("\x1b[" + itoa(number) + "~")
	case k.Mods != 0:
		return []byte("\x1b[1;" + itoa(int(k.Mods)+1) + string(rune(final)))
	case k.Name >= F1 || t.modes.has(mAppCursor):
		return []byte{0x1b, 'O', final}
	}
	return []byte{0x1b, '[', final}
}

func (t *Terminal) encodeSimple(k Key) []byte {
	var b []byte
	if k.Mods&Meta != 0 {
		b = append(b, 0x1b)
	}
	switch k.Name {
	case Enter:
		if b = append(b, '\r'); t.modes.has(mNewLine) {
			b = append(b, '\n')
		}
	case Tab:
		if k.Mods&Shift != 0 {
			return append(b, "\x1b[Z"...)
		}
		b = append(b, '\t')
	case Escape:
		b = append(b, 0x1b)
	case Backspace:
		if (k.Mods&Ctrl != 0) != t.modes.has(mBackarrow) {
			return append(b, 0x08)
		}
		b = append(b, 0x7f)
	}
	return b
}

// keypadText is what KP0 to KPEnter type.
const keypadText = "0123456789./*-+\r"

// encodeKeypad encodes the keypad: text, or SS3 under DECKPAM (VT100).
func (t *Terminal) encodeKeypad(k Key) []byte {
	c := keypadText[k.Name-KP0]
	switch {
	case k.Mods != 0:
		return encodeRune(Key{Rune: rune(c), Mods: k.Mods})
	case !t.modes.has(mAppKeypad) && c == '\r': // is Return
		return t.encodeSimple(Key{Name: Enter})
	case !t.modes.has(mAppKeypad):
		return []byte{c}
	case c == '\r':
		return []byte("\x1bOM")
	}
	return []byte{0x1b, 'O', c + 0x40}
}

// functionKey is a key's final byte, or its number before "~".
func functionKey(n KeyName) (final byte, number int) {
	switch n {
	case Up, Down, Right, Left:
		return "ABCD"[n-Up], 0
	case Home:
		return 'H', 0
	case End:
		return 'F', 0
	case Insert, Delete:
		return 0, 2 + int(n-Insert)
	case PageUp, PageDown:
		return 0, 5 + int(n-PageUp)
	case F1, F2, F3, F4:
		return "PQRS"[n-F1], 0
	}
	return 0, [...]int{15, 17, 18, 19, 20, 21, 23, 24}[n-F5]
}
