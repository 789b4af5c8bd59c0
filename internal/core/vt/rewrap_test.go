package vt

import (
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

func TestResizeWrapsSoMuchOfTheHistoryAndNoMore(t *testing.T) {
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
