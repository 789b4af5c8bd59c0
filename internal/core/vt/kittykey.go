package vt

import "unicode"

// The progressive enhancements of the kitty keyboard protocol.
const (
	kittyDisambiguate = 1
	kittyEvents       = 2
	kittyAlternates   = 4
	kittyAllKeys      = 8
	kittyText         = 16
)

// encodeKitty encodes a key under flags (kitty, "Comprehensive keyboard
// handling", "An overview").
func (t *Terminal) encodeKitty(k Key, flags uint8) []byte {
	if k.Event == KeyRelease && flags&kittyEvents == 0 {
		return nil
	}
	if flags&kittyEvents == 0 {
		k.Event = KeyPress
	}
	if flags&kittyAllKeys == 0 {
		if b, ok := t.kittyLegacy(k, flags); ok {
			return b
		}
	}
	if final, number := kittyFunction(k.Name); final != 0 {
		return kittySequence(number, k, "", final)
	}
	code, text := k.kittyCode(), ""
	alternate := 0
	if k.Name == NoName {
		if flags&kittyAlternates != 0 && k.Mods&Shift != 0 {
			if up := int(unicode.ToUpper(k.Rune)); up != code {
				alternate = up
			}
		}
		if flags&kittyText != 0 && flags&kittyAllKeys != 0 && k.Mods&(Ctrl|Meta|Super|Hyper) == 0 && k.Event != KeyRelease {
			text = itoa(int(shifted(k)))
		}
	}
	return kittyUnicode(code, alternate, k, text)
}

// kittyLegacy gives keys that stay as they were: text without modifiers but
// Shift, and unmodified Enter, Tab and Backspace, so that a shell can still be
// typed in when a program crashed with the protocol on. Without the flag to
// disambiguate, presses with Ctrl and Alt and Escape stay too.
func (t *Terminal) kittyLegacy(k Key, flags uint8) ([]byte, bool) {
	mods := k.Mods &^ (CapsLock | NumLock)
	plain := k.Event == KeyPress && flags&kittyDisambiguate == 0
	switch k.Name {
	case NoName:
		switch {
		case k.Event == KeyRelease:
		case mods&^Shift == 0, plain && mods&^(Shift|Ctrl|Meta) == 0:
			return encodeRune(Key{Rune: k.Rune, Mods: mods}), true
		}
	case Enter, Tab, Backspace:
		if k.Event == KeyRelease {
			return nil, true
		}
		if mods == 0 {
			return t.encodeSimple(Key{Name: k.Name}), true
		}
	case Escape:
		if plain && mods == 0 {
			return []byte{0x1b}, true
		}
	}
	return nil, false
}

// kittyCode is the code of a key sent with the final byte u: for characters the
// one without Shift.
func (k Key) kittyCode() int {
	switch k.Name {
	case NoName:
		return int(unicode.ToLower(k.Rune))
	case Enter:
		return 13
	case Tab:
		return 9
	case Escape:
		return 27
	case Backspace:
		return 127
	}
	return 57399 + int(k.Name-KP0) // KP_0 to KP_ENTER are in our order
}

// kittyFunction is functionKey with the protocol's one exception: CSI R is the
// answer to CPR, so F3 is 13~.
func kittyFunction(n KeyName) (final byte, number int) {
	if n < Up || n > F12 {
		return 0, 0
	}
	if n == F3 {
		return '~', 13
	}
	final, number = functionKey(n)
	if number != 0 {
		return '~', number
	}
	return final, 1
}

func (k Key) kittyMods() string {
	switch {
	case k.Event != KeyPress:
		return itoa(int(k.Mods)+1) + ":" + itoa(int(k.Event)+1)
	case k.Mods != 0:
		return itoa(int(k.Mods) + 1)
	}
	return ""
}

func kittySequence(number int, k Key, text string, final byte) []byte {
	s := "\x1b["
	mods := k.kittyMods()
	if number != 1 || mods != "" {
		s += itoa(number)
	}
	if mods != "" {
		s += ";" + mods
	}
	return append([]byte(s+text), final)
}

func kittyUnicode(code, alternate int, k Key, text string) []byte {
	s := "\x1b[" + itoa(code)
	if alternate != 0 {
		s += ":" + itoa(alternate)
	}
	mods := k.kittyMods()
	if mods != "" || text != "" {
		s += ";" + mods
	}
	if text != "" {
		s += ";" + text
	}
	return []byte(s + "u")
}
