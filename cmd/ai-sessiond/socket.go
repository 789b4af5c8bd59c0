package main

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ai-session/ai-session/internal/config"
)

// socket is the daemon's listener. Others may remove its name, a cleaner of /tmp or
// somebody's rm: nobody could reach sessions that are alive, so it gets its name again.
// Where the store is gone as well, somebody takes all of it away, and is not hindered.
type socket struct {
	path  string
	store string     // a file that is there as long as the store is
	mu    sync.Mutex // guards l
	l     net.Listener
}

// removalGrace is how long a removal goes on once it has begun.
const removalGrace = time.Second

// errStoreGone says that what the daemon keeps was removed.
var errStoreGone = errors.New("the store was removed")

func (s *socket) now() net.Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.l
}

// Accept takes clients wherever they come in.
func (s *socket) Accept() (net.Conn, error) {
	for {
		l := s.now()
		c, err := l.Accept()
		if err == nil || s.now() == l {
			return c, err
		}
	}
}

// SetDeadline ends an Accept that waits.
func (s *socket) SetDeadline(t time.Time) error {
	if d, ok := s.now().(deadliner); ok {
		return d.SetDeadline(t)
	}
	return nil
}

func (s *socket) Close() error   { return s.now().Close() }
func (s *socket) Addr() net.Addr { return s.now().Addr() }

// stay gives the socket its name again whenever it is gone, until ctx ends; moved hears
// of each new listener. It ends with an error where names cannot be watched or made.
func (s *socket) stay(ctx context.Context, moved func(net.Listener)) error {
	dir := filepath.Dir(s.path)
	for {
		if _, err := os.Stat(s.store); errors.Is(err, os.ErrNotExist) {
			return errStoreGone
		}
		if err := config.Private(dir); err != nil {
			return err
		}
		w, err := watchRemovals(dir)
		if err != nil {
			return err
		}
		stop := context.AfterFunc(ctx, func() { w.Close() })
		if _, err = os.Stat(s.path); errors.Is(err, os.ErrNotExist) && ctx.Err() == nil {
			err = s.renew(moved)
		}
		if err == nil {
			err = awaitRemoval(w)
		}
		stop()
		w.Close()
		if err != nil {
			return errors.Join(ctx.Err(), err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(removalGrace):
		}
	}
}

func (s *socket) renew(moved func(net.Listener)) error {
	next, err := listen(s.path, nil)
	if err != nil {
		return err
	}
	s.mu.Lock()
	last := s.l
	s.l = next
	s.mu.Unlock()
	last.(*net.UnixListener).SetUnlinkOnClose(false) // the name is the next one's
	last.Close()
	moved(next)
	return nil
}

// gate is a listener that can be left to the next daemon, which is given the same socket
// with all who wait in it.
type gate struct {
	net.Listener
	accepting sync.Mutex // held while one is let in
}

type deadliner interface{ SetDeadline(time.Time) error }

// Accept lets the next one in.
func (g *gate) Accept() (net.Conn, error) {
	g.accepting.Lock()
	defer g.accepting.Unlock()
	return g.Listener.Accept()
}

// shut lets nobody in who connects after it has returned. Closing the listener would not
// do: whoever serves it would take that for the end.
func (g *gate) shut() {
	if d, ok := g.Listener.(deadliner); ok {
		d.SetDeadline(time.Unix(1, 0))
		g.accepting.Lock() // who is let in just now connected before
		defer g.accepting.Unlock()
	}
}
