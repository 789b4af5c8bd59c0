package output

import (
	"fmt"
	"strings"
	"testing"
)

func TestWhatWasDrawnOverIsTold(t *testing.T) {
	bars := ""
	for i := range 30 {
		bars += fmt.Sprintf("\r[%-30s] %d/30: unit%c", strings.Repeat("=", i)+">", i, 'a'+i%26)
	}
	for _, c := range []struct {
		name, raw string
		want      string // at the end of the text
	}{
		{"a complaint", "start\r\nfetching a\r\x1b[Kwarning: mirror 3 is slow today\r\x1b[Kdone\r\n",
			"done\n[drawn over on the screen @e1#21-52:]\nwarning: mirror 3 is slow today\n"},
		{"behind a cursor that went up", "step one\r\nerror: lock is held by 12\r\n\x1b[1A\x1b[2Kstep two\r\n",
			"step two\n[drawn over on the screen @e1#10-35:]\nerror: lock is held by 12\n"},
		{"in colours", "a b c\r\x1b[31merror:\x1b[0m it broke in two\r\x1b[2Kfine\r\n",
			"fine\n[drawn over on the screen @e1#11-37:]\nerror: it broke in two\n"},
		{"more than progress", "\rlinking the first library\r\x1b[Kcopied nine of the files\r\x1b[Kremoved an old cache folder\r\x1b[Kbuilt\r\n",
			"built\n[drawn over on the screen: 3 texts @e1#1-85]\n"},
		{"a single one", "\rlinking the first library\r\x1b[Kbuilt\r\n", "built\n[drawn over on the screen @e1#1-26:]\nlinking the first library\n"},
		{"without blanks", "\rほかのプロセスがロックを保持しています\r\x1b[Kbuilt\r\n", "built\n[drawn over on the screen @e1#1-58:]\nほかのプロセスがロックを保持しています\n"},
		{"one word", "\rFATAL\r\x1b[Kbuilt\r\n", "built\n[drawn over on the screen @e1#1-6:]\nFATAL\n"},
		{"both", "\rlinking the first library\r\x1b[Kcopied nine of the files\r\x1b[Kerror: no room left\r\x1b[Kbuilt\r\n",
			"built\n[drawn over on the screen @e1#1-77:]\nerror: no room left\nlinking the first library\ncopied nine of the files\n"},
		{"progress", bars + "\r\x1b[Kall is built\r\n", "all is built\n"},
		{"spinners", "\r⠋ adding what is needed\r⠙ looking for what is old\r⠹ writing the lock file\r\x1b[Kadded\r\n", "added\n"},
		{"shares", "\rCounting objects to send:  10%\rWriting objects to disk:  90%\rDeltas of the many objects: 100%\r\n", "Deltas of the many objects: 100%\n"},
		{"what is still there", "\x1b[2Kerror: one is missing\r\n\x1b[1A\x1b[2Kerror: one is missing\r\n", "error: one is missing\n"},
		{"gcc's erasing behind colours", "\x1b[01m\x1b[Ka.c:1:2:\x1b[m\x1b[K \x1b[01;31m\x1b[Kerror: \x1b[m\x1b[Kno x\r\n", "a.c:1:2: error: no x\n"},
		{"counted again", strings.Repeat("\rtests failed: 1 of 7", 3) + "\rtests failed: 3 of 7\r\n", "tests failed: 3 of 7\n"},
		{"an earlier state", "\rran 4 of 9 (1 failed) (0 s)\rran 9 of 9 (2 failed) (skipped 1) (0.2 s)\r\n", "ran 9 of 9 (2 failed) (skipped 1) (0.2 s)\n"},
		{"a state that says more", "\rran 4 of 9 (lock failed) (0 s)\rran 9 of 9 (skipped 1) (0.2 s)\r\n", "[drawn over on the screen @e1#1-31:]\nran 4 of 9 (lock failed) (0 s)\n"},
	} {
		exit := 0
		r := Reduce(Input{Command: "./build", Exit: &exit, Bytes: []byte(c.raw), Ref: "@e1"})
		if !strings.HasSuffix(r.Text, c.want) {
			t.Errorf("%s: %q, want %q at the end", c.name, r.Text, c.want)
		}
		if !strings.Contains(c.want, "drawn over") && strings.Contains(r.Text, "drawn over") {
			t.Errorf("%s: %q", c.name, r.Text)
		}
		if r := Reduce(Input{Command: "./build", Exit: &exit, Bytes: []byte(c.raw), Ref: "@e1", Decoded: true}); strings.Contains(r.Text, "@e1#") {
			t.Errorf("%s, decoded: a reference names bytes: %q", c.name, r.Text)
		}
	}
}

// The bytes that a reference names are those of the text.
func TestReferenceOfWhatWasDrawnOverOpensIt(t *testing.T) {
	raw := "one\r\n\rerror: \x1b[1mdeep\x1b[0m inside\r\x1b[Kgone\r\n"
	s := drawSheet(Input{Bytes: []byte(raw)}.withDefaults())
	if s.lost == nil || raw[s.lost.from:s.lost.to] != "error: \x1b[1mdeep\x1b[0m inside" {
		t.Errorf("%+v", s.lost)
	}
}

func TestFloodTellsWhatWasDrawnOver(t *testing.T) {
	over := "\rerror: sector 9 is bad\r\x1b[Kcopied 9 of 9\r\n"
	in := floodOf(padding, over, 1, padding)
	r := Reduce(in)
	from := len(padding) + 1
	want := fmt.Sprintf("[drawn over on the screen @e1#%d-%d:]\nerror: sector 9 is bad\n", from, from+len("error: sector 9 is bad"))
	if !strings.Contains(r.Text, "copied 9 of 9\n") || !strings.HasSuffix(r.Text, want) {
		t.Errorf("%.300s ... %q, want %q", r.Text, r.Text[max(0, len(r.Text)-200):], want)
	}
}

// Of a bar that is a little wider than the terminal a row stays behind each time it is drawn:
// the last one is shown, and what it did not say in the same words.
func TestBarsWiderThanTheTerminalAreShownOnce(t *testing.T) {
	var raw strings.Builder
	for i := range 101 {
		fmt.Fprintf(&raw, "\r\x1b[2Kfetching model: %3d%%|%-90s| %3d/100 MB, 41 MB/s", i, strings.Repeat("#", i*9/10), i)
		if i == 50 {
			raw.WriteString("\r\nmirror 3 is stale\r\n")
		}
	}
	r := Reduce(Input{Command: "./pull", Bytes: []byte(raw.String() + "\r\nverified\r\n"), Cols: 120, Rows: 40, Ref: "@e1"})
	if n := strings.Count(r.Text, "fetching"); n > 2 || !strings.Contains(r.Text, "100/100 MB") || !strings.Contains(r.Text, "mirror 3 is stale") || !strings.Contains(r.Text, "verified") {
		t.Error(r.Text)
	}
}
