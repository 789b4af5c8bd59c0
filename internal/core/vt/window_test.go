package vt

import (
	"testing"
)

// A terminal whose owner allows everything answers what it else keeps silent about,
// and changes its size when a program asks.
func TestWhatAnOwnerMayAllow(t *testing.T) {
	cases := []struct {
		name, in, replies string
		cols, rows        int
	}{
		{name: "titles are told", in: "\x1b]2;w\a\x1b]1;i\a\x1b[21t\x1b[20t", replies: "\x1b]lw\x1b\\\x1b]Li\x1b\\"},
		{name: "OSC 0 is both", in: "\x1b]0;b\a\x1b[21t\x1b[20t", replies: "\x1b]lb\x1b\\\x1b]Lb\x1b\\"},
		{name: "both come back", in: "\x1b]0;a\a\x1b[22;0t\x1b]0;b\a\x1b[23;0t\x1b[21t\x1b[20t", replies: "\x1b]la\x1b\\\x1b]La\x1b\\"},
		{name: "an entry goes when half of it is taken", in: "\x1b]0;a\a\x1b[22t\x1b]0;b\a\x1b[23;1t\x1b[23;2t\x1b[21t\x1b[20t",
			replies: "\x1b]lb\x1b\\\x1b]La\x1b\\"},
		{name: "icon, then window, then both", in: "\x1b]2;w\a\x1b]1;i\a\x1b[22;1t\x1b[22;2t\x1b]0;b\a\x1b[23t\x1b[21t\x1b[20t",
			replies: "\x1b]lw\x1b\\\x1b]Li\x1b\\"},
		{name: "two of a kind", in: "\x1b]1;1\a\x1b[22;1t\x1b]1;2\a\x1b[22;1t\x1b]1;z\a\x1b[23;1t\x1b[20t\x1b[23;1t\x1b[20t",
			replies: "\x1b]L2\x1b\\\x1b]L1\x1b\\"},
		{name: "hexadecimal titles", in: "\x1b[>0;1t\x1b]2;6162\a\x1b[21t\x1b[>1T\x1b[21t\x1b[>0T\x1b]2;6162\a\x1b[21t",
			replies: "\x1b]l6162\x1b\\\x1b]lab\x1b\\\x1b]l6162\x1b\\"},
		{name: "RIS takes title modes back", in: "\x1b[>0;1t\x1bc\x1b]2;ab\a\x1b[21t", replies: "\x1b]lab\x1b\\"},
		{name: "all that there is", in: "\x1b[c", replies: "\x1b[?64;1;2;6;9;15;16;17;18;21;22;28;29c"},

		{name: "checksum of a letter", in: "A\x1b[7;1;1;1;1;1*y", replies: "\x1bP7!~FFBF\x1b\\"},
		{name: "protection does not count", in: "\x1b[1\"qA\x1b[7;1;1;1;1;1*y", replies: "\x1bP7!~FFBF\x1b\\"},
		{name: "bold does", in: "\x1b[1mA\x1b[7;1;1;1;1;1*y", replies: "\x1bP7!~FF3F\x1b\\"},
		{name: "what is concealed is a space", in: "\x1b[8mA\x1b[7;1;1;1;1;1*y", replies: "\x1bP7!~FFE0\x1b\\"},
		{name: "an erased cell is a space", in: "\x1b[7;1;1;1;1;1*y", replies: "\x1bP7!~FFE0\x1b\\"},
		{name: "but only the first", in: "A\x1b[7;1;1;1;2;9*y", replies: "\x1bP7!~FFBF\x1b\\"},
		{name: "an erased cell with attributes is more", in: "\x1b[1;1;1;3;4$r\x1b[7;1;1;1;1;3*y", replies: "\x1bP7!~FF70\x1b\\"},
		{name: "blanks count if asked to", in: "\x1b[4#yA\x1b[7;1;1;1;1;3*y", replies: "\x1bP7!~FF7F\x1b\\"},
		{name: "but not those never drawn", in: "\x1b[12#yA \x1b[7;1;1;1;1;3*y", replies: "\x1bP7!~FF9F\x1b\\"},
		{name: "from the origin", in: "\x1b[5;5HX\x1b[5;7r\x1b[?69h\x1b[5;7s\x1b[?6h\x1b[7;1;1;1;1;1*y", replies: "\x1bP7!~FFA8\x1b\\"},

		{name: "DECALN goes home", in: "\x1b[5;5H\x1b#8\x1b[6n", replies: "\x1b[1;1R"},
		{name: "DECALN resets renditions but not colours", in: "\x1b[1;4;7;31;42m\x1b#8\x1bP$qm\x1b\\", replies: "\x1bP1$r0;31;42m\x1b\\"},
		{name: "OSC 52 gives back what was written", in: "\x1b]52;;aGk=\x1b\\\x1b]52;;?\x1b\\", replies: "\x1b]52;s0;aGk=\x1b\\"},
		{name: "for the selection asked", in: "\x1b]52;c;aGk=\a\x1b]52;c;?\a", replies: "\x1b]52;c;aGk=\a"},
		{name: "nobody else's clipboard", in: "\x1b]52;c;?\a"},
		{name: "color space", in: "\x1b]10;CIELab:50/1/1\a\x1b]10;?\a", replies: "\x1b]10;rgb:efef/1313/5252\a"},

		{name: "DECCOLM without mode 40", in: "\x1b[?3h"},
		{name: "DECCOLM", in: "\x1b[?40h\x1b[?3h", cols: 132},
		{name: "and back", in: "\x1b[?40h\x1b[?3h\x1b[?3l", cols: 80},
		{name: "mode 40 off keeps it", in: "\x1b[?40h\x1b[?3h\x1b[?40l\x1b[?3l", cols: 132},
		{name: "RIS brings 80 back", in: "\x1b[?40h\x1b[?3h\x1bc", cols: 80},
		{name: "XTWINOPS 8", in: "\x1b[8;10;90t", cols: 90, rows: 10},
		{name: "rows only", in: "\x1b[8;10t", rows: 10},
		{name: "columns only", in: "\x1b[8;;90t", cols: 90},
		{name: "in pixels", in: "\x1b[4;200;300t", cols: 30, rows: 10},
		{name: "DECSLPP", in: "\x1b[27t\x1bP$qt\x1b\\", rows: 27, replies: "\x1bP1$r27t\x1b\\"},
		{name: "DECSNLS", in: "\x1b[24*|\x1bP$q*|\x1b\\", rows: 24, replies: "\x1bP1$r24*|\x1b\\"},
		{name: "DECSCPP", in: "\x1b[132$|", cols: 132},
		{name: "there is an end", in: "\x1b[8;60000;60000t", cols: maxAskedCols, rows: maxAskedRows},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tm := New(Config{Cols: 70, Rows: 20, AllowReports: true, AllowResize: true})
			tm.Write([]byte(c.in))
			if got := string(tm.Replies()); got != c.replies {
				t.Errorf("%q answers %q, want %q", c.in, got, c.replies)
			}
			wantCols, wantRows := max(c.cols, 70*b2i(c.cols == 0)), max(c.rows, 20*b2i(c.rows == 0))
			if cols, rows := tm.Size(); cols != wantCols || rows != wantRows {
				t.Errorf("%q makes it %dx%d, want %dx%d", c.in, cols, rows, wantCols, wantRows)
			}
			if err := tm.verify(); err != nil {
				t.Error(err)
			}
			same(t, tm)
		})
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// same fails if a snapshot does not bring back the same terminal.
func same(t *testing.T, tm *Terminal) {
	t.Helper()
	snap := tm.Snapshot()
	back, err := Restore(snap)
	if err != nil {
		t.Fatal(err)
	}
	if string(back.Snapshot()) != string(snap) {
		t.Error("a snapshot of it does not restore identically")
	}
}
