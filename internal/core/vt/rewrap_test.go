package vt

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// pouring is a terminal with lines of every length in its history.
func pouring(lines, cols int) *Terminal {
	tm := New(Config{Cols: cols, Rows: 10, Scrollback: 8 << 20})
	for i := range lines {
		fmt.Fprintf(tm, "%d \x1b[3%dm%s漢字\x1b[m\x1b]8;;http://x/%d\x1b\\%s\x1b]8;;\x1b\\ e\u0301\r\n",
			i, i%8, strings.Repeat("ab ", i%53), i, strings.Repeat("語", i%31))
	}
	return tm
}

func TestResizeWrapsTheHistoryToo(t *testing.T) {
	tm := pouring(500, 80)
	joined := TextOptions{History: -1, JoinWrapped: true}
	text, rows := tm.Text(joined), tm.Text(TextOptions{History: -1})
	tm.Resize(37, 10)
	if got := tm.Text(joined); got != text {
		t.Errorf("the text changed: %s", firstDifference(text, got))
	}
	for line := range strings.SplitSeq(tm.Text(TextOptions{History: -1}), "\n") {
		n := 0
		for _, c := range line {
			n += RuneWidth(c)
		}
		if n > 37 {
			t.Fatalf("a row of %d columns is left: %q", n, line)
		}
	}
	if !strings.Contains(string(tm.HistoryANSI(0, tm.HistoryLines())), "http://x/100\x1b\\") {
		t.Error("a link of the history is lost")
	}
	tm.Resize(80, 10)
	if got := tm.Text(TextOptions{History: -1}); got != rows {
		t.Errorf("the rows did not come back: %s", firstDifference(rows, got))
	}
	if err := tm.verify(); err != nil {
		t.Error(err)
	}
}

func TestRepackingGivesWhatUnpackingGives(t *testing.T) {
	t.Parallel()
	for _, cols := range []int{2, 3, 36, 37, 100, 300} {
		a, b := pouring(110, 80), pouring(110, 80)
		for i, tm := range []*Terminal{a, b} {
			for n := range 60 { // no links: with them there is only one way
				fmt.Fprintf(tm, "\x1b[4%dm%s\x1b[1;38;2;9;8;7m漢字%s\x1b[49m漢e\u0301字\x1b[0m。\r\n", n%8,
					strings.Repeat("x", n*3), strings.Repeat("語", n))
			}
			pages := tm.hist.pages
			tm.hist.pages, tm.hist.size, tm.hist.lines = nil, 0, 0
			for _, p := range pages {
				var line []record
				for b := p.data; len(b) > 0; {
					var r record
					r, b = nextRecord(b, p)
					if line = append(line, r); r.flags&hWrapped != 0 && len(b) > 0 {
						continue
					}
					if i == 0 {
						tm.pushWrapped(line, cols, false)
					} else {
						tm.pushUnpacked(line, cols, false)
					}
					line = nil
				}
			}
		}
		x, y := a.HistoryANSI(0, 1<<30), b.HistoryANSI(0, 1<<30)
		if !bytes.Equal(x, y) {
			t.Fatalf("%d columns: %s", cols, firstDifference(string(y), string(x)))
		}
		for i := range min(len(a.hist.pages), len(b.hist.pages)) {
			if !bytes.Equal(a.hist.pages[i].data, b.hist.pages[i].data) {
				t.Fatalf("%d columns: page %d is packed otherwise", cols, i)
			}
		}
	}
}

func TestResizeWrapsAllThatIsKeptByDefault(t *testing.T) {
	t.Parallel()
	tm := New(Config{Cols: 80, Rows: 10})
	for i := range 12000 {
		fmt.Fprintf(tm, "%d \x1b[3%dm%s漢字\x1b[m%s\r\n", i, i%8, strings.Repeat("ab ", i%40), strings.Repeat("語", i%20))
	}
	joined := TextOptions{History: -1, JoinWrapped: true}
	text := tm.Text(joined)
	tm.Resize(37, 10)
	if got := tm.Text(joined); !strings.HasSuffix(text, got) || len(got) < len(text)*9/10 {
		t.Errorf("of %d bytes %d are left: %s", len(text), len(got), firstDifference(text, got))
	}
	for line := range strings.SplitSeq(tm.Text(TextOptions{History: -1}), "\n") {
		if n := len([]rune(line)); n > 37 {
			t.Fatalf("a row of %d characters is left: %q", n, line)
		}
	}
	if err := tm.verify(); err != nil {
		t.Error(err)
	}
}

