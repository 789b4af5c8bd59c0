//go:build unix

package session

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/persistence"
)

func TestRunsSurviveACheckpoint(t *testing.T) {
	for _, runs := range [][]stretch{
		nil,
		{{1, 5}},
		{{1, 1 << 40}, {2, 1}, {0, 300}, {1, 7}},
	} {
		if got := decodeRuns(encodeRuns(runs)); !reflect.DeepEqual(got, runs) {
			t.Errorf("%v came back as %v", runs, got)
		}
	}
}

// What a damaged checkpoint says of them is bounded, and never a stream that is none.
func FuzzDecodeRuns(f *testing.F) {
	f.Add(encodeRuns([]stretch{{1, 5}, {2, 1 << 50}}))
	f.Add([]byte{0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		runs := decodeRuns(b)
		if len(runs) > maxRuns || len(runs) > len(b) {
			t.Errorf("%d runs of %d bytes", len(runs), len(b))
		}
		for _, r := range runs {
			if r.Stream < 0 || r.Stream > 3 || r.N < 0 {
				t.Errorf("run %+v", r)
			}
		}
		if again := decodeRuns(encodeRuns(runs)); !slices.Equal(again, runs) {
			t.Errorf("%v, written and read: %v", runs, again)
		}
	})
}

func TestStreamsAreToldApartAroundWhatWasLost(t *testing.T) {
	for _, c := range []struct {
		name     string
		runs     []stretch
		feed     []string // a number stands for bytes that were lost
		out, err string
	}{
		{"one stream", []stretch{{1, 6}}, []string{"abc", "def"}, "abcdef", ""},
		{"both", []stretch{{1, 2}, {2, 2}, {1, 2}}, []string{"aaEEbb"}, "aabb", "EE"},
		{"the terminal's own is neither's", []stretch{{1, 1}, {0, 3}, {2, 1}}, []string{"atttE"}, "a", "E"},
		{"a gap is in the stream it came from", []stretch{{1, 4}, {2, 2}}, []string{"aa", "2", "EE"}, "aa", "EE"},
		{"a gap over a border", []stretch{{1, 3}, {2, 3}}, []string{"a", "4", "E"}, "a", "E"},
		{"more than is known", []stretch{{1, 1}}, []string{"abc"}, "a", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := splitter{runs: slices.Clone(c.runs)}
			for _, f := range c.feed {
				var lost int64
				if _, err := fmt.Sscan(f, &lost); err == nil {
					x.next(nil, lost)
				} else {
					x.next([]byte(f), int64(len(f)))
				}
			}
			if string(x.into[1]) != c.out || string(x.into[2]) != c.err {
				t.Errorf("stdout %q stderr %q, want %q and %q", x.into[1], x.into[2], c.out, c.err)
			}
		})
	}
}

// What a terminal showed is what no pipe wrote, whatever a crash left of the marks.
func TestOnlyWhatATerminalGotIsShown(t *testing.T) {
	mark := func(m pipeMark) persistence.Frame { return persistence.Frame{Kind: persistence.Mark, Data: m.bytes()} }
	out := func(text string) persistence.Frame {
		return persistence.Frame{Kind: persistence.Output, Data: []byte(text)}
	}
	gap := func(n int64) persistence.Frame {
		return persistence.Frame{Kind: persistence.Gap, Data: persistence.GapPayload(n)}
	}
	prompt := persistence.Frame{Kind: persistence.Mark, Data: encodeMark(shell.Mark{Kind: shell.Prompt, Pipe: []int{1, 2}})}
	for _, c := range []struct {
		name   string
		frames []persistence.Frame
		want   string
	}{
		{"a pipe's bytes are not", []persistence.Frame{out("a"), mark(pipeMark{Stream: 1, N: 3}), out("xyz"), out("b")}, "ab"},
		{"a shell's mark is none of a pipe's", []persistence.Frame{prompt, out("ab")}, "ab"},
		{"bytes that the journal did not take", []persistence.Frame{mark(pipeMark{Stream: 1, N: 3}), gap(3), out("ab")}, "ab"},
		{"bytes that a crash took", []persistence.Frame{mark(pipeMark{Stream: 2, N: 9}), mark(pipeMark{Stream: 2, Lost: 9}), gap(9), out("ab")}, "ab"},
		{"a gap of the terminal", []persistence.Frame{gap(5), out("ab")}, "ab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var x screened
			var got string
			for _, f := range c.frames {
				if x.mark(f); f.Kind == persistence.Output {
					got += string(x.shown(f.Data))
				}
			}
			if got != c.want {
				t.Errorf("shown %q, want %q", got, c.want)
			}
		})
	}
}

