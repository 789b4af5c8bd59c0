package vt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
)

// Each oracle takes a program's output and returns what is wrong with it.

func splitOracle(in []byte, r *rand.Rand) string {
	whole, parts := small(), small()
	whole.Write(in)
	for rest := in; len(rest) > 0; {
		n := min(1+r.IntN(4), len(rest))
		parts.Write(rest[:n])
		rest = rest[n:]
		if err := parts.verify(); err != nil {
			return err.Error() + " after " + string(in[:len(in)-len(rest)])
		}
	}
	if !bytes.Equal(whole.Snapshot(), parts.Snapshot()) {
		return "the state depends on the cuts:\n" + whole.Text(TextOptions{}) + "and\n" + parts.Text(TextOptions{})
	}
	return ""
}

func snapshotOracle(in []byte, r *rand.Rand) string {
	a := small()
	k := r.IntN(len(in) + 1)
	a.Write(in[:k])
	snap := a.Snapshot()
	b, err := Restore(snap)
	if err != nil {
		return err.Error()
	}
	if !bytes.Equal(b.Snapshot(), snap) {
		return "restoring changes the snapshot"
	}
	a.Write(in[k:])
	b.Write(in[k:])
	if !bytes.Equal(a.Snapshot(), b.Snapshot()) {
		return "the restored terminal goes on differently"
	}
	return ""
}

// looks is all of the state that ANSI promises to carry, in a form to compare.
func (t *Terminal) looks() string {
	c := t
	screens := []any{}
	for _, s := range []*screen{&c.main, c.alt} {
		if s == nil || s == c.alt && c.scr == &c.main {
			continue
		}
		d := *c
		d.scr = s
		screens = append(screens, d.JSON().Lines)
		saved := s.saved
		if saved == nil {
			saved = &cursor{}
		}
		at := c.inside(s, *saved)
		screens = append(screens, cursorLooks(c, &at))
		for _, r := range s.rows {
			if r == nil {
				r = &row{}
			}
			screens = append(screens, r.flags&(wrapped|sizeFlags))
		}
	}
	st := c.State()
	st.Bells, st.SyncOutput = 0, false
	m := c.rare
	if m == nil {
		m = &rare{}
	}
	tabs := []bool{}
	for x := range c.cols {
		tabs = append(tabs, c.tabStop(x))
	}
	kitty := m.kitty[:1]
	if c.scr != &c.main {
		kitty = m.kitty[:2]
	}
	palette := []string{}
	for _, n := range sortedKeys(m.palette) {
		palette = append(palette, itoa(int(n))+colorSpec(m.palette[n]))
	}
	away := ansiState{}
	if c.ansi != nil {
		away = *c.ansi
	}
	b, _ := json.MarshalIndent([]any{
		screens, st, cursorLooks(c, &c.cur), c.top, c.bottom, c.left, c.right, tabs,
		c.modes &^ (mSync | mWide), c.shift, len(m.titles), len(m.pens), fmt.Sprint(m.penMasks), kittyLooks(kitty), m.modKeys, palette,
		m.colors.used, m.colors.saved, c.ansi != nil, cursorLooks(c, &away.cursor), away.modes, away.shift,
	}, "", " ")
	return string(b)
}

func historyOracle(in []byte, _ *rand.Rand) string {
	a, b := small(), small()
	a.Write(in)
	if a.scr != &a.main {
		return ""
	}
	out := a.ANSI(ANSIOptions{History: -1})
	b.Write(out)
	o := TextOptions{History: -1}
	if x, y := a.Text(o), b.Text(o); x != y {
		return string(out) + "\n" + x + "became\n" + y
	}
	return ""
}

// resizeOracle resizes there and back: no text may be lost or torn on the way.
func resizeOracle(in []byte, r *rand.Rand) string {
	a := New(Config{Cols: 12, Rows: 5, Scrollback: 1 << 20})
	a.Write(in)
	if a.scr != &a.main {
		return ""
	}
	o := TextOptions{History: -1, JoinWrapped: true}
	want := a.Text(o)
	for range 3 {
		cols, rows := 2+r.IntN(30), 1+r.IntN(12)
		a.Resize(cols, rows)
		if err := a.verify(); err != nil {
			return err.Error()
		}
		if got := a.Text(o); got != want {
			return itoa(cols) + "x" + itoa(rows) + "\n" + want + "became\n" + got
		}
	}
	a.Resize(12, 5)
	if got := a.Text(o); got != want {
		return want + "came back as\n" + got
	}
	return ""
}

func kittyLooks(ks []kittyStack) (v []any) {
	for _, k := range ks {
		v = append(v, k.flags, len(k.stack))
	}
	return v
}

func cursorLooks(t *Terminal, c *cursor) []any {
	return []any{c.row, c.col, c.wrap, c.origin, c.gl, c.gset, t.run(c.pen), c.pen.Attr}
}

func ansiOracle(in []byte, r *rand.Rand) string {
	a, b := small(), small()
	a.Write(in)
	b.Write(program(r, 5))                          // a client that showed something else before
	b.Write([]byte("\x18\x1b<"))                    // leaves VT52 mode on another level
	b.rare, b.title, b.cwd, b.look = nil, "", "", 0 // what only a reset would take from it
	b.keepInLevel()                                 // which is the default again
	out := a.ANSI(ANSIOptions{})
	b.Write(out)
	if err := b.verify(); err != nil {
		return err.Error()
	}
	if x, y := a.looks(), b.looks(); x != y {
		return string(out) + "\n" + firstDifference(x, y)
	}
	return ""
}

func firstDifference(x, y string) string {
	a, b := bytes.Split([]byte(x), []byte("\n")), bytes.Split([]byte(y), []byte("\n"))
	for i := range min(len(a), len(b)) {
		if !bytes.Equal(a[i], b[i]) {
			from := max(i-12, 0)
			return string(bytes.Join(a[from:min(i+3, len(a))], []byte("\n"))) + "\nbecame\n" +
				string(bytes.Join(b[from:min(i+3, len(b))], []byte("\n")))
		}
	}
	return "one is longer"
}

// runOracle tries an oracle on random programs; a finding is made short first.
func runOracle(t *testing.T, oracle func([]byte, *rand.Rand) string) {
	t.Parallel()
	runs := 1500 // the fuzz targets run as long as they are let
	if testing.Short() {
		runs = 300
	}
	for i := range runs {
		r := rand.New(rand.NewPCG(uint64(i), 7))
		in := program(r, 1+r.IntN(30))
		if oracle(in, rand.New(rand.NewPCG(uint64(i), 8))) == "" {
			continue
		}
		for cut := len(in) / 2; cut > 0; cut /= 2 { // shorten
			for at := 0; at+cut <= len(in); {
				less := append(append([]byte(nil), in[:at]...), in[at+cut:]...)
				if oracle(less, rand.New(rand.NewPCG(uint64(i), 8))) != "" {
					in = less
				} else {
					at += cut
				}
			}
		}
		t.Fatalf("program %d, shortened: %q\n%s", i, in, oracle(in, rand.New(rand.NewPCG(uint64(i), 8))))
	}
}

func TestStateDoesNotDependOnCuts(t *testing.T)        { runOracle(t, splitOracle) }
func TestSnapshotRestoresIdentically(t *testing.T)     { runOracle(t, snapshotOracle) }
func TestANSIRestoresTheHistoryElsewhere(t *testing.T) { runOracle(t, historyOracle) }
func TestResizeThereAndBackKeepsTheText(t *testing.T)  { runOracle(t, resizeOracle) }
func TestANSIRestoresTheStateElsewhere(t *testing.T)   { runOracle(t, ansiOracle) }
