//go:build unix

package session

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/ai-session/ai-session/api"
	"golang.org/x/sys/unix"
)

// stopped is a session whose command was told to end, and what that does about it.
func stopped(t *testing.T, trap string) (s *Session, dir string) {
	t.Helper()
	s, dir = start(t, newManager(t), "bash", "--norc")
	for _, name := range []string{"begun", "go"} {
		if err := unix.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A pipe that is open for writing as well is opened without waiting.
	begins(t, s, `bash -c 'exec 9<>go; trap "`+trap+`" INT; echo >begun; while :; do read -u 9 x; done'`)
	if _, err := os.ReadFile(filepath.Join(dir, "begun")); err != nil {
		t.Fatal(err)
	}
	if err := s.Signal("INT"); err != nil {
		t.Fatal(err)
	}
	return s, dir
}

// Whoever interrupts a command and runs the next one means them in that order.
func TestExecWaitsForTheEndOfAnInterruptedCommand(t *testing.T) {
	t.Parallel()
	s, dir := stopped(t, "read -u 9 x; exit 3")
	ran := make(chan *api.Report)
	go func() {
		defer close(ran)
		r, err := s.Exec(within(t), &api.ExecRequest{Command: "echo next", Raw: true})
		if err != nil {
			t.Error(err)
			return
		}
		ran <- r
	}()
	for asked := false; !asked; runtime.Gosched() { // while the other still ends
		s.mu.Lock()
		asked = len(s.queue) > 0
		s.mu.Unlock()
	}
	// A shell that reads may look at its traps only behind a line.
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte("now\nnow\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := <-ran; r == nil || out(r) != "next\n" {
		t.Errorf("%+v", r)
	}
}

// One that takes no notice keeps the terminal, and whoever waited is told in the end.
func TestExecDoesNotWaitForACommandThatIgnoresItsInterrupt(t *testing.T) {
	t.Parallel()
	s, _ := stopped(t, "")
	for _, limit := range []time.Duration{50 * time.Millisecond, 0} {
		if r, err := s.Exec(within(t), &api.ExecRequest{Command: "echo next", TimeoutMS: api.MillisOf(limit)}); api.CodeOf(err) != api.Busy {
			t.Errorf("within %v: %v %+v", limit, err, r)
		}
	}
}