func TestAPipeIsFoundAgainByItsKeyAndNote(t *testing.T) {
	m := newManager(t)
	end := &pipeEnd{block: 42, stream: 2, path: "/run/x/7.e", slot: m.flight.take()}
	key := end.key("s1a2b")
	if got := SessionOfPipe(key); got != "s1a2b" {
		t.Errorf("session of %s: %q", key, got)
	}
	back := m.parsePipe(KeptPipe{Key: key, Note: end.note()})
	if back == nil || back.block != 42 || back.stream != 2 || back.path != end.path || back.slot.index != end.slot.index {
		t.Errorf("came back as %+v", back)
	}
	for _, bad := range []string{"", "s1", "s1:42", "s1:x:1", "s1:42:0", "s1:42:3", "s1:42:1:1", "s1:-1:1"} {
		if p := m.parsePipe(KeptPipe{Key: bad}); p != nil {
			t.Errorf("key %q is read as %+v", bad, p)
		}
	}
	for _, note := range []string{"", "{", `{"slot":"x"}`} { // systemd keeps none
		if p := m.parsePipe(KeptPipe{Key: key, Note: []byte(note)}); p == nil || p.slot.index != -1 {
			t.Errorf("note %q: %+v", note, p)
		}
	}
}

// Where the journal ends says whether what was in hand at a crash was written down.
func TestTheFlightRecordTellsWhatACrashTook(t *testing.T) {
	m := newManager(t)
	for _, c := range []struct {
		name  string
		left  func(s slot)
		end   int64 // of the journal, which was at 100 before the read
		lost  int64
		doubt bool
	}{
		{"nothing in hand", func(s slot) { s.done() }, 100, 0, false},
		{"in hand, not written", func(s slot) { s.tally(30, false) }, 100, 30, false},
		{"in hand, and written", func(s slot) { s.tally(30, false) }, 130, 0, false},
		{"a read under way", func(s slot) { s.tally(0, true) }, 100, 0, true},
		{"in hand while more is read", func(s slot) { s.tally(30, true) }, 100, 30, true},
		{"owed to a full disk", func(s slot) { s.owe() }, 100, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := m.flight.take()
			defer m.flight.give(s)
			s.begin(100)
			c.left(s)
			lost, doubt := s.inHand(c.end)
			if lost != c.lost || doubt != c.doubt || s.busy() != (c.name != "nothing in hand") {
				t.Errorf("lost %d, doubt %v, busy %v; want %d, %v", lost, doubt, s.busy(), c.lost, c.doubt)
			}
		})
	}
	var none slot
	none.begin(1)
	none.tally(5, true)
	if lost, doubt := none.inHand(0); lost != 0 || doubt || none.busy() {
		t.Error("a session without a record has something in hand")
	}
}

func TestACheckpointCarriesAnEndThatWasTold(t *testing.T) {
	want := checkpointState{Phase: ending, Open: 3, Told: &shell.Mark{Kind: shell.CommandEnd, Status: 7, HasStatus: true, Cwd: "/x"}, To: -1, Prompted: true, Runs: encodeRuns([]stretch{{2, 9}})}
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got checkpointState
	if err := json.Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v: %+v, want %+v", err, got, want)
	}
}
