//go:build unix

package session

import (
	"context"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// What a shell wrote before it ended is the block's, however far behind its reader was.
func TestPipedOutputOfAShellThatEndsIsWhole(t *testing.T) {
	for _, c := range []struct{ shell, command string }{
		{"bash", "head -c 900000 /dev/zero | tr '\\0' y; echo bad >&2; exit 3"},
		{"zsh", "head -c 900000 /dev/zero | tr '\\0' y; echo bad >&2; exit 3"},
		{"dash", "head -c 900000 /dev/zero | tr '\\0' y; echo bad >&2; exit 3"},
		{"fish", "head -c 900000 /dev/zero | tr '\\0' y; echo bad >&2; exec sh -c 'exit 3'"},
	} {
		t.Run(c.shell, func(t *testing.T) {
			t.Parallel()
			s, _ := start(t, newManager(t), shellArgv(t, c.shell)...)
			r := runAs(t, s, api.ExecRequest{Command: c.command, Pipe: true})
			if code, _ := r.Exit.Code(); r.State != api.BlockDead || code != 3 {
				t.Errorf("%s exit %s, want dead exit 3", r.State, r.Exit)
			}
			if got := string(r.Raw); got != strings.Repeat("y", 900000) {
				t.Errorf("%d bytes of stdout, want 900000", len(got))
			}
			if got := string(r.RawStderr); got != "bad\n" {
				t.Errorf("stderr %q", got)
			}
			if s.Info().State != api.DeadState {
				t.Errorf("session %s, want dead", s.Info().State)
			}
		})
	}
}

// A background process that never stops writing does not keep its command from ending.
func TestPipedExecEndsBeforeItsBackground(t *testing.T) {
	for _, shell := range []string{"bash", "fish"} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			s, _ := start(t, newManager(t), shellArgv(t, shell)...)
			r := runAs(t, s, api.ExecRequest{Command: "yes & echo begun >&2", Pipe: true})
			if code, _ := r.Exit.Code(); r.State != api.BlockDone || code != 0 || string(r.RawStderr) != "begun\n" {
				t.Errorf("%s exit %s stderr %q", r.State, r.Exit, r.RawStderr)
			}
			run(t, s, "kill %1 || true")
		})
	}
}

// Killing a session ends the wait for its piped command.
func TestKillEndsAPipedExec(t *testing.T) {
	m := newManager(t)
	s, _ := start(t, m, shellArgv(t, "bash")...)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ended := make(chan *api.Report)
	go func() {
		r, err := s.Exec(ctx, &api.ExecRequest{Command: "trap '' HUP; while :; do echo x; done", Pipe: true})
		if err != nil {
			t.Error(err)
		}
		ended <- r
	}()
	w, err := s.newWaiter("text", "x", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.wait(ctx, ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Kill(ctx, s.ID(), true); err != nil {
		t.Fatal(err)
	}
	if r := <-ended; r == nil || r.State != api.BlockDead {
		t.Errorf("ended as %+v, want dead", r)
	}
}
