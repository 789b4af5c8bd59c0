package output

import (
	"fmt"
	"math/rand"
	"testing"
)

func TestShapeIsTheLineWithoutItsNumbers(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"took 15 ms on worker 3", "took 1201 ms on worker 77", true},
		{"at 2026-01-02T03:04:05Z all well", "at 2026-11-22T23:59:59Z all well", true},
		{"id=7 a long line of words behind it", "id=1234567 a long line of words behind it", true},
		{"0 failed, 12 passed", "3 failed, 12 passed", false},
		{"0 failed, 12 passed", "0 failed, 90 passed", true},
		{`"GET /a/17" 200 5120`, `"GET /a/901" 204 99`, true},
		{`"GET /a/17" 200 5120`, `"GET /a/17" 504 5120`, false},
		{"10.5s elapsed", "200.5s elapsed", true},
		{"abcdefgh1", "abcdefgi1", false},
		{"abcdefgh", "abcdefgh ", false},
		{"", "1", false},
	} {
		if same := rawShape(c.a) == rawShape(c.b); same != c.same {
			t.Errorf("%q and %q: of one shape %v, want %v", c.a, c.b, same, c.same)
		}
	}
}

// The reading of eight bytes at once finds the same first digit as that of one.
func TestDigitFreeBytes(t *testing.T) {
	random := rand.New(rand.NewSource(3))
	b := make([]byte, 8)
	for range 20000 {
		for i := range b {
			b[i] = "09/:aZ\x00\xff\x80\xb0\xb9 "[random.Intn(12)]
		}
		want := 0
		for want < 8 && !isDigit(b[want]) {
			want++
		}
		if got := digitFreeBytes(upToEight(string(b))); got != want {
			t.Fatalf("%q: %d, want %d", b, got, want)
		}
	}
}

// What stands out is picked out of any flood, however late it comes.
func TestSievePicksWhatStandsOut(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	word := func() string {
		w := make([]byte, 3+random.Intn(8))
		for i := range w {
			w[i] = 'a' + byte(random.Intn(26))
		}
		return string(w)
	}
	floods := map[string]func(i int) string{
		"numbered":       func(i int) string { return fmt.Sprintf("request %d took %d ms\r\n", i, i%977) },
		"coloured":       func(i int) string { return fmt.Sprintf("\x1b[3%dmrequest\x1b[0m %d\n", i%8, i) },
		"no two alike":   func(i int) string { return word() + " " + word() + " " + word() + " says " + word() + "\n" },
		"all warn":       func(i int) string { return "warning: " + word() + " is deprecated\n" },
		"over one line":  func(i int) string { return fmt.Sprintf("\r\x1b[K%d%% done\n", i%100) },
		"failed counted": func(i int) string { return fmt.Sprintf("%d: 0 failed, %d passed\n", i, i%90) },
	}
	for name, line := range floods {
		v := newSieve()
		picked := 0
		for i := range 30000 {
			if v.pick(line(i)) {
				picked++
			}
		}
		for _, odd := range []string{
			"\x1b[1;31mERROR\x1b[0m disk is full\n", "panic: no such thing\r\n", "4: 7 failed, 80 passed\n", "Segmentation fault (core dumped)",
		} {
			if !v.pick(odd) {
				t.Errorf("%s: %q is lost behind %d lines picked", name, odd, picked)
			}
		}
		if v.calm < -200 || v.loud < -200 {
			t.Errorf("%s: %d lines picked, room %d and %d", name, picked, v.calm, v.loud)
		}
	}
}
