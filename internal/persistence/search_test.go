package persistence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func hits(t testing.TB, j *Journal, q Query) (hs []Hit, gaps []GapError) {
	t.Helper()
	for h, err := range j.Search(context.Background(), q) {
		var gap *GapError
		switch {
		case errors.As(err, &gap):
			gaps = append(gaps, *gap)
		case err != nil:
			t.Fatal(err)
		default:
			hs = append(hs, h)
		}
	}
	return hs, gaps
}

// plainHits is what a search must find: every line of text, looked at alone.
func plainHits(text []byte, q Query) (hs []Hit) {
	pattern := q.Text
	if !q.Regexp {
		pattern = regexp.QuoteMeta(pattern)
	}
	if q.IgnoreCase {
		pattern = "(?i)" + pattern
	}
	re := regexp.MustCompile(pattern)
	at := int64(0)
	for _, line := range bytes.SplitAfter(text, newline) {
		if loc := re.FindIndex(bytes.TrimSuffix(line, newline)); loc != nil && at+int64(loc[0]) >= q.FromOffset {
			hs = append(hs, Hit{Offset: at + int64(loc[0]), Size: loc[1] - loc[0], LineOffset: at,
				Line: bytes.TrimSuffix(bytes.TrimSuffix(line, newline), []byte{'\r'})})
		}
		at += int64(len(line))
	}
	return hs
}

func sameHit(a, b Hit) bool {
	return a.Offset == b.Offset && a.Size == b.Size && a.LineOffset == b.LineOffset && bytes.Equal(a.Line, b.Line)
}

func TestSearchFindsWhatLookingAtEveryLineFinds(t *testing.T) {
	all := logs(250_000, 1)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 10 { // words that occur once
		copy(all[r.IntN(len(all)-100):], fmt.Sprintf("Needle%02d-in-hay", i))
	}
	some, whole := answers(all[:60_000]), answers(all)
	for size, a := range map[int]answered{3000: some, 80_000: whole, 4 << 20: whole} {
		text := a.text
		for _, sealed := range []bool{false, true} {
			t.Run(fmt.Sprintf("segments of %d, sealed %v", size, sealed), func(t *testing.T) {
				j := mustCreate(t, t.TempDir(), Options{SegmentSize: size})
				for at := 0; at < len(text); {
					n := min(1+r.IntN(3000), len(text)-at)
					mustAppend(t, j, Output, text[at:at+n])
					mustAppend(t, j, Mark, nil)
					at += n
				}
				if sealed {
					j.Close()
					mustSeal(t, j)
				}
				for i, q := range a.queries {
					got, gaps := hits(t, j, q)
					if want := a.hits[i]; gaps != nil || !slices.EqualFunc(got, want, sameHit) {
						t.Errorf("%+v: %d hits, want %d; gaps %v", q, len(got), len(want), gaps)
					}
				}
			})
		}
	}
}

// answered is a text with queries and what a look at every line finds for each.
type answered struct {
	text    []byte
	queries []Query
	hits    [][]Hit
}

func answers(text []byte) answered {
	a := answered{text: text, queries: []Query{
		{Text: "nowhere to be found"}, {Text: "zq"}, {Text: "POST"}, {Text: "post"},
		{Text: "needle", IgnoreCase: true}, {Text: "NEEDLE0", IgnoreCase: true, FromOffset: 70_000},
		{Text: `Needle\d[05]-in`, Regexp: true}, {Text: `^2026.*needle3`, Regexp: true, IgnoreCase: true},
		{Text: "7\r"}, {Text: "Z c"}, {Text: `warn(ing|)x?$`, Regexp: true, IgnoreCase: true, FromOffset: 220_000},
	}}
	for i := range 10 {
		a.queries = append(a.queries, Query{Text: fmt.Sprintf("Needle%02d-in-hay", i)})
	}
	for _, q := range a.queries {
		a.hits = append(a.hits, plainHits(text, q))
	}
	return a
}

func TestSearchByTimeAndMissingOutput(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	j := mustCreate(t, t.TempDir(), Options{SegmentSize: 3000, Now: func() time.Time { return now }})
	for i := range 100 {
		now = now.Add(time.Minute)
		mustAppend(t, j, Output, fmt.Appendf(nil, "%s line %d\n", strings.Repeat("x", 100), i))
		if i == 49 {
			mustAppend(t, j, Gap, GapPayload(1000))
		}
	}
	check := func() {
		t.Helper()
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		hs, gaps := hits(t, j, Query{Text: "line", FromTime: begin.Add(30 * time.Minute), ToTime: begin.Add(70 * time.Minute)})
		if len(hs) != 41 || !strings.HasSuffix(string(hs[0].Line), "line 29") || !hs[0].Time.Equal(begin.Add(30*time.Minute)) {
			t.Errorf("%d hits, first %+v", len(hs), hs[0])
		}
		if len(gaps) != 1 || gaps[0].To-gaps[0].From != 1000 || gaps[0].Reason != Lost {
			t.Errorf("gaps %v", gaps)
		}
	}
	check()
	mustSeal(t, j)
	check()
	for h := range j.Search(context.Background(), Query{Text: "line"}) {
		if h.Offset == 0 {
			t.Error("no offset")
		}
		break // leaves nothing running
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range j.Search(ctx, Query{Text: "line"}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("after cancel: %v", err)
		}
	}
	for _, q := range []Query{{}, {Text: "a\nb"}, {Text: "(", Regexp: true}, {Text: strings.Repeat("x", maxQuery+1)}} {
		for _, err := range j.Search(context.Background(), q) {
			if !errors.Is(err, ErrQuery) {
				t.Errorf("query %.20q: %v", q.Text, err)
			}
		}
	}
}

