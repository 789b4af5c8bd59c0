package daemon

import (
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/config"
)

// fresh is a daemon of its own with a session that runs sh.
func fresh(t testing.TB) *Daemon {
	t.Helper()
	home := t.TempDir()
	paths, err := config.Find(func(name string) string {
		if name == "AI_SESSION_HOME" {
			return home
		}
		return ""
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(Config{Paths: paths, Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close(t.Context()) })
	_, err = api.Create.Call(t.Context(), d, &api.CreateRequest{
		Name: "dev", Argv: []string{"/bin/sh"}, Dir: home, BaseEnv: api.KV{"PATH": os.Getenv("PATH"), "HOME": home, "TERM": "xterm-256color"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A command that nobody waits for is read behind its end.
func TestContextHasWhatNobodyWaitedFor(t *testing.T) {
	d := fresh(t)
	for _, command := range []string{"sleep 0.05; echo left alone", "echo answered"} {
		r, err := api.Exec.Call(t.Context(), d, &api.ExecRequest{Session: "dev", Command: command, Background: command[0] == 's', Queue: true})
		if err != nil {
			t.Fatal(r, err)
		}
	}
	d.contexts.done.Wait()
	s, err := d.sessions.Find("dev")
	if err != nil {
		t.Fatal(err)
	}
	if unread := d.contexts.of(s).book.Unread(10, 1<<20); len(unread) != 0 {
		t.Errorf("not read: %v", unread)
	}
}

// BenchmarkContext reads 4,096 tokens of a session with a hundred thousand lines of
// history, as the daemon answers it.
func BenchmarkContext(b *testing.B) {
	d := fresh(b)
	for i := range 100 {
		if _, err := api.Exec.Call(b.Context(), d, &api.ExecRequest{Session: "dev", Command: fmt.Sprintf("seq -f 'run %d line %%g' 1000", i)}); err != nil {
			b.Fatal(err)
		}
	}
	req := &api.ContextRequest{Session: "dev", Tokens: 4096}
	tokens := 0
	for b.Loop() {
		v, err := api.Context.Call(b.Context(), d, req)
		if err != nil {
			b.Fatal(err)
		}
		tokens = v.Tokens
	}
	b.ReportMetric(float64(tokens), "tokens")
}
