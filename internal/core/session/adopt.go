package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/pty"
	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/persistence"
)

// Keeper holds living terminals for the time after this process.
type Keeper interface {
	pty.Parent
	PipeKeeper

	// Hold keeps a terminal; what it held under the id before is let go.
	Hold(id string, pid int, note []byte, conn syscall.RawConn)
	Drop(id string)
}

// Kept is a living terminal as a keeper gives it back.
type Kept struct {
	ID   string
	PID  int
	Note []byte
	File *os.File // Adopt's from now on

	Pipes []KeptPipe // of its commands without a terminal
}

// note is what travels with a terminal.
type note struct {
	Slot   int  `json:"slot"`             // in the flight record; -1 = none
	Exit   *int `json:"exit,omitempty"`   // of a program that has ended
	Signal int  `json:"signal,omitempty"` // that ended it
}

func parseNote(b []byte) note {
	n := note{Slot: -1}
	if json.Unmarshal(b, &n) != nil {
		return note{Slot: -1} // of another version: the journal has what matters
	}
	return n
}

// hold hands the session's terminal to the keeper, with what its successor must know.
func (m *Manager) hold(s *Session) {
	if m.c.Keeper == nil {
		return
	}
	conn, err := s.pty.File().SyscallConn()
	if err != nil {
		return // closed: there is nothing to keep
	}
	m.c.Keeper.Hold(s.c.ID, s.pty.Pid(), s.note(), conn)
}

// note is what the session's successor must know, as it travels.
func (s *Session) note() []byte {
	n := note{Slot: s.slot.index}
	if e := s.pty.Exit(); e.Known {
		n.Exit, n.Signal = &e.Code, int(e.Signal)
	}
	data, err := json.Marshal(n)
	if err != nil {
		panic("session: a note is always JSON: " + err.Error())
	}
	return data
}

// HoldAll hands every terminal to a new keeper.
func (m *Manager) HoldAll() {
	for _, s := range m.All() {
		m.hold(s)
		s.holdPipes()
	}
}

// Release lets go of every session without ending it. The caller takes no request any
// more. Those that somebody watches go last: they are missed first.
func (m *Manager) Release() (errs []error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	gate := make(chan struct{}, adopters)
	all := m.All()
	slices.SortStableFunc(all, func(a, b *Session) int { return a.watchers() - b.watchers() })
	for _, s := range all {
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			typed, err := s.Release()
			if err = errors.Join(err, m.leaveTyped(s.c.ID, typed)); err != nil {
				mu.Lock()
				errs = append(errs, fmt.Errorf("session %s: %w", s.Name(), err))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	m.sync.close()
	return errs
}

// leaveTyped puts input that a program has not read where the next daemon finds it.
func (m *Manager) leaveTyped(id string, typed []byte) error {
	if len(typed) == 0 {
		return nil
	}
	return os.WriteFile(m.typedFile(id), typed, 0o600)
}

// takeTyped returns such input, once: typing it a second time would be worse than losing it.
func (m *Manager) takeTyped(id string) []byte {
	path := m.typedFile(id)
	typed, err := os.ReadFile(path)
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			m.complain(id, err)
		}
		return nil
	}
	return typed
}

func (m *Manager) typedFile(id string) string { return m.kitDir(id) + ".typed" }

// watchers is how many terminals are attached.
func (s *Session) watchers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.clients)
}

// adopt builds a session of its terminal and its journal.
func (m *Manager) adopt(w *waiting, each func(*Session)) (gap bool, err error) {
	k, d := w.kept, w.meta
	if w.err != nil {
		return false, errors.Join(w.err, k.close())
	}
	n := parseNote(k.Note)
	j, err := m.reopenJournal(k.ID)
	if err != nil {
		return false, errors.Join(err, k.close())
	}
	p, err := pty.Open(k.File, k.PID, m.parent(n))
	if err != nil {
		return false, errors.Join(err, j.Close(), k.close())
	}
	p.SetTree(treeOf(k.ID))
	parts := Parts{PTY: p, Journal: j, Slot: m.flight.slot(n.Slot)}
	if kit, err := shell.Reopen(m.kitDir(k.ID)); err == nil {
		parts.Kit = kit
	} else if !errors.Is(err, os.ErrNotExist) {
		m.complain(k.ID, err)
	}
	parts.Typed = m.takeTyped(k.ID)
	parts.Lost, parts.Doubt = parts.Slot.inHand(j.End().Offset)
	parts.Pipes = m.adoptable(k.Pipes, j.End().Offset)
	if len(k.Pipes) > 0 && parts.Slot.busy() {
		parts.Doubt = true // what its pipes wrote meanwhile hides how much was written down
	}
	s, err := Reopen(parts, m.config(d))
	if err != nil {
		return false, errors.Join(err, j.Close(), p.Close(), k.close())
	}
	if d.Name == spareName {
		m.discard(s)
		return false, nil
	}
	if each != nil {
		each(s)
	}
	m.mu.Lock()
	m.sessions[d.Name] = s
	m.mu.Unlock()
	if !bytes.Equal(s.note(), k.Note) { // else the keeper has all of it already
		m.hold(s)
	}
	gap = parts.Lost > 0 || parts.Doubt
	for _, end := range parts.Pipes {
		gap = gap || end.lost > 0 || end.doubt
	}
	return gap, nil
}

// close closes what was kept: it stays with the keeper.
func (k Kept) close() error {
	err := k.File.Close()
	for _, p := range k.Pipes {
		p.File.Close()
	}
	return err
}

