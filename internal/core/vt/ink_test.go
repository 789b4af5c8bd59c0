package vt

import "testing"

func TestDirectForegroundsNeedNoIds(t *testing.T) {
	tm := New(Config{Cols: 10, Rows: 2})
	for i := range 1000 {
		s := Style{Fg: RGB(uint8(i), uint8(i>>8), 7), Bg: Indexed(3), Attr: Bold}
		if got := tm.styleOf(tm.inkOf(&s)); got != s {
			t.Fatalf("%v became %v", s, got)
		}
	}
	if n := len(tm.styles.list); n != 2 { // and style 0
		t.Errorf("%d styles", n)
	}
}

// More styles than a direct ink can name: the rest have ids of their own.
func TestStylesBeyondThoseOfADirectInkAreKept(t *testing.T) {
	tm := New(Config{Cols: 10, Rows: 2})
	tm.hold++ // no id is given to another style
	const n = int(inkBase) + 100
	inks := make([]ink, n)
	for i := range n {
		inks[i] = tm.inkOf(&Style{Fg: RGB(1, 2, 3), Bg: RGB(uint8(i), uint8(i>>8), uint8(i>>16))})
	}
	for i, k := range inks {
		want := Style{Fg: RGB(1, 2, 3), Bg: RGB(uint8(i), uint8(i>>8), uint8(i>>16))}
		if got := tm.styleOf(k); got != want {
			t.Fatalf("style %d is %v, want %v", i, got, want)
		}
	}
	if last := inks[n-1]; last&inkDirect != 0 || !tm.sameStyle(last, tm.inkOf(&Style{Fg: RGB(1, 2, 3), Bg: RGB(uint8((n-1)&0xff), uint8((n-1)>>8&0xff), uint8((n-1)>>16))})) {
		t.Errorf("the last ink is %x", last)
	}
}
