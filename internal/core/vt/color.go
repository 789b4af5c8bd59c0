package vt

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// dynamicBase is where OSC 10-19 colours are kept in rare.palette, after the 256.
const dynamicBase = 256

// specialBase is where the colours of OSC 5 are kept: those that bold, underline,
// blink, reverse and italic may be shown in. They are remembered only.
const (
	specialBase = dynamicBase + 10
	specials    = 5
)

// defaultColor is colour n of xterm's palette, or a dynamic colour.
func defaultColor(n uint16) uint32 {
	base := [16]uint32{
		0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
		0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
	}
	switch {
	case n < 16:
		return base[n]
	case n < 232:
		level := func(i uint16) uint32 {
			if i == 0 {
				return 0
			}
			return uint32(i)*40 + 55
		}
		n -= 16
		return level(n/36)<<16 | level(n/6%6)<<8 | level(n%6)
	case n < 256:
		return (uint32(n-232)*10 + 8) * 0x010101
	case n == dynamicBase+1 || n == dynamicBase+4 || n == dynamicBase+6 || n == dynamicBase+7:
		return 0x000000 // backgrounds
	}
	return 0xe5e5e5
}

// color is the RGB value in force for palette colour n.
func (t *Terminal) color(n uint16) uint32 {
	if t.rare != nil {
		if c, ok := t.rare.palette[n]; ok {
			return c
		}
	}
	return defaultColor(n)
}

func (t *Terminal) setColor(n uint16, c uint32) {
	m := t.more()
	if m.palette == nil {
		m.palette = map[uint16]uint32{}
	}
	m.palette[n] = c
}

// paletteColors is OSC 4 and OSC 5: pairs of index and colour or "?". OSC 4 finds
// the special colours of OSC 5 after its 256 (xterm).
func (t *Terminal) paletteColors(osc int, s []byte) {
	for len(s) > 0 {
		var num, spec []byte
		num, s, _ = bytes.Cut(s, []byte(";"))
		spec, s, _ = bytes.Cut(s, []byte(";"))
		n, ok := atoi(num)
		k, known := paletteIndex(osc, n)
		if !ok || !known {
			continue
		}
		if string(spec) == "?" {
			t.reply("\x1b]" + itoa(osc) + ";" + itoa(n) + ";" + colorSpec(t.color(k)) + t.p.terminator())
		} else if c, ok := parseColor(string(spec)); ok {
			t.setColor(k, c)
		}
	}
}

// paletteIndex is where rare.palette has colour n of OSC 4 or 5.
func paletteIndex(osc, n int) (uint16, bool) {
	if osc == 4 && n < 256 {
		return uint16(n), true
	}
	if osc == 4 {
		n -= 256
	}
	return specialBase + uint16(n), n >= 0 && n < specials
}

// resetPalette is OSC 104 and OSC 105: the colours named, or all that OSC 4, the
// special ones after its 256 too, or OSC 5 sets.
func (t *Terminal) resetPalette(osc int, s []byte) {
	if t.rare == nil {
		return
	}
	for n := range t.rare.palette {
		if len(s) == 0 && (osc == 104 && (n < dynamicBase || n >= specialBase) || osc == 105 && n >= specialBase) {
			delete(t.rare.palette, n)
		}
	}
	for p := range bytes.SplitSeq(s, []byte(";")) {
		n, ok := atoi(p)
		if k, known := paletteIndex(osc-100, n); ok && known {
			delete(t.rare.palette, k)
		}
	}
}

// dynamicColors is OSC 10-19: each further colour is for the next number.
func (t *Terminal) dynamicColors(n int, s []byte) {
	for p := range bytes.SplitSeq(s, []byte(";")) {
		if n > 19 {
			return
		}
		k := dynamicBase + uint16(n-10)
		if string(p) == "?" {
			t.reply("\x1b]" + itoa(n) + ";" + colorSpec(t.color(k)) + t.p.terminator())
		} else if c, ok := parseColor(string(p)); ok {
			t.setColor(k, c)
		}
		n++
	}
}

// terminator ends an answer as its question ended.
func (q *parser) terminator() string {
	if q.bel {
		return "\a"
	}
	return "\x1b\\"
}

// colorSpec is XParseColor's form with 16 bits a channel, as xterm answers.
func colorSpec(c uint32) string {
	r, g, b := c>>16&0xff, c>>8&0xff, c&0xff
	return fmt.Sprintf("rgb:%02x%02x/%02x%02x/%02x%02x", r, r, g, g, b, b)
}

// parseColor reads rgb:h/h/h with 1-4 digits each, #rgb with 1-4 digits each, and
// the colour spaces of Xlib and the names of X11.
func parseColor(s string) (uint32, bool) {
	var parts []string
	scaled := false
	if rest, ok := strings.CutPrefix(s, "rgb:"); ok {
		parts, scaled = strings.Split(rest, "/"), true
	} else if rest, ok := strings.CutPrefix(s, "#"); ok && len(rest)%3 == 0 && len(rest) <= 12 {
		n := len(rest) / 3
		parts = []string{rest[:n], rest[n : 2*n], rest[2*n:]}
	}
	if len(parts) != 3 {
		if c, ok := parseColorSpace(s); ok {
			return c, true
		}
		return namedColor(s)
	}
	var c uint32
	for _, p := range parts {
		v, err := strconv.ParseUint(p, 16, 16)
		if err != nil || len(p) > 4 {
			return 0, false
		}
		bits := uint(4 * len(p))
		if scaled {
			v = (v*255 + (1<<bits-1)/2) / (1<<bits - 1)
		} else { // #rgb gives the most significant bits
			v = v << 16 >> bits >> 8
		}
		c = c<<8 | uint32(v)
	}
	return c, true
}

func itoa(n int) string { return strconv.Itoa(n) }

// RGB resolves a style to the colours to draw it with, 0xrrggbb: the palette as
// the program changed it, reverse video of the cell and of the screen, faint,
// conceal. line is the colour of the underline.
func (t *Terminal) RGB(s Style) (fg, bg, line uint32) {
	fg, bg = t.resolve(s.Fg, dynamicBase), t.resolve(s.Bg, dynamicBase+1)
	if i, ok := s.Fg.Index(); ok && i < 8 && s.Attr&Bold != 0 {
		fg = t.color(uint16(i) + 8) // as xterm and most others do
	}
	if (s.Attr&Reverse != 0) != t.modes.has(mReverseScreen) {
		fg, bg = bg, fg
	}
	if s.Attr&Faint != 0 {
		fg = fg>>1&0x7f7f7f + bg>>1&0x7f7f7f
	}
	if line = fg; s.Line != 0 {
		line = t.resolve(s.Line, dynamicBase)
	}
	if s.Attr&Conceal != 0 {
		fg = bg
	}
	return fg, bg, line
}

func (t *Terminal) resolve(c Color, zero uint16) uint32 {
	switch c & colorKind {
	case colorIndexed:
		return t.color(uint16(c & 0xff))
	case colorRGB:
		return uint32(c & 0xffffff)
	}
	return t.color(zero)
}
