package persistence

import (
	"bytes"
	"flag"
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
		filters += filterBytes(b, j, begin)
	}
	b.ReportMetric(100*float64(filters)/float64(len(text)), "filter%")
}

// filterBytes is how much of a sealed segment only says where to search.
func filterBytes(b *testing.B, j *Journal, at beginning) int64 {
	f, err := os.Open(j.path(at.number))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	g, err := j.guardOf(&at.header)
	if err != nil {
		b.Fatal(err)
	}
	s, err := openSealed(f, at.header, g)
	if err != nil {
		b.Fatal(err)
	}
	last := s.chunks[len(s.chunks)-1]
	return int64(s.sum.table - last.pos - last.size)
}
