package session

import (
	"context"
	"slices"
)

// maxQueued bounds input that a program has not taken. A program that stopped
// reading must not make the daemon hold all that is typed at it.
const maxQueued = 1 << 20

// inputPump delivers input in order. Its goroutine lives only while there is some.
type inputPump struct {
	queue   []byte
	writing bool
	cancel  context.CancelFunc // ends the write under way
	idle    chan struct{}      // closed when all is delivered; nil while nobody waits
	hold    bool               // a shell is starting a command: see whenStarted
}

// add queues input and sees that it is being delivered.
func (p *inputPump) add(s *Session, b []byte) bool {
	if len(p.queue)+len(b) > maxQueued {
		return false
	}
	p.queue = append(p.queue, b...)
	p.resume(s)
	return true
}

// trigger types a line of ours ahead of everything that is held.
func (p *inputPump) trigger(s *Session, line []byte) {
	if !p.writing {
		n, err := s.pty.WriteNow(line)
		if err == nil && n == len(line) {
			return
		}
		line = line[n:]
	}
	p.queue = append(append([]byte{}, line...), p.queue...)
	p.start(s)
}

// resume starts delivery unless a trigger is on its way: keys typed between it and
// the command's start would become part of the line or input of the command.
func (p *inputPump) resume(s *Session) {
	if len(p.queue) == 0 || s.phase == armed || s.rearmed || p.hold {
		return
	}
	if !p.writing {
		n, err := s.pty.WriteNow(p.queue)
		if err == nil && n == len(p.queue) {
			p.queue = nil
			p.delivered()
			return
		}
		p.queue = p.queue[n:]
	}
	p.start(s)
}

func (p *inputPump) start(s *Session) {
	if p.writing || s.life.Err() != nil {
		return
	}
	p.writing = true
	ctx, cancel := context.WithCancel(s.life)
	p.cancel = cancel
	s.readers.Add(1)
	go func() { defer s.readers.Done(); defer cancel(); s.deliver(ctx) }()
}

// deliver writes until the queue is empty or the session's life in this daemon ends: what
// is left then is the next one's to deliver.
func (s *Session) deliver(ctx context.Context) {
	for {
		s.mu.Lock()
		p := &s.pump
		if len(p.queue) == 0 || ctx.Err() != nil {
			p.writing = false
			if len(p.queue) == 0 {
				p.queue = nil
				p.delivered()
			} else if s.phase != dead {
				p.start(s) // what was put in front after the write was cut
			}
			s.mu.Unlock()
			return
		}
		b := p.queue[:min(len(p.queue), 4096)]
		p.queue = p.queue[len(b):]
		s.mu.Unlock()
		n, err := s.pty.WriteContext(ctx, b)
		if err != nil && n < len(b) && !s.undelivered(ctx, b[n:]) {
			return
		}
	}
}

// undelivered takes back input that a write left. It is false where nobody is there to
// read any more.
func (s *Session) undelivered(ctx context.Context, rest []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.pump
	switch {
	case s.life.Err() != nil:
		p.queue = slices.Concat(rest, p.queue)
	case ctx.Err() == nil:
		p.queue, p.writing = nil, false
		p.delivered()
		return false
	}
	return true // else it was dropped
}

func (p *inputPump) delivered() {
	if p.idle != nil {
		close(p.idle)
		p.idle = nil
	}
}

// drop forgets what was not delivered.
func (p *inputPump) drop() {
	p.queue = nil
	if p.cancel != nil {
		p.cancel()
	}
	p.delivered()
}

// wait returns a channel closed once all input is with the terminal; nil if it is.
func (p *inputPump) wait() <-chan struct{} {
	if len(p.queue) == 0 && !p.writing {
		return nil
	}
	if p.idle == nil {
		p.idle = make(chan struct{})
	}
	return p.idle
}
