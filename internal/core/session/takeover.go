package session

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// Adoption says what became of the terminals of the last daemon.
type Adoption struct {
	Sessions int           // that live on
	Gaps     int           // of them, sessions that lost output
	Failed   []error       // terminals that stay with the keeper
	Took     time.Duration // until the last one was taken up
}

// takeover is the adoption of what the last daemon left, under way. Clients come back
// meanwhile: a terminal that wants to watch a session has it taken up first, while those
// that nobody watches wait, so that its person sees little of the change. Every other
// request waits for the last one: sessions
// that work already would only hold up the rest.
type takeover struct {
	began time.Time
	gate  chan struct{} // holds a token for each terminal being taken up
	begin sync.Once     // with those that nobody has asked for
	done  chan struct{} // closed when report is whole
	each  func(*Session)

	mu     sync.Mutex          // guards what follows
	urgent int                 // how many are being taken up for somebody who watches
	calm   sync.Cond           // none are any more
	left   []*waiting          // some of them may be begun
	named  map[string]*waiting // by id and by name
	count  int                 // of those that are not
	report Adoption
}

// waiting is a session that is not taken up yet.
type waiting struct {
	kept Kept
	meta meta
	err  error // the meta cannot be read

	begun bool          // guarded by the takeover's mutex
	done  chan struct{} // closed when it is among the sessions, or has failed
}

// adopters is how many terminals are taken up at a time: each waits for the disk and
// replays its journal.
const adopters = 4

// Adopt is told what the last daemon left: terminals, of whose past the store has the
// journals. FindFirst takes up one of them, Adopted all. each, if it is given, gets every
// session before anybody finds it.
func (m *Manager) Adopt(kept []Kept, each func(*Session)) {
	t := &takeover{
		began: time.Now(), gate: make(chan struct{}, adopters), done: make(chan struct{}),
		named: map[string]*waiting{}, count: len(kept), each: each,
	}
	t.calm.L = &t.mu
	for _, k := range kept {
		w := &waiting{kept: k, done: make(chan struct{})}
		if w.meta, w.err = m.describe(k.ID); w.err == nil && w.meta.Name != spareName {
			t.named[w.meta.Name] = w
		}
		t.named[k.ID] = w
		t.left = append(t.left, w)
	}
	m.flight.reserve(kept)
	if len(kept) == 0 {
		close(t.done)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.takeover = t
}

func (m *Manager) describe(id string) (d meta, err error) {
	data, err := m.c.Store.Meta(id)
	if err == nil {
		err = json.Unmarshal(data, &d)
	}
	return d, err
}

// Adopted takes up all that the last daemon left, and says what became of it.
func (m *Manager) Adopted() Adoption {
	t := m.adoption()
	if t == nil {
		return Adoption{}
	}
	t.begin.Do(func() {
		for range adopters {
			go func() {
				for w := t.next(); w != nil; w = t.next() {
					m.takeUp(t, w)
				}
			}()
		}
	})
	<-t.done
	return t.report
}

func (m *Manager) adoption() *takeover {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.takeover
}

// FindFirst is Find for somebody who watches: it does not wait for other sessions.
func (m *Manager) FindFirst(target string) (*Session, error) {
	if t := m.adoption(); t != nil {
		w, ours := t.claim(target)
		if ours {
			m.takeUp(t, w)
			t.served()
		}
		if w != nil {
			<-w.done
			return m.find(w.kept.ID)
		}
	}
	return m.Find(target)
}

func (m *Manager) takeUp(t *takeover, w *waiting) {
	t.gate <- struct{}{}
	gap, err := m.adopt(w, t.each)
	<-t.gate
	t.took(w, gap, err)
}

// claim finds a session that waits, or did; ours says that nobody else takes it up.
func (t *takeover) claim(target string) (found *waiting, ours bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.named[target]
	if w == nil || w.begun {
		return w, false
	}
	w.begun = true
	t.urgent++
	return w, true
}

// served says that one who watches has his session.
func (t *takeover) served() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.urgent--; t.urgent == 0 {
		t.calm.Broadcast()
	}
}

// next claims one that nobody has asked for; nil when none is left. It waits for those
// that somebody watches.
func (t *takeover) next() *waiting {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.urgent > 0 {
		t.calm.Wait()
	}
	for len(t.left) > 0 {
		w := t.left[0]
		if t.left = t.left[1:]; !w.begun {
			w.begun = true
			return w
		}
	}
	return nil
}

// took notes what became of a session.
func (t *takeover) took(w *waiting, gap bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err != nil:
		t.report.Failed = append(t.report.Failed, fmt.Errorf("session %s: %w", w.kept.ID, err))
	case w.meta.Name == spareName: // one of ours, which nobody will miss
	case gap:
		t.report.Gaps++
		fallthrough
	default:
		t.report.Sessions++
	}
	close(w.done)
	if t.count--; t.count == 0 {
		t.named = nil // sessions get other names
		t.report.Took = time.Since(t.began)
		close(t.done)
	}
}
