package vt

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
