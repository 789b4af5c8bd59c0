package vt

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"unicode/utf8"
)

// verify returns what is wrong with the shape of t, if anything is.
func (t *Terminal) verify() error {
	for _, s := range []*screen{&t.main, t.alt} {
		if s == nil {
			continue
		}
		if len(s.rows) != t.rows {
			return fmt.Errorf("%d rows, want %d", len(s.rows), t.rows)
		}
		for y, r := range s.rows {
			if r == nil {
				continue
			}
			if err := t.verifyRow(r); err != nil {
				return fmt.Errorf("row %d: %w", y, err)
			}
		}
		if c := s.saved; c != nil && (int(c.row) >= t.rows || int(c.col) >= t.cols || c.row < 0 || c.col < 0) {
			return fmt.Errorf("saved cursor %d,%d", c.row, c.col)
		}
	}
	return t.verifyCursor()
}

func (t *Terminal) verifyCursor() error {
	c := t.cur
	switch {
	case c.row < 0 || int(c.row) >= t.rows || c.col < 0 || int(c.col) >= t.cols:
		return fmt.Errorf("cursor %d,%d", c.row, c.col)
	case t.top < 0 || t.top > t.bottom || int(t.bottom) >= t.rows:
		return fmt.Errorf("margins %d-%d", t.top, t.bottom)
	case t.left < 0 || t.left > t.right || int(t.right) >= t.cols:
		return fmt.Errorf("side margins %d-%d", t.left, t.right)
	case c.origin && (c.row < t.top || c.row > t.bottom || c.col < t.left || c.col > t.right):
		return fmt.Errorf("cursor %d,%d outside the margins in origin mode", c.row, c.col)
	case t.hist != nil && t.hist.size > t.hist.max:
		return fmt.Errorf("history of %d bytes, cap %d", t.hist.size, t.hist.max)
	}
	if t.hist != nil {
		lines, size := 0, 0
		for _, p := range t.hist.pages {
			lines, size = lines+p.lines, size+p.cost()
			if !p.valid() {
				return fmt.Errorf("history page is damaged")
			}
		}
		if lines != t.hist.lines || size != t.hist.size {
			return fmt.Errorf("history counts %d lines, %d bytes, has %d, %d", t.hist.lines, t.hist.size, lines, size)
		}
	}
	return nil
}

func (t *Terminal) verifyRow(r *row) error {
	if len(r.cells) != t.cols || int(r.used) > t.cols {
		return fmt.Errorf("%d cells, %d used", len(r.cells), r.used)
	}
	for x, c := range r.cells {
		if x >= int(r.used) && c != 0 {
			return fmt.Errorf("column %d in use beyond %d", x, r.used)
		}
		if id := c.ink().id(); id != 0 && int(id) >= len(t.styles.list) {
			return fmt.Errorf("column %d: no style %d", x, id)
		}
		if c.isCluster() && !utf8.ValidString(t.clusters.at(c.content())) {
			return fmt.Errorf("column %d: bad cluster", x)
		}
		if c.part() == wideHead && (x+1 == len(r.cells) || r.cells[x+1].part() != wideTail) {
			return fmt.Errorf("column %d: half a wide character", x)
		}
		if c.part() == wideTail && (x == 0 || r.cells[x-1].part() != wideHead) {
			return fmt.Errorf("column %d: second half of nothing", x)
		}
	}
	return nil
}

