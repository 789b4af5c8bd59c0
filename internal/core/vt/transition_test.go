package vt

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// With an ESC [ cut in two the parser takes the long way, without the memory.
func TestRememberedRenditionsAreThoseWorkedOut(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	codes := strings.Fields("0 1 2 3 4 5 7 9 21 22 24 27 30 31 32 37 39 40 41 47 49 53 90 97 100 107 38 48 58 254 255 256 65535")
	quick, slow := New(Config{Cols: 40, Rows: 6}), New(Config{Cols: 40, Rows: 6})
	for i := range 20000 {
		s := "\x1b[" + codes[r.IntN(len(codes))]
		for range r.IntN(3) {
			s += ";" + codes[r.IntN(len(codes))]
		}
		switch i % 50 {
		case 0, 1, 2: // styles of their own, until ids are given anew
			s = fmt.Sprintf("\x1b[%d;2;%d;%d;%d", 38+i%3*10, i&255, i>>8, i%7)
		case 10:
			s = fmt.Sprintf("\x1b[%d;5;%d", 38+i%20, r.IntN(300))
		case 20:
			s = fmt.Sprintf("\x1b[38;2;%d;0%d;%d", i>>4, i%11, r.IntN(300))
		case 30:
			s = []string{"\x1b[38;2;;;7", "\x1b[38;2;1;2", "\x1b[38;2;1;2;3;4", "\x1b[48;2;0001;2;3", "\x1b[38;2;1:2;3"}[r.IntN(5)]
		}
		s += "mx" + strings.Repeat("y", r.IntN(40)) // quick looks far ahead
		quick.Write([]byte(s))
		slow.Write([]byte(s[:1]))
		slow.Write([]byte(s[1:]))
		if quick.cur.pen != slow.cur.pen {
			t.Fatalf("%d %q: %v, want %v", i, s, quick.cur.pen, slow.cur.pen)
		}
		if i%1000 == 0 {
			for y := range quick.scr.rows {
				for x, c := range quick.scr.rows[y].trimmedCells() {
					if got, want := quick.styleOf(c.ink()), slow.styleOf(slow.scr.rows[y].cells[x].ink()); got != want {
						t.Fatalf("%d: row %d col %d is %v, want %v", i, y, x, got, want)
					}
				}
			}
		}
	}
}

func (r *row) trimmedCells() []cell {
	if r == nil {
		return nil
	}
	return r.cells[:r.trimmed()]
}

func TestTransitionsAreFoundUntilForgotten(t *testing.T) {
	var n transitions
	for key := range uint32(1000) {
		n.add(key<<8, key)
		if id, ok := n.find(key << 8); !ok || id != key {
			t.Fatalf("key %d gives %d %v", key, id, ok)
		}
	}
	if len(n.entry) != 1<<manyTransitions {
		t.Errorf("%d entries", len(n.entry))
	}
	n.forget()
	if id, ok := n.find(999 << 8); ok {
		t.Errorf("%d is still there", id)
	}
}
