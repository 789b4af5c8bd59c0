package vt

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

func TestStringsSetWhatTheySay(t *testing.T) {
	for _, c := range []struct {
		in   string
		what func(*Terminal) string
		want string
	}{
		{"\x1b]0;both\x07", title, "both"},
		{"\x1b]2;with st\x1b\\", title, "with st"},
		{"\x1b]1;icon\x07", title, ""},
		{"\x1b]2;a\tb\u009bc\x07", title, "abc"},
		{"\x1b]2;\xff\xfe\x07", title, "\ufffd"},
		{"\x1b]2;a;b\x07", title, "a;b"},
		{"\x1b]2;" + strings.Repeat("é", 2000) + "\x07", title, strings.Repeat("é", 512)},
		{"\x1b]2;a\x07\x1b[22;2t\x1b]2;b\x07\x1b[23;2t", title, "a"},
		{"\x1b]2;a\x07\x1bc", title, ""},
		{"\x1b]7;file://host/a%20b/c\x1b\\", cwd, "/a b/c"},
		{"\x1b]7;file:///plain\x07", cwd, "/plain"},
		{"\x1b]7;/bare\x07", cwd, "/bare"},
		{"\x1b]7;relative\x07", cwd, ""},
		{"\x1b]7;file://host\x07", cwd, ""},
		{"\x1b]7;file:///a%zz%4\x07", cwd, "/a%zz%4"},
		{"\x1b]7;file:///a%0ab\x07", cwd, "/ab"},
		{"\x1b]1337;CurrentDir=/here\x07", cwd, "/here"},
		{"\x1b]9;4;1;42\x07", progress, "1 42"},
		{"\x1b]9;4;3\x07", progress, "3 0"},
		{"\x1b]9;4;1;900\x07", progress, "1 100"},
		{"\x1b]9;4;1;5\x07\x1b]9;4;0\x07", progress, "0 0"},
		{"\x1b]9;done\x07", events, `1 "" "done"`},
		{"\x1b]9;4x\x07", events, `1 "" "4x"`},
		{"\x1b]777;notify;title;body\x07", events, `1 "777" "notify;title;body"`},
		{"\x1b]99;i=1;body\x1b\\", events, `1 "99" "i=1;body"`},
		{"\x1b]52;c;aGk=\x07", events, `2 "c" "aGk="`},
		{"\x1b]52;c;?\x07", events, ""},
		{"\x07\x07", func(t *Terminal) string { return fmt.Sprint(t.State().Bells) }, "2"},
		{"\x1b]0;\x07", func(t *Terminal) string { return fmt.Sprint(t.State().Bells) }, "0"},
	} {
		tm := New(Config{})
		tm.Write([]byte(c.in))
		if got := c.what(tm); got != c.want {
			t.Errorf("%.60q gives %q, want %q", c.in, got, c.want)
		}
	}
}

func title(t *Terminal) string    { return t.State().Title }
func cwd(t *Terminal) string      { return t.State().Cwd }
func progress(t *Terminal) string { p := t.State().Progress; return fmt.Sprint(p.State, p.Percent) }

func events(t *Terminal) string {
	var s []string
	for _, e := range t.Events() {
		s = append(s, fmt.Sprintf("%d %q %q", e.Kind, e.Name, e.Data))
	}
	return strings.Join(s, " ")
}

func TestLinksAreWhereTheyWereGiven(t *testing.T) {
	tm := New(Config{})
	tm.Write([]byte("\x1b]8;;http://a/\x07one\x1b]8;id=7;http://b/\x07two\x1b]8;;\x07 none"))
	var got []string
	for _, r := range tm.JSON().Lines[0].Runs {
		got = append(got, r.Text+"="+r.Link)
	}
	if s := strings.Join(got, " "); s != "one=http://a/ two=http://b/  none=" {
		t.Errorf("%q", s)
	}
}

