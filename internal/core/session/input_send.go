package session

import (
	"bytes"
	"context"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/vt"
)

// Send types text, then keys, then waits for what the request asks for.
func (s *Session) Send(ctx context.Context, req *api.SendRequest, client string) (*api.SendResult, error) {
	keys, err := parseKeys(req.Keys)
	if err != nil {
		return nil, err
	}
	var until *waiter
	if req.Until != nil {
		if until, err = s.newWaiter(req.Until.For, req.Until.Match, req.Until.QuietMS); err != nil {
			return nil, err
		}
	}
	sent := 0
	if req.Text != "" {
		n, err := s.sendText(ctx, req, client, len(keys) > 0)
		if err != nil {
			return nil, err
		}
		sent += n
	}
	for _, k := range keys {
		n, err := s.sendKey(k, client)
		if err != nil {
			return nil, err
		}
		sent += n
	}
	res := &api.SendResult{Bytes: sent, Delivered: s.settled(ctx)}
	if until != nil {
		deadline, stop := timeout(ctx, req.Until.TimeoutMS)
		defer stop()
		if res.Wait, err = until.wait(ctx, deadline); err != nil {
			return nil, err
		}
		if until.what == "exit" {
			if res.Wait.Block, err = s.lastBlock(until.open, 0); err != nil {
				return nil, err
			}
		}
	}
	return res, nil
}

func parseKeys(names []string) ([]vt.Key, error) {
	var keys []vt.Key
	for _, name := range names {
		k, err := vt.ParseKey(name)
		if err != nil {
			return nil, api.Errorf(api.Invalid, "no key %q", name).WithHint("for example Enter, C-c, Up, F5, M-x, S-Tab")
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// sendText types text, as a paste where that is asked for and understood. With a key
// to follow it gives a program that reads single keys the time to take the text as text:
// agent programs read text and Enter within some 120 ms, or in one read, as one paste,
// and then Enter is only a new line in it. Text of several lines goes to such a program
// as the paste it is, if it knows pastes: typed, its first line might be submitted alone.
func (s *Session) sendText(ctx context.Context, req *api.SendRequest, client string, keyFollows bool) (int, error) {
	s.mu.Lock()
	text := []byte(req.Text)
	brackets := s.term.State().BracketedPaste
	slow := keyFollows && (s.phase == running || s.phase == unhooked || s.foreign()) && (brackets || s.readsKeys())
	if req.Paste || slow && brackets && bytes.ContainsAny(text, "\r\n") {
		text = s.term.EncodePaste(text)
	}
	text, err := s.encode(text)
	if err == nil {
		err = s.typeIn(text, client)
	}
	s.mu.Unlock()
	if err != nil || !slow {
		return len(text), err
	}
	s.taken(ctx)
	return len(text), nil
}

// readsKeys says that the terminal is not in line mode.
func (s *Session) readsKeys() bool {
	modes, err := s.pty.Termios()
	return err == nil && !modes.Icanon
}

func (s *Session) sendKey(k vt.Key, client string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.encode(s.term.EncodeKey(k))
	if err != nil {
		return 0, err
	}
	return len(b), s.typeIn(b, client)
}

const (
	pasteWindow = 150 * time.Millisecond // longer than the paste detection of any agent program we know
	pasteGiveUp = 3 * time.Second        // for a program that does not read
	takenLook   = 30 * time.Millisecond  // how often the input is looked at: of its reading nobody is told
)

// taken waits until a program has read what was typed at it, and drawn it if it draws,
// and then for as long as it may take an Enter for a part of a paste.
func (s *Session) taken(ctx context.Context) {
	began := time.Now()
	var read time.Time // when it had read everything, then when it drew after that
	var at int64       // the end of output when it had
	drawn := false
	for {
		s.mu.Lock()
		grown, end := s.growth(), s.journal.End().Offset
		now := time.Now()
		switch {
		case read.IsZero() && !s.typedAhead():
			read, at = now, end
		case !read.IsZero() && !drawn && end > at:
			read, drawn = now, true
		}
		s.mu.Unlock()
		left := min(takenLook, pasteGiveUp-now.Sub(began))
		if !read.IsZero() {
			left = pasteWindow - now.Sub(read)
		}
		if left <= 0 || !s.pause(ctx, grown, left) {
			return
		}
	}
}

// pause waits for output, or for d; false once nobody waits any more.
func (s *Session) pause(ctx context.Context, grown <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-grown:
	case <-timer.C:
	case <-ctx.Done():
		return false
	case <-s.life.Done():
		return false
	}
	return true
}

// deliveryPatience is how long send waits for a program to read what was typed.
const deliveryPatience = time.Second

// settled reports whether the terminal has taken all input.
func (s *Session) settled(ctx context.Context) bool {
	s.mu.Lock()
	idle := s.pump.wait()
	s.mu.Unlock()
	if idle == nil {
		return true
	}
	timer := time.NewTimer(deliveryPatience)
	defer timer.Stop()
	select {
	case <-idle:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}
