package output

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestBytesThatAreNoTextAreFoldedAroundWhatIs(t *testing.T) {
	noise := func(n int) string {
		r := rand.New(rand.NewPCG(1, 2))
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.UintN(256))
			if b[i] < ' ' && b[i] != '\n' { // controls would move the cursor about
				b[i] = 0xff
			}
		}
		return string(b) + "\n"
	}
	for _, c := range []struct {
		name, in string
		kept     []string
		most     int // lines of the text
	}{
		{"nothing else", noise(200_000), nil, 2},
		{"a complaint within", noise(3000) + "error: disk sda1 is failing\n" + noise(30_000) + "done\n", []string{"error: disk sda1 is failing", "done"}, 6},
		{"text before and after", "Downloading logo.png\n" + noise(5000) + "saved 5 kB\n", []string{"Downloading logo.png", "saved 5 kB"}, 5},
		{"another character set", "Gr\xf6\xdfe in M\xfcnchen\nna\xefve caf\xe9\n", []string{"Gr\ufffd\ufffde in M\ufffdnchen", "na\ufffdve caf\ufffd"}, 2},
		{"Chinese", strings.Repeat("编译成功，没有错误。\n", 3), []string{"编译成功，没有错误。"}, 3},
		{"lines of signs", "+---+---+\n| 1 | 2 |\n+---+---+\n", []string{"+---+---+", "| 1 | 2 |"}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Reduce(Input{Command: "cat x", Bytes: []byte(c.in), Ref: "@e1"})
			lines := strings.Split(strings.TrimSuffix(r.Text, "\n"), "\n")
			for _, want := range c.kept {
				if !strings.Contains(r.Text, want) {
					t.Errorf("%q is not in view:\n%s", want, r.Text)
				}
			}
			if len(lines) > c.most {
				t.Errorf("%d lines, want at most %d:\n%s", len(lines), c.most, r.Text)
			}
		})
	}
}
