package session

import (
	"strings"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/pty"
	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/failpoint"
	"github.com/ai-session/ai-session/internal/persistence"
)

// promptGrace is how long after D the prompt may take before the shell is asked
// whether it reads: with its stderr redirected its prompt goes elsewhere.
const promptGrace = 50 * time.Millisecond

// fishGrace is how long fish is given to end after a command that speaks of exit.
const fishGrace = 60 * time.Millisecond

// apply moves the session along when the shell speaks.
func (s *Session) apply(m shell.Mark) {
	if s.innerMark(m) {
		return
	}
	switch m.Kind {
	case shell.CommandStart:
		s.commandStart(m)
	case shell.OutputEnd:
		if s.ours(m) && s.open.outputEnd < 0 {
			s.open.outputEnd = s.journal.End().Offset
		}
	case shell.CommandEnd:
		s.commandEnd(m)
	case shell.Prompt:
		s.prompt(m)
	}
}

// ours reports whether m speaks of the command that is running.
func (s *Session) ours(m shell.Mark) bool {
	return s.phase == running && s.open != nil && m.Token == s.open.prepared.Token
}

// commandStart is C: the command's text begins to run. Only the first one counts.
func (s *Session) commandStart(m shell.Mark) {
	e := s.open
	if s.phase != armed || e == nil || m.Token != e.prepared.Token {
		return
	}
	rest := withoutEcho(s.held, e.prepared.Echo, e.editor)
	if len(e.prepared.Echo) == 0 {
		rest = strangersEcho(s.held)
	}
	s.held = nil
	s.emit(rest)
	s.outputBegins(m)
}

// outputBegins is the command's first byte to come, or the mark that stands before it.
func (s *Session) outputBegins(m shell.Mark) {
	e := s.open
	s.synthetic(e.shown)
	s.append(persistence.Mark, encodeMark(m)) // here, where a replay finds the output to begin
	e.block.from = s.journal.End().Offset
	e.block.started = time.Now()
	s.enter(running)
	close(e.started)
	if keepsEditor(s.kit.Kind()) {
		// Its editor's raw mode would be handed to the command: ^C would be a byte. A program
		// that runs already may have set modes of its own.
		if now, err := s.pty.Termios(); err == nil && now == e.modes {
			s.makeSane()
		}
	}
	if e.signal != 0 {
		s.whenStarted(func() { s.signalNow(e.signal) }) // a program that ended since needs none
	}
	s.pump.resume(s)
	s.notify(api.Event{Kind: "exec_start", Block: e.block.view(s.name)})
}

// commandEnd is D.
func (s *Session) commandEnd(m shell.Mark) {
	if e := s.open; e != nil && s.phase == armed && len(e.prepared.Trigger) == 0 && m.Token == e.prepared.Token {
		s.beganUnseen()
	}
	if !s.ours(m) {
		return
	}
	s.leaveNested()
	s.opts, s.cwd, s.clean = m.Opts, m.Cwd, m.Status == 0
	b := s.open.block
	b.setEnd(m)
	s.distrustEnd(b)
	b.to = s.journal.End().Offset
	if m.Flags&shell.Lost != 0 {
		s.endBefore(b, b.to)
	}
	if s.open.outputEnd >= 0 {
		b.to = s.open.outputEnd
	} else if at := s.open.reclaimed; at > 0 && b.to-at < maxRearmEcho {
		b.to = at
	}
	s.term.Replies() // whoever asked is gone
	s.answers = nil
	b.reset = s.leave()
	if !s.human && !keepsEditor(s.kit.Kind()) && s.makeSane() {
		b.reset = append(b.reset, "terminal modes")
	}
	s.enter(ending)
	if e := s.open; e.piped != nil {
		b.to = -1 // the pipes may hold more
		s.toldEnd(m)
		e.piped.end(func() { s.drained(e) })
		return
	}
	if s.mayStillExit() {
		s.toldEnd(m)
		s.settleAfter(fishGrace)
		return
	}
	s.finish(api.BlockDone)
	s.settleAfter(promptGrace)
}

// mayStillExit: some versions of fish say D, draw a prompt and only then obey exit.
func (s *Session) mayStillExit() bool {
	return s.kit.Kind() == shell.Fish && strings.Contains(s.open.block.command, "exit")
}

// maxRearmEcho is more than the echo of the line that asks a shell for its last end.
const maxRearmEcho = 2 << 10

// drained ends a piped command once all that it wrote has been read.
func (s *Session) drained(e *execution) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open != e {
		return
	}
	e.dry = true
	switch {
	case s.released:
		return // a successor reads them to their end
	case e.exited != nil: // also while the session is closed: somebody may wait for the end
		s.died(*e.exited)
		return
	case s.closed:
		return
	}
	e.block.to = s.journal.End().Offset
	s.release()
	if s.mayStillExit() {
		s.settleAfter(fishGrace)
		return
	}
	s.finish(api.BlockDone)
	if e.prompted {
		s.nowReady()
	} else {
		s.settleAfter(promptGrace)
	}
	s.tell()
}

