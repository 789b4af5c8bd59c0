package vt

import (
	"bytes"
	"encoding/base64"
	"fmt"
)

// kittyColors names the colours of OSC 21 that have a place in the palette (kitty,
// "Color control"). Those after the first two follow others until they are set.
var kittyColors = map[string]uint16{
	"foreground": dynamicBase, "background": dynamicBase + 1, "cursor": dynamicBase + 2,
	"selection_background": dynamicBase + 7, "selection_foreground": dynamicBase + 9,
}

// maxColorFields bounds what one OSC 21 may ask: every colour twice.
const maxColorFields = 2 * (256 + 20)

// colorControl is OSC 21: fields "name=colour" set, "name=" lets the colour follow
// others, "name" resets, and "name=?" asks. What is asked is answered at once.
func (t *Terminal) colorControl(s []byte) {
	answer := ""
	for range maxColorFields {
		field, rest, more := bytes.Cut(s, []byte(";"))
		name, value, set := bytes.Cut(bytes.TrimSpace(field), []byte("="))
		answer += t.colorField(string(name), string(value), set)
		if s = rest; !more {
			break
		}
	}
	if answer != "" {
		t.reply("\x1b]21" + answer + t.p.terminator())
	}
}

// colorField obeys one field, and returns the answer to a question. The name of a
// colour that there is not comes back encoded, so that it cannot type anything.
func (t *Terminal) colorField(name, value string, set bool) string {
	k, known := kittyColors[name]
	if n, ok := atoi([]byte(name)); ok && n < 256 {
		k, known = uint16(n), true
	}
	switch {
	case name == "" && !set:
		return ""
	case !known && follows(name):
		if value == "?" {
			return ";" + name + "="
		}
	case !known:
		return ";unknown=" + base64.RawStdEncoding.EncodeToString([]byte(name))
	case value == "?":
		return ";" + name + "=" + t.colorValue(k)
	case set && value != "":
		spec, _, _ := bytes.Cut([]byte(value), []byte("@")) // opacity has no place here
		if c, ok := parseColor(string(spec)); ok {
			t.setColor(k, c)
		}
	case t.rare != nil && (!set || k > dynamicBase+1):
		delete(t.rare.palette, k)
	}
	return ""
}

// follows tells whether name is a colour of kitty's that is never set here.
func follows(name string) bool {
	rest, ok := bytes.CutPrefix([]byte(name), []byte("transparent_background_color"))
	return name == "cursor_text" || name == "visual_bell" || ok && len(rest) == 1 && rest[0] >= '1' && rest[0] <= '8'
}

// colorValue is a colour in OSC 21's form; empty if it follows others.
func (t *Terminal) colorValue(k uint16) string {
	if k > dynamicBase+1 {
		if _, ok := t.rarePalette()[k]; !ok {
			return ""
		}
	}
	c := t.color(k)
	return fmt.Sprintf("rgb:%02x/%02x/%02x", c>>16&0xff, c>>8&0xff, c&0xff)
}

func (t *Terminal) rarePalette() map[uint16]uint32 {
	if t.rare == nil {
		return nil
	}
	return t.rare.palette
}
