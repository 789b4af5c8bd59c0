package daemon

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
)

// eventRing is how many events a watcher may fall behind, or miss while it is away.
// They are held once for all watchers, however many there are.
const eventRing = 2048

// eventBatch is how many events a watcher takes at once: a thousand watchers that are
// all behind must not hold a ring each.
const eventBatch = 64

// eventCommand bounds a command's text in a held event: the whole one is in the
// session's history.
const eventCommand = 4 << 10

// hub holds the newest events. Each watcher reads them at its own pace from the one
// ring, so that a slow one costs nothing and slows nobody; what it can no longer read
// it is told of as a gap.
type hub struct {
	base     int64       // the sequence before the first event; written before anybody reads
	complain func(error) // told why events do not outlive this daemon, and nil once they do again; may be nil

	mu      sync.Mutex // guards what follows; never held while somebody reads an event
	ring    []api.Event
	last    int64         // sequence of the newest event
	changed chan struct{} // closed at the next event
	closed  bool
	log     *eventLog // nil: the next daemon begins anew
}

// newHub returns a hub whose sequence numbers are above those of earlier generations:
// a daemon lives shorter than 2^32 events.
func newHub(generation int) *hub {
	base := int64(generation) << 32
	return &hub{base: base, last: base, changed: make(chan struct{})}
}

// keep has the events outlive this daemon. Those of the last one are taken up where it
// is followed; the caller publishes nothing before.
func (h *hub) keep(path string, follow bool) error {
	log, past, err := openEvents(path, follow)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log = log
	if len(past) > 0 {
		h.ring, h.base, h.last = past, past[0].Seq-1, past[len(past)-1].Seq
	}
	return err
}

// unkept says why the newest event would not outlive this daemon; nil if it would, or if
// none does.
func (h *hub) unkept() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.log == nil {
		return nil
	}
	return h.log.why
}

// shortCommand is what an event holds of a long command.
func shortCommand(command string) string {
	return strings.ToValidUTF8(strings.Clone(command[:eventCommand]), "")
}

func (h *hub) publish(e api.Event) {
	if e.Block != nil && len(e.Block.Command) > eventCommand {
		b := *e.Block
		b.Command = shortCommand(b.Command)
		e.Block = &b
	}
	if news, why := h.add(e); news && h.complain != nil {
		h.complain(why)
	}
}

// add gives an event its number; news says that it begins or ceases to outlive this daemon.
func (h *hub) add(e api.Event) (news bool, why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false, nil
	}
	h.last++
	e.Seq = h.last
	if h.log != nil {
		news = h.log.write(&e)
		why = h.log.why
	}
	if len(h.ring) < eventRing {
		h.ring = append(h.ring, e)
	} else {
		h.ring[(h.last-h.base-1)%eventRing] = e
	}
	close(h.changed)
	h.changed = make(chan struct{})
	return news, why
}

// behind returns the events behind seq, or how many of them are lost (-1: unknown,
// seq is another daemon's). Without events, changed is closed when there are some.
func (h *hub) behind(seq int64) (events []api.Event, lost int64, changed <-chan struct{}, closed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if seq < h.base || seq > h.last {
		return nil, -1, h.changed, h.closed
	}
	oldest := h.last - int64(len(h.ring)) // the sequence before the oldest one held
	if seq < oldest {
		return nil, h.last - seq, h.changed, h.closed
	}
	from := seq - h.base // the index, counted from the first event ever, of the next one
	for i := from; i < min(h.last-h.base, from+eventBatch); i++ {
		events = append(events, h.ring[i%eventRing])
	}
	return events, 0, h.changed, h.closed
}

func (h *hub) newest() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	close(h.changed)
	if h.log != nil {
		h.log.remove()
		h.log = nil
	}
}

// watch tells the present state of each session, then what happens. One that comes
// back is told what happened meanwhile; the last of the present states has the number from
// which on that is.
func (d *Daemon) watch(ctx context.Context, req *api.EventsRequest, yield func(*api.Event) error) error {
	name := ""
	if req.Session != "" {
		s, err := d.sessions.Find(req.Session)
		if err != nil {
			return err
		}
		name = s.Name()
	}
	seq := req.After
	if seq == 0 {
		seq = d.events.newest()
		from := seq
		if !req.Follow {
			from = 0 // nobody goes on from there
		}
		if err := d.present(name, from, yield); err != nil {
			return err
		}
	}
	for {
		events, lost, changed, closed := d.events.behind(seq)
		if lost != 0 {
			seq = d.events.newest()
			gap := api.Event{Seq: seq, Kind: "gap", Session: name, At: time.Now().UTC(), Missed: int(lost)}
			if err := yield(&gap); err != nil {
				return err
			}
			if err := d.present(name, 0, yield); err != nil {
				return err
			}
			continue
		}
		for i := range events {
			seq = events[i].Seq
			if name != "" && events[i].Session != name {
				continue
			}
			e := d.recall(events[i])
			if err := yield(&e); err != nil {
				return err
			}
		}
		if len(events) > 0 {
			continue
		}
		if !req.Follow || closed {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// present tells the state of every session, or of the named one; the last one has seq.
func (d *Daemon) present(name string, seq int64, yield func(*api.Event) error) error {
	var states []api.Event
	for _, s := range d.sessions.All() {
		if info := s.Info(); name == "" || info.Name == name {
			states = append(states, api.Event{Kind: "state", Session: info.Name, At: time.Now().UTC(), State: info.State})
		}
	}
	if len(states) > 0 {
		states[len(states)-1].Seq = seq
	}
	for i := range states {
		if err := yield(&states[i]); err != nil {
			return err
		}
	}
	return nil
}
