package vt

import "unicode/utf8"

// Mouse is something that happened to the mouse over the text area.
type Mouse struct {
	Row, Col int // of the cell, from 0
	X, Y     int // of the pixel, from 0; for mode 1016
	Button   Button
	Kind     MouseKind
	Mods     Mod // Shift, Meta and Ctrl count
}

// Button is a mouse button, numbered as xterm sends it.
type Button uint8

// The buttons. NoButton is for motion with none held.
const (
	LeftButton Button = iota
	MiddleButton
	RightButton
	NoButton
	WheelUp    Button = 64
	WheelDown  Button = 65
	WheelLeft  Button = 66
	WheelRight Button = 67
)

// MouseKind is what the mouse did.
type MouseKind uint8

// The kinds; a wheel is only pressed.
const (
	MousePress MouseKind = iota
	MouseRelease
	MouseMotion
)

// wantsMouse tells whether the mode in force (xterm ctlseqs, "Mouse Tracking")
// reports m.
func (t *Terminal) wantsMouse(m Mouse) bool {
	switch t.mouseMode() {
	case 9:
		return m.Kind == MousePress && m.Button <= RightButton
	case 1000:
		return m.Kind != MouseMotion
	case 1002:
		return m.Kind != MouseMotion || m.Button != NoButton
	case 1003:
		return true
	}
	return false
}

// EncodeMouse is what a terminal in this state sends for m; nil if the program
// did not ask for such things, or the encoding it asked for cannot reach so far.
func (t *Terminal) EncodeMouse(m Mouse) []byte {
	if !t.wantsMouse(m) {
		return nil
	}
	b := int(m.Button)
	if m.Kind == MouseMotion {
		b += 32
	}
	if t.mouseMode() != 9 {
		b += int(m.Mods&Shift)<<2 | int(m.Mods&Meta)<<2 | int(m.Mods&Ctrl)<<2
	}
	x, y := m.Col+1, m.Row+1
	switch t.mouseEncoding() {
	case 1016:
		return sgrMouse(b, m.X+1, m.Y+1, m.Kind)
	case 1006:
		return sgrMouse(b, x, y, m.Kind)
	}
	if m.Kind == MouseRelease {
		b = b&^3 | 3 // which button it was cannot be said
	}
	switch t.mouseEncoding() {
	case 1015:
		return []byte("\x1b[" + itoa(b+32) + ";" + itoa(x) + ";" + itoa(y) + "M")
	case 1005:
		if x > 2015 || y > 2015 {
			return nil
		}
		out := append([]byte("\x1b[M"), byte(b+32))
		return utf8.AppendRune(utf8.AppendRune(out, rune(x+32)), rune(y+32))
	}
	if x > 223 || y > 223 {
		return nil
	}
	return []byte{0x1b, '[', 'M', byte(b + 32), byte(x + 32), byte(y + 32)}
}

func sgrMouse(b, x, y int, k MouseKind) []byte {
	final := "M"
	if k == MouseRelease {
		final = "m"
	}
	return []byte("\x1b[<" + itoa(b) + ";" + itoa(x) + ";" + itoa(y) + final)
}

// EncodeFocus is what a terminal in this state sends when it gets or loses the
// focus (mode 1004).
func (t *Terminal) EncodeFocus(in bool) []byte {
	switch {
	case !t.modes.has(mFocus):
		return nil
	case in:
		return []byte("\x1b[I")
	}
	return []byte("\x1b[O")
}