func TestResizeWrapsSoMuchOfTheHistoryAndNoMore(t *testing.T) {
	t.Parallel()
	tm := pouring(20000, 80)
	joined := TextOptions{History: -1, JoinWrapped: true}
	text, pages := tm.Text(joined), len(tm.hist.pages)
	if pages < 2*rewrapPages {
		t.Fatalf("%d pages are too few to tell", pages)
	}
	oldest := tm.hist.pages[0]
	tm.Resize(37, 10)
	if tm.hist.pages[0] != oldest || tm.Text(joined) != text {
		t.Error("the oldest page was wrapped anew, or text was lost")
	}
	if err := tm.verify(); err != nil {
		t.Error(err)
	}
}

func BenchmarkResize(b *testing.B) {
	tm := New(Config{Scrollback: 8 << 20})
	for range 2 {
		tm.Write(workloads()["buildlog"])
		tm.Write(workloads()["ascii"])
	}
	for i := 0; b.Loop(); i++ {
		tm.Resize(80-i%2*30, 24)
	}
}

func TestHistoryComesBackToAFullScreenOnly(t *testing.T) {
	const lines = "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8"
	for _, c := range []struct {
		name, in   string
		cols, rows int
		want       string
		row        int
	}{
		{"taller", lines, 10, 6, "3\n4\n5\n6\n7\n8\n", 5},
		{"wider and taller", lines, 14, 6, "3\n4\n5\n6\n7\n8\n", 5},
		{"wider, and a line needs one row less", lines + "\r\nabcdefghijkl", 14, 4, "6\n7\n8\nabcdefghijkl\n", 3},
		{"cleared, wider", lines + "\x1b[H\x1b[2J$ ", 14, 4, "$\n", 0},
		{"cleared, taller", lines + "\x1b[H\x1b[2J$ ", 10, 6, "$\n", 0},
		{"cleared by ED 0, wider", lines + "\x1b[H\x1b[J$ ", 14, 4, "$\n", 0},
		{"cleared by DECCOLM", lines + "\x1b[?40h\x1b[?3h", 132, 4, "", 0},
		{"kept by DECCOLM with DECNCSM", lines + "\x1b[65\"p\x1b[?40;95h\x1b[2J\x1b[Hkept\x1b[?3h", 132, 4, "kept\n", 0},
		{"cleared with the cursor in the last row", lines + "\x1b[2J", 14, 4, "", 3},
	} {
		term := New(Config{Cols: 10, Rows: 4, Scrollback: 1 << 16, AllowReports: true})
		term.Write([]byte(c.in))
		term.Resize(c.cols, c.rows)
		got := term.Text(TextOptions{})
		if row, _ := term.Cursor(); got != c.want || row != c.row {
			t.Errorf("%s: %q with the cursor in row %d, want %q and %d", c.name, got, row, c.want, c.row)
		}
	}
}

func TestWhatIsErasedWholeIsALineOfItsOwn(t *testing.T) {
	const wraps = "abcdefghijklm"
	for _, c := range []struct{ name, in, want string }{
		{"EL 0 in its first column", wraps + "\r\x1b[Kxy", "abcdefghij\nxy\n"},
		{"EL 0 behind it", wraps + "\r\x1b[C\x1b[Kxy", "abcdefghijkxy\n"},
		{"EL 1", wraps + "\x1b[1K\rxy", "abcdefghijxy\n"},
		{"EL 2", wraps + "\x1b[2K\rxy", "abcdefghij\nxy\n"},
		{"ECH", wraps + "\r\x1b[9Xxy", "abcdefghijxy\n"},
		{"ED 0", wraps + "\r\x1b[Jxy", "abcdefghij\nxy\n"},
		{"ED 0, with what it wraps from in the history", wraps + "\r\n\n\x1b[H\x1b[Jxy", "abcdefghij\nxy\n"},
		{"DECSEL, which may have spared something", wraps + "\r\x1b[?Kxy", "abcdefghijxy\n"},
	} {
		term := New(Config{Cols: 10, Rows: 3, Scrollback: 1 << 16})
		term.Write([]byte(c.in))
		if got := term.Text(TextOptions{History: -1, JoinWrapped: true}); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
