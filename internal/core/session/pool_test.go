package session

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// A spare has read what the session that it stands in for would read.
func TestSpareFitsOnlyWhoReadsTheSameFiles(t *testing.T) {
	m := newManager(t)
	home := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(home, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	own := write("own.rc", "A=1")
	key := func(argv ...string) string {
		return m.poolKey(&api.CreateRequest{Argv: argv, Dir: home, BaseEnv: api.KV{"HOME": home}})
	}
	before, others := key("bash", "--rcfile", own), key("bash")
	write("own.rc", "A=1; B=2")
	if key("bash", "--rcfile", own) == before {
		t.Error("an rc file that the arguments name may change unseen")
	}
	if key("bash") != others {
		t.Error("it counts for shells that do not read it")
	}
	write(".bashrc", "C=3")
	if key("bash") == others {
		t.Error("a new .bashrc is not noticed")
	}
	if k := key("bash", "--rcfile", "own.rc"); k != "" {
		t.Error("a relative name is of the session's folder, and a spare has another")
	}
}

// A shell that was started ahead is as exact as one that was started for its session.
func TestExecInASpareIsExact(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "dash", "fish"} {
		t.Run(shell, func(t *testing.T) {
			argv := shellArgv(t, shell)
			eachGroup(t, shell, nil, api.ExecRequest{}, func(t *testing.T, _ *Manager) *Session {
				m := newManager(t) // there is one spare of a kind
				home, dir := t.TempDir(), t.TempDir()
				if err := os.MkdirAll(filepath.Join(home, ".config/fish"), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(home, ".config/fish/config.fish"), nil, 0o600); err != nil {
					t.Fatal(err) // fish itself makes one where there is none: then the next start reads other files
				}
				req := &api.CreateRequest{Argv: argv, Dir: home, BaseEnv: testEnv(home)}
				key := m.poolKey(req)
				if !m.pool.ask(key) {
					t.Fatal("no spare may be started")
				}
				m.spawn(req, key)
				spare := m.pool.spares[key]
				if spare == nil {
					t.Fatal("the spare did not start")
				}
				req.Dir = dir
				s, err := m.Create(t.Context(), req)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { m.Kill(context.Background(), s.ID(), true) })
				if s != spare.s {
					t.Fatal("the spare was not taken")
				}
				return s
			})
		})
	}
}
