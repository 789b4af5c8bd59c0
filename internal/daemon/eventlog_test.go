package daemon

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ai-session/ai-session/api"
)

// kept returns a hub that keeps its events in a file.
func kept(t *testing.T, path string, generation int, follow bool) *hub {
	t.Helper()
	h := newHub(generation)
	if err := h.keep(path, follow); err != nil {
		t.Fatal(err)
	}
	return h
}

// A daemon goes on where the last one was when it was killed; commands are not in the file.
func TestEventsOutliveTheirDaemon(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events")
	h := kept(t, path, 1, false)
	at := time.Now().UTC()
	for _, e := range []api.Event{
		{Kind: "created", Session: "ключ-🔑", At: at},
		{Kind: "exec_start", Session: "ключ-🔑", At: at, Block: &api.Block{ID: "e7", Command: "echo hunter2"}},
		{Kind: "state", Session: strings.Repeat("💡", 64), At: at, State: api.Running},
	} {
		h.publish(e)
	}
	seen := h.newest()
	if b, err := os.ReadFile(path); err != nil || strings.Contains(string(b), "hunter2") || !strings.Contains(string(b), "e7 ключ-🔑\n") {
		t.Errorf("the file holds %q, %v", b, err)
	}
	next := kept(t, path, 2, true)
	next.publish(api.Event{Kind: "exec_end", Session: "a", At: at, Block: &api.Block{ID: "e7"}})
	events, lost, _, _ := next.behind(seen - 2)
	if lost != 0 || len(events) != 3 || events[2].Seq != seen+1 || events[2].Kind != "exec_end" {
		t.Fatalf("%d lost, %+v", lost, events)
	}
	start := events[0]
	if start.Block == nil || start.Block.ID != "e7" || start.Session != "ключ-🔑" || !start.At.Equal(at) || events[1].State != api.Running {
		t.Errorf("%+v", events)
	}
}

func TestWhatOneDaemonCannotKnowIsAGap(t *testing.T) {
	for name, c := range map[string]struct {
		follow bool
		spoil  func(t *testing.T, path string)
		behind int64 // the newest event of the first daemon
		lost   int64
	}{
		"nothing is":           {true, nil, 3, 0},
		"another boot":         {false, nil, 0, -1},
		"the file is gone":     {true, func(t *testing.T, path string) { os.Remove(path) }, 0, -1},
		"the file was cut":     {true, func(t *testing.T, path string) { os.Truncate(path, 100) }, 0, -1},
		"the newest is broken": {true, func(t *testing.T, path string) { overwrite(t, path, 10, "what?") }, 0, -1},
		"an old one is broken": {true, func(t *testing.T, path string) { overwrite(t, path, 5, "5 5 created - -\n") }, 3, 0},
		"out of its place":     {true, func(t *testing.T, path string) { overwrite(t, path, 4, "9 5 state ready - a\n") }, 5, 0},
		"before the hole":      {true, func(t *testing.T, path string) { overwrite(t, path, 5, "no event\n") }, 7, -1},
	} {
		path := filepath.Join(t.TempDir(), "events")
		h := kept(t, path, 0, false)
		for range 10 {
			h.publish(api.Event{Kind: "state", Session: "a", State: api.Ready})
		}
		if c.spoil != nil {
			c.spoil(t, path)
		}
		next := kept(t, path, 2, c.follow)
		events, lost, _, _ := next.behind(h.newest() - c.behind)
		if lost != c.lost || lost == 0 && int64(len(events)) != c.behind {
			t.Errorf("%s: %d lost, %d events", name, lost, len(events))
		}
	}
}

// overwrite puts text over an event.
func overwrite(t *testing.T, path string, seq int64, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte(text), seq%eventRing*eventSlot); err != nil {
		t.Fatal(err)
	}
}

