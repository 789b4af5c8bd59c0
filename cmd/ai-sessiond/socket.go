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
