package session

import (
	"time"
)

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
