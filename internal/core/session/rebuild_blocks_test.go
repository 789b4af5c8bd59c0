//go:build unix

package session

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// What ran before the last checkpoint is looked up, not read: where it is, which of it was
// ours, the newest as a whole, and the open one however long ago it began.
func TestCommandsBeforeTheCheckpointAreFoundAgain(t *testing.T) {
	for _, c := range []struct {
		name string
		live func(t *testing.T, s *Session)
		open bool
	}{
		{"many", func(t *testing.T, s *Session) {
			for i := range keepBlocks + 5 {
				runAs(t, s, api.ExecRequest{Command: fmt.Sprintf("echo %d", i), Internal: i%3 == 0})
			}
			run(t, s, `echo '{"block":7,"internal":true,"nested":"x"}'`)
		}, false},
		{"few", func(t *testing.T, s *Session) { run(t, s, "echo one") }, false},
		{"none", func(*testing.T, *Session) {}, false},
		{"one open behind many in it", func(t *testing.T, s *Session) {
			run(t, s, "echo first")
			begins(t, s, "bash --norc")
			waitFor(t, s, api.WaitRequest{For: "input"})
			for i := range keepBlocks + 5 {
				if r, err := s.Exec(within(t), &api.ExecRequest{Command: fmt.Sprintf("echo in %d", i), Nested: true}); err != nil || r.Exit != api.ExitCode(0) {
					t.Fatalf("%+v %v", r, err)
				}
			}
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newManager(t)
			s, _ := start(t, m, shellArgv(t, "bash")...)
			c.live(t, s)
			s.mu.Lock()
			s.checkpoint()
			before, recent := slices.Clone(s.blocks), len(s.recent)
			s.mu.Unlock()
			master, pid := drop(t, m, s)
			back := rebuilt(t, m, s, master, pid)
			back.mu.Lock()
			defer back.mu.Unlock()
			same := func(a, b blockRef) bool {
				return a.number == b.number && a.startSeq == b.startSeq && a.internal == b.internal
			}
			if !slices.EqualFunc(back.blocks, before, same) {
				t.Errorf("blocks %v, want %v", back.blocks, before)
			}
			if open := back.open != nil; open != c.open {
				t.Errorf("open: %v, want %v", open, c.open)
			}
			if !c.open && len(back.recent) != min(recent, keepBlocks) {
				t.Errorf("%d in memory, want %d", len(back.recent), recent)
			}
		})
	}
}
