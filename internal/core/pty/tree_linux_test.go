package pty

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ai-session/ai-session/internal/core/cgroup"
)

// pidAfter reads a number that a script prints behind a word.
func (w *term) pidAfter(word string) int {
	w.t.Helper()
	out := w.until(word, func(out string) bool {
		_, rest, ok := strings.Cut(out, word+"=")
		return ok && strings.Contains(rest, "\n")
	})
	_, rest, _ := strings.Cut(out, word+"=")
	line, _, _ := strings.Cut(rest, "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		w.t.Fatal(err)
	}
	return pid
}

func TestKillTakesTheWholeTree(t *testing.T) {
	for _, c := range []struct {
		name, script string
		marker       bool
	}{
		{"a child that ignores everything", `(trap '' HUP TERM INT; exec sleep 1000) & echo victim=$!; echo ready; wait`, false},
		{"a background job of an interactive shell", `set -m; sleep 1000 & echo victim=$!; echo ready; wait`, false},
		{"its own session", `setsid sh -c 'echo victim=$$; echo ready; exec sleep 1000' & wait`, false},
		{"a double fork", `setsid sh -c '(echo victim=$(sh -c "echo \$PPID"); echo ready; exec sleep 1000 </dev/null >/dev/null 2>&1) & exit'; sleep 1000`, true},
		{"a stopped child", `sh -c 'echo victim=$$; echo ready; kill -STOP $$' & wait`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := Command{Path: "bash", Argv: []string{"bash", "--norc", "-c", c.script}}
			if c.marker {
				cmd.Marker = "AI_SESSION=" + t.Name()
				cmd.Env = []string{cmd.Marker}
			}
			w := startCommand(t, cmd)
			victim := w.pidAfter("victim")
			w.sees("ready")
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			left, err := w.Kill(ctx)
			if err != nil || len(left) > 0 {
				t.Errorf("survivors %v, %v", left, err)
			}
			if p, err := process(victim); err == nil && !over(p) {
				t.Errorf("%+v lives", p)
				syscall.Kill(victim, syscall.SIGKILL)
			}
			if e := w.ends(); e.Signal != syscall.SIGKILL {
				t.Errorf("exit %+v", e)
			}
		})
	}
}

// A fork that is under way when its process is stopped is done all the same, and of a
// chain in which each process starts the next one and ends, every one that is listed may
// be gone when it is looked at. What is started here is bounded: what escapes must not
// take the machine with it.
func TestKillStopsWhatForksAllTheTime(t *testing.T) {
	for name, script := range map[string]string{
		"a tree":    `echo ready; f() { for i in 1 2 3; do (sleep 0.01; (($1 > 4)) || f $(($1 + 1))) & done; wait; }; f 0; sleep 20`,
		"a chain":   `f() { (($1 > 20000)) || (f $(($1 + 1)) &); }; (f 0 &); echo ready; sleep 20`,
		"16 chains": `f() { (($1 > 20000)) || (f $(($1 + 1)) &); }; for i in {1..16}; do (f 0 &); done; echo ready; sleep 20`,
	} {
		t.Run(name, func(t *testing.T) {
			for i := range 2 {
				marker := fmt.Sprint("AI_SESSION=", t.Name(), os.Getpid(), i)
				w := startCommand(t, Command{
					Path: "bash", Argv: []string{"bash", "--norc", "-c", script}, Env: []string{marker}, Tree: Tree{Marker: marker},
				})
				w.sees("ready")
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				left, err := w.Kill(ctx)
				cancel()
				if err != nil || len(left) > 0 {
					t.Errorf("survivors %v, %v", left, err)
				}
				found, err := w.Members()
				if err != nil {
					t.Error(err)
				}
				for _, q := range found {
					if !over(q) {
						t.Errorf("%+v lives", q)
					}
				}
			}
		})
	}
}

func TestHangupSparesWhoIgnoresIt(t *testing.T) {
	w := start(t, "bash", "--norc", "-c", `(trap '' HUP; echo deaf=$(sh -c 'echo $PPID'); exec sleep 1000) & sleep 1000 & echo hears=$!; wait`)
	deaf, hears := w.pidAfter("deaf"), w.pidAfter("hears")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.Hangup(ctx); err != nil || ctx.Err() != nil {
		t.Fatal(err, ctx.Err())
	}
	if e := w.ends(); e.Signal != syscall.SIGHUP {
		t.Errorf("exit %+v", e)
	}
	if p, err := process(hears); err == nil && !over(p) {
		t.Errorf("%+v did not hear, or was not waited for", p)
	}
	if p, err := process(deaf); err != nil || over(p) {
		t.Errorf("%+v, %v: did not ignore it", p, err)
	}
}

