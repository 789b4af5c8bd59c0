package session

import (
	"bytes"
	"encoding/json"
	"syscall"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/pty"
	"github.com/ai-session/ai-session/internal/persistence"
)

// inputFrame is what the journal keeps of input. The text is kept only where the
// terminal showed it and the user asked for that.
type inputFrame struct {
	Client string `json:"client,omitempty"`
	Bytes  int    `json:"bytes"`
	Text   []byte `json:"text,omitempty"`
}

// typeIn is the way in for everybody's input. ^C goes ahead of what waits.
func (s *Session) typeIn(b []byte, client string) error {
	if len(b) == 0 {
		return nil
	}
	if s.phase == dead {
		return s.deadError()
	}
	if len(s.pump.queue)+len(b) > maxQueued {
		return api.Errorf(api.Busy, "session %s does not read: %d bytes of input wait", s.name, len(s.pump.queue)).
			WithHint("ai-session signal %s INT", s.name)
	}
	s.dirty.typed(s, b, client)
	s.journalInput(b, client)
	s.input, s.tui, s.evid = nil, false, nil
	s.watch.restart()
	if s.inner != nil && bytes.IndexByte(b, 3) >= 0 {
		s.inner.interrupted = true
	}
	if i := bytes.LastIndexByte(b, 3); i >= 0 && (s.pump.writing || len(s.pump.queue) > 0) && s.phase != armed {
		s.interrupt()
		b = b[i+1:]
		if len(b) == 0 {
			s.tell()
			return nil
		}
	}
	interrupts := bytes.IndexByte(b, 3) >= 0
	s.pump.hold = s.pump.hold || interrupts
	s.pump.add(s, b)
	if interrupts {
		s.whenStarted(s.interruptTyped)
	}
	s.watchQuiet()
	s.tell()
	return nil
}

// interruptTyped delivers input with a ^C in it.
func (s *Session) interruptTyped() {
	before := s.foreground()
	s.pump.hold = false
	s.pump.resume(s)
	if modes, err := s.pty.Termios(); err == nil && modes.Isig {
		s.signalAgain(syscall.SIGINT, before)
	}
}

// interrupt is ^C for a program that does not read: the signal itself, and what was
// typed before it is void, as in a terminal.
func (s *Session) interrupt() {
	s.pump.queue = nil
	if modes, err := s.pty.Termios(); err == nil && modes.Isig {
		s.pty.SignalForeground(syscall.SIGINT)
		return
	}
	s.pump.queue = append(s.pump.queue, 3)
	s.pump.resume(s)
}

func (s *Session) journalInput(b []byte, client string) {
	f := inputFrame{Client: client, Bytes: len(b)}
	if s.c.JournalInput {
		if modes, err := s.pty.Termios(); err == nil && modes.Echo {
			f.Text = b
		}
	}
	data, err := json.Marshal(f)
	if err != nil {
		panic("session: an input frame is always JSON: " + err.Error())
	}
	s.append(persistence.Input, data)
}

// Resize sets the session's size.
func (s *Session) Resize(size api.Size, xpixel, ypixel int) error {
	if err := size.Check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resize(size, xpixel, ypixel)
}

func (s *Session) resize(size api.Size, xpixel, ypixel int) error {
	if s.phase == dead {
		return s.deadError()
	}
	if size == s.size && s.pixels == [2]int{xpixel, ypixel} {
		return nil
	}
	s.append(persistence.Resize, resizeFrame(size, xpixel, ypixel))
	s.size, s.pixels = size, [2]int{xpixel, ypixel}
	s.term.Resize(size.Cols, size.Rows)
	s.term.SetPixels(xpixel, ypixel)
	err := s.pty.Resize(pty.Size{
		Cols: uint16(size.Cols), Rows: uint16(size.Rows), XPixel: uint16(xpixel), YPixel: uint16(ypixel),
	})
	for c := range s.clients {
		c.resized(size)
	}
	s.answer()
	return err
}

// resizeFrame is the payload of a resize frame.
func resizeFrame(size api.Size, xpixel, ypixel int) []byte {
	b, err := json.Marshal([4]int{size.Cols, size.Rows, xpixel, ypixel})
	if err != nil {
		panic("session: four numbers are always JSON: " + err.Error())
	}
	return b
}
