package vt

import (
	"bytes"
	"os"
	"testing"
)

const fixtureIn = "first line\r\n\x1b[1;38;5;200mcolour\x1b[m 世界 e\u0301\r\n\x1b]8;;https://example.org/\x1b\\link\x1b]8;;\x1b\\\r\n" +
	"3\r\n4\r\n5\r\n6\r\n\x1b[2;5r\x1b[3;4H\x1b7\x1b]2;title\x07\x1b[?2004h\x1b[>5u\x1b[5 q\x1b[38;5"

// The fixture was written by version 1 and is never written again: what it
// describes must be readable for ever.
func TestTheFirstSnapshotIsStillRead(t *testing.T) {
	b, err := os.ReadFile("testdata/snapshot-1.bin")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Restore(b)
	if err != nil {
		t.Fatal(err)
	}
	want := New(Config{Cols: 16, Rows: 6})
	want.Write([]byte(fixtureIn))
	for _, tm := range []*Terminal{got, want} {
		tm.Write([]byte(";9mx"))
	}
	if !bytes.Equal(got.Snapshot(), want.Snapshot()) {
		t.Errorf("the fixture goes on as\n%swant\n%s", got.Text(TextOptions{History: -1}), want.Text(TextOptions{History: -1}))
	}
}

func TestSnapshotsOfOtherVersionsAreRefused(t *testing.T) {
	for _, in := range []string{"", "aivt", "aivt\x02", "aivt\x00", "nope\x01", "aivt\x01", "aivt\x01\x01\x00"} {
		if _, err := Restore([]byte(in)); err == nil {
			t.Errorf("%q was restored", in)
		}
	}
}

func TestUnknownSectionsAreSkipped(t *testing.T) {
	tm := New(Config{Cols: 16, Rows: 6})
	tm.Write([]byte(fixtureIn))
	b := append(tm.Snapshot(), 200, 3, 'n', 'e', 'w')
	got, err := Restore(b)
	if err != nil || !bytes.Equal(got.Snapshot(), tm.Snapshot()) {
		t.Errorf("%v", err)
	}
}

func TestHistoryIsReadPageByPage(t *testing.T) {
	tm := New(Config{Cols: 10, Rows: 2})
	tm.Write([]byte("a\r\n\x1b[31mb\x1b[m\r\nc\r\nd\r\ne"))
	if got, want := string(tm.HistoryANSI(0, 2)), "\x1b[0;31mb\x1b[m\r\nc\r\n"; got != want {
		t.Errorf("newest %q, want %q", got, want)
	}
	if got, want := string(tm.HistoryANSI(2, 99)), "a\r\n"; got != want {
		t.Errorf("older %q, want %q", got, want)
	}
}

func TestCellsAreThereToBeDrawn(t *testing.T) {
	tm := New(Config{Cols: 10, Rows: 2})
	tm.Write([]byte("a\x1b[1m世\x1b[m b"))
	var got []Cell
	for c := range tm.Cells(0) {
		got = append(got, c)
	}
	want := []Cell{{0, 1, "a", Style{}}, {1, 2, "世", Style{Attr: Bold}}, {3, 1, " ", Style{}}, {4, 1, "b", Style{}}}
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("cell %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func TestOnlyChangedRowsAreNamed(t *testing.T) {
	tm := New(Config{Cols: 10, Rows: 5})
	tm.Write([]byte("a\r\nb\r\nc"))
	seq := tm.Seq()
	if rows := tm.RowsSince(seq, nil); len(rows) != 0 {
		t.Errorf("nothing happened, rows %v", rows)
	}
	tm.Write([]byte("\x1b[2;1Hx"))
	if rows := tm.RowsSince(seq, nil); len(rows) != 1 || rows[0] != 1 {
		t.Errorf("rows %v, want [1]", rows)
	}
	seq = tm.Seq()
	tm.Write([]byte("\x1b[5;1H\n"))
	if rows := tm.RowsSince(seq, nil); len(rows) != 5 {
		t.Errorf("after a scroll rows %v, want all", rows)
	}
}

// Builds before this one let the cursor into the half that a line of double width
// does not have, and lines of double width wrap.
func TestSnapshotsWithTheCursorBesideItsLineAreRead(t *testing.T) {
	tm := New(Config{Cols: 10, Rows: 3})
	tm.Write([]byte("abcdefghijk\x1b[1;9H"))
	tm.scr.rows[0].flags |= doubleWide
	got, err := Restore(tm.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	got.Write([]byte("xy"))
	if row, col := got.Cursor(); row != 1 || col != 1 {
		t.Errorf("the cursor is at %d,%d, want 1,1", row, col)
	}
	if got, want := got.Text(TextOptions{}), "abcdxfghij\ny\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// No line is of double width under margins at the sides, nor in a snapshot that says so.
func TestSnapshotsWithShortLinesUnderSideMarginsAreRead(t *testing.T) {
	tm := New(Config{Cols: 40, Rows: 4})
	tm.Write([]byte("x\x1b[?69h\x1b[25;35s\x1b[?6h"))
	tm.scr.rows[0].flags |= doubleWide
	got, err := Restore(tm.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	if row, col := got.Cursor(); row != 0 || col != 24 || got.lastCol(0) != 39 {
		t.Errorf("the cursor is at %d,%d of %d, want 0,24 of 39", row, col, got.lastCol(0))
	}
}
