//go:build unix

package session

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/persistence"
)

const year = 365 * 24 * time.Hour

// The clock is set while no daemon runs: the one that takes a session over still sees
// that its program waits, can interrupt it, and tells of no time before it began.
func TestSessionIsTakenOverWhenTheClockWasSet(t *testing.T) {
	for _, c := range []struct {
		name  string
		first time.Duration // how wrong the clock was
	}{
		{"from ten years ahead", 10 * year},
		{"from an hour ahead", time.Hour},
		{"from ten years back", -10 * year},
	} {
		t.Run(c.name, func(t *testing.T) {
			var wrong atomic.Int64
			wrong.Store(int64(c.first))
			m := newManager(t, persistence.StoreOptions{Now: func() time.Time { return time.Now().Add(time.Duration(wrong.Load())) }})
			s, _ := start(t, m, shellArgv(t, "bash")...)
			run(t, s, "(exit 4)")
			open := begins(t, s, "read -p 'name? ' x")
			master, pid := drop(t, m, s)
			wrong.Store(0)
			back := rebuilt(t, m, s, master, pid)
			if r := waitFor(t, back, api.WaitRequest{For: "input"}); r.Input == nil || r.AgeMS < 0 {
				t.Errorf("%+v", r)
			}
			if err := back.Signal("INT"); err != nil {
				t.Fatal(err)
			}
			r := waitFor(t, back, api.WaitRequest{For: "exit"})
			if r.Block == nil || r.Block.ID != open.ID || r.Block.Exit != api.ExitCode(130) || r.Block.DurationMS < 0 || r.AgeMS < 0 {
				t.Errorf("%+v %+v", r, r.Block)
			}
			if r := run(t, back, "echo after"); out(r) != "after\n" {
				t.Errorf("%q", out(r))
			}
			h, err := back.History(&api.HistoryRequest{SinceMS: api.MillisOf(time.Minute), Grep: "echo"})
			if err != nil || len(h.Blocks) != 1 {
				t.Errorf("of the last minute: %+v %v", h, err)
			}
		})
	}
}

func TestHistorySinceLooksBehindATimeWhenTheClockWasWrong(t *testing.T) {
	now := time.Now()
	var refs []blockRef
	for i, age := range []time.Duration{2 * time.Hour, time.Minute, 10 * year, -10 * year, 0} {
		refs = append(refs, blockRef{number: uint64(i + 1), begun: now.Add(-age)})
	}
	h, err := history(&api.HistoryRequest{SinceMS: api.MillisOf(time.Hour)}, refs, func(r blockRef) (api.Block, error) {
		return api.Block{ID: api.BlockID(r.number)}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range h.Blocks {
		got = append(got, b.ID)
	}
	if want := []string{api.BlockID(2), api.BlockID(4), api.BlockID(5)}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A session is newer than those that were there before it, whatever the clock says.
func TestNewestSessionOfANameIsTheLastOneMade(t *testing.T) {
	m := newManager(t)
	for _, ahead := range []time.Duration{10 * year, 0, 0} {
		m.ids = ids{last: time.Now().Add(ahead).UnixMilli()}
		m.ids.begin(m.c.Store) // as a daemon does that starts
		d := meta{ID: m.ids.next(), Name: "dev"}
		data, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		j, err := m.c.Store.Create(d.ID, data, persistence.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := m.storedMeta("dev"); err != nil || got.ID != d.ID {
			t.Errorf("%s %v, want %s", got.ID, err, d.ID)
		}
		if !(m.ids.began < d.ID) {
			t.Errorf("%s is not behind %s", d.ID, m.ids.began)
		}
	}
}

func TestNewestSnapshotIsTheOneBehindMostOutput(t *testing.T) {
	now := time.Now()
	snap := func(name string, offset int64, age time.Duration) api.Snapshot {
		return api.Snapshot{Name: name, SessionID: "s", Offset: offset, CreatedAt: now.Add(-age)}
	}
	for _, c := range []struct {
		name string
		list []api.Snapshot
		want string
	}{
		{"in order", []api.Snapshot{snap("a", 1, 2), snap("b", 2, 1)}, "b"},
		{"the clock was ahead at the first", []api.Snapshot{snap("b", 2, 1), snap("a", 1, -10*year)}, "b"},
		{"nothing was written between", []api.Snapshot{snap("a", 2, 2), snap("b", 2, 1)}, "b"},
		{"of another session", []api.Snapshot{{Name: "c", SessionID: "t", Offset: 9}, snap("a", 1, 1)}, "a"},
	} {
		if got := newestOf(&api.SnapshotList{Snapshots: c.list}, "s"); got == nil || got.Name != c.want {
			t.Errorf("%s: %+v, want %s", c.name, got, c.want)
		}
	}
}

func TestClockIsTrustedOnlyAfterItWentEvenly(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps []time.Duration // of the wall clock, each an hour of the other's
		want  time.Duration
	}{
		{"at the start", nil, 0},
		{"even", []time.Duration{time.Hour, time.Hour}, 2 * time.Hour},
		{"ten years ahead", []time.Duration{time.Hour, time.Hour + 10*year}, 0},
		{"and evenly again", []time.Duration{time.Hour + 10*year, time.Hour}, time.Hour},
		{"back", []time.Duration{time.Hour, -10 * year, time.Hour}, time.Hour},
		{"set by a second", []time.Duration{time.Hour + time.Second, time.Hour - time.Second}, 2 * time.Hour},
	} {
		wall, mono := time.Now(), time.Duration(0)
		var e evenness
		got := e.look(wall, mono)
		for _, step := range c.steps {
			wall, mono = wall.Add(step), mono+time.Hour
			got = e.look(wall, mono)
		}
		if got != c.want {
			t.Errorf("%s: for %v, want %v", c.name, got, c.want)
		}
	}
}

func TestRecordingGoesForwardWhenTheClockWentBack(t *testing.T) {
	var b bytes.Buffer
	c := caster{yield: func(k *api.Chunk) error { b.Write(k.Data); return nil }, size: defaultSize}
	at := time.Unix(2e9, 0)
	for _, step := range []time.Duration{0, time.Second, -10 * year, time.Second} {
		at = at.Add(step)
		if err := c.line(at, "o", "x"); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")[1:]
	if want := []string{`[0,"o","x"]`, `[1,"o","x"]`, `[1,"o","x"]`, `[2,"o","x"]`}; !slices.Equal(lines, want) {
		t.Errorf("%q", lines)
	}
}
