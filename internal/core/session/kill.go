package session

import (
	"context"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
)

// hangupGrace is how long a hung-up program has to put its things in order.
const hangupGrace = time.Second

// Kill ends a session and its whole process tree. Of two who want that at once the second
// waits, and finds no session.
func (m *Manager) Kill(ctx context.Context, target string, force bool) (*api.KillResult, error) {
	s, err := m.Find(target)
	if err != nil {
		return nil, err
	}
	name := s.Name()
	s.killing.Lock()
	defer s.killing.Unlock()
	if s.over() {
		return nil, noSession(target)
	}
	if !force {
		s.hangUp(ctx)
	}
	left, err := s.pty.Kill(ctx)
	if err != nil {
		return nil, api.Errorf(api.Internal, "kill session %s: %v", name, err)
	}
	defer m.leave(s)()
	m.sync.remove(s)
	res := &api.KillResult{Session: name, Survivors: []api.Process{}}
	for _, p := range left {
		res.Survivors = append(res.Survivors, api.Process{PID: p.PID, Name: p.Name})
	}
	s.notify(api.Event{Kind: "ended", State: api.DeadState})
	err = s.Close()
	m.letGo(s)
	m.retire(s)
	m.sync.seal(s.journal)
	return res, err
}

// over reports whether the session was ended by somebody.
func (s *Session) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// hangUp tells the programs that their terminal is gone and gives them a moment.
func (s *Session) hangUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, hangupGrace)
	defer cancel()
	if s.pty.Hangup(ctx) != nil {
		return
	}
	select {
	case <-s.pty.Done():
	case <-ctx.Done():
	}
}

// letGo has nobody hold a session's terminal any more.
func (m *Manager) letGo(s *Session) {
	m.flight.give(s.slot)
	if m.c.Keeper != nil {
		m.c.Keeper.Drop(s.c.ID)
	}
}

// Close ends every session.
func (m *Manager) Close(ctx context.Context) int {
	all := m.All()
	var wg sync.WaitGroup
	for _, s := range all {
		wg.Go(func() { m.Kill(ctx, s.ID(), false) })
	}
	for _, sp := range m.pool.close() {
		wg.Go(func() { m.discard(sp.s) })
	}
	wg.Wait()
	m.sync.close()
	return len(all)
}
