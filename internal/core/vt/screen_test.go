package vt

import (
	"testing"
	"unicode"
)

// screenOf is what in leaves on a small screen.
func screenOf(in string) string {
	t := New(Config{Cols: 10, Rows: 4})
	t.Write([]byte(in))
	return t.Text(TextOptions{})
}

func TestSelectiveEraseRecording(t *testing.T) {
	const in = "\x1b[HA\x1b[1\"qB\x1b[2\"qC\x1b[?2J\r\nA\x1b[1\"qB\x1b[2\"qC\x1b[?2K\r\n"
	if got, want := screenOf(in), " B\n B\n"; got != want {
		t.Errorf("screen %q, want %q", got, want)
	}
}

func TestRenderKeepsEveryLineAndTellsWhereLinesBegan(t *testing.T) {
	in := "one\r\ntwo 1\rtwo 2\r\n\x1b[31mthree is long\x1b[m\r\nfour\r\n"
	r := Render([]byte(in), RenderOptions{Cols: 8, Rows: 2, Every: 2})
	if want := "one\ntwo 2\nthree is long\nfour\n"; r.Text != want || r.Lines != 4 {
		t.Errorf("%d lines %q, want %q", r.Lines, r.Text, want)
	}
	if len(r.Offsets) != 2 || r.Offsets[0] != 0 || r.Offsets[1] != 18 {
		t.Errorf("offsets %v, want [0 18]", r.Offsets)
	}
}

func TestRenderOfAPipeTakesBareNewlines(t *testing.T) {
	if r := Render([]byte("a\nb\n"), RenderOptions{Newlines: true}); r.Text != "a\nb\n" {
		t.Errorf("%q", r.Text)
	}
}

func TestChecksumsAreToldWhenAllowed(t *testing.T) {
	tm := New(Config{Cols: 10, Rows: 4, AllowReports: true})
	tm.Write([]byte("AB\x1b[7;1;1;1;1;2*y"))
	if got, want := string(tm.Replies()), "\x1bP7!~FF7D\x1b\\"; got != want { // -(0x41+0x42)
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWidthsAgreeWithTheStandardLibrary(t *testing.T) {
	for c := rune(0x300); c < 0x20000; c++ {
		// U+1171E became a spacing mark after the library's edition.
		if unicode.In(c, unicode.Mn, unicode.Me) && RuneWidth(c) != 0 && c != 0x1171e {
			t.Errorf("%U is a mark of width %d", c, RuneWidth(c))
		}
		if unicode.Is(unicode.Han, c) && c >= 0x3400 && RuneWidth(c) != 2 {
			t.Errorf("%U is an ideograph of width %d", c, RuneWidth(c))
		}
	}
}
