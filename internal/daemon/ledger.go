package daemon

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
)

// ledgerDelay is how long a count may be in memory alone. What a crash takes of it is
// the counts of a second, not of a command.
const ledgerDelay = time.Second

// ledgerFile writes the ledger behind the answers that it counts.
type ledgerFile struct {
	path   string
	log    *slog.Logger
	stored []byte
	encode func() ([]byte, error)

	mu     sync.Mutex // guards timer and closed
	timer  *time.Timer
	closed bool
	write  sync.Mutex // one writer at a time
}

func openLedger(dir string, log *slog.Logger) *ledgerFile {
	f := &ledgerFile{path: filepath.Join(dir, "ledger.json"), log: log}
	var err error
	if f.stored, err = os.ReadFile(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("the ledger begins anew", "err", err)
	}
	return f
}

// changed has the ledger written soon.
func (f *ledgerFile) changed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.timer == nil && !f.closed {
		f.timer = time.AfterFunc(ledgerDelay, func() {
			f.mu.Lock()
			f.timer = nil
			f.mu.Unlock()
			if err := f.save(); err != nil {
				f.log.Warn("the ledger is not written", "err", err)
			}
		})
	}
}

// save writes the ledger, whole or not at all.
func (f *ledgerFile) save() error {
	f.write.Lock()
	defer f.write.Unlock()
	data, err := f.encode()
	if err != nil {
		return err
	}
	tmp := f.path + ".new"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, f.path)
}

func (f *ledgerFile) close() error {
	f.mu.Lock()
	f.closed = true
	due := f.timer != nil && f.timer.Stop()
	f.mu.Unlock()
	if !due {
		f.write.Lock() // one may be writing
		defer f.write.Unlock()
		return nil
	}
	return f.save()
}

// tally carries out the operation ledger.
func (d *Daemon) tally(_ context.Context, req *api.LedgerRequest) (*api.LedgerResult, error) {
	if req.Session == "" {
		all := d.contexts.ledger.All()
		return &all, nil
	}
	s, err := d.sessions.Find(req.Session)
	if err != nil {
		return nil, err
	}
	t := d.contexts.ledger.Of(s.ID())
	t.Session = s.Name()
	return &api.LedgerResult{Total: t, Sessions: []api.Tally{t}}, nil
}
