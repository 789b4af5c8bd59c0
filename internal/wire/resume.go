package wire

import (
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
)

// Resume is a duplex connection that outlives the daemon at its other end: when it
// breaks, open is asked for a new one, which begins with a repaint. A frame that
// could not be sent is sent on the new one. Close, and a daemon that refuses the new
// one, end it.
func Resume(open func() (api.Conn, error)) (api.Conn, error) {
	c, err := open()
	if err != nil {
		return nil, err
	}
	return &resuming{open: open, conn: c}, nil
}

type resuming struct {
	open func() (api.Conn, error)

	mu     sync.Mutex // guards what follows; held while a new connection is made
	conn   api.Conn
	round  int // counts connections
	opened time.Time
	closed bool
}

func (r *resuming) now() (api.Conn, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conn, r.round
}

// quickBreak is the life of a connection that tells of a daemon that cannot serve it.
const quickBreak = 50 * time.Millisecond

// renew replaces the connection of a round; err, which broke it, comes back if that
// cannot be.
func (r *resuming) renew(round int, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return err
	}
	if r.round != round {
		return nil // somebody else did
	}
	r.conn.Close()
	if !r.opened.IsZero() && time.Since(r.opened) < quickBreak {
		return err
	}
	c, openErr := r.open()
	if openErr != nil {
		return openErr
	}
	r.conn, r.opened = c, time.Now()
	r.round++
	return nil
}

func (r *resuming) Send(f api.Frame) error {
	for {
		c, round := r.now()
		err := c.Send(f)
		if err == nil {
			return nil
		}
		if err := r.renew(round, err); err != nil {
			return err
		}
	}
}

func (r *resuming) Receive() (api.Frame, error) {
	for {
		c, round := r.now()
		f, err := c.Receive()
		if err == nil {
			return f, nil
		}
		if err := r.renew(round, err); err != nil {
			return f, err
		}
	}
}

func (r *resuming) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	return r.conn.Close()
}
