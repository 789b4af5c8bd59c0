package session

import (
	"context"
	"time"

	"github.com/ai-session/ai-session/api"
)

// ticket is a place in the queue for the terminal.
type ticket struct{}

// admit waits until the terminal is e's. Without queue it answers busy at once,
// except for the moment between a command's end and the prompt.
func (s *Session) admit(ctx context.Context, e *execution, queue bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &ticket{}
	s.queue = append(s.queue, t)
	defer s.unqueue(t)
	for {
		err, wait := s.verdict(t)
		if err == nil && !wait {
			s.open = e
			s.enter(arming)
			s.tell()
			return nil
		}
		if err != nil && (!queue || api.CodeOf(err) != api.Busy) {
			return err
		}
		changed := s.change()
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			s.mu.Lock()
			return s.notAdmitted(ctx, err)
		}
		s.mu.Lock()
	}
}

func (s *Session) unqueue(t *ticket) {
	for i, q := range s.queue {
		if q == t {
			s.queue = append(s.queue[:i], s.queue[i+1:]...)
			break
		}
	}
	if len(s.queue) == 0 {
		s.queue = nil
	}
	s.tell() // the next in the queue looks again
}

// stopGrace is how long a command that was told to end may take before the terminal
// counts as busy. Whoever sends a signal and then a command means them in that order;
// most programs end within a few milliseconds.
const stopGrace = 2 * time.Second

// verdict says whether the terminal is free for t: no error and no wait; or a busy
// error; or a moment's wait without one.
func (s *Session) verdict(t *ticket) (err error, wait bool) {
	switch {
	case s.phase == dead:
		return s.deadError(), false
	case s.open != nil && time.Since(s.open.stopped) < stopGrace:
		s.watch.after(s, stopGrace-time.Since(s.open.stopped), s.tell)
		return nil, true
	case s.open != nil:
		if s.input != nil && s.input.Maybe && s.fewFilesError() != nil {
			return s.fewFilesError(), false
		}
		return s.busy("exec", s.open.block.id(), "", s.since), false
	case s.phase == booting && s.input != nil:
		return s.busy("program", "", "", s.since), false
	case s.phase == booting || s.phase == ending || s.rearmed:
		return nil, true
	case s.foreign():
		if time.Since(s.since) < promptGrace {
			s.watch.after(s, promptGrace, s.tell)
			return nil, true // a prompt's own helper may still be on its way out
		}
		return s.busy("program", "", s.dirty.by, s.since), false
	case s.dirty.is:
		return s.busy("input", "", s.dirty.by, s.dirty.since), false
	case s.queue[0] != t:
		return s.busy("exec", "", "", s.since), true
	}
	return s.fewFilesError(), false
}

func (s *Session) busy(by, block, client string, since time.Time) *api.Error {
	info := &api.BusyInfo{By: by, Block: block, Client: client, AgeMS: api.MillisOf(time.Since(since))}
	var err *api.Error
	switch by {
	case "exec":
		err = api.Errorf(api.Busy, "session %s is running @%s", s.name, block)
		switch {
		case s.input == nil:
			err = err.WithHint("ai-session wait %s, or exec --queue", s.name)
		case s.input.Kind == "repl":
			err = err.WithHint("it waits at a prompt: exec --nested types the command there; ai-session screen %s", s.name)
		default:
			err = err.WithHint("it needs input (%s): ai-session send %s TEXT --key Enter", s.input.Kind, s.name)
		}
	case "input":
		err = api.Errorf(api.Busy, "session %s has a line that %s began to type", s.name, client).
			WithHint("ai-session screen %s; C-c discards it: ai-session send %s --key C-c", s.name, s.name)
	default:
		err = api.Errorf(api.Busy, "%s has the terminal of session %s", s.foregroundName(), s.name).
			WithHint("ai-session screen %s; exec --nested types it to that program", s.name)
	}
	err.Busy = info
	return err
}

// foregroundName names who has the terminal.
func (s *Session) foregroundName() string {
	if p, err := s.pty.Probe(); err == nil {
		for _, m := range p.Members {
			if m.Group == p.Foreground {
				return m.Name
			}
		}
	}
	return "another program"
}

func (s *Session) deadError() error {
	how := "its status is unknown"
	if code, known := exitOf(s.exit).Code(); known {
		how = "exit " + api.ExitCode(code).String()
	}
	if s.exit.Signal != 0 {
		how = "signal " + signalName(s.exit.Signal)
	}
	return api.Errorf(api.Dead, "session %s has ended: %s", s.name, how).
		WithHint("ai-session output %s reads what it wrote; create starts a new one", s.name)
}

// notAdmitted says what an exec waited for in vain.
func (s *Session) notAdmitted(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	if s.open != nil && context.Cause(ctx) != context.Canceled {
		return s.busy("exec", s.open.block.id(), "", s.since)
	}
	if context.Cause(ctx) == context.Canceled {
		return api.Errorf(api.Cancelled, "cancelled before the command was started")
	}
	return api.Errorf(api.NotStarted, "session %s showed no prompt in time", s.name).
		WithHint("nothing was run; ai-session screen %s", s.name)
}
