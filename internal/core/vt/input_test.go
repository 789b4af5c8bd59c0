package vt

import (
	"strings"
	"testing"
)

func TestKeysEncodeForTheModesInForce(t *testing.T) {
	for _, c := range []struct{ modes, key, want string }{
		{"", "a", "a"}, {"", "A", "A"}, {"", "S-a", "A"}, {"", "C-c", "\x03"}, {"", "C-C", "\x03"}, {"", "^C", "\x03"},
		{"", "M-x", "\x1bx"}, {"", "C-M-x", "\x1b\x18"}, {"", "M-C-x", "\x1b\x18"}, {"", "Space", " "}, {"", "C-Space", "\x00"},
		{"", "Enter", "\r"}, {"", "Tab", "\t"}, {"", "BTab", "\x1b[Z"}, {"", "S-Tab", "\x1b[Z"}, {"", "Escape", "\x1b"},
		{"", "BSpace", "\x7f"}, {"", "C-BSpace", "\x08"}, {"", "M-BSpace", "\x1b\x7f"}, {"\x1b[?67h", "BSpace", "\x08"},
		{"", "Up", "\x1b[A"}, {"\x1b[?1h", "Up", "\x1bOA"}, {"\x1b[?1h", "C-Up", "\x1b[1;5A"}, {"", "M-Left", "\x1b[1;3D"},
		{"", "Home", "\x1b[H"}, {"", "End", "\x1b[F"}, {"", "PageUp", "\x1b[5~"}, {"", "NPage", "\x1b[6~"}, {"", "IC", "\x1b[2~"},
		{"", "DC", "\x1b[3~"}, {"", "S-Delete", "\x1b[3;2~"}, {"", "F1", "\x1bOP"}, {"", "S-F1", "\x1b[1;2P"}, {"", "F5", "\x1b[15~"},
		{"", "F12", "\x1b[24~"}, {"", "C-F12", "\x1b[24;5~"}, {"", "é", "é"}, {"", "C-é", "é"}, {"", "C-/", "\x1f"}, {"", "C-[", "\x1b"},
		{"", "C-\\", "\x1c"}, {"", "C-_", "\x1f"}, {"", "C-?", "\x7f"}, {"", "-", "-"}, {"", "C--", "-"}, {"", "KP5", "5"}, {"\x1b=", "KP5", "\x1bOu"},
		{"\x1b=", "KPEnter", "\x1bOM"}, {"\x1b[20h", "Enter", "\r\n"}, {"\x1b[20h", "KPEnter", "\r\n"}, {"", "KPEnter", "\r"}, {"\x1b=\x1b[20h", "KPEnter", "\x1bOM"},
		{"\x1b[>4;2m", "C-a", "\x1b[27;5;97~"}, {"\x1b[>4;2m", "a", "a"}, {"\x1b[>4;2m", "S-a", "A"}, {"\x1b[>4;2m", "C-Enter", "\x1b[27;5;13~"},
		{"\x1b[>4;1m", "C-a", "\x01"}, {"\x1b[>4;1m", "C-Enter", "\x1b[27;5;13~"}, {"\x1b[>4;1m", "C-é", "\x1b[27;5;233~"}, {"\x1b[>4;1m", "S-Tab", "\x1b[Z"},
		{"\x1b[>4;1m\x1b[>4m", "C-Enter", "\r"},
		{"\x1b[>1u", "a", "a"}, {"\x1b[>1u", "S-a", "A"}, {"\x1b[>1u", "C-c", "\x1b[99;5u"}, {"\x1b[>1u", "M-x", "\x1b[120;3u"}, {"\x1b[>1u", "Escape", "\x1b[27u"},
		{"\x1b[>1u", "Enter", "\r"}, {"\x1b[>1u", "C-Enter", "\x1b[13;5u"}, {"\x1b[>1u", "S-Tab", "\x1b[9;2u"}, {"\x1b[>1u", "Up", "\x1b[A"}, {"\x1b[>1u\x1b[?1h", "Up", "\x1b[A"},
		{"\x1b[>1u", "C-Up", "\x1b[1;5A"}, {"\x1b[>1u", "F1", "\x1b[P"}, {"\x1b[>1u", "F3", "\x1b[13~"}, {"\x1b[>1u", "F5", "\x1b[15~"}, {"\x1b[>1u", "S-F5", "\x1b[15;2~"},
		{"\x1b[>8u", "a", "\x1b[97u"}, {"\x1b[>8u", "Enter", "\x1b[13u"}, {"\x1b[>12u", "S-a", "\x1b[97:65;2u"}, {"\x1b[>24u", "a", "\x1b[97;;97u"}, {"\x1b[>24u", "S-a", "\x1b[97;2;65u"},
		{"\x1b[>2u", "C-c", "\x03"}, {"\x1b[>2u", "M-x", "\x1bx"}, {"\x1b[>2u", "Escape", "\x1b"}, {"\x1b[>2u", "C-Enter", "\x1b[13;5u"},
		{"\x1b[>4u", "C-c", "\x03"}, {"\x1b[>4u", "S-a", "A"}, {"\x1b[>16u", "F1", "\x1bOP"}, {"\x1b[>4u\x1b[?1h", "Up", "\x1bOA"},
		{"\x1b[?2l", "Up", "\x1bA"}, {"\x1b[?1h\x1b[?2l", "Left", "\x1bD"}, {"\x1b[?2l", "C-Up", "\x1bA"}, {"\x1b[?2l", "F1", "\x1bP"}, {"\x1b[?2l", "F4", "\x1bS"},
		{"\x1b[?2l", "KP5", "5"}, {"\x1b[?2l\x1b=", "KP5", "\x1b?u"}, {"\x1b[?2l\x1b=", "KPEnter", "\x1b?M"}, {"\x1b[?2l\x1b=", "KP-", "\x1b?m"}, {"\x1b[?2l", "a", "a"},
		{"\x1b[>1u\x1b[?2l", "Up", "\x1bA"}, {"\x1b[?2l\x1b<", "Up", "\x1b[A"}, {"\x1b[?2l", "Enter", "\r"}, {"\x1b[20h\x1b[?2l", "Enter", "\r"},
		{"\x1b[>8u\x1b[<u", "a", "a"}, {"\x1b[>1u\x1b[?1049h", "C-c", "\x03"},
	} {
		tm := New(Config{})
		tm.Write([]byte(c.modes))
		k, err := ParseKey(c.key)
		if err != nil {
			t.Errorf("%s: %v", c.key, err)
			continue
		}
		if got := string(tm.EncodeKey(k)); got != c.want {
			t.Errorf("after %q %s sends %q, want %q", c.modes, c.key, got, c.want)
		}
	}
}

