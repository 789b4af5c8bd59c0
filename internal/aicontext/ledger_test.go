package aicontext

import (
	"testing"

	"github.com/ai-session/ai-session/api"
)

func answer(n, raw, rendered, answered int) *api.Report {
	r := &api.Report{Block: ran(n, 0, "make", 10), Tokens: answered, RawTokens: raw, Rendered: rendered}
	r.Block.RawBytes = int64(raw) * 4
	return r
}

func TestLedgerCountsAnOutputOnce(t *testing.T) {
	l := NewLedger(nil, nil)
	l.Answered("s1", "dev", answer(1, 1000, 800, 50))
	l.Answered("s1", "dev", answer(1, 1000, 800, 50)) // read again
	l.Expanded("s1", "dev", 30)
	running := answer(2, 500, 500, 500)
	running.State = api.BlockRunning
	l.Answered("s1", "dev", running)
	l.Answered("s1", "dev", answer(2, 900, 900, 90))
	y := l.Of("s1")
	if y.Answers != 2 || y.RawTokens != 1900 || y.RenderedTokens != 1700 || y.Expansions != 3 || y.ExpandedTokens < 580 || y.AnsweredTokens < 140 || y.AnsweredTokens > 220 {
		t.Errorf("%+v", y)
	}
	want := 100 * (1 - float64(y.AnsweredTokens+y.ExpandedTokens)/1700)
	if y.SavedPercent != want || !y.Estimated {
		t.Errorf("saved %v, want %v", y.SavedPercent, want)
	}
}

func TestLedgerShowsLosses(t *testing.T) {
	l := NewLedger(nil, nil)
	l.Answered("s1", "dev", answer(1, 1, 1, 1))
	raw := answer(2, 0, 0, 0)
	raw.Raw = make([]byte, 4000)
	l.Answered("s1", "dev", raw)
	y := l.Of("s1")
	if y.Negatives != 1 || y.NegativeTokens < 5 || y.SavedPercent >= 0 {
		t.Errorf("%+v", y)
	}
	if y.RawTokens != 1001 || y.AnsweredTokens < 1001 {
		t.Errorf("raw bytes are answered as they are: %+v", y)
	}
}

func TestLedgerSurvives(t *testing.T) {
	l := NewLedger(nil, nil)
	for n := 1; n <= 2*maxAbove; n++ {
		l.Answered("s1", "dev", answer(n, 10, 10, 1))
	}
	l.Context("s2", "other", 400)
	data, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again := NewLedger(data, nil)
	if again.All().Total != l.All().Total || len(again.All().Sessions) != 2 || again.Of("s1") != l.Of("s1") {
		t.Errorf("before %+v\nafter %+v", l.All(), again.All())
	}
	again.Answered("s1", "dev", answer(2*maxAbove, 10, 10, 1))
	if y := again.Of("s1"); y.Answers != 2*maxAbove || y.Expansions != 1 {
		t.Errorf("an answer of before counts anew: %+v", y)
	}
	if y := NewLedger([]byte("torn"), nil).All().Total; y.Answers != 0 {
		t.Errorf("%+v", y)
	}
}

func TestLedgerIsBounded(t *testing.T) {
	l := NewLedger(nil, nil)
	for i := range maxAccounts + 50 {
		l.Answered(string(rune('a'+i%26))+api.BlockID(uint64(i)), "n", answer(i+1, 10, 10, 1))
	}
	if all := l.All(); len(all.Sessions) != maxAccounts || all.Total.Answers != maxAccounts+50 {
		t.Errorf("%d sessions, %d answers", len(all.Sessions), all.Total.Answers)
	}
}
