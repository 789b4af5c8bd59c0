package output

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ai-session/ai-session/api"
)

// smallest is the least that a text can say: how it ended, and where it is.
const smallest = 60

func TestTextsStayWithinTheirBudget(t *testing.T) {
	for _, rec := range recordings(t) {
		for _, budget := range []int{smallest, 400} {
			in := rec.input()
			in.MaxTokens = budget
			if r := Reduce(in); r.Tokens > budget {
				t.Errorf("%s: %d tokens of %d:\n%s", rec.name, r.Tokens, budget, r.Text)
			}
		}
	}
}

func TestShortBudgetsKeepTheFirstError(t *testing.T) {
	for _, rec := range recordings(t) {
		if rec.exit == 0 {
			continue
		}
		in := rec.input()
		in.MaxTokens = 400
		r := Reduce(in)
		if !namesAnError(r, in) {
			t.Errorf("%s: no error in\n%s", rec.name, r.Text)
		}
	}
}

func namesAnError(r Report, in Input) bool {
	for _, f := range r.Findings {
		if f.Severity != "error" {
			continue
		}
		for _, sign := range []string{f.Name, firstWords(f.Message), in.failure()} {
			if sign != "" && strings.Contains(r.Text, sign) {
				return true
			}
		}
	}
	return false
}

func firstWords(s string) string {
	s, _, _ = strings.Cut(s, "; ")
	return s[:min(len(s), 24)]
}

// Content degrades by its kind: a file to an outline, a diff to heads and counts, a log
// to subjects, a listing to directories.
func TestContentDegradesByItsKind(t *testing.T) {
	for _, c := range []struct {
		name, command string
		budget        int
		make          func(b *bytes.Buffer, i int)
		want          []string
		not           string
	}{
		{"file", "cat shop.go", 600, func(b *bytes.Buffer, i int) {
			fmt.Fprintf(b, "func total%d(items []int) int {\n\tsum := 0\n\tfor _, n := range items {\n\t\tsum += n * %d\n\t}\n\treturn sum\n}\n\n", i, i)
		}, []string{"193 func total24(items []int) int", "[not shown: "}, "sum += n * 90"},
		{"diff", "git diff", 1700, func(b *bytes.Buffer, i int) {
			fmt.Fprintf(b, "diff --git a/f%d.go b/f%d.go\nindex 1..2 100644\n--- a/f%d.go\n+++ b/f%d.go\n@@ -1,2 +10,3 @@ func f%d() {\n+\tadded line number %d\n+\tand another of them\n context\n-\tremoved\n", i, i, i, i, i, i)
		}, []string{"f7.go +2 -1", "f60.go +2 -1", " @10 func f"}, "added line number 50"},
		{"log", "git log", 1500, func(b *bytes.Buffer, i int) {
			fmt.Fprintf(b, "commit %040x\nAuthor: A <a@example.com>\nDate:   Mon Nov 23 01:02:15 2026 +0000\n\n    change number %d of them\n\n    A body that says why, in more words than the subject has.\n\n", i+1, i)
		}, []string{"0000000", "change number 3 of them", "change number 90 of them"}, "A body that says why"},
		{"listing", "find .", 250, func(b *bytes.Buffer, i int) { fmt.Fprintf(b, "./src/part%d/file%d.go\n", i%9, i) },
			[]string{"src/part3/ "}, "file77.go"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			for i := range 100 {
				c.make(&b, i)
			}
			exit := 0
			r := Reduce(Input{Command: c.command, Exit: &exit, Bytes: bytes.ReplaceAll(b.Bytes(), []byte("\n"), []byte("\r\n")), Ref: "@e1", MaxTokens: c.budget})
			for _, want := range c.want {
				if !strings.Contains(r.Text, want) {
					t.Errorf("no %q in %d tokens of %d:\n%s", want, r.Tokens, c.budget, r.Text)
				}
			}
			if strings.Contains(r.Text, c.not) || r.Tokens > c.budget {
				t.Errorf("%d tokens of %d, with %q:\n%s", r.Tokens, c.budget, c.not, r.Text)
			}
		})
	}
}

// A gap in its place opens exactly the lines that are missing there: putting them back
// makes the whole output again.
func TestGapsOpenExactlyWhatIsMissing(t *testing.T) {
	var b bytes.Buffer
	for i := range 2000 {
		fmt.Fprintf(&b, "%d %s\r\n", i, strings.Repeat(string(rune('a'+i%26)), 3+i*i%40))
	}
	exit := 0
	in := Input{Command: "cat notes", Exit: &exit, Bytes: b.Bytes(), Ref: "@e1", MaxTokens: 300}
	r := Reduce(in)
	lines := splitLines(strings.ReplaceAll(b.String(), "\r", ""))
	next := 1
	for _, line := range splitLines(r.Text) {
		if !strings.HasPrefix(line, "[... ") {
			if line != lines[next-1] {
				t.Fatalf("line %d is %q, want %q", next, line, lines[next-1])
			}
			next++
			continue
		}
		ref, err := api.ParseRef(strings.TrimSuffix(line[strings.LastIndexByte(line, ' ')+1:], "]"))
		if err != nil || ref.Lines == nil || ref.Lines.From != int64(next) {
			t.Fatalf("gap %q at line %d: %v", line, next, err)
		}
		next = int(ref.Lines.To) + 1
	}
	if next != len(lines)+1 || len(r.Gaps) == 0 {
		t.Errorf("the text ends at line %d of %d, %d gaps", next-1, len(lines), len(r.Gaps))
	}
}

// Beyond a megabyte lines are sieved as they are drawn; their numbers stay true.
func TestLongOutputsKeepTheRareLineAndItsNumber(t *testing.T) {
	var b bytes.Buffer
	const lines, rare = 70_000, 33_210
	for i := 1; i <= lines; i++ {
		if i == rare {
			b.WriteString("disk /dev/sdb1 is full, writes are refused\r\n")
			continue
		}
		fmt.Fprintf(&b, "2026-01-02T03:04:05Z INFO request %d took %d ms on worker %d\r\n", i, i%977, i%8)
	}
	exit := 0
	in := Input{Command: "./serve", Exit: &exit, Source: bytes.NewReader(b.Bytes()), Size: int64(b.Len()), Ref: "@e1"}
	in = in.withDefaults()
	s := drawSheet(in)
	d := readWithin(in, s, Target).draw()
	if s.total != lines || !strings.Contains(d.text, "disk /dev/sdb1 is full") || d.tokens > Target {
		t.Errorf("%d lines, %d tokens:\n%.3000s", s.total, d.tokens, d.text)
	}
	for i, line := range s.lines {
		if strings.HasPrefix(line, "disk ") && s.number(i) != rare {
			t.Errorf("the rare line has number %d, want %d", s.number(i), rare)
		}
	}
}

// An output takes time in proportion to its length, whatever is in it.
func TestTimeIsLinearInTheLength(t *testing.T) {
	for _, m := range megabytes {
		exit := 1
		cost := func(raw []byte) time.Duration {
			start := time.Now()
			Reduce(Input{Command: m.command, Exit: &exit, Bytes: raw})
			return time.Since(start)
		}
		small, large := cost(output(16<<10, m.make)), cost(output(128<<10, m.make))
		for try := 0; try < 20 && large > 8*5*max(small, time.Millisecond); try++ { // somebody else had the processor
			large = min(large, cost(output(128<<10, m.make)))
		}
		if large > 8*5*max(small, time.Millisecond) {
			t.Errorf("%s: 16 KB take %v, 128 KB %v", m.name, small, large)
		}
	}
}