// parent is the keeper, with what the last daemon knew of the program's end.
func (m *Manager) parent(n note) pty.Parent {
	if n.Exit == nil {
		return m.c.Keeper
	}
	return ended{m.c.Keeper, pty.Exit{Code: *n.Exit, Signal: syscall.Signal(n.Signal), Known: true}}
}

// ended is the parent of a program that had ended under the last daemon.
type ended struct {
	pty.Parent
	exit pty.Exit
}

func (e ended) ExitOf(int) (pty.Exit, bool) { return e.exit, true }

func (m *Manager) reopenJournal(id string) (*persistence.Journal, error) {
	j, recovery, err := m.c.Store.Open(id, persistence.Options{Session: id})
	if err != nil {
		return nil, err
	}
	if !recovery.Clean() {
		m.complain(id, fmt.Errorf("its journal was damaged: %+v", recovery))
	}
	return j, nil
}

// complain tells the daemon's log.
func (m *Manager) complain(id string, err error) {
	if m.c.Complain != nil {
		m.c.Complain(fmt.Errorf("session %s: %w", id, err))
	}
}

// missed marks what the last daemon had read and not written down: lost bytes, and
// with doubt up to one read of the kernel more, of which nobody knows.
func (s *Session) missed(lost int64, doubt bool) {
	if lost <= 0 && !doubt {
		return
	}
	s.doubt = s.open != nil
	s.dropped(int(max(lost, 1)), nil) // a gap of nothing cannot be written
	if s.open != nil && s.open.block.piped {
		s.open.block.addRun(0, max(lost, 1))
	}
	s.catchUp()
	if s.term.State().AltScreen {
		s.redraw() // a full-screen program draws itself again
	}
}

// resumeExec takes up what the last daemon left open. It looks again until the shell
// has said where it stands.
func (s *Session) resumeExec() {
	if s.kit == nil {
		return
	}
	if left := (shell.Prepared{Token: s.kit.Open()}); s.open == nil && left.Token != "" {
		if left.Token == s.atPrompt {
			s.ended = &left // its files are still there
			s.tidy()
		} else {
			s.kit.Discard(left) // it was not announced, so it was not typed
			s.setLive()
		}
	}
	s.watch.after(s, promptGrace, func() { s.reclaim(2 * promptGrace) })
}

// reclaimsLast is how long reclaim waits between two looks in the end: a command that
// runs for hours may be one whose C was lost.
const reclaimsLast = 2 * time.Second

// reclaim asks a shell that reads its terminal to print its last marks again: the
// crash may have eaten them. While it does not read, reclaim looks again, later and later.
func (s *Session) reclaim(later time.Duration) {
	switch {
	case s.phase == dead || s.phase == ready || s.phase == unhooked:
		return
	case s.draining():
		return // its end is known, and comes once its pipes are read
	case s.promptMayEnd():
		s.endWithoutD(lostGrace)
		return
	case s.phase == running && !s.doubt:
		return // nothing was lost: the end is still to come. A shell that reads may run read
	case s.phase == ending && s.shellReads():
		s.nowReady()
		s.tell()
		return
	case s.typedAhead() || s.foreign() || !s.shellReads():
		s.watch.after(s, later, func() { s.reclaim(min(2*later, reclaimsLast)) })
		return
	}
	if s.open != nil && s.phase == running {
		s.open.reclaimed = s.journal.End().Offset // what comes now is our own line's echo
	}
	s.doubt = false
	s.pump.trigger(s, s.kit.Rearm())
}

// again gives an adopted exec to the shell once more: its trigger, which only the last
// daemon knew, was not run.
func (s *Session) again(e *execution) error {
	stdin, has := s.kit.Stdin()
	s.kit.Discard(shell.Prepared{Token: s.kit.Open()})
	s.dropPipes(e)
	if err := s.prepare(e, stdin, has); err != nil {
		return err
	}
	if e.piped != nil {
		s.notePipes(e)
		for _, end := range e.piped.ends {
			s.holdPipe(end)
		}
	}
	_, err := s.announce(e)
	s.setLive()
	s.readPipes(e)
	return err
}

// earlier finds what a request made before the connection to the last daemon broke.
func (s *Session) earlier(key string) (e *execution, b *block) {
	if key == "" {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := range s.nested() {
		if n.e.key == key {
			return n.e, nil
		}
	}
	if s.open != nil && s.open.key == key {
		return s.open, nil
	}
	for _, b := range s.recent {
		if b.key == key {
			return nil, b
		}
	}
	return nil, nil
}

// repeat answers a request that was made before, without running anything again; ok
// is false if it was not.
func (s *Session) repeat(ctx, deadline context.Context, text string, req *api.ExecRequest) (r *api.Report, ok bool, err error) {
	e, b := s.earlier(req.IdempotencyKey)
	if e != nil {
		if e.block.command != text {
			return nil, true, api.Errorf(api.Invalid, "idempotency_key %s was used for another command", req.IdempotencyKey)
		}
		r, err = s.follow(ctx, deadline, e, req)
		return r, true, err
	}
	if b == nil {
		return nil, false, nil
	}
	s.mu.Lock()
	cols := s.size.Cols
	s.mu.Unlock()
	r = &api.Report{Block: *b.view(s.Name())}
	return r, true, describe(s.journal, b, r, cols, s.textOptions(req.Raw, req.MaxTokens))
}