// Who puts his things in order is waited for.
func TestHangupWaitsForWhoTidiesUp(t *testing.T) {
	left := filepath.Join(t.TempDir(), "left")
	w := start(t, "bash", "--norc", "-c", `(trap 'read -t 0.2 <> <(:); echo tidy >`+left+`; exit' HUP; echo ready; while :; do read -t 1 <> <(:); done) & wait`)
	w.sees("ready")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.Hangup(ctx); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(left); string(b) != "tidy\n" {
		t.Errorf("it left %q, %v", b, err)
	}
}

func TestCgroupHoldsTheTree(t *testing.T) {
	name := fmt.Sprintf("pty-test-%d", os.Getpid())
	group, dir := cgroup.Make(name)
	if group == nil {
		t.Skip("no cgroup v2 that we may make groups in")
	}
	group.Close()
	cgroup.Remove(dir)
	// Leaves session, parent, terminal and marker behind.
	const script = `(exec setsid sh -c 'echo victim=$$; echo ready; exec env -i sleep 1000 </dev/null >/dev/null 2>&1' &) ; sleep 1000`
	w := startCommand(t, Command{Path: "bash", Argv: []string{"bash", "-c", script}, Tree: Tree{Cgroup: name}})
	victim := w.pidAfter("victim")
	w.sees("ready")
	if w.Tree().Cgroup != dir {
		t.Fatalf("cgroup %q, want %q", w.Tree().Cgroup, dir)
	}
	w.SetTree(Tree{Cgroup: name}) // as who adopts it
	if w.Tree().Cgroup != dir {
		t.Fatalf("cgroup %q of an adopted terminal, want %q", w.Tree().Cgroup, dir)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if left, err := w.Kill(ctx); err != nil || len(left) > 0 {
		t.Errorf("survivors %v, %v", left, err)
	}
	if p, err := process(victim); err == nil && !over(p) {
		awaitGone(ctx, victim)
		if p, err := process(victim); err == nil && !over(p) {
			t.Errorf("%+v lives", p)
		}
	}
	w.ends()
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the group is still there: %v", err)
		os.Remove(dir)
	}
}

func TestCgroupThatCannotBeMadeIsDoneWithout(t *testing.T) {
	w := startCommand(t, Command{Path: "sh", Argv: []string{"sh", "-c", "exit 2"}, Tree: Tree{Cgroup: "a/b"}})
	if e := w.ends(); e.Code != 2 || w.Tree().Cgroup != "" {
		t.Errorf("exit %+v in %q", e, w.Tree().Cgroup)
	}
}