func TestKeyEventsAreSentOnlyWhenAskedFor(t *testing.T) {
	for _, c := range []struct {
		modes string
		key   Key
		want  string
	}{
		{"", Key{Rune: 'a', Event: KeyRelease}, ""},
		{"\x1b[>1u", Key{Rune: 'a', Event: KeyRelease}, ""},
		{"\x1b[>3u", Key{Name: Up, Event: KeyRelease}, "\x1b[1;1:3A"},
		{"\x1b[>3u", Key{Name: Up, Event: KeyRepeat}, "\x1b[1;1:2A"},
		{"\x1b[>3u", Key{Name: Enter, Event: KeyRelease}, ""},
		{"\x1b[>2u", Key{Rune: 'a', Event: KeyRelease}, "\x1b[97;1:3u"},
		{"\x1b[>2u", Key{Rune: 'a', Mods: Shift, Event: KeyRelease}, "\x1b[97;2:3u"},
		{"\x1b[>2u", Key{Rune: 'a', Event: KeyRepeat}, "a"},
		{"\x1b[>2u", Key{Rune: 'c', Mods: Ctrl, Event: KeyRepeat}, "\x1b[99;5:2u"},
		{"\x1b[>2u", Key{Name: Escape, Event: KeyRelease}, "\x1b[27;1:3u"},
		{"\x1b[>2u", Key{Name: Tab, Event: KeyRelease}, ""},
		{"\x1b[>10u", Key{Rune: 'a', Event: KeyRelease}, "\x1b[97;1:3u"},
		{"\x1b[>10u", Key{Name: Enter, Event: KeyRelease}, "\x1b[13;1:3u"},
		{"\x1b[>3u", Key{Rune: 'c', Mods: Ctrl, Event: KeyRelease}, "\x1b[99;5:3u"},
	} {
		tm := New(Config{})
		tm.Write([]byte(c.modes))
		if got := string(tm.EncodeKey(c.key)); got != c.want {
			t.Errorf("after %q %+v sends %q, want %q", c.modes, c.key, got, c.want)
		}
	}
}

func TestUnknownKeysAreRefused(t *testing.T) {
	for _, s := range []string{"", "Foo", "C-", "X-a", "ab", "\xff", "C-Foo"} {
		if k, err := ParseKey(s); err == nil {
			t.Errorf("%q is %+v", s, k)
		}
	}
}

