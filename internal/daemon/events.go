package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
)

// eventQueue is how far a watcher may fall behind before events are dropped for it.
const eventQueue = 256

// hub hands every event to every watcher. A slow watcher misses events and is told
// how many; it never slows a session.
type hub struct {
	mu       sync.Mutex // guards watchers, never held while sending blocks
	watchers map[*watcher]struct{}
	closed   bool
}

type watcher struct {
	events chan api.Event
	missed int // guarded by the hub's mu
}

func newHub() *hub { return &hub{watchers: map[*watcher]struct{}{}} }

func (h *hub) publish(e api.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watchers {
		e.Missed = w.missed
		select {
		case w.events <- e:
			w.missed = 0
		default:
			w.missed++
		}
	}
}

func (h *hub) join() *watcher {
	w := &watcher{events: make(chan api.Event, eventQueue)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(w.events)
		return w
	}
	h.watchers[w] = struct{}{}
	return w
}

func (h *hub) leave(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.watchers, w)
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for w := range h.watchers {
		close(w.events)
		delete(h.watchers, w)
	}
}

// watch tells the present state of each session, then what happens.
func (d *Daemon) watch(ctx context.Context, req *api.EventsRequest, yield func(*api.Event) error) error {
	id := ""
	if req.Session != "" {
		s, err := d.sessions.Find(req.Session)
		if err != nil {
			return err
		}
		id = s.Name()
	}
	w := d.events.join()
	defer d.events.leave(w)
	for _, s := range d.sessions.All() {
		info := s.Info()
		if id != "" && info.Name != id {
			continue
		}
		if err := yield(&api.Event{Kind: "state", Session: info.Name, At: time.Now().UTC(), State: info.State}); err != nil {
			return err
		}
	}
	for req.Follow {
		select {
		case e, open := <-w.events:
			if !open {
				return nil
			}
			if id != "" && e.Session != id {
				continue
			}
			if err := yield(&e); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}
