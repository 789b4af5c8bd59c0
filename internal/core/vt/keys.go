package vt

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Mod is a set of modifier keys, as xterm and kitty count them (minus one).
type Mod uint8

// The modifiers of ParseKey's prefixes.
const (
	Shift Mod = 1 << iota // S-
	Meta                  // M-, Alt
	Ctrl                  // C-
)

// Key is a key with its modifiers.
type Key struct {
	Rune rune    // a character, when Name is NoName
	Name KeyName // else
	Mods Mod
}

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

// EncodeKey is what a terminal in this state sends for a key.
func (t *Terminal) EncodeKey(k Key) []byte {
	var b []byte
	if k.Name != NoName {
		return t.encodeNamed(b, k)
	}
	if k.Mods&Meta != 0 {
		b = append(b, 0x1b)
	}
	if k.Mods&Ctrl != 0 {
		if c, ok := control(k.Rune); ok {
			return append(b, c)
		}
	}
	if k.Mods&Shift != 0 && k.Rune >= 'a' && k.Rune <= 'z' {
		k.Rune -= 32
	}
	return utf8.AppendRune(b, k.Rune)
}

// control is the control character of Ctrl with r (xterm, as on a PC keyboard).
func control(r rune) (byte, bool) {
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

// encodeNamed encodes a key that is not a character (xterm ctlseqs, "PC-Style
// Function Keys").
func (t *Terminal) encodeNamed(b []byte, k Key) []byte {
	simple := map[KeyName]byte{Enter: '\r', Tab: '\t', Escape: 0x1b, Backspace: 0x7f}
	if c, ok := simple[k.Name]; ok {
		if k.Mods&Meta != 0 {
			b = append(b, 0x1b)
		}
		switch {
		case k.Name == Tab && k.Mods&Shift != 0:
			return append(b, "\x1b[Z"...)
		case k.Name == Backspace && (k.Mods&Ctrl != 0) != t.modes.has(mBackarrow):
			c = 0x08
		}
		if k.Name == Enter && t.modes.has(mNewLine) {
			return append(b, '\r', '\n')
		}
		return append(b, c)
	}
	letters := map[KeyName]byte{
		Up: 'A', Down: 'B', Right: 'C', Left: 'D', Home: 'H', End: 'F', F1: 'P', F2: 'Q', F3: 'R', F4: 'S',
	}
	if c, ok := letters[k.Name]; ok {
		switch {
		case k.Mods != 0:
			return append(b, "\x1b[1;"+itoa(int(k.Mods)+1)+string(rune(c))...)
		case k.Name >= F1 || t.modes.has(mAppCursor):
			return append(b, 0x1b, 'O', c)
		}
		return append(b, 0x1b, '[', c)
	}
	numbers := map[KeyName]int{
		Insert: 2, Delete: 3, PageUp: 5, PageDown: 6, F5: 15, F6: 17, F7: 18, F8: 19,
		F9: 20, F10: 21, F11: 23, F12: 24,
	}
	b = append(b, "\x1b["+itoa(numbers[k.Name])...)
	if k.Mods != 0 {
		b = append(b, ";"+itoa(int(k.Mods)+1)...)
	}
	return append(b, '~')
}

// EncodePaste is what a terminal in this state sends for pasted text: newlines
// become carriage returns and control characters go, so that text cannot press
// keys; brackets only when the program asked for them (mode 2004).
func (t *Terminal) EncodePaste(text []byte) []byte {
	b := make([]byte, 0, len(text)+12)
	bracket := t.modes.has(mBracketedPaste)
	if bracket {
		b = append(b, "\x1b[200~"...)
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
		case c == '\n':
			b = append(b, '\r')
		case c == '\t' || c == '\r' || c >= 0x20 && c != 0x7f:
			if c == 0xc2 && i+1 < len(text) && text[i+1] >= 0x80 && text[i+1] < 0xa0 {
				i++ // C1 as a code point
				continue
			}
			b = append(b, c)
		}
	}
	if bracket {
		b = append(b, "\x1b[201~"...)
	}
	return b
}
