package tokens

import (
	"strings"
	"testing"
)

func TestEstimateIsNearTheTruth(t *testing.T) {
	for _, c := range []struct {
		name, text string
		counted    int // a token a short word, and one for three digits, as o200k_base splits text
	}{
		{"nothing", "", 0},
		{"words", "the quick brown fox jumps over the lazy dog", 9},
		{"digits", "123456789", 3},
	} {
		if got := Estimate(c.text); got < c.counted/2 || got > 2*c.counted+1 {
			t.Errorf("%s: %d, counted %d", c.name, got, c.counted)
		}
	}
}

func TestEstimateGrowsWithTheText(t *testing.T) {
	line := "--- FAIL: TestAdd (0.00s) add_test.go:9: got 3, want 4\n"
	one, many := Estimate(line), Estimate(strings.Repeat(line, 100))
	if many < 97*one || many > 103*one {
		t.Errorf("one line %d, a hundred %d", one, many)
	}
}

func TestEstimateOfBytesIsThatOfText(t *testing.T) {
	s := "žluťoučký kůň 漢字 🙂\t\n 12"
	if Estimate(s) != Estimate([]byte(s)) || Estimate(s) == 0 {
		t.Errorf("%d %d", Estimate(s), Estimate([]byte(s)))
	}
}

func BenchmarkEstimate(b *testing.B) {
	text := strings.Repeat("--- FAIL: TestAdd (0.00s) add_test.go:9: got 3, want 4\n", 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Estimate(text)
	}
}