// The file has the size of the ring, whatever happens, and holds its newest turn.
func TestEventLogIsARing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events")
	h := kept(t, path, 1, false)
	for range 2*eventRing + 9 {
		h.publish(api.Event{Kind: "state", Session: "a", At: time.Now()})
	}
	if info, err := os.Stat(path); err != nil || info.Size() > eventRing*eventSlot {
		t.Errorf("%v bytes, %v", info.Size(), err)
	}
	next := kept(t, path, 2, true)
	if len(next.ring) != eventRing || next.newest() != h.newest() {
		t.Errorf("%d events up to %d, want %d up to %d", len(next.ring), next.newest(), eventRing, h.newest())
	}
	if told := next.told(); !told.of["a"] || told.oldest.After(time.Now()) || told.since(told.oldest) {
		t.Errorf("%+v", told)
	}
	h.close()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("after an end in order: %v", err)
	}
}

// Where the file cannot be written, nobody waits for it: it is told, and told again once
// it can. What a watcher misses under the next daemon is a gap then, and only then.
func TestEventsThatCannotBeKeptAreAToldGap(t *testing.T) {
	event := api.Event{Kind: "state", Session: "a", State: api.Ready}
	tooLong := api.Event{Kind: "state", Session: strings.Repeat("a", eventSlot)}
	for _, c := range []struct {
		name   string
		before func(t *testing.T, path string) // the first daemon
		events []api.Event
		mend   int // before this event what was before it is removed; -1 never
		news   string
		kept   int // newest events that the next daemon knows
	}{
		{"all are kept", nil, []api.Event{event, event, event}, -1, "", 3},
		{"one is not", nil, []api.Event{event, tooLong, event, event}, -1, "- +", 2},
		{"the newest is not", nil, []api.Event{event, event, tooLong}, -1, "-", 0},
		{"none can be", mkdir, []api.Event{event, event}, -1, "-", 0},
		{"they can be again", mkdir, []api.Event{event, event, event}, 1, "- +", 2},
		{"the disk is full", full, []api.Event{event, event, event}, -1, "- +", 2}, // its name is taken away, which helps here
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "events")
			if c.before != nil {
				c.before(t, path)
			}
			var news []string
			h := newHub(1)
			h.complain = func(err error) { news = append(news, map[bool]string{true: "+", false: "-"}[err == nil]) }
			if err := h.keep(path, false); err != nil {
				h.complain(err)
			}
			for i, e := range c.events {
				if i == c.mend {
					os.Remove(path)
				}
				h.publish(e)
			}
			if got := strings.Join(news, " "); got != c.news {
				t.Errorf("news %q, want %q", got, c.news)
			}
			if told := h.unkept() != nil; told != strings.HasSuffix(c.news, "-") {
				t.Errorf("status tells %v", h.unkept())
			}
			if events, lost, _, _ := h.behind(h.newest() - int64(len(c.events))); lost != 0 || len(events) != len(c.events) {
				t.Errorf("under this daemon %d are lost, %d events", lost, len(events))
			}
			next := newHub(2)
			next.keep(path, true)
			for back := range len(c.events) + 1 {
				events, lost, _, _ := next.behind(h.newest() - int64(back))
				known := back <= c.kept && c.kept > 0
				if known != (lost == 0) || known && len(events) != back {
					t.Errorf("who had seen all but %d: %d lost, %d events", back, lost, len(events))
				}
			}
		})
	}
}

// mkdir puts a folder where the log should be.
func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

// full puts a file there that takes nothing.
func full(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here: ", err)
	}
	if err := os.Symlink("/dev/full", path); err != nil {
		t.Fatal(err)
	}
}

// What is read follows each other, and reads the same when it is written again.
func FuzzEventsFollowEachOther(f *testing.F) {
	good := make([]byte, 3*eventSlot)
	for i := range 3 {
		copy(good[i*eventSlot:], appendEvent(nil, &api.Event{
			Seq: int64(eventRing + i), At: time.Unix(1, 2), Kind: "exec_end", Session: "a", Block: &api.Block{ID: "e3"}, State: api.Ready,
		}))
	}
	f.Add(good)
	f.Add([]byte("2048 1 state - - a b\n"))
	f.Add([]byte("2048 1 state - e0 a\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		all := parseEvents(b)
		for i, e := range all {
			if i > 0 && e.Seq != all[i-1].Seq+1 {
				t.Fatalf("%d follows %d", e.Seq, all[i-1].Seq)
			}
			again, ok := parseEvent(appendEvent(nil, &e))
			if !ok || !reflect.DeepEqual(again, e) {
				t.Fatalf("%+v becomes %+v", e, again)
			}
		}
	})
}
