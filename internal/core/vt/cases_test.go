package vt

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what the cases give now into testdata/cases.tsv")

const (
	caseCols = 20
	caseRows = 6
	caseFile = "testdata/cases.tsv"
)

// testCase is one line of testdata/cases.tsv, tab-separated: name, input, screen
// (rows joined by |, blanks at their ends cut), cursor (from 0; + is a pending
// wrap), replies, and why tmux differs if it does. FILL in the input is a screen
// full of text; \e, \xNN and the like are spelled as in Go.
type testCase struct {
	name, in, screen, cursor, reply, tmux string
}

func unquote(t testing.TB, s string) string {
	s = strings.ReplaceAll(s, "\\e", "\\x1b")
	if rest, ok := strings.CutPrefix(s, "FILL"); ok {
		s = fill20x6() + rest
	}
	out, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return out
}

// fill20x6 fills the screen so that every cell tells where it came from.
func fill20x6() string {
	var b strings.Builder
	for y := range caseRows {
		fmt.Fprintf(&b, "\\x1b[%dH%c123456789abcdefghij", y+1, 'A'+y)
	}
	return b.String()
}

func readCases(t testing.TB) []testCase {
	b, err := os.ReadFile(caseFile)
	if err != nil {
		t.Fatal(err)
	}
	var cases []testCase
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		f = append(f, make([]string, 6)...)
		cases = append(cases, testCase{f[0], f[1], f[2], f[3], f[4], f[5]})
	}
	return cases
}

// caseResult spells what a case gives.
func caseResult(tm *Terminal) (screen, cursor, reply string) {
	rows := strings.Split(strings.TrimSuffix(tm.Text(TextOptions{KeepBlank: true}), "\n"), "\n")
	row, col := tm.Cursor()
	cursor = fmt.Sprintf("%d,%d", row, col)
	if tm.State().PendingWrap {
		cursor += "+"
	}
	reply = strings.ReplaceAll(strconv.Quote(string(tm.Replies())), `\x1b`, `\e`)
	reply = strings.ReplaceAll(reply[1:len(reply)-1], `\"`, `"`)
	return strings.TrimRight(strings.Join(rows, "|"), "|"), cursor, reply
}

func TestCases(t *testing.T) {
	cases := readCases(t)
	if len(cases) < 600 {
		t.Errorf("%d cases, want 600", len(cases))
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tm := New(Config{Cols: caseCols, Rows: caseRows})
			tm.Write([]byte(unquote(t, c.in)))
			screen, cursor, reply := caseResult(tm)
			if *update {
				cases[i].screen, cases[i].cursor, cases[i].reply = screen, cursor, reply
				return
			}
			if screen != c.screen || cursor != c.cursor || reply != c.reply {
				t.Errorf("%s\n%s at %s %s, want\n%s at %s %s", c.in, screen, cursor, reply, c.screen, c.cursor, c.reply)
			}
		})
	}
	if *update {
		writeCases(t, cases)
	}
}

func writeCases(t *testing.T, cases []testCase) {
	var b strings.Builder
	b.WriteString("# name\tinput\tscreen\tcursor\treplies\twhy tmux differs\n")
	for _, c := range cases {
		line := strings.Join([]string{c.name, c.in, c.screen, c.cursor, c.reply, c.tmux}, "\t")
		b.WriteString(strings.TrimRight(line, "\t") + "\n")
	}
	if err := os.WriteFile(caseFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
