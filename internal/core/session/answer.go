package session

import "time"

// A terminal's answers go to a program that reads them: one that has taken the
// terminal out of line mode, since an answer ends no line. The answers to a binary
// file that was printed by mistake would else be typed at the shell's next prompt.
// A program may ask a moment before it changes the mode, so answers wait a little.
const (
	answerSoon = 5 * time.Millisecond
	answerLate = 60 * time.Millisecond
	maxAnswers = 4 << 10
)

// answer takes what the terminal has to say to queries and types it, or keeps it for
// a moment.
func (s *Session) answer() {
	replies := s.term.Replies()
	if len(replies) == 0 {
		return
	}
	waiting := len(s.answers) > 0
	if len(s.answers)+len(replies) <= maxAnswers {
		s.answers = append(s.answers, replies...)
	}
	if s.readsRaw() {
		s.deliverAnswers()
		return
	}
	if !waiting {
		s.watch.after(s, answerSoon, func() { s.answerOr(func() { s.watch.after(s, answerLate, s.lastAnswer) }) })
	}
}

// answerOr delivers the answers if somebody reads them by now.
func (s *Session) answerOr(otherwise func()) {
	if s.readsRaw() {
		s.deliverAnswers()
		return
	}
	otherwise()
}

func (s *Session) lastAnswer() { s.answerOr(func() { s.answers = nil }) }

// readsRaw reports whether the program reads single bytes now. While output waits to
// be read, now is later than the query: the mode may be that of whoever came after.
func (s *Session) readsRaw() bool {
	if waits, err := s.pty.QueuedOutput(); err == nil && waits {
		return false
	}
	modes, err := s.pty.Termios()
	if err != nil {
		return true // where modes are unknown, answers are not held back
	}
	return !modes.Icanon && !s.editorWaits()
}

// editorWaits reports whether the raw mode is that of the shell's own editor, which is
// back in it before the end of the command has been told.
func (s *Session) editorWaits() bool {
	return s.phase == running && s.kit != nil && keepsEditor(s.kit.Kind()) && !s.foreign()
}

func (s *Session) deliverAnswers() {
	answers := s.answers
	s.answers = nil
	s.pump.add(s, answers)
}
