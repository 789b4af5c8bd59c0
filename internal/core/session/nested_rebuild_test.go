//go:build unix

package session

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ai-session/ai-session/api"
)

// A shell in a shell in a shell, each running the next: the commands on all three levels
// end under the next daemon with their own status.
func TestNestedCommandsOutliveTheDaemon(t *testing.T) {
	for _, way := range []struct {
		name string
		let  func(t *testing.T, m *Manager, s *Session) (*os.File, int)
	}{
		{"crash", drop},
		{"hand-over", func(t *testing.T, m *Manager, s *Session) (*os.File, int) {
			return dropBy(t, m, s, func() { s.Release() })
		}},
	} {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			m := newManager(t)
			s, dir := start(t, m, shellArgv(t, "bash")...)
			fifo := dir + "/go"
			if err := unix.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			outer := run(t, s, "bash --norc")
			middle := runAs(t, s, api.ExecRequest{Command: "echo deeper; PS1='deep> ' bash --norc", Nested: true})
			if outer.State != api.BlockNeedsInput || middle.State != api.BlockNeedsInput {
				t.Fatalf("%+v\n%+v", outer, middle)
			}
			if r := runAs(t, s, api.ExecRequest{Command: "(exit 2)", Nested: true}); r.Exit != api.ExitCode(2) {
				t.Fatalf("%+v", r)
			}
			top, err := s.Exec(within(t), &api.ExecRequest{
				Command: "echo one; read x <" + fifo + "; echo $x; (exit 5)", Nested: true, Background: true, IdempotencyKey: "top",
			})
			if err != nil {
				t.Fatal(err)
			}
			waitFor(t, s, api.WaitRequest{Match: "one"})
			master, pid := way.let(t, m, s)

			back := rebuilt(t, m, s, master, pid)
			again, err := back.Exec(within(t), &api.ExecRequest{Command: top.Command, Nested: true, Background: true, IdempotencyKey: "top"})
			if err != nil || again.ID != top.ID {
				t.Fatalf("%v %+v", err, again)
			}
			if err := os.WriteFile(fifo, []byte("two\n"), 0); err != nil {
				t.Fatal(err)
			}
			expectEnd(t, back, top, 5, "one\ntwo\n")
			last := runAs(t, back, api.ExecRequest{Command: "exit 6", Nested: true})
			if last.State != api.BlockDead {
				t.Errorf("%+v", last)
			}
			expectEnd(t, back, middle, 6, "")
			runAs(t, back, api.ExecRequest{Command: "exit 7", Nested: true})
			expectEnd(t, back, outer, 7, "")
			if r := run(t, back, "echo home"); out(r) != "home\n" {
				t.Errorf("%+v", r)
			}
		})
	}
}

// expectEnd waits for a block's end; an empty text is not compared.
func expectEnd(t *testing.T, s *Session, r *api.Report, exit int, text string) {
	t.Helper()
	number, _ := api.BlockNumber(r.ID)
	res, err := s.WaitBlock(within(t), number, &api.WaitRequest{For: "exit"})
	if err != nil || res.Block == nil {
		t.Fatalf("@%s: %v %+v", r.ID, err, res)
	}
	if b := res.Block; b.State != api.BlockDone || b.Exit != api.ExitCode(exit) || text != "" && b.Text != text {
		t.Errorf("@%s: %s, exit %s, want %d; %q, want %q", b.ID, b.State, b.Exit, exit, b.Text, text)
	}
}
