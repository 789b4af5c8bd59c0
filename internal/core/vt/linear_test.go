package vt

import (
	"strings"
	"testing"
	"time"
)

// Inputs that are dear for their length must stay so in proportion: four times
// as much may take at most ten times as long, whatever else the machine does.
func TestTimeIsLinearInTheInput(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	for name, piece := range map[string]string{
		"rep":         "a\x1b[65535b",
		"scroll":      "\x1b[65535S",
		"insert":      "\x1b[H\x1b[65535L",
		"erase":       "\x1b[2J",
		"fill":        "\x1b[35$x",
		"tabs":        "\x1b[65535I\x1b[65535Z",
		"alignment":   "\x1b#8",
		"screens":     "\x1b[?1049hx\x1b[?1049l",
		"columns":     "x\x1b['}\x1b['~",
		"restyle":     "\x1b[1;1;24;80;7$t",
		"long line":   strings.Repeat("long ", 50),
		"many params": "\x1b[" + strings.Repeat("1;", 200) + "m",
		"open osc":    "\x1b]0;" + strings.Repeat("x", 100),
		"marks":       "e" + strings.Repeat("\u0301", 50),
		"links":       "\x1b]8;;http://x/y\x1b\\a\x1b]8;;\x1b\\",
		"reset":       "x\x1bc",
		"kitty":       "\x1b[>1u\x1b[<9999u",
		"titles":      "\x1b]2;t\x07\x1b[22t\x1b[23t",
	} {
		t.Run(name, func(t *testing.T) {
			in := []byte(strings.Repeat(piece, 4000/len(piece)+1))
			took := func(n int) time.Duration {
				best := time.Duration(1 << 62)
				for range 3 {
					tm := New(Config{})
					start := time.Now()
					for range n {
						tm.Write(in)
					}
					best = min(best, time.Since(start))
				}
				return best
			}
			one, four := took(1), took(4)
			for tries := 0; four > 10*one+10*time.Millisecond && tries < 5; tries++ {
				one, four = took(1), took(4) // somebody else had the processor
			}
			if four > 10*one+10*time.Millisecond {
				t.Errorf("%d bytes take %v, four times as many %v", len(in), one, four)
			}
			if per := one / time.Duration(len(in)); per > 200*time.Microsecond {
				t.Errorf("%v per byte", per)
			}
		})
	}
}
