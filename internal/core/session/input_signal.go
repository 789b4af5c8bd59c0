package session

import (
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/pty"
)

// Signal signals the foreground processes.
func (s *Session) Signal(name string) error {
	sig, ok := parseSignal(name)
	if !ok {
		return api.Errorf(api.Invalid, "no signal %q", name).WithHint("for example INT, TERM, HUP, USR1, 15")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase == dead {
		return s.deadError()
	}
	if s.open != nil && endsPrograms[sig] {
		s.open.stopped = time.Now()
	}
	if s.phase == armed {
		s.open.signal = sig // the shell reads the command's line: a signal would only spoil that
		return nil
	}
	var err error // of a signal that need not wait
	s.whenStarted(func() { err = s.signalNow(sig) })
	return err
}

// endsPrograms are the signals that are sent to have a program end.
var endsPrograms = map[syscall.Signal]bool{
	syscall.SIGINT: true, syscall.SIGTERM: true, syscall.SIGHUP: true, syscall.SIGQUIT: true, syscall.SIGKILL: true,
}

// startBound is how long a shell is left alone to start a command.
const startBound = 500 * time.Millisecond

// whenStarted calls f, at once unless a shell is just starting what it was told to. A
// pipeline that is signalled while it is being started loses a part: bash takes the
// terminal away from it and waits for the rest, which nobody can interrupt any more.
func (s *Session) whenStarted(f func()) {
	e := s.open
	if e == nil || s.phase != running || time.Since(e.block.started) > startBound || s.pty.Asleep() {
		f()
		return
	}
	s.watch.after(s, 5*time.Millisecond, func() { s.whenStarted(f) })
}

// foreground is the group that has the terminal: the shell itself where nobody knows.
func (s *Session) foreground() int {
	if group, err := s.pty.Foreground(); err == nil && group != 0 {
		return group
	}
	return s.pty.Pid()
}

func (s *Session) signalNow(sig syscall.Signal) error {
	before := s.foreground()
	err := s.pty.SignalForeground(sig)
	if errors.Is(err, os.ErrProcessDone) {
		return api.Errorf(api.NotFound, "the program in the foreground of session %s has just ended", s.name).
			WithHint("ai-session list")
	}
	if errors.Is(err, pty.ErrUnknown) {
		return api.Errorf(api.Unsupported, "this system has no signal %s", signalName(sig)).
			WithHint("ai-session kill %s, or signal INT", s.name)
	}
	if err != nil {
		return api.Errorf(api.Internal, "signal %s: %v", signalName(sig), err)
	}
	if s.inner != nil && sig == syscall.SIGINT {
		s.inner.interrupted = true
	}
	s.signalAgain(sig, before)
	return nil
}

// startGrace is how long a shell may take to begin what it was told to.
const startGrace = 5 * time.Second

// signalAgain sees to a command that was just beginning; before is the group that had
// the terminal when the signal was sent. A shell that had started a pipeline and not yet
// given it the terminal took the signal alone, and goes on waiting for that pipeline: it
// gets the signal once when it shows. A part of a pipeline that was started behind the
// signal never had it, and one that was not yet the program it was to become took it
// with the shell's handler and forgot it: who would have died of it gets it. A pipeline
// that is younger than the signal is another one's.
func (s *Session) signalAgain(sig syscall.Signal, before int) {
	e := s.open
	if e == nil {
		return
	}
	sent := time.Now()
	alone := before == s.pty.Pid()
	var look func(time.Duration)
	look = func(later time.Duration) {
		if s.open != e || s.phase != running || time.Since(sent) > startGrace {
			return
		}
		if s.foreign() {
			if age, err := s.pty.ForegroundAge(); alone && err == nil && age >= time.Since(sent) {
				alone = false
				s.pty.SignalForeground(sig) // it may end this very moment: then it needs none
			}
			s.pty.SignalMissed(sig, before, sent)
		}
		s.watch.after(s, later, func() { look(2 * later) })
	}
	s.watch.after(s, lostGrace, func() { look(lostGrace) })
}
