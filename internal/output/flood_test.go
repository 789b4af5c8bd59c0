package output

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// floodOf is an output in three parts: its ends and, between them, a piece said times over.
func floodOf(head, piece string, times int, tail string) Input {
	b := []byte(head)
	b = append(b, bytes.Repeat([]byte(piece), times)...)
	b = append(b, tail...)
	exit := 0
	return Input{Command: "./run", Exit: &exit, Source: bytes.NewReader(b), Size: int64(len(b)), Ref: "@e1"}
}

// padding is more of lines that nobody has to read than is drawn at either end: a title of a
// window is drawn fastest.
var padding = strings.Repeat("x\x1b]0;"+strings.Repeat("x", 2000)+"\a\r\n", 1100)

func TestFloodKeepsWhatStandsOutInTheMiddle(t *testing.T) {
	middle := "\x1b[33mwarning:\x1b[0m disk 2 is nearly full\r\n" + "quota\r\n" + "moved 3 of 4\rmoved 4 of 4\r\n"
	in := floodOf(padding, middle, 1, padding)
	r := Reduce(in)
	n := strings.Count(padding, "\n")
	if r.Lines != 2*n+3 || r.Tokens > Target {
		t.Errorf("%d lines of %d, %d tokens", r.Lines, 2*n+3, r.Tokens)
	}
	for _, want := range []string{"\nwarning: disk 2 is nearly full\nquota\nmoved 4 of 4\n"} {
		if !strings.Contains(r.Text, want) {
			t.Errorf("%q is not in\n%.2000s", want, r.Text)
		}
	}
	s := drawSheet(in.withDefaults())
	for i, line := range s.lines {
		if line == "quota" && s.number(i) != n+2 {
			t.Errorf("line %d is numbered %d", n+2, s.number(i))
		}
	}
}

// Of a line that is drawn over and over without an end, what was drawn last is shown.
func TestFloodOnOneLineShowsItsEnd(t *testing.T) {
	in := floodOf("begin\r\n", "\r\x1b[Kfetched 17 of 900 items", 170_000, "\r\x1b[Kfetched all but one\r\nbye\r\n")
	r := Reduce(in)
	if want := "begin\nfetched all but one\nbye\n"; r.Text != want || r.Lines != 3 {
		t.Errorf("%d lines: %.300q, want %q", r.Lines, r.Text, want)
	}
}

// A flood is told to differ from one that differs in its middle alone.
func TestFloodIsComparedAsAWhole(t *testing.T) {
	run := func(middle string, prior *Prior) Report {
		in := floodOf(padding, middle, 1, padding)
		in.Prior = prior
		return Reduce(in)
	}
	first := &Prior{Ref: "@e0", Digest: run("seven\r\n", nil).Digest}
	if r := run("seven\r\n", first); !strings.HasPrefix(r.Text, "[same as @e0") {
		t.Errorf("the same again: %.200s", r.Text)
	}
	if r := run("eleven\r\n", first); strings.HasPrefix(r.Text, "[same as") || !strings.Contains(r.Text, "eleven") {
		t.Errorf("another middle: %.200s", r.Text)
	}
}

// A text is within its budget, and has the end, when the lines on the sheet are few of many
// and no two of them alike.
func TestSheetWithHolesFitsTheBudget(t *testing.T) {
	words := strings.Fields("what one says after another has little in common with it and even less with all that come")
	s := &sheet{num: []int{}}
	for i := range 4000 {
		line := ""
		for k := range 6 {
			line += words[(i*(k+3)+i/7*k+i/91)%len(words)] + string(" -"[i>>k&1])
		}
		s.take(3*i+1, line)
	}
	s.total, s.tokens = 12001, 100_000
	in := Input{Ref: "@e1"}.withDefaults()
	p := readWithin(in, s, Target)
	p.clip(Target)
	d := p.draw()
	if last := "[... 3 lines @e1:11999-12001]\n"; d.tokens > Target || d.shown < 20 || !strings.HasSuffix(d.text, last) {
		t.Errorf("%d tokens, %d lines shown, ends in %q", d.tokens, d.shown, d.text[max(0, len(d.text)-100):])
	}
}

// The odd line in the middle of a flood is in view in a short text too.
func TestShortTextOfAFloodHasTheOddLine(t *testing.T) {
	var b strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&b, "%08d worker %d handled /v1/items/%d in %d ms\n", i, i%16, i*7919%99991, i*31%900)
		switch i {
		case 30_000:
			b.WriteString("expected 412 rows in the ledger, found 411\n")
		case 31_000:
			b.WriteString("copied 3 of 4 shelves\n")
		}
	}
	exit := 0
	r := Reduce(Input{Command: "./run", Exit: &exit, Bytes: []byte(b.String()), Ref: "@e1", MaxTokens: 400})
	for _, want := range []string{"expected 412 rows in the ledger, found 411\n", "copied 3 of 4 shelves\n"} {
		if !strings.Contains(r.Text, want) || r.Tokens > 400 {
			t.Errorf("%d tokens, %q is not in\n%s", r.Tokens, want, r.Text)
		}
	}
}

// failing reads up to a point.
type failing struct {
	io.ReaderAt
	upTo int64
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off >= f.upTo {
		return 0, io.ErrUnexpectedEOF
	}
	return f.ReaderAt.ReadAt(p, off)
}

func TestFloodThatCannotBeReadToItsEndIsReadSoFar(t *testing.T) {
	in := floodOf("begin\r\n", padding, 1, "end\r\n")
	in.Source = failing{in.Source, 1 << 20}
	if r := Reduce(in); !strings.Contains(r.Text, "begin\n") || strings.Contains(r.Text, "\nend\n") {
		t.Errorf("%.200s", r.Text)
	}
	if fmt.Sprint(Reduce(Input{Command: "./run"}).Text) != "" {
		t.Error("no output has a text")
	}
}
