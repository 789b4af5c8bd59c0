package pty

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestQueuedInputIsWhatIsNotRead(t *testing.T) {
	w := start(t, "sh", "-c", "stty raw -echo; echo go; while head -c 1 >/dev/null; do echo took; done")
	w.sees("go")
	if waits, err := w.QueuedInput(); err != nil || waits {
		t.Errorf("queued %t, %v", waits, err)
	}
	w.types("a")
	w.sees("took")
	if waits, err := w.QueuedInput(); err != nil || waits {
		t.Errorf("queued %t, %v", waits, err)
	}
}

// The kernel hands over what was written on a worker of its own. Both ways it is there
// for who asks, without a moment's wait.
func TestQueuedIsWhatWasJustWritten(t *testing.T) {
	master, err := os.OpenFile("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), unix.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	line := make([]byte, 64)
	for _, way := range []struct {
		name     string
		from, to *os.File
	}{{"input", master, slave}, {"output", slave, master}} {
		for i := range 500 {
			if _, err := way.from.WriteString("x\n"); err != nil {
				t.Fatal(err)
			}
			if waits, err := queued(int(way.to.Fd())); err != nil || !waits {
				t.Fatalf("%s, round %d: %t, %v", way.name, i, waits, err)
			}
			way.to.Read(line)
			if way.to == slave {
				master.Read(line) // the echo
			}
		}
	}
}

// settles waits for a state of other processes that no event tells of.
func settles(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit := time.After(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-limit:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func (w *term) probe() Probe {
	w.t.Helper()
	r, err := w.Probe()
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// member finds one by name.
func (r Probe) member(name string) Member {
	for _, m := range r.Members {
		if m.Name == name {
			return m
		}
	}
	return Member{}
}

func TestProbeSeesWhatAProgramWaitsFor(t *testing.T) {
	type state struct{ icanon, echo, reading, polling bool }
	for _, c := range []struct {
		name    string
		command []string
		ready   string // output behind which it comes to wait
		process string
		want    state
	}{
		{"cat", []string{"sh", "-c", "echo r1; cat; true"}, "r1", "cat", state{true, true, true, false}},
		{"a password", []string{"bash", "-c", "read -s -p word: x; echo $x"}, "word:", "bash", state{true, false, true, false}},
		{"a password in line mode", []string{"sh", "-c", "stty -echo; echo word:; head -n 1; true"}, "word:", "head", state{true, false, true, false}},
		{"dash", []string{"dash", "-i"}, "ready> ", "dash", state{true, true, true, false}},
		{"bash with readline", []string{"bash", "--norc"}, "ready> ", "bash", state{false, false, false, true}},
		{"/dev/tty", []string{"sh", "-c", "echo r2; sort </dev/tty; true"}, "r2", "sort", state{true, true, true, false}},
		{"poll", []string{"python3", "-c", "import select\nprint('r3',flush=True)\np=select.poll();p.register(0,1);p.poll()"}, "r3", "python3", state{true, true, false, true}},
		{"select", []string{"python3", "-c", "import select\nprint('r4',flush=True)\nselect.select([0],[],[])"}, "r4", "python3", state{true, true, false, true}},
		{"epoll", []string{"python3", "-c", "import select\nprint('r5',flush=True)\ne=select.epoll();e.register(0,1);e.poll()"}, "r5", "python3", state{true, true, false, true}},
		{"poll of something else", []string{"python3", "-c", "import select,os\nprint('r6',flush=True)\nr,w=os.pipe();p=select.poll();p.register(r,1);p.register(1,4&0);p.poll()"}, "r6", "python3", state{true, true, false, false}},
		{"sleep", []string{"sh", "-c", "echo r7; sleep 1000; true"}, "r7", "sleep", state{true, true, false, false}},
		{"a thread", []string{"python3", "-c", "import threading,os\nprint('r8',flush=True)\nthreading.Thread(target=lambda:os.read(0,1)).start()"}, "r8", "python3", state{true, true, true, false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := start(t, c.command...)
			w.sees(c.ready)
			var r Probe
			got := func() state {
				r = w.probe()
				m := r.member(c.process)
				return state{r.Termios.Icanon, r.Termios.Echo, m.ReadingTTY, m.PollingTTY}
			}
			asleep := func() bool { return got() == c.want && r.member(c.process).State == 'S' }
			settles(t, fmt.Sprintf("%+v", c.want), asleep)
			if m := r.member(c.process); m.Unreadable || r.MembersUnknown {
				t.Errorf("probe %+v", r)
			}
			if r.Foreground != w.Pid() && r.member(c.process).Group != r.Foreground {
				t.Errorf("foreground %d, members %+v", r.Foreground, r.Members)
			}
		})
	}
}

func TestProbeSeesAReplPolling(t *testing.T) {
	w := startCommand(t, Command{Path: "python3", Argv: []string{"python3", "-q"}, Env: []string{"PYTHON_BASIC_REPL="}})
	w.sees(">>> ")
	settles(t, "a member that reads or polls", func() bool {
		for _, m := range w.probe().Members {
			if m.ReadingTTY || m.PollingTTY {
				return true
			}
		}
		return false
	})
}

func TestProbeLeavesOutWhoLetGoOfTheTerminal(t *testing.T) {
	w := start(t, "bash", "--norc", "-c", "sleep 1000 <&- >/dev/null 2>&1 & echo ready; read x")
	w.sees("ready")
	settles(t, "bash alone, reading", func() bool {
		r := w.probe()
		return len(r.Members) == 1 && r.Members[0].Name == "bash" && r.Members[0].ReadingTTY
	})
}

func TestProbeNamesWhoItMayNotSee(t *testing.T) {
	if os.Getuid() == 0 { // root sees everything: look as somebody else
		const nobody = 65534
		cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		cmd.Env, cmd.Dir = testEnv, "/"
		out, err := cmd.CombinedOutput()
		if strings.Contains(string(out), "--- SKIP") {
			t.Skipf("as nobody: %s", out)
		}
		if err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("as nobody: %v\n%s", err, out)
		}
		return
	}
	p, err := Start(Command{Path: "su", Argv: []string{"su", "-c", "true"}, Env: testEnv})
	if err != nil {
		t.Skipf("no program that runs as another user: %v", err)
	}
	w := &term{PTY: p, t: t, changed: make(chan struct{}), drained: -1, reading: make(chan struct{})}
	go w.read()
	w.sees("assword:") // asked by a process of root's
	m := w.probe().member("su")
	if !m.Unreadable || m.ReadingTTY || m.PollingTTY {
		t.Errorf("member %+v", m)
	}
	if err := w.Close(); err != nil { // hangs up on it
		t.Error(err)
	}
	w.ends()
}

func TestWhoIsStillThereWhenTimeIsUpIsNamed(t *testing.T) {
	w := start(t, "sleep", "1000")
	q, err := process(w.Pid())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if left := survivors(ctx, map[int]Process{q.PID: q}); len(left) != 1 || left[0].PID != q.PID {
		t.Errorf("survivors %+v", left)
	}
}

func TestWhoDiesOfASignalIsKnown(t *testing.T) {
	for _, c := range []struct {
		program string
		want    bool
	}{
		{"echo up; exec sleep 1000", true},
		{"trap '' INT; echo up; exec sleep 1000", false},
		{"trap : INT; echo up; while :; do sleep 1000; done", false},
	} {
		w := start(t, "sh", "-c", c.program)
		w.sees("up")
		settles(t, c.program, func() bool {
			q, err := process(w.Pid())
			return err == nil && q.DiesOf(syscall.SIGINT) == c.want && !q.DiesOf(syscall.SIGSTOP) && !q.DiesOf(syscall.SIGCONT)
		})
	}
}

func FuzzProc(f *testing.F) {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stat)
	f.Add([]byte("12 (a) b (c)) S 1 2 3 34816 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22"))
	f.Add([]byte("0 0x0 0x7f 0x400 0x0 0x0 0x0 0x7ffe 0x7f1\n"))
	f.Add([]byte("tfd:        0 events:       19 data: 0 pos:0 ino:3 sdev:26\n"))
	f.Add([]byte("running\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, ok := parseStat(b); ok {
			p.kernel, p.bare = false, false // written again it is too short to tell
			again := fmt.Sprintf("%d (%s) %s %d %d %d %d 0 0 0 0 0 0 %d 0 0 0 0 0 %d 0 %d 0 0 0 0 0 0 0 0 0 0 %d %d", p.PID, p.Name, []byte{p.State},
				p.Parent, p.Group, p.Session, int32(p.terminal), p.CPU/(time.Second/clockTicks), p.threads, int64(p.started), p.ignored, ^p.unarmed&^(1<<31))
			if q, ok := parseStat([]byte(again)); !ok || q != p {
				t.Fatalf("%+v, again %+v", p, q)
			}
		}
		parseSyscall(b)
		for _, fd := range append(parseEpoll(b), append(parsePollSet(b), parseSelectSet(b, maxPollSet)...)...) {
			if fd < 0 {
				t.Fatalf("descriptor %d", fd)
			}
		}
	})
}

func TestPollSetsHoldWhatIsReadOnly(t *testing.T) {
	set := []byte{3, 0, 0, 0, unix.POLLIN, 0, 0, 0, 4, 0, 0, 0, unix.POLLOUT, 0, 0, 0, 255, 255, 255, 255, unix.POLLIN, 0, 0, 0, 9}
	if got := fmt.Sprint(parsePollSet(set)); got != "[3]" {
		t.Errorf("poll set %s", got)
	}
	if got := fmt.Sprint(parseSelectSet([]byte{5, 0, 0, 0, 0, 0, 0, 128, 1, 0, 0, 0, 0, 0, 0, 0}, 65)); got != "[0 2 63 64]" {
		t.Errorf("select set %s", got)
	}
}

func BenchmarkProbe(b *testing.B) {
	w := start(b, "bash", "--norc", "-c", "sleep 1000 & sleep 1000 & cat | cat | cat")
	for len(w.probe().Members) < 6 {
		runtime.Gosched()
	}
	for b.Loop() {
		if _, err := w.Probe(); err != nil {
			b.Fatal(err)
		}
	}
}
