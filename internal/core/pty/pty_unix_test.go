//go:build unix

package pty

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a test waits for an event that must come.
const patience = 10 * time.Second

// term is a terminal whose output is collected.
type term struct {
	*PTY
	t testing.TB

	mu      sync.Mutex // guards what follows
	out     bytes.Buffer
	changed chan struct{} // closed at each change
	eofs    int
	drained int // length of out when ErrDrained came; -1 before
	reading chan struct{}
}

var testEnv = []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "TERM=xterm", "PS1=ready> ", "LC_ALL=C.UTF-8"}

func start(t testing.TB, argv ...string) *term {
	t.Helper()
	return startCommand(t, Command{Path: argv[0], Argv: argv})
}

func startCommand(t testing.TB, c Command) *term {
	t.Helper()
	c.Env = append(append([]string{}, testEnv...), c.Env...)
	p, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	return watchTerm(t, p)
}

func watchTerm(t testing.TB, p *PTY) *term {
	w := &term{PTY: p, t: t, changed: make(chan struct{}), drained: -1, reading: make(chan struct{})}
	go w.read()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if left, err := p.Kill(ctx); err != nil && !errors.Is(err, os.ErrClosed) || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		<-w.reading
	})
	return w
}

func (w *term) read() {
	defer close(w.reading)
	buf := make([]byte, 64<<10)
	for {
		err := w.Read(func() []byte { return buf }, func(b []byte) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.out.Write(b)
		})
		w.mu.Lock()
		switch err {
		case io.EOF:
			w.eofs++
		case ErrDrained:
			w.drained = w.out.Len()
		}
		close(w.changed)
		w.changed = make(chan struct{})
		w.mu.Unlock()
		if err != nil && err != io.EOF && err != ErrDrained {
			if !errors.Is(err, os.ErrClosed) {
				w.t.Errorf("read: %v", err)
			}
			return
		}
	}
}

// until waits for a state of the reader.
func (w *term) until(what string, ok func(out string) bool) string {
	w.t.Helper()
	limit := time.After(patience)
	for {
		w.mu.Lock()
		out, changed := w.out.String(), w.changed
		done := ok(out)
		w.mu.Unlock()
		if done {
			return out
		}
		select {
		case <-changed:
		case <-limit:
			w.t.Fatalf("no %s in %q", what, out[max(0, len(out)-2000):])
		}
	}
}

func (w *term) sees(s string) string {
	w.t.Helper()
	return w.until(strconv.Quote(s), func(out string) bool { return strings.Contains(out, s) })
}

func (w *term) types(s string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if n, err := w.WriteContext(ctx, []byte(s)); err != nil || n != len(s) {
		w.t.Fatalf("typed %d of %d bytes: %v", n, len(s), err)
	}
}

func (w *term) ends() Exit {
	w.t.Helper()
	select {
	case <-w.Done():
	case <-time.After(patience):
		w.t.Fatal("it does not end")
	}
	return w.Exit()
}

func TestExitIsExact(t *testing.T) {
	for _, c := range []struct {
		script string
		want   Exit
	}{
		{"exit 0", Exit{Code: 0, Known: true}},
		{"exit 255", Exit{Code: 255, Known: true}},
		{"kill -9 $$", Exit{Code: -1, Signal: syscall.SIGKILL, Known: true}},
		{"kill -15 $$", Exit{Code: -1, Signal: syscall.SIGTERM, Known: true}},
	} {
		if got := start(t, "sh", "-c", c.script).ends(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.script, got, c.want)
		}
	}
}

