package aisession_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/api"
)

// A disk fills up under a living session: its program runs on, what could not be kept
// is told, new commands are refused until there is room, and then all goes on without
// anybody's help. A daemon that dies on the full disk is followed by one that knows the
// session.
func TestFullDiskIsToldAndOutlived(t *testing.T) {
	root := shortDir(t)
	disk := filepath.Join(root, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("none", disk, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("a small disk needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(disk, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	ctx := t.Context()
	c := daemonBelow(t, disk)
	s, err := c.Create(ctx, aisession.SessionConfig{Name: "a", Dir: root, Argv: []string{"bash", "--norc"}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Exec(ctx, "seq 2000000; echo x >ran; (exit 4)")
	if err != nil || r.Exit != api.ExitCode(4) || !slices.Contains(r.Flags, "gap") {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err := s.Exec(ctx, "echo y >>ran"); api.CodeOf(err) != api.StorageDegraded {
		t.Errorf("on a full disk: %v", err)
	}
	st, err := c.Status(ctx)
	if err != nil || st.Storage.Degraded == "" {
		t.Fatalf("%+v %v", st, err)
	}
	if err := crashProcess(st.PID); err != nil {
		t.Fatal(err)
	}
	if st, err = c.Status(ctx); err != nil || st.Recovered == nil || st.Recovered.Sessions < 1 || st.Recovered.Failed > 0 {
		t.Fatalf("after a crash: %+v %v", st, err)
	}

	if r, err = s.Wait(ctx); err != nil || r.Exit != api.ExitCode(4) {
		t.Errorf("what ended on the full disk: %+v %v", r, err)
	}
	if err := unix.Mount("none", disk, "tmpfs", unix.MS_REMOUNT, "size=16m"); err != nil {
		t.Fatal(err)
	}
	if r, err = s.Exec(ctx, "cat ran; (exit 5)"); err != nil || r.Exit != api.ExitCode(5) || r.Text != "x\n" {
		t.Errorf("with room again: %+v %v", r, err)
	}
	if st, err = c.Status(ctx); err != nil || st.Storage.Degraded != "" {
		t.Errorf("with room again: %+v %v", st, err)
	}
}

// A daemon that can open nothing more says so, and the sessions it has work on.
func TestNoDescriptorsLeftIsToldAndOutlived(t *testing.T) {
	ctx := t.Context()
	c := ownDaemon(t)
	dir := t.TempDir()
	s, err := c.Create(ctx, aisession.SessionConfig{Name: "first", Dir: dir, Argv: []string{"bash", "--norc"}})
	if err != nil {
		t.Fatal(err)
	}
	st, err := c.Status(ctx)
	if err != nil {
		t.Fatal(err)
	}
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", st.PID))
	if err != nil {
		t.Fatal(err)
	}
	for spare := range uint64(12) { // whatever of a session it is that finds none left
		limit(t, st.PID, uint64(len(open))+spare)
		next, err := c.Create(ctx, aisession.SessionConfig{Dir: dir, Argv: []string{"bash", "--norc"}})
		if err == nil {
			err = next.Kill(ctx)
		}
		if err != nil && api.CodeOf(err) != api.Unavailable {
			t.Errorf("with %d descriptors: %v", spare, err)
		}
	}
	limit(t, st.PID, uint64(len(open)+12))
	var made []*aisession.Session
	for i := 0; ; i++ {
		var next *aisession.Session
		if next, err = c.Create(ctx, aisession.SessionConfig{Name: fmt.Sprint("more", i), Dir: dir, Argv: []string{"bash", "--norc"}}); err != nil {
			break
		}
		made = append(made, next)
		if i > 50 {
			t.Fatal("fifty sessions in a dozen descriptors")
		}
	}
	if api.CodeOf(err) != api.Unavailable {
		t.Errorf("without descriptors: %v", err)
	}
	if r, err := s.Exec(ctx, "echo on; (exit 3)"); err != nil || r.Exit != api.ExitCode(3) || r.Text != "on\n" {
		t.Errorf("without descriptors: %+v %v", r, err)
	}
	for _, m := range made {
		if err := m.Kill(ctx); err != nil {
			t.Errorf("without descriptors: %v", err)
		}
	}
	if _, err := c.Create(ctx, aisession.SessionConfig{Name: "again", Dir: dir, Argv: []string{"bash", "--norc"}}); err != nil {
		t.Errorf("with descriptors again: %v", err)
	}
}

// limit says how many descriptors a process may have.
func limit(t *testing.T, pid int, n uint64) {
	t.Helper()
	var old unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &old); err != nil {
		t.Fatal(err)
	}
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: n, Max: old.Max}, nil); err != nil {
		t.Fatal(err)
	}
}

// bomb forks without pause, within bounds: sixteen chains in which each process starts the
// next one and ends, beside a tree of 255 that stay. Chains end with the file go, or after
// so many processes: what a failing test leaves must not take the machine with it.
const bomb = `chain() { [ -e go ] && (($1 < 20000)) && (chain $(($1+1)) &); }
tree() { (($1 > 6)) || { tree $(($1+1)) & tree $(($1+1)) & }; while [ -e go ]; do read -t 5 <>hold; done; }
for i in {1..16}; do (chain 0 &); done; tree 0`

// A session that forks all the time hurts nobody else, and its end is the end of all of it.
func TestForkBombHurtsNobodyElseAndIsEnded(t *testing.T) {
	ctx := t.Context()
	c := ownDaemon(t)
	dir := t.TempDir()
	calm, err := c.Create(ctx, aisession.SessionConfig{Name: "calm", Dir: dir, Argv: []string{"bash", "--norc"}})
	if err != nil {
		t.Fatal(err)
	}
	wild, err := c.Create(ctx, aisession.SessionConfig{Name: "wild", Dir: dir, Argv: []string{"bash", "--norc"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(filepath.Join(dir, "go")) })
	if _, err := wild.Exec(ctx, "mkfifo hold; echo >go"); err != nil {
		t.Fatal(err)
	}
	if _, err := wild.Exec(ctx, bomb, aisession.Background()); err != nil {
		t.Fatal(err)
	}
	info, err := wild.Info(ctx)
	if err != nil {
		t.Fatal(err)
	}
	marker := []byte("AI_SESSION=" + info.ID + "\x00")
	var took []time.Duration
	for i := range 50 {
		began := time.Now()
		r, err := calm.Exec(ctx, fmt.Sprintf("echo %d; (exit %d)", i, i))
		if took = append(took, time.Since(began)); err != nil || r.Exit != api.ExitCode(i) || r.Text != fmt.Sprintln(i) {
			t.Fatalf("beside it: %+v %v", r, err)
		}
	}
	most := len(living(t, marker))
	began := time.Now()
	if err := wild.Kill(ctx); err != nil {
		t.Fatal(err)
	}
	killed := time.Since(began)
	if left := living(t, marker); len(left) > 0 {
		t.Errorf("%d of %d processes live on: %v", len(left), most, left)
	}
	slices.Sort(took)
	t.Logf("beside %d processes a command takes %v (median), %v (worst); to end them took %v", most, took[25], took[49], killed)
	if r, err := calm.Exec(ctx, "(exit 3)"); err != nil || r.Exit != api.ExitCode(3) {
		t.Errorf("after it: %+v %v", r, err)
	}
}

// living are the processes whose environment has the marker.
func living(t *testing.T, marker []byte) (pids []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if env, err := os.ReadFile(filepath.Join(p, "environ")); err == nil && bytes.Contains(env, marker) { // a dead one has none
			pids = append(pids, filepath.Base(p))
		}
	}
	return pids
}
