package vt

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Mod is a set of modifier keys, with the bits xterm and kitty send (plus one).
type Mod uint8

// The modifiers; the first three are ParseKey's prefixes S-, M- and C-.
const (
	Shift Mod = 1 << iota
	Meta      // Alt
	Ctrl
	Super
	Hyper
	MetaKey
	CapsLock
	NumLock
)

// Key is a key with its modifiers.
type Key struct {
	Rune  rune    // a character, when Name is NoName
	Name  KeyName // else
	Mods  Mod
	Event KeyEvent // the zero value is a press
}

// KeyEvent is what happened to a key. Only the kitty protocol can tell.
type KeyEvent uint8

// The events, numbered as in the kitty protocol, minus one.
const (
	KeyPress KeyEvent = iota
	KeyRepeat
	KeyRelease
)

// KeyName names a key that is not a character.
type KeyName uint8

// The keys that are not characters.
const (
	NoName KeyName = iota
	Enter
	Tab
	Escape
	Backspace
	Up
	Down
	Right
	Left
	Home
	End
	Insert
	Delete
	PageUp
	PageDown
	F1
	F2
	F3
	F4
	F5
	F6
	F7
	F8
	F9
	F10
	F11
	F12
	KP0
	KP1
	KP2
	KP3
	KP4
	KP5
	KP6
	KP7
	KP8
	KP9
	KPPeriod
	KPDivide
	KPMultiply
	KPMinus
	KPPlus
	KPEnter
)

// keyNames are tmux's spellings, in lower case.
var keyNames = map[string]KeyName{
	"enter": Enter, "tab": Tab, "escape": Escape, "esc": Escape,
	"bspace": Backspace, "backspace": Backspace,
	"up": Up, "down": Down, "right": Right, "left": Left, "home": Home, "end": End,
	"ic": Insert, "insert": Insert, "dc": Delete, "delete": Delete,
	"ppage": PageUp, "pageup": PageUp, "pgup": PageUp,
	"npage": PageDown, "pagedown": PageDown, "pgdn": PageDown,
	"f1": F1, "f2": F2, "f3": F3, "f4": F4, "f5": F5, "f6": F6,
	"f7": F7, "f8": F8, "f9": F9, "f10": F10, "f11": F11, "f12": F12,
	"kp0": KP0, "kp1": KP1, "kp2": KP2, "kp3": KP3, "kp4": KP4, "kp5": KP5, "kp6": KP6, "kp7": KP7,
	"kp8": KP8, "kp9": KP9, "kp.": KPPeriod, "kp/": KPDivide, "kp*": KPMultiply, "kp-": KPMinus,
	"kp+": KPPlus, "kpenter": KPEnter,
}

// ParseKey reads a key as tmux spells it: "C-c", "M-x", "Enter", "S-Tab", "BTab",
// "Space", "C-M-x", "^C", or one character.
func ParseKey(s string) (Key, error) {
	var k Key
	name := s
	for len(name) > 2 && name[1] == '-' {
		switch name[0] {
		case 'C', 'c':
			k.Mods |= Ctrl
		case 'M', 'm':
			k.Mods |= Meta
		case 'S', 's':
			k.Mods |= Shift
		default:
			return Key{}, fmt.Errorf("no key %q", s)
		}
		name = name[2:]
	}
	if len(name) == 2 && name[0] == '^' {
		k.Mods |= Ctrl
		name = strings.ToLower(name[1:])
	}
	if r, n := utf8.DecodeRuneInString(name); n == len(name) && n > 0 && r != utf8.RuneError {
		k.Rune = r
		return k, nil
	}
	switch lower := strings.ToLower(name); lower {
	case "space":
		k.Rune = ' '
	case "btab":
		k.Name, k.Mods = Tab, k.Mods|Shift
	default:
		if k.Name = keyNames[lower]; k.Name == NoName {
			return Key{}, fmt.Errorf("no key %q", s)
		}
	}
	return k, nil
}
