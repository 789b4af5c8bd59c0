package exact

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/internal/tokens"
)

// The counts are those that the reference implementation of the vocabularies gives.
func TestCountsAreThoseOfTheVocabularies(t *testing.T) {
	for _, c := range []struct {
		vocabulary, text string
		tokens           int
	}{
		{"o200k_base", "", 0},
		{"o200k_base", "hello world", 2},
		{"cl100k_base", "hello world", 2},
		{"o200k_base", "antidisestablishmentarianism", 6},
		{"cl100k_base", "antidisestablishmentarianism", 6},
		{"o200k_base", "2 + 2 = 4", 7},
		{"cl100k_base", "2 + 2 = 4", 7},
		{"o200k_base", "お誕生日おめでとう", 8},
		{"cl100k_base", "お誕生日おめでとう", 9},
		{"o200k_base", "<|endoftext|>", 7},
	} {
		count, err := Counter(c.vocabulary)
		if err != nil {
			t.Fatal(err)
		}
		if got := count(c.text); got != c.tokens {
			t.Errorf("%s: %q has %d tokens, want %d", c.vocabulary, c.text, got, c.tokens)
		}
	}
}

func TestUnknownVocabulariesAreRefused(t *testing.T) {
	if _, err := Counter("gpt2"); err == nil || !strings.Contains(err.Error(), "o200k_base") {
		t.Errorf("%v", err)
	}
}

// texts are outputs and documents of this repository, none of which the estimate was
// calibrated with alone.
func texts(tb testing.TB) map[string]string {
	tb.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"../../../docs/*.md", "../../output/testdata/*/raw", "../../output/testdata/*/want", "../../daemon/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			tb.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				tb.Fatal(err)
			}
			all[f] = string(b)
		}
	}
	if len(all) < 20 {
		tb.Fatalf("only %d texts", len(all))
	}
	return all
}

// An estimate decides what is shown: over many texts it must neither spend nor save by
// habit.
func TestEstimateHasLittleBias(t *testing.T) {
	count, err := Counter("o200k_base")
	if err != nil {
		t.Fatal(err)
	}
	counted, estimated := 0, 0
	for _, text := range texts(t) {
		counted += count(text)
		estimated += tokens.Estimate(text)
	}
	if bias := 100 * (float64(estimated)/float64(counted) - 1); bias < -8 || bias > 8 {
		t.Errorf("estimated %d of %d tokens: %+.1f %%", estimated, counted, bias)
	}
}

// BenchmarkEstimate prints what the estimate is off by: bias over all texts, and the
// mean error of one text, in percent.
func BenchmarkEstimate(b *testing.B) {
	count, err := Counter("o200k_base")
	if err != nil {
		b.Fatal(err)
	}
	counted, estimated, bytes, off, n := 0, 0, 0, 0.0, 0
	all := texts(b)
	for _, text := range all {
		c, e := count(text), tokens.Estimate(text)
		counted, estimated, bytes = counted+c, estimated+e, bytes+len(text)
		if c > 0 {
			off += max(float64(e-c), float64(c-e)) / float64(c)
			n++
		}
	}
	b.SetBytes(int64(bytes))
	for b.Loop() {
		for _, text := range all {
			tokens.Estimate(text)
		}
	}
	b.ReportMetric(100*(float64(estimated)/float64(counted)-1), "%bias")
	b.ReportMetric(100*off/float64(n), "%error")
}

func BenchmarkCount(b *testing.B) {
	for _, name := range Names {
		b.Run(name, func(b *testing.B) {
			count, err := Counter(name)
			if err != nil {
				b.Fatal(err)
			}
			text := strings.Repeat("--- FAIL: TestAdd (0.00s) add_test.go:9: got 3, want 4\n", 1000)
			count("warm")
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				count(text)
			}
		})
	}
}
