package daemon

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/config"
	"github.com/ai-session/ai-session/internal/core/session"
	"github.com/ai-session/ai-session/internal/persistence"
	"github.com/ai-session/ai-session/internal/persistence/keys"
)

// passphraseName is the environment variable of the daemon that has the passphrase.
const passphraseName = "AI_SESSION_PASSPHRASE"

// totalDefault is what all sessions may take when nobody says otherwise.
const totalDefault = 16 << 30

// ring opens the store's keys when the first one is needed: a store without encrypted
// sessions has none.
type ring struct {
	dir    string
	config keys.Config

	mu     sync.Mutex // guards opened
	opened *keys.Ring
}

func newRing(dir string, s config.Storage) *ring {
	c := keys.Config{Kind: keys.Kind(s.Keys), Identity: s.Identity}
	if s.Recipients != "" {
		c.Recipients = strings.Split(s.Recipients, ",")
	}
	if os.Getenv(passphraseName) == "" && c.Kind != keys.Passphrase {
		return &ring{dir: dir, config: c} // there is none to try
	}
	c.Passphrase = func() ([]byte, error) {
		if p := os.Getenv(passphraseName); p != "" {
			return []byte(p), nil
		}
		return nil, errors.New(passphraseName + " is not set where the daemon was started")
	}
	return &ring{dir: dir, config: c}
}

func (r *ring) open() (*keys.Ring, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opened != nil {
		return r.opened, nil
	}
	k, err := keys.Open(r.dir, r.config)
	if err != nil {
		return nil, err
	}
	r.opened = k
	return k, nil
}

// used says whether anything here was ever encrypted.
func (r *ring) used() bool {
	_, err := os.Stat(filepath.Join(r.dir, "keys.json"))
	return err == nil
}

// NewKey makes a session's key.
func (r *ring) NewKey(dir, session string) (uint32, []byte, error) {
	k, err := r.open()
	if err != nil {
		return 0, nil, err
	}
	return k.NewKey(dir, session)
}

// Key opens a session's key.
func (r *ring) Key(dir, session string, id uint32) ([]byte, error) {
	k, err := r.open()
	if err != nil {
		return nil, err
	}
	return k.Key(dir, session, id)
}

func (r *ring) report() *api.KeysReport {
	if !r.used() {
		return nil
	}
	k, err := r.open()
	if err != nil {
		return &api.KeysReport{Problems: []string{err.Error()}}
	}
	rep := k.Report()
	return &api.KeysReport{Kind: string(rep.Kind), Sessions: rep.Sessions, Open: rep.Open, Problems: append([]string{}, rep.Problems...)}
}

// limits are how much is kept.
func (d *Daemon) limits() persistence.Limits {
	l := persistence.Limits{Session: persistence.DefaultQuota, Total: totalDefault}
	set := func(to *int64, text string) {
		var b api.Bytes
		if text != "" && b.Set(text) == nil { // the config has checked it
			*to = int64(b)
		}
	}
	set(&l.Session, d.c.Settings.Storage.Session)
	set(&l.Total, d.c.Settings.Storage.Total)
	l.Age = time.Duration(d.c.Settings.Storage.Days) * 24 * time.Hour
	return l
}

// enforcing keeps the store within its limits.
func (d *Daemon) enforcing() {
	go func() {
		next := time.NewTimer(d.settled())
		defer next.Stop()
		for {
			select {
			case <-d.stop:
				return
			case <-next.C:
			}
			d.enforce()
			next.Reset(session.EnforceEvery)
		}
	}()
}

func (d *Daemon) enforce() {
	r, err := d.sessions.Enforce(d.limits())
	if err != nil {
		d.c.Log.Warn("storage", "err", err)
	}
	if len(r.Removed)+len(r.Evicted) > 0 {
		d.c.Log.Info("storage was cut", "removed", r.Removed, "evicted", r.Evicted, "before", r.Before, "after", r.After)
	}
}

func (d *Daemon) storage(context.Context, *api.StorageRequest) (*api.StorageReport, error) {
	r, err := d.sessions.Storage()
	if err != nil {
		return nil, err
	}
	l := d.limits()
	r.LimitBytes, r.QuotaBytes, r.Keys = l.Total, l.Session, d.ring.report()
	return r, nil
}

func (d *Daemon) shred(_ context.Context, req *api.ShredRequest) (*api.Deleted, error) {
	id, err := d.sessions.Stored(req.Session)
	if err != nil {
		return nil, err
	}
	k, err := d.ring.open()
	if err != nil {
		return nil, keyError(err)
	}
	if err := k.Shred(filepath.Join(d.c.Paths.Data, "sessions", id)); err != nil {
		if errors.Is(err, keys.ErrGone) || errors.Is(err, os.ErrNotExist) {
			return nil, api.Errorf(api.NotFound, "session %s has no key: it is not encrypted", req.Session).WithHint("ai-session storage")
		}
		return nil, keyError(err)
	}
	d.c.Log.Info("shredded", "id", id)
	return &api.Deleted{Name: id}, nil
}

func (d *Daemon) rotate(_ context.Context, req *api.RotateRequest) (*api.Rotated, error) {
	k, err := d.ring.open()
	if err != nil {
		return nil, keyError(err)
	}
	c := d.ring.config
	if req.Keys != "" {
		c.Kind = keys.Kind(req.Keys)
	} else {
		c.Kind = k.Report().Kind
	}
	n, err := k.Rotate(c)
	if err != nil {
		return nil, keyError(err)
	}
	return &api.Rotated{Keys: n, Kind: string(c.Kind)}, nil
}

func keyError(err error) error {
	return api.Errorf(api.Denied, "the keys: %v", err).WithHint("ai-session storage tells what wraps them").WithCause(err)
}
