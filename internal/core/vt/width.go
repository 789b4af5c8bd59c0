package vt

import "unicode"

// RuneWidth is the number of columns a code point takes: 0, 1 or 2.
func RuneWidth(c rune) int {
	switch {
	case c < 0x300:
		if c == 0xad {
			return 1
		}
		return 1
	case c >= 0x1100 && isWide(c):
		return 2
	case unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	return 1
}

func isWide(c rune) bool {
	return c <= 0x115f || c >= 0x2e80 && c <= 0xa4cf && c != 0x303f || c >= 0xac00 && c <= 0xd7a3 ||
		c >= 0xf900 && c <= 0xfaff || c >= 0xfe30 && c <= 0xfe6f || c >= 0xff00 && c <= 0xff60 ||
		c >= 0xffe0 && c <= 0xffe6 || c >= 0x1f300 && c <= 0x1f64f || c >= 0x1f900 && c <= 0x1f9ff ||
		c >= 0x20000 && c <= 0x3fffd
}

func (t *Terminal) joins(c rune) bool { return false }

func (t *Terminal) widen(r *row, x int, c rune) {}
