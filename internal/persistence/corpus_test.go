package persistence

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

var corpus = flag.String("corpus", "", "a folder of raw outputs for BenchmarkSealCorpus")

// BenchmarkSealCorpus seals every file that is named raw below -corpus, ten times
// over in turn, as one journal in frames as a terminal gives them.
func BenchmarkSealCorpus(b *testing.B) {
	files, err := filepath.Glob(filepath.Join(*corpus, "*", "raw"))
	if err != nil || len(files) == 0 {
		b.Skip("no -corpus")
	}
	var text []byte
	for range 10 {
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil {
				b.Fatal(err)
			}
			text = append(text, raw...)
		}
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		b.StopTimer()
		j := mustCreate(b, b.TempDir(), Options{})
		for at := 0; at < len(text); at += 1000 {
			mustAppend(b, j, Output, text[at:min(at+1000, len(text))])
		}
		j.Close()
		b.StartTimer()
		mustSeal(b, j)
	}
	b.ReportMetric(float64(len(text))/float64(bytes.Count(text, newline)), "rawB/line")
	sealedSizes(b, text)
}

func sealedSizes(b *testing.B, text []byte) {
	j := mustCreate(b, b.TempDir(), Options{})
	for at := 0; at < len(text); at += 1000 {
		mustAppend(b, j, Output, text[at:min(at+1000, len(text))])
	}
	j.Close()
	mustSeal(b, j)
	b.ReportMetric(65*float64(j.Bytes())/float64(len(text)), "B/65")
	filters := int64(0)
	for _, s := range j.segs {
		begin, err := readBeginning(j.path(s.number))
		if err != nil {
			b.Fatal(err)
		}
		filters += int64(begin.sum.filtersSize)
	}
	b.ReportMetric(100*float64(filters)/float64(len(text)), "filter%")
}

// TestFiltersSayYesRarely prints, for the text of -corpus, how often a filter says
// yes to a random word of eight letters that is not in its chunk.
func TestFiltersSayYesRarely(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(*corpus, "*", "raw"))
	if err != nil || len(files) == 0 {
		t.Skip("no -corpus")
	}
	var text []byte
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, raw...)
	}
	r := rand.New(rand.NewPCG(1, 1))
	const words = 2000
	yes, asked := 0, 0
	for at := 0; at < len(text); at += maxOutput {
		var set trigramSet
		set.add(text[at:min(at+maxOutput, len(text))])
		fl := decodeFilters(set.appendFilter(nil), 1)[0]
		for range words {
			w := make([]byte, 8)
			for i := range w {
				w[i] = "etaoinshrdlucmfwypvbgkjqxz"[min(r.IntN(26), r.IntN(26))]
			}
			m, err := newMatcher(Query{Text: string(w)})
			if err != nil {
				t.Fatal(err)
			}
			asked++
			if m.head(&fl) == len(m.trigrams) {
				yes++
			}
		}
	}
	t.Logf("%d of %d: %.3f %%", yes, asked, 100*float64(yes)/float64(asked))
	if yes*100 > asked {
		t.Error("more than 1 %")
	}
}