func TestTwoHundredQuickChildrenEachTellTheirOwnEnd(t *testing.T) {
	const n = 200
	ptys := make([]*PTY, n)
	for i := range ptys {
		script := fmt.Sprintf("exit %d", i)
		if i%5 == 4 {
			script = "kill -9 $$"
		}
		p, err := Start(Command{Path: "/bin/sh", Argv: []string{"sh", "-c", script}, Env: testEnv})
		if err != nil {
			t.Fatal(err)
		}
		ptys[i] = p
	}
	for i, p := range ptys {
		want := Exit{Code: i, Known: true}
		if i%5 == 4 {
			want = Exit{Code: -1, Signal: syscall.SIGKILL, Known: true}
		}
		<-p.Done()
		if p.Exit() != want {
			t.Errorf("child %d: %+v, want %+v", i, p.Exit(), want)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestChildrenOfOtherCodeAreNotReaped(t *testing.T) {
	other := exec.Command("sh", "-c", "exit 7")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	start(t, "true").ends()
	var exit *exec.ExitError
	if err := other.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("the other child: %v", err)
	}
}

func TestStartTellsWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(dir, "bad")
	if err := os.WriteFile(bad, []byte("#!/no/such/interpreter\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		c    Command
		want error
	}{
		{"no such name", Command{Path: "no-such-program"}, ErrNotFound},
		{"no such file", Command{Path: "/no/such/program"}, ErrNotFound},
		{"no interpreter", Command{Path: bad}, ErrNotFound},
		{"nothing", Command{}, ErrNotFound},
		{"not executable", Command{Path: file}, ErrNotExecutable},
		{"not executable in PATH", Command{Path: "file", Env: []string{"PATH=" + dir}}, ErrNotExecutable},
		{"a folder", Command{Path: dir}, ErrNotExecutable},
		{"no such folder", Command{Path: "/bin/sh", Dir: "/no/such/folder"}, ErrNoDirectory},
		{"a file as folder", Command{Path: "/bin/sh", Dir: file}, ErrNoDirectory},
	} {
		if c.c.Env == nil {
			c.c.Env = testEnv
		}
		if p, err := Start(c.c); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
			if err == nil {
				p.Close()
			}
		}
	}
}

func TestProgramGetsItsNameFolderEnvironmentAndTerminal(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := startCommand(t, Command{
		Path: "bash", Argv: []string{"-bash", "--norc", "--noprofile", "-c", `echo "[$0 $PWD $WORD]"; tty; read x`},
		Dir: dir, Env: []string{"WORD=hello"},
	})
	w.sees("[-bash " + dir + " hello]")
	w.sees("/dev/")
	if sid, err := unix.Getsid(w.Pid()); err != nil || sid != w.Pid() {
		t.Errorf("session %d of process %d, %v", sid, w.Pid(), err)
	}
	w.types("exit\n")
	w.ends()
}

func TestResizeIsSeenByTheProgram(t *testing.T) {
	w := startCommand(t, Command{Path: "sh", Argv: []string{"sh", "-c", "stty size; read x"}, Size: Size{Cols: 101, Rows: 31}})
	w.sees("31 101")

	const wait = `
import fcntl, signal, termios
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
print("armed", flush=True)
signal.sigwait([signal.SIGWINCH])
print(fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8)).hex())`
	w = start(t, "python3", "-c", wait)
	w.sees("armed")
	if err := w.Resize(Size{Cols: 77, Rows: 22, XPixel: 770, YPixel: 440}); err != nil {
		t.Fatal(err)
	}
	b := binary.NativeEndian.AppendUint16(nil, 22)
	for _, n := range []uint16{77, 770, 440} {
		b = binary.NativeEndian.AppendUint16(b, n)
	}
	w.sees(hex.EncodeToString(b))
	if got, err := w.Size(); err != nil || got != (Size{77, 22, 770, 440}) {
		t.Errorf("size %+v, %v", got, err)
	}
}

func TestAllOutputBeforeTheEndIsReadBeforeDrained(t *testing.T) {
	const lines = 20000
	w := start(t, "sh", "-c", fmt.Sprintf("seq %d; echo last; exit 3", lines))
	w.until("drained", func(string) bool { return w.drained >= 0 })
	if e := w.Exit(); e.Code != 3 {
		t.Errorf("exit %+v", e)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var want strings.Builder
	for i := 1; i <= lines; i++ {
		fmt.Fprintf(&want, "%d\r\n", i)
	}
	want.WriteString("last\r\n")
	if got := w.out.String(); got != want.String() || w.drained != len(got) {
		t.Errorf("%d bytes read, %d at the end, want %d", len(got), w.drained, want.Len())
	}
}

func TestEndIsKnownWhileAGrandchildHoldsTheTerminal(t *testing.T) {
	w := start(t, "bash", "-c", "trap '' HUP; (read x </dev/tty; echo got $x; sleep 1000) & echo started; exit 5")
	if e := w.ends(); e.Code != 5 {
		t.Fatalf("exit %+v", e)
	}
	w.until("drained", func(string) bool { return w.drained >= 0 })
	w.sees("started")
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.eofs != 0 {
		t.Error("io.EOF although the terminal is held")
	}
}

func TestOthersWhoWriteWithoutPauseDoNotDelayTheEnd(t *testing.T) {
	p, err := Start(Command{Path: "bash", Argv: []string{"bash", "-c", "trap '' HUP; yes noise & read x; echo last; exit 5"}, Env: testEnv})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	defer p.Kill(context.Background())
	// Read only when there is something, so that there always is.
	there := func(fd int) error {
		err := error(unix.EINTR)
		for err == unix.EINTR {
			_, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(patience.Milliseconds()))
		}
		return err
	}
	buf, seen, told := make([]byte, 4096), []byte{}, false
	for err == nil {
		if len(seen) > 16<<10 && !told { // the noise is on
			told = true
			if _, err := p.Write([]byte("end\n")); err != nil {
				t.Fatal(err)
			}
		}
		if perr := p.control("poll", there); perr != nil {
			t.Fatal(perr)
		}
		err = p.Read(func() []byte { return buf }, func(b []byte) { seen = append(seen, b...) })
		select {
		case <-p.Done():
			if len(seen) > 4<<20 {
				t.Fatal("still not drained")
			}
		default:
		}
	}
	if err != ErrDrained || p.Exit().Code != 5 || !strings.Contains(string(seen), "last\r\n") {
		t.Errorf("%v, exit %+v, %d bytes", err, p.Exit(), len(seen))
	}
}

func TestAClosedTerminalHasNoMembers(t *testing.T) {
	p, err := Start(Command{Path: "true", Env: testEnv})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := p.Kill(context.Background()); !errors.Is(err, os.ErrClosed) || left != nil {
		t.Errorf("kill after close: %v, %v", left, err)
	}
}

func TestHangUpIsNotTheEndAndTheTerminalMayBeOpenedAgain(t *testing.T) {
	// The first line makes it let go of the terminal, the second open it again.
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	w := start(t, "bash", "-c", `trap '' HUP; echo one; tty=$(tty); exec 0<"$0" 1>/dev/null 2>&1; read line; echo two >$tty; read line; exit 4`, fifo)
	w.sees("one")
	f, err := os.OpenFile(fifo, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w.until("hang-up", func(string) bool { return w.eofs == 1 })
	select {
	case <-w.Done():
		t.Fatal("a hang-up was taken for the end")
	default:
	}
	fmt.Fprintln(f, "open it again")
	w.sees("two")
	fmt.Fprintln(f, "end")
	if e := w.ends(); e.Code != 4 {
		t.Errorf("exit %+v", e)
	}
}

func TestAProgramThatStopsReadingHoldsUpOnlyItsWriter(t *testing.T) {
	deaf := start(t, "sh", "-c", "stty raw -echo; echo deaf; head -c 1 >/dev/null; echo took one; exec sleep 1000")
	cat := start(t, "cat")
	deaf.sees("deaf")
	ctx, cancel := context.WithCancel(context.Background())
	type result struct {
		n   int
		err error
	}
	wrote := make(chan result, 1)
	go func() {
		n, err := deaf.WriteContext(ctx, make([]byte, 1<<20))
		wrote <- result{n, err}
	}()
	deaf.sees("took one")
	cat.types("still alive\n") // others go on,
	cat.sees("still alive\r\nstill alive\r\n")
	if err := deaf.Resize(Size{Cols: 90, Rows: 30}); err != nil { // and so does it
		t.Error(err)
	}
	if _, err := deaf.QueuedInput(); err != nil && !errors.Is(err, ErrUnknown) {
		t.Errorf("queued input: %v", err)
	}
	select {
	case r := <-wrote:
		t.Fatalf("a megabyte went to a program that does not read: %+v", r)
	default:
	}
	cancel()
	r := <-wrote
	if !errors.Is(r.err, context.Canceled) || r.n == 0 || r.n == 1<<20 {
		t.Errorf("cancelled write: %+v", r)
	}
	if _, err := cat.WriteContext(ctx, []byte("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("write with an ended context: %v", err)
	}
	cat.types("after\n") // a cancelled context leaves no deadline behind
	cat.sees("after\r\nafter\r\n")
}

func TestWriteNowTakesWhatFitsAndNeverWaits(t *testing.T) {
	w := start(t, "sh", "-c", "stty raw -echo; echo go; head -c 3; exec sleep 1000")
	w.sees("go")
	if n, err := w.WriteNow([]byte("abc")); n != 3 || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	w.sees("abc")
	// The kernel moves input between its queues while we write: full is when
	// it takes less than a whole, which it must within a megabyte.
	total, full := 0, false
	for total < 1<<20 && !full {
		n, err := w.WriteNow(make([]byte, 8192))
		if err != nil {
			t.Fatal(err)
		}
		total, full = total+n, n < 8192
	}
	if !full {
		t.Error("a program that does not read was given a megabyte")
	}
}

func TestAMegabyteOfInputArrivesWhole(t *testing.T) {
	const n = 1 << 20
	w := start(t, "sh", "-c", fmt.Sprintf("stty raw -echo; echo go; head -c %d | cksum", n))
	w.sees("go")
	text := bytes.Repeat([]byte("0123456789abcdef"), n/16)
	w.types(string(text))
	sum := exec.Command("cksum")
	sum.Stdin = bytes.NewReader(text)
	want, err := sum.Output()
	if err != nil {
		t.Fatal(err)
	}
	w.sees(strings.TrimSpace(string(want)))
}

func TestSignalsReachTheForegroundGroupOnly(t *testing.T) {
	w := start(t, "bash", "--norc", "-i")
	w.sees("ready> ")
	w.types("sh -c 'echo fore''ground; exec sleep 1000'\n")
	w.sees("foreground\r\n")
	group, err := w.Foreground()
	if err != nil || group == w.Pid() || group <= 0 {
		t.Fatalf("foreground %d of shell %d, %v", group, w.Pid(), err)
	}
	if err := w.SignalForeground(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	w.types("echo sta''tus $?\n")
	w.sees("status 130")
	if err := w.SignalGroup(0, syscall.SIGTERM); err == nil {
		t.Error("group 0, which is our own, was signalled")
	}
	w.types("exit 9\n")
	if e := w.ends(); e.Code != 9 {
		t.Errorf("exit %+v", e)
	}
	if err := w.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("signal after the end: %v", err)
	}
}

func TestModesAreReadAndPutBackThroughTheMaster(t *testing.T) {
	w := start(t, "bash", "--norc", "--noediting")
	w.sees("ready> ")
	before, err := w.Termios()
	if err != nil || !before.Icanon || !before.Echo || !before.Isig || !before.Opost {
		t.Fatalf("fresh modes %+v, %v", before, err)
	}
	w.types("stty raw -echo; echo mo''de1\n")
	w.sees("mode1")
	raw, err := w.Termios()
	if err != nil || raw.Icanon || raw.Echo || raw.Isig || raw.Opost {
		t.Fatalf("raw modes %+v, %v", raw, err)
	}
	if err := w.Sane(); err != nil {
		t.Fatal(err)
	}
	if sane, err := w.Termios(); err != nil || !sane.Icanon || !sane.Echo || !sane.Isig || !sane.Opost || !sane.Icrnl {
		t.Errorf("sane modes %+v, %v", sane, err)
	}
	for _, want := range []Termios{raw, before} {
		if err := w.SetTermios(want); err != nil {
			t.Fatal(err)
		}
		got, err := w.Termios()
		if err != nil || *got.raw != *want.raw {
			t.Errorf("put back %+v, %v, want %+v", got, err, want)
		}
	}
	if err := w.SetTermios(Termios{Isig: true}); err != nil {
		t.Fatal(err)
	}
	if got, err := w.Termios(); err != nil || !got.Isig || got.Icanon || got.Echo {
		t.Errorf("named modes %+v, %v", got, err)
	}
}

func TestAdoptedTerminalGoesOnWhereTheFirstReaderStopped(t *testing.T) {
	first, err := Start(Command{Path: "bash", Argv: []string{"bash", "--norc", "--noediting"}, Env: testEnv})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	var fd int
	err = first.control("dup", func(old int) error {
		fd, err = unix.Dup(old)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// The first owner never reads again; what the shell writes meanwhile waits.
	if _, err := first.Write([]byte("echo wait''ed\n")); err != nil {
		t.Fatal(err)
	}
	p, err := Open(os.NewFile(uintptr(fd), "stored"), first.Pid(), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := watchTerm(t, p)
	w.sees("waited")
	w.types("echo g''oes on; exit 6\n")
	w.sees("goes on")
	if e := w.ends(); e.Known || e.Code != -1 {
		t.Errorf("exit %+v of a process that is not ours to reap", e)
	}
	<-first.Done()
	if e := first.Exit(); e.Code != 6 {
		t.Errorf("its parent saw %+v", e)
	}
}

func TestAdoptingADeadProcessEndsAtOnce(t *testing.T) {
	first, err := Start(Command{Path: "sh", Argv: []string{"sh", "-c", "echo left over"}, Env: testEnv})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	<-first.Done()
	var fd int
	err = first.control("dup", func(old int) error {
		fd, err = unix.Dup(old)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Open(os.NewFile(uintptr(fd), "stored"), first.Pid(), heir{Code: 6, Known: true})
	if err != nil {
		t.Fatal(err)
	}
	w := watchTerm(t, p)
	if e := w.ends(); e != (Exit{Code: 6, Known: true}) {
		t.Errorf("exit %+v, not what the parent says", e)
	}
	w.sees("left over")
}

// heir is a parent that knows one answer.
type heir Exit

func (h heir) ExitOf(int) (Exit, bool)               { return Exit(h), h.Known }
func (heir) Syscall(int, int) ([]byte, error)        { return nil, os.ErrPermission }
func (heir) Memory(int, uint64, int) ([]byte, error) { return nil, os.ErrPermission }

func TestProgramHearsHangupsThoughItsParentIgnoresThem(t *testing.T) {
	signal.Ignore(syscall.SIGHUP)
	p, err := Start(Command{Path: "sh", Argv: []string{"sh", "-c", "kill -HUP $$; echo deaf"}, Env: testEnv})
	if err != nil {
		t.Fatal(err)
	}
	if e := watchTerm(t, p).ends(); e.Signal != syscall.SIGHUP {
		t.Errorf("exit %+v", e)
	}
}

func TestCloseEndsAWaitingRead(t *testing.T) {
	p, err := Start(Command{Path: "sleep", Argv: []string{"sleep", "1000"}, Env: testEnv})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		ended <- p.Read(func() []byte { return make([]byte, 10) }, func([]byte) {})
	}()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, os.ErrClosed) {
		t.Errorf("read: %v", err)
	}
	<-p.Done() // the kernel hung up on it, and it was reaped
	if e := p.Exit(); e.Signal != syscall.SIGHUP {
		t.Errorf("exit %+v", e)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