// finish ends the open block.
func (s *Session) finish(state api.BlockState) {
	e := s.open
	b := e.block
	b.state, b.ended = state, time.Now()
	if b.to < 0 {
		b.to = s.journal.End().Offset
	}
	failpoint.Here(failpoint.CommandEnd)
	s.append(persistence.ExecEnd, b.endFrame())
	failpoint.Here(failpoint.ExecEnd)
	s.remember(b)
	if s.c.Told != nil {
		s.c.Told(s.c.ID)
	}
	s.open, s.input, s.tui, s.evid, s.doubt = nil, nil, false, nil, false
	s.lastP = shell.Mark{}
	e.view, e.cols = &api.Report{Block: *b.view(s.name)}, s.size.Cols
	s.ended = &e.prepared
	s.notify(api.Event{Kind: "exec_end", Block: b.view(s.name)})
	if s.c.Finished != nil && !b.internal {
		s.c.Finished(s, e.view.Block)
	}
	close(e.done) // last: who waits is woken once, and finds the rest done
}

// prompt is P: the shell is about to read a line.
func (s *Session) prompt(m shell.Mark) {
	s.rearmTries = 0
	if m.Opts != "" {
		s.opts = m.Opts
	}
	s.clean = m.HasStatus && m.Status == 0
	switch s.phase {
	case booting, ending:
		if s.open == nil {
			s.atItsPrompt() // its files go once who waits has his answer: see read
		} else {
			s.open.prompted = true
		}
	case ready:
		s.leaveNested()
		if s.rearmed {
			s.rearmDone()
		}
		s.dirty.prompted()
		s.input, s.tui, s.evid = nil, false, nil
		s.rearmLater()
	case armed:
		s.promptInsteadOfC(lostGrace)
	case running:
		if m.Token == s.open.prepared.Token {
			s.lastP, s.lastPAt = m, s.journal.End().Offset
			s.watch.after(s, lostGrace, func() { s.endWithoutD(lostGrace) })
		}
	}
}

// tidy removes the files of the command that ended last.
func (s *Session) tidy() {
	if s.ended == nil {
		return
	}
	s.kit.Finish(*s.ended)
	s.ended = nil
	s.setLive()
}

// nowReady is the prompt after a command, or the first one.
func (s *Session) nowReady() {
	if s.open != nil {
		s.finish(api.BlockDone)
	}
	s.tidy()
	s.atItsPrompt()
}

func (s *Session) atItsPrompt() {
	s.enter(ready)
	s.input, s.tui, s.evid = nil, false, nil
	s.dirty.prompted()
	s.pump.resume(s)
	s.rearmLater()
}

// settleAfter looks, if no prompt has come by then, whether the shell is ready all the
// same: one that reads its terminal is.
func (s *Session) settleAfter(d time.Duration) {
	since := s.since // of this end: by then there may have been others
	s.watch.after(s, d, func() {
		switch {
		case s.phase != ending || s.since != since:
		case s.shellReads():
			s.nowReady()
			s.tell()
		default:
			s.settleAfter(3 * promptGrace)
		}
	})
}

// died is the program's end.
func (s *Session) died(exit pty.Exit) {
	if s.phase == dead {
		return
	}
	if e := s.open; e != nil && e.piped != nil && !e.dry && (s.phase == running || s.phase == ending) {
		e.exited = &exit // once all that was written is read: see drained
		e.piped.end(func() { s.drained(e) })
		return
	}
	s.release()
	s.scan.Flush(s.emit)
	s.leaveNested()
	s.exit = exit
	if s.open != nil && s.phase != arming {
		b := s.open.block
		if s.phase != ending || exit.Known {
			b.exit, b.signal = exitOf(exit), signalName(exit.Signal)
		}
		if s.open.piped != nil {
			s.open.piped.end(func() {})
		}
		b.cause = "exit"
		switch {
		case exit.Signal != 0:
			b.cause = "signal"
		case hasErrexit(s.opts) || b.isolated:
			b.cause = "errexit"
		}
		s.finish(api.BlockDead)
	}
	s.enter(dead)
	if s.c.Ended != nil {
		s.readers.Go(func() { s.c.Ended(s) }) // it may wait for the keeper: not under the mutex
	}
	s.input, s.tui, s.evid = nil, false, nil
	s.pump.drop()
	for c := range s.clients {
		c.finish("exited " + exitOf(exit).String())
	}
	s.notify(api.Event{Kind: "ended"})
	s.tell()
}

func hasErrexit(opts string) bool {
	for _, o := range opts {
		if o == 'e' || o == 'u' {
			return true
		}
	}
	return false
}

// keepsEditor: fish's editor cannot be turned off, and hands the terminal to a
// command in whatever mode it left it. (Of the Sh kind, busybox ash does so too.)
func keepsEditor(k shell.Kind) bool { return k == shell.Fish }

// makeSane puts right the modes that make a terminal usable, when a program left
// them changed; what else the user set with stty stays. The modes are those of every
// new terminal: one asked of this terminal after its start may be a line editor's.
func (s *Session) makeSane() bool {
	now, err := s.pty.Termios()
	if err != nil {
		return false
	}
	want := now
	want.Icanon, want.Echo, want.Isig, want.Icrnl, want.Opost = true, true, true, true, true
	return want != now && s.pty.SetTermios(want) == nil
}