func TestWaitingCostsNoThreads(t *testing.T) {
	threads := func() int {
		names, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	before, heapBefore, goroutines := threads(), memory(), runtime.NumGoroutine()
	const n = 60
	var all []*PTY
	for range n {
		p, err := Start(Command{Path: "sleep", Argv: []string{"sleep", "1000"}, Env: testEnv})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
		go p.Read(func() []byte { return make([]byte, 100) }, func([]byte) {})
	}
	got, heap := threads(), memory()
	t.Logf("%d threads before, %d with %d processes; %d bytes and %.1f goroutines each", before, got, n,
		(heap-heapBefore)/n, float64(runtime.NumGoroutine()-goroutines)/n)
	if got > before+n/3 {
		t.Errorf("%d threads before, %d with %d processes", before, got, n)
	}
	for _, p := range all {
		p.Signal(syscall.SIGKILL)
		<-p.Done()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// memory is heap and stacks in use.
func memory() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

func TestSignalsWithoutAPidfdToo(t *testing.T) {
	// What kernels without pidfds, and macOS, use.
	p := &PTY{done: make(chan struct{}), stop: make(chan struct{}), file: os.NewFile(^uintptr(0), "none")}
	pid, err := syscall.ForkExec("/bin/sh", []string{"sh", "-c", "exit 11"}, &syscall.ProcAttr{})
	if err != nil {
		t.Fatal(err)
	}
	p.pid = pid
	p.awaitSignal()
	if e := p.Exit(); e != (Exit{Code: 11, Known: true}) {
		t.Errorf("exit %+v", e)
	}
}

func TestAdoptedEndIsNoticedByAskingToo(t *testing.T) {
	// What macOS uses for a process that is not our child.
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	p := &PTY{done: make(chan struct{}), stop: make(chan struct{}), file: os.NewFile(^uintptr(0), "none"), pid: gone.Process.Pid}
	p.awaitAdopted()
	<-p.Done()
	if e := p.Exit(); e.Known {
		t.Errorf("exit %+v", e)
	}
	lives := &PTY{done: make(chan struct{}), stop: make(chan struct{}), pid: os.Getpid()}
	close(lives.stop)
	lives.awaitAdopted()
	select {
	case <-lives.Done():
		t.Error("we are said to have ended")
	default:
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		p, err := Start(Command{Path: "/bin/true", Argv: []string{"true"}, Env: testEnv})
		if err != nil {
			b.Fatal(err)
		}
		<-p.Done()
		p.Close()
	}
}

func BenchmarkRead(b *testing.B) {
	buf := make([]byte, 64<<10)
	p, err := Start(Command{Path: "/bin/sh", Argv: []string{"sh", "-c", "stty raw; exec yes 'the quick brown fox jumps over the lazy dog'"}, Env: testEnv})
	if err != nil {
		b.Fatal(err)
	}
	total, calls := 0, 0
	for b.Loop() {
		for n := 0; n < 1<<20; {
			err := p.Read(func() []byte { return buf }, func(b []byte) { n, total, calls = n+len(b), total+len(b), calls+1 })
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.SetBytes(1 << 20)
	b.ReportMetric(float64(total)/float64(calls), "B/read")
	p.Kill(context.Background())
	<-p.Done()
	p.Close()
}

func BenchmarkKill(b *testing.B) {
	for b.Loop() {
		w := start(b, "bash", "--norc", "-c", "sleep 1000 & setsid sleep 1000 & sleep 1000 & echo ready; wait")
		w.sees("ready")
		began := time.Now()
		if left, err := w.Kill(context.Background()); err != nil || len(left) > 0 {
			b.Fatal(left, err)
		}
		b.ReportMetric(float64(time.Since(began).Microseconds()), "us/kill")
		<-w.Done()
	}
}

// Kills at the same time share what they see of the system. Each takes its own tree,
// all of it, and nobody else's.
func TestKillsAtOnceTakeTheirOwnTrees(t *testing.T) {
	const n = 12
	const script = `setsid sh -c '(echo victim=$(sh -c "echo \$PPID"); echo ready; exec sleep 1000 </dev/null >/dev/null 2>&1) & exit'; sleep 1000`
	var terms [n]*term
	var victims [n]int
	for i := range terms {
		marker := fmt.Sprintf("AI_SESSION=%s-%d-%d", t.Name(), os.Getpid(), i)
		terms[i] = startCommand(t, Command{Path: "bash", Argv: []string{"bash", "--norc", "-c", script}, Env: []string{marker}, Tree: Tree{Marker: marker}})
		victims[i] = terms[i].pidAfter("victim")
		terms[i].sees("ready")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var wg sync.WaitGroup
	for i, w := range terms {
		if i%4 == 3 {
			continue // a bystander
		}
		wg.Go(func() {
			if left, err := w.Kill(ctx); err != nil || len(left) > 0 {
				t.Errorf("survivors %v, %v", left, err)
			}
		})
	}
	wg.Wait()
	for i, pid := range victims {
		p, err := process(pid)
		if lives := err == nil && !over(p); lives != (i%4 == 3) {
			t.Errorf("%d: the one that left its terminal lives: %t", i, lives)
		}
	}
	for i, w := range terms {
		if i%4 != 3 {
			continue
		}
		if left, err := w.Kill(ctx); err != nil || len(left) > 0 {
			t.Errorf("survivors %v, %v", left, err)
		}
	}
}

func TestEmptyEnvironmentIsNotOneThatIsYetToCome(t *testing.T) {
	w := start(t, "env", "-i", "sleep", "1000")
	settles(t, "sleep runs", func() bool {
		q, err := process(w.Pid())
		return err == nil && q.Name == "sleep" && q.bare
	})
	q, err := process(w.Pid())
	if err != nil {
		t.Fatal(err)
	}
	if found, sure := markersOf(q, map[string]bool{"A=b": true}); len(found) > 0 || !sure {
		t.Errorf("%q, sure %t", found, sure)
	}
	q.bare = false // as it is while the kernel lays a program out
	if _, sure := markersOf(q, nil); sure {
		t.Error("a process without an environment is sure to have no marker")
	}
}
