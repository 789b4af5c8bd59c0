// Package embedded runs everything inside one program: the same Client as a daemon's,
// without a daemon. Sessions end with the program, however it ends; a program that
// another daemon holds the folder of cannot open it.
//
// What is kept on disk is what a daemon keeps: a later program, or a daemon over the
// same folder, reads the output of ended sessions.
package embedded

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/config"
	"github.com/ai-session/ai-session/internal/daemon"
)

// Config says where and how.
type Config struct {
	Dir string       // everything is kept below; made if need be
	Log *slog.Logger // nil: nothing is logged
}

// Runtime is the Client with what it runs on.
type Runtime struct {
	*aisession.Client
	daemon *daemon.Daemon
	guard  io.Closer
}

// closePatience is how long programs get to end when the runtime is closed.
const closePatience = 2 * time.Second

// Open starts the runtime in dir.
func Open(_ context.Context, c Config) (*Runtime, error) {
	if c.Dir == "" {
		return nil, api.Errorf(api.Invalid, "embedded.Config has no Dir")
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, err
	}
	paths, err := config.Find(func(name string) string {
		if name == "AI_SESSION_HOME" {
			return dir
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	guard, owner, err := guardTree()
	if err != nil {
		return nil, err
	}
	d, err := daemon.New(daemon.Config{Paths: paths, Version: "embedded", Log: c.Log, Owner: owner})
	if err != nil {
		guard.Close()
		return nil, err
	}
	return &Runtime{Client: aisession.New(d), daemon: d, guard: guard}, nil
}

// Close ends every session and gives the folder up.
func (r *Runtime) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	err := r.daemon.Close(ctx)
	r.guard.Close()
	return err
}
