package cli

import (
	"bytes"
	"testing"
)

func TestLinesOfATerminalEndAsInAFile(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"a\r\nb\r\n", "a\nb\n"},
		{"a\nb", "a\nb"},
		{"50%\r100%\r\n", "50%\r100%\n"},
		{"\r\r\n\n\r", "\r\n\n\r"},
		{"\x1b[31mr\xf6d\x1b[m\r\n\x00", "\x1b[31mr\xf6d\x1b[m\n\x00"},
	} {
		for cut := range len(c.in) + 1 {
			var got bytes.Buffer
			l := &lineEnds{w: &got}
			for _, piece := range []string{c.in[:cut], c.in[cut:]} {
				if n, err := l.Write([]byte(piece)); err != nil || n != len(piece) {
					t.Fatal(n, err)
				}
			}
			if err := l.flush(); err != nil || got.String() != c.want {
				t.Errorf("%q cut at %d is %q, want %q; %v", c.in, cut, got.String(), c.want, err)
			}
		}
	}
}
