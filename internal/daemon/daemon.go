package daemon

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/config"
	"github.com/ai-session/ai-session/internal/core/session"
	"github.com/ai-session/ai-session/internal/persistence"
)

// Config is what a daemon runs with.
type Config struct {
	Paths    config.Paths
	Settings config.Config
	Version  string
	Log      *slog.Logger
	LogFile  *LogFile // nil: logs cannot be read back
}

// Daemon holds the sessions and carries out the operations.
type Daemon struct {
	c          Config
	store      *persistence.Store
	sessions   *session.Manager
	events     *hub
	bound      map[string]binding
	started    time.Time
	generation int
	stop       chan struct{} // closed when somebody asked the daemon to stop
	stopOnce   func()
}

// New opens the store and builds the parts. It starts no session and no listener.
func New(c Config) (*Daemon, error) {
	if err := c.Paths.Make(); err != nil {
		return nil, err
	}
	store, err := persistence.OpenStore(c.Paths.Data)
	if err != nil {
		return nil, storeError(err)
	}
	d := &Daemon{c: c, store: store, events: newHub(), started: time.Now(), stop: make(chan struct{})}
	if d.generation, err = nextGeneration(c.Paths.Data); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	d.stopOnce = once(func() { close(d.stop) })
	d.sessions = session.NewManager(session.ManagerConfig{
		Store: store, Scratch: c.Paths.Scratch, Socket: c.Paths.Socket,
		DefaultShell: c.Settings.DefaultShell, JournalInput: c.Settings.Journal.Input,
		SyncAlways: c.Settings.Journal.Sync == "always", Notify: d.events.publish,
	})
	d.bind()
	return d, nil
}

func storeError(err error) error {
	var locked *persistence.LockedError
	if errors.As(err, &locked) {
		return api.Errorf(api.Unavailable, "another daemon (pid %d) has %s", locked.PID, locked.Dir).
			WithHint("ai-session status").WithCause(err)
	}
	return api.Errorf(api.CannotStart, "the store: %v", err).WithCause(err)
}

// nextGeneration counts the daemons that had this store.
func nextGeneration(dir string) (int, error) {
	path := filepath.Join(dir, "generation")
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, err
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(b))) // an unreadable count begins again
	n++
	return n, os.WriteFile(path, []byte(strconv.Itoa(n)+"\n"), 0o600)
}

func once(f func()) func() {
	done := make(chan struct{}, 1)
	done <- struct{}{}
	return func() {
		select {
		case <-done:
			f()
		default:
		}
	}
}

// Stopping is closed once somebody asked the daemon to stop.
func (d *Daemon) Stopping() <-chan struct{} { return d.stop }

// Close ends every session and gives the store up.
func (d *Daemon) Close(ctx context.Context) error {
	n := d.sessions.Close(ctx)
	d.events.close()
	d.c.Log.Info("stopped", "sessions", n)
	return d.store.Close()
}

func (d *Daemon) status() *api.Status {
	st := &api.Status{
		PID: os.Getpid(), Version: d.c.Version, UptimeMS: api.MillisOf(time.Since(d.started)),
		Generation: d.generation, Socket: d.c.Paths.Socket,
		Storage: api.Storage{Dir: d.c.Paths.Data, RuntimeDir: d.c.Paths.Runtime},
	}
	for _, s := range d.sessions.All() {
		if !s.Dead() {
			st.Sessions++
		}
		st.Storage.JournalBytes += s.Journal().Bytes()
		if err := s.Degraded(); err != nil {
			st.Storage.Degraded = err.Error()
		}
	}
	return st
}
