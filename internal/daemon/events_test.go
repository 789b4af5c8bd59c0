package daemon

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/ai-session/ai-session/api"
)

func TestEventsAreHeldForThoseWhoComeBack(t *testing.T) {
	h := newHub(3)
	const first = int64(3)<<32 + 1
	for i := range 10 {
		h.publish(api.Event{Kind: "state", Session: fmt.Sprint(i)})
	}
	events, lost, _, _ := h.behind(first + 5)
	if lost != 0 || len(events) != 4 || events[0].Seq != first+6 || events[0].Session != "6" {
		t.Errorf("%d lost, %+v", lost, events)
	}
	if events, lost, _, _ := h.behind(first + 9); lost != 0 || len(events) != 0 {
		t.Errorf("behind the newest: %d lost, %+v", lost, events)
	}
}

func TestLostEventsAreCounted(t *testing.T) {
	h := newHub(1)
	seq := h.newest()
	for range eventRing + 7 {
		h.publish(api.Event{Kind: "state"})
	}
	if _, lost, _, _ := h.behind(seq); lost != eventRing+7 {
		t.Errorf("%d lost, want %d", lost, eventRing+7)
	}
	for name, seq := range map[string]int64{"an earlier daemon's": 5, "none of ours": h.newest() + 1} {
		if _, lost, _, _ := h.behind(seq); lost != -1 {
			t.Errorf("%s sequence: %d lost, want -1", name, lost)
		}
	}
}

// A thousand watchers of one ring see every event in order, or a gap that counts
// what they did not see.
func TestWatchersMissNothingUnannounced(t *testing.T) {
	h := newHub(1)
	const total = 3 * eventRing
	var wg sync.WaitGroup
	start := h.newest()
	for range 1000 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			seq, seen := start, int64(0)
			for {
				events, lost, changed, closed := h.behind(seq)
				if lost > 0 {
					seen, seq = seen+lost, seq+lost
					continue
				}
				for _, e := range events {
					if e.Seq != seq+1 {
						t.Errorf("event %d behind %d", e.Seq, seq)
					}
					seq, seen = e.Seq, seen+1
				}
				if len(events) > 0 {
					continue
				}
				if closed {
					break
				}
				<-changed
			}
			if seen != total {
				t.Errorf("%d seen or announced, want %d", seen, total)
			}
		}()
	}
	long := strings.Repeat("x", 1<<20)
	for range total {
		h.publish(api.Event{Kind: "exec_end", Block: &api.Block{Command: long}})
	}
	h.close()
	wg.Wait()
	if held := len(h.ring[0].Block.Command); held > eventCommand {
		t.Errorf("%d bytes of a command are held", held)
	}
}