func TestImagesMoveTheCursorByTheirSize(t *testing.T) {
	png := func(w, h byte) string {
		b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), 0, 0, 0, w, 0, 0, 0, h, 8, 6, 0, 0, 0, 1, 2, 3)
		return base64.StdEncoding.EncodeToString(b)
	}
	// cells are 10 by 20 pixels
	for _, c := range []struct {
		name, in string
		row, col int
	}{
		{"sixel by its bands", "\x1bPq#0~~-~~-~~-~~-~~-~~-~~\x1b\\", 2, 0}, // 7 bands are 42 pixels
		{"sixel by its raster", "\x1bPq\"1;1;50;100#0~\x1b\\", 4, 0},
		{"sixel in place", "ab\x1bPq#0~\x1b\\", 0, 2},
		{"sixel repeated", "\x1bPq!255~$!3~-!9~\x1b\\", 0, 0},
		{"sixel cancelled", "\x1bPq\"1;1;50;100#0~\x18", 0, 0},
		{"kitty by its cells", "\x1b_Ga=T,f=24,s=1,v=1,c=4,r=3;AAAA\x1b\\", 2, 4},
		{"kitty by its pixels", "\x1b_Ga=T,f=24,s=25,v=41;AAAA\x1b\\", 2, 3},
		{"kitty by its picture", "\x1b_Ga=T,f=100;" + png(30, 60) + "\x1b\\", 2, 3},
		{"kitty in pieces", "\x1b_Ga=T,f=24,s=20,v=20,m=1;AAAA\x1b\\\x1b_Gm=1;AAAA\x1b\\\x1b_Gm=0;AAAA\x1b\\", 0, 2},
		{"kitty not finished", "\x1b_Ga=T,f=24,s=20,v=40,m=1;AAAA\x1b\\", 0, 0},
		{"kitty stays", "\x1b_Ga=T,C=1,c=4,r=3;AAAA\x1b\\", 0, 0},
		{"kitty sent only", "\x1b_Ga=t,c=4,r=3;AAAA\x1b\\", 0, 0},
		{"iterm by cells", "\x1b]1337;File=inline=1;width=5;height=2:AAAA\x07", 1, 5},
		{"iterm by pixels", "\x1b]1337;File=inline=1;width=45px;height=41px:AAAA\x07", 2, 5},
		{"iterm by its picture", "\x1b]1337;File=inline=1:" + png(30, 60) + "\x07", 2, 3},
		{"iterm keeps the shape", "\x1b]1337;File=inline=1;width=6:" + png(30, 60) + "\x07", 5, 6},
		{"iterm download", "\x1b]1337;File=width=5;height=2:AAAA\x07", 0, 0},
		{"too large to be true", "\x1bPq\"1;1;50;99999999#0~\x1b\\", 23, 0},
	} {
		tm := New(Config{})
		tm.SetPixels(800, 480)
		tm.Write([]byte(c.in))
		if row, col := tm.Cursor(); row != c.row || col != c.col {
			t.Errorf("%s: cursor %d,%d, want %d,%d", c.name, row, col, c.row, c.col)
		}
	}
}

func TestModesThatReportDoSo(t *testing.T) {
	tm := New(Config{Cols: 30, Rows: 10})
	tm.Write([]byte("\x1b[?2048h\x1b[?2031h"))
	tm.Replies()
	tm.SetPixels(300, 200)
	tm.Resize(20, 5)
	tm.SetColorScheme(true)
	tm.SetColorScheme(true)
	if got, want := string(tm.Replies()), "\x1b[48;5;20;200;300t\x1b[?997;2n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if tm.Replies() != nil {
		t.Error("replies are given twice")
	}
}

func TestWhatNeedsDrawingIsToldOnce(t *testing.T) {
	for in, want := range map[string]bool{
		"\x1b]66;s=2;a\x07": true, "\x1b]66;;a\x1b\\": true, "\x1b]66;w=2;\u4e2d\x07b": true,
		"\x1b[?2l": true, "\x1b[?2la\x1b<": true, "\x1b<": false,
		"a": false, "\x1b]66;s=2;\x07": false, "\x1b]66;s=9;a\x07": false, "\x1b]66;a\x07": false, "\x1b]66;s=2;a": false,
	} {
		term := New(Config{Cols: 20, Rows: 4})
		term.Write([]byte(in))
		if first, second := term.NeedsDrawing(), term.NeedsDrawing(); first != want || second {
			t.Errorf("%q: %v, then %v", in, first, second)
		}
	}
}