func TestFramesOfPassesOverOutput(t *testing.T) {
	j := mustCreate(t, t.TempDir(), Options{SegmentSize: 150_000})
	mixed(t, j, 300)
	check := func() {
		t.Helper()
		all, _ := frames(t, j, 0)
		for _, kinds := range [][]Kind{{ExecStart, ExecEnd}, {Checkpoint}, {77, 200}, {Output, Gap}, {Gap}} {
			for _, from := range []uint64{0, 77, 250} {
				want := slices.DeleteFunc(slices.Clone(all), func(f Frame) bool { return f.Seq < from || !slices.Contains(kinds, f.Kind) })
				i := 0
				for f, err := range j.FramesOf(from, kinds...) {
					if err != nil || i >= len(want) || !sameFrame(f, want[i]) || !f.Time.Equal(want[i].Time) {
						t.Fatalf("%v from %d: frame %d is %+v, %v", kinds, from, i, f.Seq, err)
					}
					i++
				}
				if i != len(want) {
					t.Fatalf("%v from %d: %d frames of %d", kinds, from, i, len(want))
				}
			}
		}
	}
	check()
	mustSeal(t, j)
	check()
}

func FuzzSearch(f *testing.F) {
	f.Add([]byte("one two\nthree four\ntwo"), "two", uint16(3), false)
	f.Add([]byte("aXbXc\n\n\nxyz"), "x", uint16(1), true)
	f.Fuzz(func(t *testing.T, text []byte, word string, cut uint16, fold bool) {
		ascii := func(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0 }
		if len(text) > 20000 || word == "" || len(word) > 100 || strings.Contains(word, "\n") || !ascii(word) || !ascii(string(text)) {
			t.Skip()
		}
		j := mustCreate(t, t.TempDir(), Options{SegmentSize: 300})
		for at := 0; at < len(text); {
			n := min(1+int(cut)%700, len(text)-at)
			mustAppend(t, j, Output, text[at:at+n])
			at += n
		}
		q := Query{Text: word, IgnoreCase: fold}
		for range 2 {
			got, gaps := hits(t, j, q)
			want := plainHits(text, q)
			if gaps != nil || !slices.EqualFunc(got, want, func(a, b Hit) bool { return a.Offset == b.Offset }) {
				t.Fatalf("%d hits of %d, %v", len(got), len(want), gaps)
			}
			j.Close()
			mustSeal(t, j)
		}
	})
}

// benchJournal has size bytes of logs, sealed but for the last segment, with one rare word.
func benchJournal(b testing.TB, dir string, size int, o Options) *Journal {
	j := mustCreate(b, dir, o)
	for i := 0; j.End().Offset < int64(size); i++ {
		text := corpusLike(4<<20, uint64(i))
		if i == size/(8<<20) {
			copy(text[2<<20:], "a quokkafish swam by")
		}
		for at := 0; at < len(text); at += 4000 {
			mustAppend(b, j, Output, text[at:min(at+4000, len(text))])
		}
		mustSeal(b, j)
	}
	return j
}

func BenchmarkSearch(b *testing.B) {
	size := 1 << 30
	if testing.Short() {
		size = 64 << 20
	}
	j := benchJournal(b, b.TempDir(), size, Options{})
	for _, q := range []Query{{Text: "quokkafish"}, {Text: "QuokkaFish", IgnoreCase: true}, {Text: `quokka[a-z]+ sw`, Regexp: true}, {Text: "qwzx"}, {Text: "jqv"}, {Text: "stare"}, {Text: "kumquats"}, {Text: "nofoo [0-9]+", Regexp: true}, {Text: "xq"}} {
		b.Run(q.Text, func(b *testing.B) {
			for b.Loop() {
				hits(b, j, q)
			}
			b.ReportMetric(float64(falseAnswers(b, j, q)), "chunks")
		})
	}
	b.Run("FramesOf", func(b *testing.B) {
		for b.Loop() {
			for range j.FramesOf(0, ExecStart, ExecEnd) {
			}
		}
	})
	b.Run("Open", func(b *testing.B) {
		j.Close()
		for b.Loop() {
			k, _ := mustOpen(b, j.dir, Options{})
			k.Close()
		}
	})
}

// falseAnswers counts the chunks that a search unpacks.
func falseAnswers(b testing.TB, j *Journal, q Query) (n int) {
	m, err := newMatcher(q)
	if err != nil {
		b.Fatal(err)
	}
	s := search{m: m, q: q, c: j.cursor()}
	for i := range s.c.segs {
		if err := s.c.enter(i, nil); err != nil {
			b.Fatal(err)
		}
		w, ok := s.c.w.(*sealedWalk)
		if !ok {
			continue
		}
		wanted, err := s.candidates(w.s, w.s.ofKind(textChunk))
		if err != nil {
			b.Fatal(err)
		}
		for _, w := range wanted {
			if w != no {
				n++
			}
		}
	}
	return n
}
