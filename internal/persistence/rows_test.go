package persistence

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestTransposeExchangesRowsAndColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var a [64]uint64
	for i := range a {
		a[i] = r.Uint64()
	}
	b := a
	transpose(&b)
	for i := range 64 {
		for k := range 64 {
			if a[i]>>k&1 != b[k]>>i&1 {
				t.Fatalf("bit %d of %d", k, i)
			}
		}
	}
}

// wantedAt is the text chunks of a journal's only sealed segment that a search for
// a word reads, by their offsets.
func wantedAt(t testing.TB, j *Journal, word string) (all []chunk, wanted []want) {
	t.Helper()
	m, err := newMatcher(Query{Text: word})
	if err != nil {
		t.Fatal(err)
	}
	s := search{m: m, c: j.cursor()}
	defer s.c.close()
	if err := s.c.enter(0, nil); err != nil {
		t.Fatal(err)
	}
	f := s.c.w.(*sealedWalk).s
	all = f.ofKind(textChunk)
	if wanted, err = s.candidates(f, all); err != nil {
		t.Fatal(err)
	}
	return all, wanted
}

func TestRowsKnowEveryWordWhereItBegins(t *testing.T) {
	text := corpusLike(250_000, 1)
	for name, sizes := range map[string][]int{
		"full chunks":         {4000},
		"short between long":  {65536, 20, 65536, 1, 1, 65530},
		"half full, and tiny": {40_000, 5},
	} {
		for _, gap := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, gaps %v", name, gap), func(t *testing.T) {
				j := mustCreate(t, t.TempDir(), Options{})
				for i, at := 0, 0; at < len(text); i++ {
					n := min(sizes[i%len(sizes)], len(text)-at)
					mustAppend(t, j, Output, text[at:at+n])
					if at += n; gap && i%3 == 0 {
						mustAppend(t, j, Gap, GapPayload(1))
					}
				}
				j.Close()
				mustSeal(t, j)
				r := rand.New(rand.NewPCG(2, 2))
				chunks, _ := wantedAt(t, j, "x")
				for i, c := range chunks {
					for range 10 {
						n := 3 + r.IntN(60)
						from := c.offset + int64(r.IntN(int(c.text)))
						if i+1 < len(chunks) { // across the end
							from = max(c.offset, c.end()-1-int64(r.IntN(n)))
						}
						word := make([]byte, n)
						if got, err := j.ReadAt(word, from); err != nil || got < n || bytes.ContainsRune(word, '\n') {
							continue
						}
						if _, wanted := wantedAt(t, j, string(word)); wanted[i]&yes == 0 {
							t.Errorf("%q at %d is not looked for in chunk %d", word, from, i)
						}
					}
				}
			})
		}
	}
}

// A word that is nowhere is not looked for in most chunks though its trigrams occur.
func TestRowsSayYesRarely(t *testing.T) {
	j := mustCreate(t, t.TempDir(), Options{})
	text := corpusLike(1<<20, 3)
	for at := 0; at < len(text); at += 4096 {
		mustAppend(t, j, Output, text[at:at+4096])
	}
	j.Close()
	mustSeal(t, j)
	lower := bytes.ToLower(text)
	r := rand.New(rand.NewPCG(1, 1))
	for size, most := range map[int]float64{4: 0.4, 8: 0.05} {
		asked, said := 0, 0
		for range 30 {
			word := make([]byte, size)
			for i := range word {
				word[i] = byte('a' + r.IntN(26))
			}
			if bytes.Contains(lower, word) {
				continue
			}
			_, wanted := wantedAt(t, j, string(word))
			for _, w := range wanted {
				if asked++; w != no {
					said++
				}
			}
		}
		if share := float64(said) / float64(asked); share > most {
			t.Errorf("%d letters: %.1f %% of %d chunks", size, 100*share, asked)
		}
	}
}

func TestAMatchCrossesABorder(t *testing.T) {
	for _, c := range []struct {
		text, last, first string
		known, fold, want bool
	}{
		{"needle", "...nee", "dle...", true, false, true},
		{"needle", "...nee", "dles", true, false, true},
		{"needle", "...nee", "nee", true, false, false},
		{"needle", "...ne", "dle", true, false, false},
		{"needle", "edl", "e", true, false, true},     // too little is known before it
		{"needle", "...n", "eed", true, false, true},  // nor behind it
		{"needle", "", "dle...", false, false, true},  // nothing is known before it
		{"needle", "", "needle", false, false, false}, // which does not begin behind a border
		{"needle", "NEE", "DLE", true, true, true},
		{"needle", "NEE", "DLE", true, false, false},
		{"x", "x", "x", true, false, false},
	} {
		m, err := newMatcher(Query{Text: c.text, IgnoreCase: c.fold})
		if err != nil {
			t.Fatal(err)
		}
		if got := m.crosses(border{last: []byte(c.last), known: c.known}, []byte(c.first)); got != c.want {
			t.Errorf("%q in %q|%q, known %v: %v", c.text, c.last, c.first, c.known, got)
		}
	}
}

// searchedText is the output that testdata/v1-filters begins with: half of it, by
// a version whose segments have a filter for each chunk.
func searchedText() (text []byte, words []string) {
	text = logs(60_000, 1)
	for i := range 60 { // words that occur once
		words = append(words, string([]byte{'<', byte('A' + i%26), byte('a' + i/26), 'x', 'q', '>'}))
		copy(text[i*1000+i*17%900:], words[i])
	}
	return text, words
}

func TestOldAndNewSegmentsAreSearchedSideBySide(t *testing.T) {
	text, words := searchedText()
	words = words[20:40] // on both sides of where the old segments end
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "v1-filters"))); err != nil {
		t.Fatal(err)
	}
	j, r := mustOpen(t, dir, Options{Session: "fixture", SegmentSize: 7000})
	if at := j.End().Offset; !r.Clean() || at != int64(len(text)/2) {
		t.Fatalf("%+v, %d bytes", r, at)
	}
	for at, n := len(text)/2, 3; at < len(text); at, n = at+n, n*5%701+1 {
		n = min(n, len(text)-at)
		mustAppend(t, j, Output, text[at:at+n])
	}
	check := func() {
		t.Helper()
		queries := []Query{{Text: "nowhere at all"}, {Text: "POST /api", IgnoreCase: true}, {Text: `<[A-Z]axq>.*cached`, Regexp: true}}
		for _, w := range words {
			queries = append(queries, Query{Text: w[:3+len(queries)%3]})
		}
		for at := 6000; at < len(text); at += 2900 { // what lies across borders of segments and chunks
			for _, word := range [][]byte{text[at : at+3], text[at : at+7], text[at : at+40]} {
				if !bytes.ContainsAny(word, "\r\n") {
					queries = append(queries, Query{Text: string(word)})
				}
			}
		}
		for _, q := range queries {
			got, gaps := hits(t, j, q)
			if want := plainHits(text, q); gaps != nil || !slices.EqualFunc(got, want, sameHit) {
				t.Errorf("%+v: %d hits, want %d; gaps %v", q, len(got), len(want), gaps)
			}
		}
		if d, err := j.Verify(); err != nil || len(d) > 0 {
			t.Errorf("damage %v, %v", d, err)
		}
	}
	check()
	mustSeal(t, j)
	j.Close()
	mustSeal(t, j)
	check()
}
