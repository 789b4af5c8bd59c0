package session

import (
	"bytes"
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

// lostGrace is how long a prompt must stand in silence before it counts as the end
// of a command whose own end mark did not come.
const lostGrace = 30 * time.Millisecond

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
		// Its editor's raw mode would be handed to the command: ^C would be a byte.
		s.makeSane()
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

// beganUnseen: the last daemon had read this command's C, and maybe output, when it
// died. What came since then is output.
func (s *Session) beganUnseen() {
	output := strangersEcho(s.held)
	s.held = nil
	s.outputBegins(shell.Mark{Kind: shell.CommandStart, Token: s.open.prepared.Token})
	s.open.block.flag("gap")
	s.emit(output)
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

// endWithoutD ends a command whose D was lost with its hook, on the evidence of a
// prompt that carries the token, a shell that reads its terminal, and silence.
func (s *Session) endWithoutD(later time.Duration) {
	if s.phase != running || s.lastP.Token != s.open.prepared.Token {
		return
	}
	if quiet := time.Since(s.lastOutput); quiet < lostGrace {
		s.watch.after(s, lostGrace-quiet, func() { s.endWithoutD(later) })
		return
	}
	if !s.shellReads() {
		if later < reclaimsLast { // it is slow to come to its read; or a program printed a prompt
			s.watch.after(s, later, func() { s.endWithoutD(2 * later) })
		}
		return
	}
	b := s.open.block
	// With the hook's functions gone the typed line itself ends with "not found". Where the
	// prompt tells of that, nothing knows the command's own status.
	b.setEnd(shell.Mark{Status: s.lastP.Status, HasStatus: s.lastP.HasStatus && (s.kit.Noted() || s.lastP.Status != 127)})
	s.endBefore(b, s.lastPAt)
	b.cwd = s.workingDir()
	b.flag("d_lost")
	s.kit.Clobbered()
	b.reset = s.leave()
	s.finish(api.BlockDone)
	s.nowReady()
	s.tell()
}

// endBefore ends a block's output at to, without the shell's words about the steps behind
// the command that it does not find any more. What a piped command wrote is in its pipes.
func (s *Session) endBefore(b *block, to int64) {
	if b.piped {
		return
	}
	b.to = to
	end := s.journal.End().Offset
	tail := make([]byte, min(end-b.from, maxRearmEcho))
	if _, err := s.journal.ReadAt(tail, end-int64(len(tail))); err != nil || end-to > int64(len(tail)) {
		return
	}
	kept := s.withoutComplaints(tail[:len(tail)-int(end-to)])
	b.to = end - int64(len(tail)-len(kept))
	b.newlines -= bytes.Count(tail[len(kept):], newline)
}

func (s *Session) withoutComplaints(b []byte) []byte {
	name := []byte(programName(s.c.Shell))
	for rest := bytes.TrimSuffix(b, []byte("\x1b[?2004h")); ; rest = b {
		line := rest[bytes.LastIndexByte(bytes.TrimSuffix(rest, newline), '\n')+1:]
		ours, _, found := bytes.Cut(line, []byte("__ais_"))
		at := bytes.LastIndex(ours, name) // what the command wrote last may stand before it
		if !found || at < 0 {
			return b
		}
		b = rest[:len(rest)-len(line)+at]
	}
}

// shellReads reports whether the shell itself has the terminal and reads it.
func (s *Session) shellReads() bool {
	p, err := s.pty.Probe()
	if err != nil || s.unread() {
		return false
	}
	for _, m := range p.Members {
		if m.PID == s.pty.Pid() {
			return m.ReadingTTY || m.PollingTTY
		}
	}
	return false
}

// typedAhead reports whether there is input that nobody has read yet. A shell that is
// slow to wake seems to wait for input while the line it waits for is there.
func (s *Session) typedAhead() bool {
	waits, err := s.pty.QueuedInput()
	return err == nil && waits || len(s.pump.queue) > 0
}

// promptInsteadOfC looks into a prompt that came where C should: the line editor may
// only have drawn it again. A shell that then reads its terminal in silence did not
// run the trigger. One that does not read yet runs the command, and C is on its way,
// or is slow to come to its read: so that is looked at again, later and later.
func (s *Session) promptInsteadOfC(later time.Duration) {
	e, retried := s.open, s.open.retried
	s.watch.after(s, later, func() {
		switch {
		case s.phase != armed || s.open != e || e.retried != retried:
		case s.doubt: // the crash may have eaten C: reclaim asks the shell
		case time.Since(s.lastOutput) < lostGrace || s.typedAhead():
			s.promptInsteadOfC(lostGrace)
		case s.shellReads():
			s.triggerFailed()
			s.tell()
		default:
			s.promptInsteadOfC(min(2*later, reclaimsLast))
		}
	})
}

// triggerFailed: the shell read the trigger and did not run it. No C means that the
// user's text did not run, so it may be tried once more, after the hook is put back.
func (s *Session) triggerFailed() {
	e := s.open
	s.release()
	s.kit.Clobbered()
	if !e.retried {
		e.retried = true
		if len(e.prepared.Trigger) == 0 {
			if e.err = s.again(e); e.err != nil {
				s.giveUp(e)
				return
			}
		}
		s.pump.trigger(s, append(s.kit.Rearm(), e.prepared.Trigger...))
		return
	}
	e.err = api.Errorf(api.NotStarted, "the shell of session %s did not run the command's file", s.name).
		WithHint("nothing was run; ai-session screen %s", s.name)
	s.giveUp(e)
}

// giveUp ends an exec that the shell was never brought to run.
func (s *Session) giveUp(e *execution) {
	e.block.state, e.block.to, e.block.ended = api.BlockDead, s.journal.End().Offset, time.Now()
	e.block.cause = "not started"
	s.append(persistence.ExecEnd, e.block.endFrame())
	s.remember(e.block)
	if s.c.Told != nil {
		s.c.Told(s.c.ID)
	}
	s.open = nil
	s.kit.Finish(e.prepared)
	s.setLive()
	close(e.done)
	s.enter(ready)
	s.pump.resume(s)
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

// rearmLater turns line editing on for somebody who came, once the shell is idle. It
// is turned off by the next exec's own line.
func (s *Session) rearmLater() {
	if s.wantsRearm() && s.rearmTries < rearmMost {
		s.rearmTries++
		s.watch.after(s, rearmDelay, s.rearm)
	}
}

// rearmDelay is how long a prompt is given to be drawn and read at, and rearmMost how
// often that is looked at behind one prompt.
const (
	rearmDelay = 15 * time.Millisecond
	rearmMost  = 20
)

func (s *Session) wantsRearm() bool {
	return s.kit != nil && s.human && s.kit.Stale() && s.phase == ready && !s.dirty.is && !s.rearmed
}

// rearm types the line if the shell itself reads and nothing typed ahead is before it:
// the next prompt must be this line's, not that of a line somebody typed.
func (s *Session) rearm() {
	if !s.wantsRearm() {
		return
	}
	if s.typedAhead() || s.foreign() || !s.shellReads() {
		s.rearmLater()
		return
	}
	s.rearmed = true
	s.rearmLine = s.kit.Rearm()
	s.pump.trigger(s, s.rearmLine)
	s.watch.after(s, 10*promptGrace, func() {
		if s.rearmed {
			s.rearmDone()
			s.tell()
		}
	})
}

// rearmDone shows what came beside the re-arm's echo; the shell's second prompt
// takes the first one's line.
func (s *Session) rearmDone() {
	rest := withoutEcho(s.held, s.rearmLine, true)
	s.held, s.rearmLine = nil, nil
	s.rearmed = false
	s.emit(rest)
	s.synthetic([]byte("\r\x1b[K"))
	s.pump.resume(s)
}

// withoutEcho takes the trigger's echo out of what came before C. A line editor
// draws instead of echoing: then everything but its mode switches goes.
func withoutEcho(held, echo []byte, editor bool) []byte {
	line := bytes.TrimRight(echo, "\r\n")
	i := bytes.Index(held, line)
	if i < 0 || len(line) == 0 {
		if editor {
			return modeSwitches(held)
		}
		return held
	}
	end := i + len(line)
	for _, tail := range []string{"\r\r\n", "\r\n", "\n"} {
		if bytes.HasPrefix(held[end:], []byte(tail)) {
			end += len(tail)
			break
		}
	}
	rest := held[end:]
	if editor {
		rest = modeSwitches(rest) // its own way of ending the line moves the cursor
	}
	return append(append([]byte{}, held[:i]...), rest...)
}

// modeSwitches keeps the private mode sequences (CSI ? ... h or l) of a line
// editor's drawing: those change how the terminal talks, not what it shows.
func modeSwitches(b []byte) []byte {
	var kept []byte
	for {
		i := bytes.Index(b, []byte("\x1b[?"))
		if i < 0 {
			return kept
		}
		b = b[i:]
		n := 3
		for n < len(b) && (b[n] >= '0' && b[n] <= '9' || b[n] == ';') {
			n++
		}
		if n < len(b) && (b[n] == 'h' || b[n] == 'l') {
			kept = append(kept, b[:n+1]...)
		}
		b = b[n:]
	}
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