// seed adds inputs that reach every corner of the parser.
func seed(f *testing.F, add func(s []byte)) {
	for _, s := range []string{
		"hello\r\nworld", "\x1b[2;3Hx\x1b[1;31;48;5;7;38:2::1:2:3my\x1b[0m", "\xe4\xb8\xad\xe6\x96\x87 e\xcc\x81 \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
		"\x1b[?1049hfull\x1b[?1049l", "\x1b]0;title\x07\x1b]8;id=1;http://x\x1b\\link\x1b]8;;\x1b\\", "\x1b[3;5r\x1b[?69h\x1b[2;6s\x1b[?6h\x1b[5Lab\x1b[M",
		"\x1bP$qm\x1b\\\x1bP0;1q\"1;1;10;12#0~~-~\x1b\\", "\x1b(0lqk\x1b(B\x0e\x1b)0x\x0f\x1bNa", "\x1b[4hins\x1b[4l\x1b[20h\n\x1b[?7l1234567890123\x1b[?7h",
		"\x1b7\x1b[5;5H\x1b8\x1b#8\x1b#6\x1bM\x1bM\x1bD\x1bE", "\x1b[1\"qprot\x1b[0\"q\x1b[?2J\x1bVguard\x1bW\x1b[2J", "\x1b[>1u\x1b[=5;1u\x1b[?u\x1b[<u\x1b[>4;2m",
		"\x1b[2;2;4;5$x\x1b[1;1;3;3;1;4;4;1$v\x1b[1;1;2;9;1;4$r\x1b[2*x\x1b[1;1;2;9;7$t\x1b[1;1;2;2$z", "\x1b[?2027h\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xe2\x9d\xa4\xef\xb8\x8f\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd",
		"\x1b]4;1;#ff0000;2;?\x07\x1b]10;?\x07\x1b]104\x07\x1b]52;c;aGk=\x07\x1b]9;4;1;50\x07\x1b]7;file://h/a%20b\x07", "\x1b_Ga=T,f=100,c=3,r=2;AAAA\x1b\\\x1b]1337;File=inline=1;width=3;height=2:AAAA\x07",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x1b[5b\x1b[3@\x1b[2P\x1b[4X\x1b[2 @\x1b[1 A\x1b['}\x1b['~", "\x1b[?1;5;45;66;1000;1006;2004;2026hx\b\b\b\x1b[?1;5s\x1b[?1;5l\x1b[?1;5r\x1b[!p\x1bc", "\x1b[38;5",
		"\x1b[31m\x1b)0\x0eq\x1b[?2lq\x1bFq\x1bGq\x1bY\"#x\x1bA\x1bB\x1bC\x1bD\x1bI\x1bK\x1bH\x1bJ\x1bZ\x1b=\x1b(0\x1bY(\x1b<q\x1b[1;2H", "\x1b[?6;7;4h\x1b[?2lthirteen columns\n\x1bY",
	} {
		add([]byte(s))
	}
}

// small makes a terminal on which a few bytes reach every edge.
func small() *Terminal {
	return New(Config{Cols: 12, Rows: 5, Scrollback: 4096, AllowReports: true})
}

func FuzzAnySplitGivesTheSameState(f *testing.F) {
	seed(f, func(s []byte) { f.Add(s, uint16(len(s)/2), uint8(3)) })
	f.Fuzz(func(t *testing.T, in []byte, cut uint16, step uint8) {
		whole, two, many := small(), small(), small()
		whole.Write(in)
		k := min(int(cut), len(in))
		two.Write(in[:k])
		two.Write(in[k:])
		for i, n := 0, int(step)%7+1; i < len(in); i += n {
			many.Write(in[i:min(i+n, len(in))])
			if err := many.verify(); err != nil {
				t.Fatalf("after %q: %v", in[:min(i+n, len(in))], err)
			}
		}
		want := whole.Snapshot()
		if !bytes.Equal(two.Snapshot(), want) || !bytes.Equal(many.Snapshot(), want) {
			t.Fatalf("%q: cut at %d or by %d gives another state:\n%s\n%s\n%s", in, k, step%7+1,
				whole.Text(TextOptions{}), two.Text(TextOptions{}), many.Text(TextOptions{}))
		}
		if w := whole.Replies(); !bytes.Equal(two.Replies(), w) || !bytes.Equal(many.Replies(), w) {
			t.Fatalf("%q: replies differ", in)
		}
	})
}

func FuzzSnapshotIsIdentity(f *testing.F) {
	seed(f, func(s []byte) { f.Add(s, uint16(len(s)/2)) })
	f.Fuzz(func(t *testing.T, in []byte, cut uint16) {
		a := small()
		k := min(int(cut), len(in))
		a.Write(in[:k])
		snap := a.Snapshot()
		b, err := Restore(snap)
		if err != nil {
			t.Fatalf("%q: %v", in[:k], err)
		}
		if again := b.Snapshot(); !bytes.Equal(again, snap) {
			t.Fatalf("%q: snapshot changed:\n%q\n%q", in[:k], snap, again)
		}
		a.Replies()
		a.Write(in[k:])
		b.Write(in[k:])
		if err := b.verify(); err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		if !bytes.Equal(a.Snapshot(), b.Snapshot()) || !bytes.Equal(a.Replies(), b.Replies()) {
			t.Fatalf("%q restored at %d goes on differently:\n%s\n%s", in, k, a.Text(TextOptions{}), b.Text(TextOptions{}))
		}
	})
}

func FuzzRestoreOfAnything(f *testing.F) {
	seed(f, func(s []byte) {
		t := small()
		t.Write(s)
		f.Add(t.Snapshot(), []byte("\r\nmore\x1b[2J"))
	})
	f.Fuzz(func(t *testing.T, in, more []byte) {
		if len(in) > 64<<10 {
			return
		}
		x, err := Restore(in)
		if err != nil {
			return
		}
		if err := x.verify(); err != nil {
			t.Fatalf("restored: %v", err)
		}
		x.Write(more)
		if err := x.verify(); err != nil {
			t.Fatalf("then %q: %v", more, err)
		}
		x.Resize(7, 3)
		x.Resize(30, 9)
		if err := x.verify(); err != nil {
			t.Fatalf("resized: %v", err)
		}
		x.Text(TextOptions{History: -1})
		x.ANSI(ANSIOptions{History: -1})
	})
}

func FuzzANSIGivesTheSameStateElsewhere(f *testing.F) {
	seed(f, func(s []byte) { f.Add(s, uint64(1)) })
	f.Fuzz(func(t *testing.T, in []byte, client uint64) {
		if bad := ansiOracle(in, rand.New(rand.NewPCG(client, 1))); bad != "" {
			t.Fatalf("%q: %s", in, bad)
		}
	})
}

func FuzzResizeKeepsTheText(f *testing.F) {
	seed(f, func(s []byte) { f.Add(s, uint64(1)) })
	f.Fuzz(func(t *testing.T, in []byte, sizes uint64) {
		if bad := resizeOracle(in, rand.New(rand.NewPCG(sizes, 1))); bad != "" {
			t.Fatalf("%q: %s", in, bad)
		}
	})
}

// FuzzProgram asks all oracles about random_test.go's programs.
func FuzzProgram(f *testing.F) {
	for i := range uint64(20) {
		f.Add(i, uint64(7), uint8(20))
	}
	f.Fuzz(func(t *testing.T, a, b uint64, n uint8) {
		in := program(rand.New(rand.NewPCG(a, b)), int(n)%60+1)
		for name, oracle := range map[string]func([]byte, *rand.Rand) string{
			"split": splitOracle, "snapshot": snapshotOracle, "ansi": ansiOracle, "history": historyOracle, "resize": resizeOracle,
		} {
			if bad := oracle(in, rand.New(rand.NewPCG(b, a))); bad != "" {
				t.Fatalf("%s of %q: %s", name, in, bad)
			}
		}
	})
}
