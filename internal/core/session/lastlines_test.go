package session

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/persistence"
)

// written is a span of a journal that holds text and nothing else.
func written(t testing.TB, text string) span {
	t.Helper()
	j, err := persistence.Create(t.TempDir(), persistence.Options{Session: "s"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	for len(text) > 0 {
		n := min(len(text), 64<<10)
		if _, err := j.Append(persistence.Output, []byte(text[:n])); err != nil {
			t.Fatal(err)
		}
		text = text[n:]
	}
	return span{journal: j, to: j.End().Offset, cols: 80, ref: "s"}
}

// The last lines are those that drawing all of the output gives, with the same numbers.
func TestLastLinesAreThoseOfTheWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	kinds := []func(*strings.Builder){
		func(b *strings.Builder) { fmt.Fprintf(b, "line %d of many\r\n", r.IntN(1e6)) },
		func(b *strings.Builder) { b.WriteString("\r\n") },
		func(b *strings.Builder) { fmt.Fprintf(b, "\r%3d%%\r%3d%%\r\n", r.IntN(100), r.IntN(100)) },
		func(b *strings.Builder) { b.WriteString("one\r\n\x1b[1A\x1b[2Ktwo\r\n") },
		func(b *strings.Builder) { b.WriteString(strings.Repeat("wide 幅 ", 4000) + "\r\n") },
	}
	for round, end := range []string{"", "no newline at the end", strings.Repeat("x", 3*wholeRender) + "\r\n", strings.Repeat("y", 3*wholeRender)} {
		var b strings.Builder
		for b.Len() < 3*wholeRender {
			k := r.IntN(400)
			kinds[min(k, len(kinds)-1)%len(kinds)](&b)
			for range 60 {
				kinds[0](&b)
			}
		}
		b.WriteString(end)
		sp := written(t, b.String())
		for _, n := range []int64{1, 20, 15000} {
			whole := collector{ref: sp.ref, want: &api.Range{From: -n, To: -1}}
			if err := sp.eachLine(whole.line); err != nil {
				t.Fatal(err)
			}
			want := whole.output(sp, 0)
			got, err := sp.text(&api.Range{From: -n, To: -1}, nil, "", 0)
			if err != nil {
				t.Fatal(err)
			}
			if got.Text != want.Text || got.FirstLine != want.FirstLine || got.Total != want.Total || got.Lines != want.Lines {
				t.Errorf("round %d, last %d: lines %d to %d of %d, want %d to %d of %d", round, n,
					got.FirstLine, got.FirstLine+got.Lines-1, got.Total, want.FirstLine, want.FirstLine+want.Lines-1, want.Total)
			}
		}
	}
}

func BenchmarkLastLines(b *testing.B) {
	var text strings.Builder
	for i := range 1_000_000 {
		fmt.Fprintf(&text, "%d a line of a million that were written here\r\n", i)
	}
	sp := written(b, text.String())
	b.SetBytes(sp.to)
	for b.Loop() {
		if _, err := sp.text(&api.Range{From: -20, To: -1}, nil, "", 0); err != nil {
			b.Fatal(err)
		}
	}
}
