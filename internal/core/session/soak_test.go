//go:build soak

package session

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// resident is this process's resident memory in bytes, after a collection.
func resident(t *testing.T) int64 {
	t.Helper()
	runtime.GC()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc/self/statm here: ", err)
	}
	var size, rss int64
	if _, err := fmt.Sscan(string(b), &size, &rss); err != nil {
		t.Fatal(err)
	}
	return rss * int64(os.Getpagesize())
}

const flat = 16 << 20

func TestAGigabyteLeavesMemoryFlatAndOtherSessionsAlone(t *testing.T) {
	m := newManager(t)
	s, _ := start(t, m, shellArgv(t, "bash")...)
	other, _ := start(t, m, shellArgv(t, "bash")...)
	run(t, s, "true")
	run(t, other, "true")
	// A terminal that is attached and never reads.
	if _, err := s.Attach(&api.AttachRequest{Cols: 120, Rows: 40, ReadOnly: true}, "stuck"); err != nil {
		t.Fatal(err)
	}
	before := resident(t)
	done := make(chan *api.Report)
	go func() {
		r, _ := s.Exec(context.Background(), &api.ExecRequest{Command: "yes 0123456789 | head -c 1000000000; (exit 3)"})
		done <- r
	}()
	execs, most := 0, int64(0)
	for {
		select {
		case r := <-done:
			if r == nil || r.Exit != api.ExitCode(3) || r.RawBytes < 1000000000 {
				t.Fatalf("%+v", r)
			}
			t.Logf("%d execs beside it, resident %+d KiB at most", execs, (most-before)>>10)
			if most-before > flat {
				t.Errorf("resident memory grew by %d MiB", (most-before)>>20)
			}
			return
		default:
			if r := run(t, other, "echo here"); out(r) != "here\n" {
				t.Fatalf("%q", r.Raw)
			}
			execs++
			most = max(most, resident(t))
		}
	}
}

func TestAHundredSessionsRunFiftyExecsEachAtOnce(t *testing.T) {
	m := newManager(t)
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			s, _ := start(t, m, shellArgv(t, "bash")...)
			for n := range 50 {
				r := run(t, s, fmt.Sprintf("echo %d.%d; (exit %d)", i, n, n))
				if r.Exit != api.ExitCode(n) || out(r) != fmt.Sprintf("%d.%d\n", i, n) {
					t.Errorf("session %d exec %d: exit %s, %q", i, n, r.Exit, r.Raw)
				}
			}
		})
	}
	wg.Wait()
}

func TestTenThousandExecsInOneShell(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "dash"} {
		t.Run(shell, func(t *testing.T) {
			s, _ := start(t, newManager(t), shellArgv(t, shell)...)
			for n := range 10000 {
				if r := run(t, s, "true"); r.Exit != api.ExitCode(0) || len(r.Raw) > 0 || len(r.Flags) > 0 {
					t.Fatalf("exec %d: exit %s %v %q", n, r.Exit, r.Flags, r.Raw)
				}
			}
		})
	}
}

func TestProgramThatStopsReadingHoldsNobodyUp(t *testing.T) {
	m := newManager(t)
	s, _ := start(t, m, shellArgv(t, "bash")...)
	begins(t, s, "stty raw -echo; sleep 1000")
	text := strings.Repeat("x", 64<<10)
	var refused error
	for range 64 {
		if _, refused = s.Send(context.Background(), &api.SendRequest{Text: text}, "test"); refused != nil {
			break
		}
	}
	if api.CodeOf(refused) != api.Busy {
		t.Errorf("a full queue answered %v, want busy", refused)
	}
	if err := s.Signal("INT"); err != nil {
		t.Fatal(err)
	}
}
