package session

// plain drops escape sequences and control bytes other than newline and tab: what a
// pattern is looked for in. It draws nothing, so text that a program has since
// overwritten can be found too. An unfinished sequence at the end is dropped.
func plain(b []byte) string {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == 0x1b:
			i += sequence(b[i:]) - 1
		case c >= ' ' && c != 0x7f || c == '\n' || c == '\t':
			out = append(out, c)
		}
	}
	return string(out)
}

// sequence is the length of the escape sequence b begins with. ECMA-48 5.3 to 5.6.
func sequence(b []byte) int {
	if len(b) < 2 {
		return len(b)
	}
	switch b[1] {
	case '[': // CSI: parameters and intermediates, then one final byte
		for i := 2; i < len(b); i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				return i + 1
			}
		}
		return len(b)
	case ']', 'P', 'X', '^', '_': // a string, to BEL or ST
		for i := 2; i < len(b); i++ {
			if b[i] == 7 {
				return i + 1
			}
			if b[i] == 0x1b && i+1 < len(b) && b[i+1] == '\\' {
				return i + 2
			}
		}
		return len(b)
	}
	for i := 1; i < len(b); i++ { // intermediates, then one final byte
		if b[i] < 0x20 || b[i] > 0x2f {
			return i + 1
		}
	}
	return len(b)
}
