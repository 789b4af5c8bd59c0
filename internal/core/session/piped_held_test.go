//go:build unix

package session

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/pty"
)

// shelf is a keeper that notes what it holds, and nothing else.
type shelf struct {
	mu      sync.Mutex // guards what follows
	pipes   map[string]string
	put     int
	changed chan struct{}
}

func newShelf() *shelf { return &shelf{pipes: map[string]string{}, changed: make(chan struct{})} }

func (k *shelf) turn(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
	close(k.changed)
	k.changed = make(chan struct{})
}

func (k *shelf) Hold(string, int, []byte, syscall.RawConn) {}
func (k *shelf) Drop(string)                               {}
func (k *shelf) HoldPipe(key string, note []byte, _ syscall.RawConn) {
	k.turn(func() { k.pipes[key], k.put = string(note), k.put+1 })
}
func (k *shelf) DropPipe(key string)                     { k.turn(func() { delete(k.pipes, key) }) }
func (k *shelf) ExitOf(int) (pty.Exit, bool)             { return pty.Exit{}, false }
func (k *shelf) Syscall(int, int) ([]byte, error)        { return nil, syscall.EPERM }
func (k *shelf) Memory(int, uint64, int) ([]byte, error) { return nil, syscall.EPERM }
func (k *shelf) now() (keys []string, changed chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Sorted(maps.Keys(k.pipes)), k.changed
}

// until waits for a number of pipes on the shelf.
func (k *shelf) until(t *testing.T, n int) []string {
	t.Helper()
	for {
		keys, changed := k.now()
		if len(keys) == n {
			return keys
		}
		select {
		case <-changed:
		case <-within(t).Done():
			t.Fatalf("%d pipes are held, want %d: %v", len(keys), n, keys)
		}
	}
}

// A pipe is the keeper's from before its command is typed until nobody can write to it.
func TestPipesAreHeldForAsLongAsSomebodyMayWrite(t *testing.T) {
	for _, c := range []struct {
		name, command string
		after         int // pipes that are held when it has ended
		then          func(t *testing.T, m *Manager, s *Session)
	}{
		{"a command", "echo out; echo bad >&2", 0, nil},
		{"one that fails", "exit_no_such_program", 0, nil},
		{"a process in the background", "sleep 1000 & :", 2, func(t *testing.T, _ *Manager, s *Session) { run(t, s, "kill %1") }},
		{"one that holds stderr alone", "sleep 1000 >/dev/null & :", 1, func(t *testing.T, _ *Manager, s *Session) { run(t, s, "kill %1") }},
		{"a session that is killed", "sleep 1000 & :", 2, func(t *testing.T, m *Manager, s *Session) {
			if _, err := m.Kill(within(t), s.ID(), true); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, k := newManager(t), newShelf()
			m.c.Keeper = k
			s, _ := start(t, m, shellArgv(t, "bash")...)
			r := runAs(t, s, api.ExecRequest{Command: c.command, Pipe: true})
			for _, key := range k.until(t, c.after) {
				if !strings.HasPrefix(key, fmt.Sprintf("%s:%d:", s.ID(), mustNumber(t, r.ID))) {
					t.Errorf("held as %q", key)
				}
			}
			if k.put != 2 {
				t.Errorf("%d were put there, want 2", k.put)
			}
			if c.then != nil {
				c.then(t, m, s)
				k.until(t, 0)
			}
		})
	}
}

// Another keeper gets every pipe that is open, and none that is not.
func TestAnotherKeeperGetsTheOpenPipes(t *testing.T) {
	m, k := newManager(t), newShelf()
	m.c.Keeper = k
	s, dir := start(t, m, shellArgv(t, "bash")...)
	runAs(t, s, api.ExecRequest{Command: "echo over", Pipe: true})
	k.until(t, 0)
	beginPiped(t, s, dir, "echo on; read x <go", "on")
	before := k.until(t, 2)
	k.turn(func() { clear(k.pipes) }) // the old one is gone
	m.HoldAll()
	if after := k.until(t, 2); !slices.Equal(after, before) {
		t.Errorf("held %v, were %v", after, before)
	}
	goOn(t, dir)
	waitFor(t, s, api.WaitRequest{For: "exit"})
	k.until(t, 0)
}
