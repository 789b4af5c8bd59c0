package aisession_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/api"
)

// stream counts aloud, a line each 50 ms, until a file is there. It forks nothing.
const stream = `exec 9<>fifo; i=0; while [ ! -e stop ]; do echo "line $i"; i=$((i+1)); read -t .05 -u 9; done; echo $i >count`

// Sessions count aloud, people watch them, and the daemon is replaced again and again by
// another binary. No line is lost, and no watcher waits long.
// `make soak` asks for the full size by AI_SESSION_UPGRADES.
func TestNoLineIsLostWhenTheDaemonIsUpgraded(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs a child subreaper")
	}
	if testing.Short() {
		t.Skip("takes a while")
	}
	upgrades, sessions, watchers := 3, 12, 4
	n, err := strconv.Atoi(os.Getenv("AI_SESSION_UPGRADES"))
	full := err == nil
	if full {
		upgrades, sessions, watchers = n, 200, 20
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	c := ownDaemon(t)
	var all []*streaming
	for i := range sessions {
		all = append(all, startStream(ctx, t, c, i))
	}
	var watching sync.WaitGroup
	for _, s := range all[:watchers] {
		watching.Go(func() { s.watch(ctx, t) })
	}
	stalls := upgradeOften(ctx, t, upgrades, all[:watchers])
	for _, s := range all {
		s.check(ctx, t, c)
	}
	watching.Wait()
	slices.Sort(stalls)
	p99 := stalls[len(stalls)*99/100]
	t.Logf("%d upgrades with %d sessions and %d watchers: the longest silence of a watcher is %v (median), %v (p99)",
		upgrades, sessions, watchers, stalls[len(stalls)/2], p99)
	if full && p99 > 300*time.Millisecond {
		t.Errorf("p99 of the silences is %v", p99)
	}
}

// upgradeOften replaces the daemon by a copy of its program and back, and returns the
// longest silence of each watcher at each upgrade.
func upgradeOften(ctx context.Context, t *testing.T, times int, watched []*streaming) (stalls []time.Duration) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(bin, "ai-sessiond"))
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "ai-sessiond")
	if err := os.WriteFile(other, b, 0o700); err != nil {
		t.Fatal(err)
	}
	for n := range times {
		for _, s := range watched {
			s.longest(true)
		}
		program := []string{other, filepath.Join(bin, "ai-sessiond")}[n%2]
		if out, err := exec.CommandContext(ctx, "ai-session", "upgrade", program).CombinedOutput(); err != nil {
			t.Fatalf("upgrade %d: %v\n%s", n, err, out)
		}
		for _, s := range watched {
			s.heard(ctx, t, 3) // it goes on
			stalls = append(stalls, s.longest(false))
		}
	}
	return stalls
}

// streaming is a session that counts aloud.
type streaming struct {
	s     *aisession.Session
	block string
	dir   string

	mu    sync.Mutex // guards what follows
	last  time.Time  // output came
	worst time.Duration
	next  chan struct{} // a frame of output came; nobody need listen
}

func startStream(ctx context.Context, t *testing.T, c *aisession.Client, i int) *streaming {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mkfifo", filepath.Join(dir, "fifo")).CombinedOutput(); err != nil {
		t.Fatalf("mkfifo: %v %s", err, out)
	}
	s, err := c.Create(ctx, aisession.SessionConfig{Name: fmt.Sprint("counts", i), Dir: dir, Argv: []string{"bash", "--norc"}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Exec(ctx, stream, aisession.Background())
	if err != nil {
		t.Fatal(err)
	}
	return &streaming{s: s, block: r.ID, dir: dir, last: time.Now(), next: make(chan struct{}, 1)}
}

// watch is a person who looks on until the counting ends.
func (s *streaming) watch(ctx context.Context, t *testing.T) {
	conn, err := s.s.Attach(ctx, api.AttachRequest{Cols: 120, Rows: 40, ReadOnly: true})
	if err != nil {
		t.Errorf("%s: %v", s.s.Name, err)
		return
	}
	defer conn.Close()
	for {
		f, err := conn.Receive()
		if err != nil {
			t.Errorf("%s: a watcher was cut off: %v", s.s.Name, err)
			return
		}
		if f.Kind == api.FrameEnd {
			return
		}
		if f.Kind != api.FrameOutput {
			continue
		}
		now := time.Now()
		s.mu.Lock()
		s.worst = max(s.worst, now.Sub(s.last))
		s.last = now
		s.mu.Unlock()
		select {
		case s.next <- struct{}{}:
		default:
		}
	}
}

// longest is the longest silence since it was last begun anew.
func (s *streaming) longest(anew bool) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if anew {
		s.worst = 0
	}
	return s.worst
}

// heard waits for output, that many times.
func (s *streaming) heard(ctx context.Context, t *testing.T, times int) {
	t.Helper()
	for range times {
		select {
		case <-s.next:
		case <-ctx.Done():
			t.Fatalf("%s is silent", s.s.Name)
		}
	}
}

// check ends the counting and reads all of it.
func (s *streaming) check(ctx context.Context, t *testing.T, c *aisession.Client) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "stop"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := s.s.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Output(ctx, "@"+s.block)
	if err != nil {
		t.Fatal(err)
	}
	count, err := os.ReadFile(filepath.Join(s.dir, "count"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(count)))
	if err != nil || n == 0 {
		t.Fatalf("%s counted to %q", s.s.Name, count)
	}
	var want bytes.Buffer
	for i := range n {
		fmt.Fprintf(&want, "line %d\r\n", i)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s: of %d lines %d arrived, in %d bytes of %d, all from the first on: %v; waited: %+v", s.s.Name, n,
			bytes.Count(got, []byte("\n")), len(got), want.Len(), bytes.HasPrefix(want.Bytes(), got), r)
		again, err := c.Output(ctx, "@"+s.block)
		t.Logf("read again: %d bytes, %v", len(again), err)
	}
	if err := s.s.Kill(ctx); err != nil {
		t.Error(err)
	}
}