func TestMouseEncodesForTheModesInForce(t *testing.T) {
	press := Mouse{Row: 4, Col: 9, X: 95, Y: 88}
	release, drag, move, wheel := press, press, press, press
	release.Kind, drag.Kind, move.Kind = MouseRelease, MouseMotion, MouseMotion
	move.Button, wheel.Button = NoButton, WheelDown
	far := Mouse{Row: 4, Col: 300}
	ctrl := press
	ctrl.Mods = Ctrl | Shift
	for _, c := range []struct {
		modes string
		m     Mouse
		want  string
	}{
		{"", press, ""}, {"\x1b[?9h", press, "\x1b[M *%"}, {"\x1b[?9h", release, ""}, {"\x1b[?9h", ctrl, "\x1b[M *%"},
		{"\x1b[?1000h", press, "\x1b[M *%"}, {"\x1b[?1000h", release, "\x1b[M#*%"}, {"\x1b[?1000h", drag, ""}, {"\x1b[?1000h", wheel, "\x1b[Ma*%"},
		{"\x1b[?1000h", ctrl, "\x1b[M4*%"}, {"\x1b[?1000h", far, ""}, {"\x1b[?1002h", drag, "\x1b[M@*%"}, {"\x1b[?1002h", move, ""}, {"\x1b[?1003h", move, "\x1b[MC*%"},
		{"\x1b[?1000;1006h", press, "\x1b[<0;10;5M"}, {"\x1b[?1000;1006h", release, "\x1b[<0;10;5m"}, {"\x1b[?1000;1006h", ctrl, "\x1b[<20;10;5M"}, {"\x1b[?1000;1006h", far, "\x1b[<0;301;5M"},
		{"\x1b[?1000;1005h", far, "\x1b[M \u014d%"}, {"\x1b[?1000;1015h", press, "\x1b[32;10;5M"}, {"\x1b[?1000;1015h", release, "\x1b[35;10;5M"}, {"\x1b[?1000;1016h", press, "\x1b[<0;96;89M"},
		{"\x1b[?1000h\x1b[?1000l", press, ""},
	} {
		tm := New(Config{})
		tm.Write([]byte(c.modes))
		if got := string(tm.EncodeMouse(c.m)); got != c.want {
			t.Errorf("after %q %+v sends %q, want %q", c.modes, c.m, got, c.want)
		}
	}
}

func TestPasteCannotPressKeys(t *testing.T) {
	for _, c := range []struct{ modes, in, want string }{
		{"", "ls\n", "ls\r"}, {"", "a\r\nb", "a\rb"}, {"", "tab\there", "tab\there"}, {"", "\x03\x1b[A\x7f\x04", "[A"},
		{"\x1b[?2004h", "ls\n", "\x1b[200~ls\r\x1b[201~"}, {"\x1b[?2004h", "a\x1b[201~rm -rf\n", "\x1b[200~a[201~rm -rf\r\x1b[201~"},
		{"", "\u009b201~é世", "201~é世"},
	} {
		tm := New(Config{})
		tm.Write([]byte(c.modes))
		if got := string(tm.EncodePaste([]byte(c.in))); got != c.want {
			t.Errorf("%q pastes %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFocusIsToldWhenAskedFor(t *testing.T) {
	tm := New(Config{})
	if tm.EncodeFocus(true) != nil {
		t.Error("told without mode 1004")
	}
	tm.Write([]byte("\x1b[?1004h"))
	if got := string(tm.EncodeFocus(true)) + string(tm.EncodeFocus(false)); got != "\x1b[I\x1b[O" {
		t.Errorf("%q", got)
	}
}

func TestClearTransientLeavesAUsableTerminal(t *testing.T) {
	tm := New(Config{})
	tm.Write([]byte("shell$ vim\r\n\x1b[?1049h\x1b[?1;1000;1006;1004;2004;25h\x1b[?25l\x1b[>5u\x1b[>4;2m\x1b=\x1b[3;7r\x1b(0full screen\x1b[?2l\x1bFq\x1bY"))
	tm.ClearTransient()
	s := tm.State()
	if s.AltScreen || s.BracketedPaste || s.MouseMode != 0 || s.FocusEvents || s.KittyKeyboard != 0 || s.AppCursorKeys ||
		s.AppKeypad || !s.CursorVisible || !s.Ground || s.VT52 {
		t.Errorf("left over: %+v", s)
	}
	tm.Write([]byte("q"))
	if got := tm.Text(TextOptions{}); !strings.HasSuffix(got, "vim\nq\n") {
		t.Errorf("%q", got)
	}
}
