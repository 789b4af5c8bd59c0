package aisession_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/api"
)

// How often the daemon is killed, and under how many busy sessions. `make soak` asks for
// more by AI_SESSION_KILLS.
const (
	defaultKills = 30
	busySessions = 50
)

// Fifty sessions run commands without pause while their daemon is killed at moments that
// nobody chose. Every command ends with its own exit status and ran exactly once; output
// is whole, or the block says that it is not.
func TestNoSessionAndNoExitStatusIsLostWhenTheDaemonIsKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs a child subreaper")
	}
	if testing.Short() {
		t.Skip("takes a while")
	}
	kills := defaultKills
	if n, err := strconv.Atoi(os.Getenv("AI_SESSION_KILLS")); err == nil {
		kills = n
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := ownDaemon(t)
	first, err := c.Status(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var stop sync.WaitGroup
	var score score
	done := make(chan struct{})
	for i := range busySessions {
		s, err := c.Create(ctx, aisession.SessionConfig{Name: fmt.Sprint("busy", i), Dir: t.TempDir(), Argv: []string{"bash", "--norc"}})
		if err != nil {
			t.Fatal(err)
		}
		pause := ""
		if i%4 > 0 { // else most of the time would go into the tests' own part, under the race detector
			pause = "sleep 0.1; "
		}
		stop.Go(func() { keepBusy(ctx, t, s, pause, done, &score) })
	}
	var adoptions []time.Duration
	pid := first.PID
	for range kills {
		time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond) // the moment is the point
		if err := crashProcess(pid); err != nil {
			t.Fatal(err)
		}
		st, err := c.Status(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if st.PID == pid || st.Sessions != busySessions || st.Recovered == nil || st.Recovered.Failed > 0 {
			t.Fatalf("after a kill: %+v", st)
		}
		pid = st.PID
		adoptions = append(adoptions, st.Recovered.TookMS.Duration())
	}
	close(done)
	stop.Wait()
	slices.Sort(adoptions)
	worst := adoptions[len(adoptions)-1]
	t.Logf("%d kills, %d commands, %d with a gap; adopted in %v (median), %v (worst)",
		kills, score.commands, score.gaps, adoptions[len(adoptions)/2], worst)
	if score.commands == 0 {
		t.Error("no command ran")
	}
}

// score counts what the sessions did.
type score struct {
	mu             sync.Mutex
	commands, gaps int
}

// keepBusy runs numbered commands until done is closed, and checks each answer. A pause
// is within a command, not between two.
func keepBusy(ctx context.Context, t *testing.T, s *aisession.Session, pause string, done <-chan struct{}, sc *score) {
	for n := 0; ; n++ {
		select {
		case <-done:
			ran, err := s.Exec(ctx, "wc -l <ran")
			for err == nil && slices.Contains(ran.Flags, "gap") {
				ran, err = s.Exec(ctx, "wc -l <ran")
			}
			if err != nil || strings.TrimSpace(ran.Text) != strconv.Itoa(n) {
				t.Errorf("%s: %s commands were run, %d asked for: %v", s.Name, textOf(ran), n, err)
			}
			return
		default:
		}
		status := n % 100
		r, err := s.Exec(ctx, fmt.Sprintf("echo %d >>ran; seq 300; %s(exit %d)", n, pause, status))
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
			return
		}
		gap := slices.Contains(r.Flags, "gap")
		sc.mu.Lock()
		sc.commands++
		if gap {
			sc.gaps++
		}
		sc.mu.Unlock()
		if r.Exit != api.ExitCode(status) || r.State != api.BlockDone {
			t.Errorf("%s @%s: exit %s %s, want %d; flags %v", s.Name, r.ID, r.Exit, r.State, status, r.Flags)
			return
		}
		if r.Lines != 300 && !gap {
			t.Errorf("%s @%s: %d lines of 300, and no gap is told", s.Name, r.ID, r.Lines)
		}
	}
}

func textOf(r *api.Report) string {
	if r == nil {
		return ""
	}
	return r.Text
}

// ownDaemon starts a daemon for this test alone.
func ownDaemon(t *testing.T) *aisession.Client {
	t.Helper()
	return daemonBelow(t, shortDir(t))
}

// shortDir is a folder of this test's own whose name leaves room for a socket's.
func shortDir(t *testing.T) string {
	t.Helper()
	root, err := os.MkdirTemp("", "ais")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	return root
}

// daemonBelow starts a daemon with its home below root. The race detector makes a daemon
// ten times slower, and here the daemons come and go: it is the one that users have.
func daemonBelow(t *testing.T, root string) *aisession.Client {
	t.Helper()
	programs, err := plainBin()
	if err != nil {
		t.Fatal(err)
	}
	return daemonOf(t, programs, root)
}

// daemonOf starts the daemon that is in a folder.
func daemonOf(t *testing.T, programs, root string) *aisession.Client {
	t.Helper()
	home := filepath.Join(root, "h")
	t.Setenv("AI_SESSION_HOME", home)
	t.Setenv("PATH", programs+string(os.PathListSeparator)+os.Getenv("PATH"))
	c, err := aisession.Dial(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		if err := stopDaemon(home); err != nil {
			t.Error(err)
		}
	})
	return c
}
