package aisession_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/failpoint"
)

// A daemon is killed between each two steps that belong together. Whoever waits gets the
// answer he would have got, everything ran once, and what is missing is said to be.
func TestDaemonMayDieBetweenAnyTwoSteps(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs a child subreaper")
	}
	points := t.TempDir()
	programs, err := plainBin()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AI_SESSION_FAILPOINTS", points)
	tested := map[string]bool{}
	for _, c := range []struct {
		place, when string
		gap         bool // output may be missing
	}{
		{failpoint.Started, "before create", false},
		{failpoint.Held, "before create", false},
		{failpoint.ExecStart, "before exec", false},
		{failpoint.Read, "before exec", true},     // of the echo
		{failpoint.Appended, "before exec", true}, // mode switches; C may be in the same read
		{failpoint.Read, "in the command", true},
		{failpoint.Appended, "in the command", true}, // D may be in the same read
		{failpoint.CommandEnd, "in the command", true},
		{failpoint.ExecEnd, "in the command", true},
	} {
		tested[c.place] = true
		t.Run(c.place+" "+c.when, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			client := daemonOf(t, programs, shortDir(t))
			arm := "touch " + filepath.Join(points, c.place)
			during := "true"
			if c.when == "in the command" {
				during = arm
			}
			do(t, c.when == "before create", arm)
			s, err := client.Create(ctx, aisession.SessionConfig{Name: "dev", Dir: t.TempDir(), Argv: []string{"bash", "--norc"}})
			if err != nil {
				t.Fatal(err)
			}
			do(t, c.when == "before exec", arm)
			r, err := s.Exec(ctx, "echo once >>ran; seq 100; "+during+"; seq 101 300; (exit 7)")
			if err != nil {
				t.Fatal(err)
			}
			if r.Exit != api.ExitCode(7) || r.State != api.BlockDone {
				t.Errorf("exit %s, %s, want 7, done", r.Exit, r.State)
			}
			if gap := slices.Contains(r.Flags, "gap"); r.Lines != 300 && !gap || gap && !c.gap {
				t.Errorf("%d of 300 lines, flags %v", r.Lines, r.Flags)
			}
			checkAfterwards(ctx, t, client, s)
			if _, err := os.Stat(filepath.Join(points, c.place)); err == nil {
				t.Error("the place was never come to")
				os.Remove(filepath.Join(points, c.place))
			}
		})
	}
	for _, place := range failpoint.All() {
		if !tested[place] {
			t.Errorf("nothing is tested at %s", place)
		}
	}
}

// checkAfterwards: another daemon has the session, once, and it is in order.
func checkAfterwards(ctx context.Context, t *testing.T, c *aisession.Client, s *aisession.Session) {
	t.Helper()
	r, err := s.Exec(ctx, "cat ran")
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(r.Text) != "once" {
		t.Errorf("the command ran %q", r.Text)
	}
	st, err := c.Status(ctx)
	if err != nil || st.Generation != 2 || st.Sessions != 1 {
		t.Errorf("%+v, %v: want one session in the second generation", st, err)
	}
}

func do(t *testing.T, really bool, command string) {
	t.Helper()
	if !really {
		return
	}
	if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
}
