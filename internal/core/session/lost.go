package session

import (
	"bytes"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/persistence"
)

// lostGrace is how long a prompt must stand in silence before it counts as the end
// of a command whose own end mark did not come.
const lostGrace = 30 * time.Millisecond

// beganUnseen: the last daemon had read this command's C, and maybe output, when it
// died. What came since then is output.
func (s *Session) beganUnseen() {
	output := strangersEcho(s.held)
	s.held = nil
	s.outputBegins(shell.Mark{Kind: shell.CommandStart, Token: s.open.prepared.Token})
	s.open.block.flag("gap")
	s.emit(output)
}

// promptMayEnd says that a prompt has come in place of the open command's D.
func (s *Session) promptMayEnd() bool {
	return s.phase == running && s.open != nil && s.lastP.Token == s.open.prepared.Token
}

// endWithoutD ends a command whose D was lost with its hook, on the evidence of a
// prompt that carries the token, a shell that reads its terminal, and silence.
func (s *Session) endWithoutD(later time.Duration) {
	if !s.promptMayEnd() {
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
