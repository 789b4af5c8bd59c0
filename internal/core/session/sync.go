package session

import (
	"context"
	"sync"
	"time"

	"github.com/ai-session/ai-session/internal/persistence"
)

// syncEvery is the most a loss of power takes of what was written.
const syncEvery = time.Second

// syncer brings journals to the disk, all sessions' with one timer, and none when
// nothing was written. No session's mutex is held while the disk works.
type syncer struct {
	mu     sync.Mutex // guards due, timer and closed
	due    map[*Session]bool
	timer  *time.Timer
	closed bool
	work   sync.WaitGroup
}

// add notes that a session's journal has something to sync.
func (y *syncer) add(s *Session) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.closed || y.due[s] {
		return
	}
	y.due[s] = true
	if y.timer == nil {
		y.timer = time.AfterFunc(syncEvery, y.run)
	}
}

// unsynced is told of every piece of output, of all sessions.
func (m *Manager) unsynced(s *Session) {
	m.sync.add(s)
	if m.c.Stirred != nil {
		m.c.Stirred()
	}
}

func (y *syncer) remove(s *Session) {
	y.mu.Lock()
	defer y.mu.Unlock()
	delete(y.due, s)
}

func (y *syncer) run() {
	y.mu.Lock()
	due := y.due
	y.due, y.timer = map[*Session]bool{}, nil
	if y.closed {
		y.mu.Unlock()
		return
	}
	y.work.Add(1)
	y.mu.Unlock()
	defer y.work.Done()
	for s := range due {
		if err := s.journal.Sync(); err != nil {
			s.mu.Lock()
			if !s.closed {
				s.degraded = err
			}
			s.mu.Unlock()
		}
		// Nobody waits for what is compressed; a journal that was closed meanwhile is
		// sealed by who closed it.
		s.journal.Seal(context.Background())
	}
}

// seal compresses what an ended session has left.
func (y *syncer) seal(j *persistence.Journal) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if !y.closed {
		y.work.Go(func() { j.Seal(context.Background()) }) // else the next daemon does, or nobody needs it
	}
}

func (y *syncer) close() {
	y.mu.Lock()
	y.closed = true
	if y.timer != nil {
		y.timer.Stop()
	}
	y.mu.Unlock()
	y.work.Wait()
}
