//go:build unix

package session

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/pty"
	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/persistence"
)

// drop takes the living terminal out of a session, as a crash of the daemon leaves
// it: its master, its process, its journal. Nothing is said to the session.
func drop(t *testing.T, m *Manager, s *Session) (*os.File, int) {
	t.Helper()
	return dropBy(t, m, s, func() {
		s.mu.Lock()
		s.closed, s.released = true, true // it reads and types no more
		s.mu.Unlock()
		s.stop()
	})
}

// dropBy is drop with another way of letting go.
func dropBy(t *testing.T, m *Manager, s *Session, let func()) (*os.File, int) {
	t.Helper()
	var fd int
	conn, err := s.pty.File().SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	conn.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) })
	if err != nil {
		t.Fatal(err)
	}
	let()
	if err := s.journal.Close(); err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	delete(m.sessions, s.name)
	m.mu.Unlock()
	return os.NewFile(uintptr(fd), "master"), s.pty.Pid()
}

// rebuilt makes a session of what drop left.
func rebuilt(t *testing.T, m *Manager, old *Session, master *os.File, pid int, lossy ...bool) *Session {
	t.Helper()
	p, err := pty.Open(master, pid, nil)
	if err != nil {
		t.Fatal(err)
	}
	j, recovery, err := m.c.Store.Open(old.c.ID, persistence.Options{Session: old.c.ID})
	if err != nil || !recovery.Clean() {
		t.Fatal(err, recovery)
	}
	kit, err := shell.Reopen(m.kitDir(old.c.ID))
	if err != nil {
		t.Fatal(err)
	}
	c := old.c
	s, err := Reopen(Parts{PTY: p, Journal: j, Kit: kit, Doubt: len(lossy) > 0}, c)
	if err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	m.sessions[c.Name] = s
	m.mu.Unlock()
	return s
}

func TestDroppedSessionIsRebuiltFromTerminalPidAndJournal(t *testing.T) {
	m := newManager(t)
	s, dir := start(t, m, shellArgv(t, "bash")...)
	run(t, s, "echo before; (exit 4)")
	if err := s.Resize(api.Size{Cols: 90, Rows: 20}, 0, 0); err != nil {
		t.Fatal(err)
	}
	// The command stops in the middle of an escape sequence until a file is there.
	fifo := dir + "/go"
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	open := begins(t, s, `printf 'one\n\033[3'; read x <`+fifo+`; printf '1mred\033[m\n'; (exit 7)`)
	waitFor(t, s, api.WaitRequest{Match: "one"})
	inSequence(s)
	before := s.term.Text(vt.TextOptions{})
	master, pid := drop(t, m, s)

	back := rebuilt(t, m, s, master, pid)
	if got := back.term.Text(vt.TextOptions{}); got != before {
		t.Errorf("screen:\n%s\nwant:\n%s", got, before)
	}
	if back.term.State().Ground {
		t.Error("the parser is not in the middle of the sequence")
	}
	info := back.Info()
	if info.Open != open.ID || info.State != api.Running || info.Blocks != 2 || info.Size != (api.Size{Cols: 90, Rows: 20}) {
		t.Errorf("%+v", info)
	}
	if err := os.WriteFile(fifo, []byte("\n"), 0); err != nil {
		t.Fatal(err)
	}
	end := waitFor(t, back, api.WaitRequest{For: "exit"})
	if end.Block == nil || end.Block.ID != open.ID || end.Block.Exit != api.ExitCode(7) || end.Block.Text != "one\nred\n" {
		t.Errorf("%+v", end.Block)
	}
	first, err := back.History(&api.HistoryRequest{})
	if err != nil || len(first.Blocks) != 2 || first.Blocks[0].Exit != api.ExitCode(4) || first.Blocks[0].Command != "echo before; (exit 4)" {
		t.Errorf("%v %+v", err, first)
	}
	if r := run(t, back, "echo after; false"); out(r) != "after\n" || r.Exit != api.ExitCode(1) {
		t.Errorf("%q exit %s", out(r), r.Exit)
	}
}

// inSequence waits until the terminal is in the middle of a sequence.
func inSequence(s *Session) {
	for {
		s.mu.Lock()
		ground, grown := s.term.State().Ground, s.growth()
		s.mu.Unlock()
		if !ground {
			return
		}
		<-grown
	}
}

func TestEndThatACrashAteIsAskedForAgain(t *testing.T) {
	m := newManager(t)
	s, dir := start(t, m, shellArgv(t, "bash")...)
	run(t, s, "true")
	fifo := dir + "/go"
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	open := begins(t, s, "read x <"+fifo+"; (exit 9)")
	master, pid := drop(t, m, s)
	// The command ends while nobody reads, and its D is lost with a dead daemon's buffer.
	if err := os.WriteFile(fifo, []byte("\n"), 0); err != nil {
		t.Fatal(err)
	}
	lose(t, master, "P")
	back := rebuilt(t, m, s, master, pid, true)
	end := waitFor(t, back, api.WaitRequest{For: "exit"})
	if end.Block == nil || end.Block.ID != open.ID || end.Block.Exit != api.ExitCode(9) {
		t.Errorf("%+v", end.Block)
	}
	if r := run(t, back, "echo on"); out(r) != "on\n" {
		t.Errorf("%q", out(r))
	}
}

// A prompt that comes in place of D is an end after some silence, in which the daemon
// that read it may die: its successor finds the prompt in the journal, or in a checkpoint.
func TestPromptInPlaceOfAnEndCountsForASuccessor(t *testing.T) {
	for _, released := range []bool{false, true} {
		t.Run(fmt.Sprint("released ", released), func(t *testing.T) {
			m := newManager(t)
			s, _ := start(t, m, shellArgv(t, "dash")...)
			open := begins(t, s, "sh -c 'echo up; exec sleep 100'")
			waitFor(t, s, api.WaitRequest{For: "text", Match: "^up"}) // in its own process group by now
			group, err := s.pty.Foreground()
			if err != nil {
				t.Fatal(err)
			}
			s.mu.Lock()
			at := s.journal.End().Offset
			p := shell.Mark{Kind: shell.Prompt, Token: s.open.prepared.Token, Status: 130, HasStatus: true, Opts: "smi"}
			s.append(persistence.Mark, encodeMark(p))
			if released {
				s.lastP, s.lastPAt = p, at
				s.checkpoint()
			}
			s.mu.Unlock()
			master, pid := drop(t, m, s)
			if err := unix.Kill(-group, unix.SIGINT); err != nil {
				t.Fatal(err)
			}
			lose(t, master, "P")
			back := rebuilt(t, m, s, master, pid)
			end := waitFor(t, back, api.WaitRequest{For: "exit"})
			if end.Block == nil || end.Block.ID != open.ID || end.Block.Exit != api.ExitCode(130) {
				t.Errorf("%+v", end.Block)
			}
			if r := run(t, back, "echo on"); out(r) != "on\n" {
				t.Errorf("%q", out(r))
			}
		})
	}
}

// The last daemon had read that the command began and ended, and not the prompt after
// it. A prompt in place of C is then no sign that the command was not run.
func TestCommandOfLostMarksIsNotRunAgain(t *testing.T) {
	m := newManager(t)
	s, dir := start(t, m, shellArgv(t, "bash")...)
	run(t, s, "true")
	master, pid := dropArmed(t, m, s, "echo x >>"+dir+"/ran; (exit 9)", func(master *os.File) { lose(t, master, "D") })
	back := rebuilt(t, m, s, master, pid, true)
	end := waitFor(t, back, api.WaitRequest{For: "exit"})
	if end.Block == nil || end.Block.Exit != api.ExitCode(9) {
		t.Errorf("%+v", end.Block)
	}
	if r := run(t, back, "cat "+dir+"/ran"); out(r) != "x\n" {
		t.Errorf("%q", out(r))
	}
}

// The last daemon had read that the command began, and none of its output.
func TestOutputBehindALostBeginningIsTheCommands(t *testing.T) {
	for _, lines := range []int{0, 3, 20_000} { // the last is more than an echo could be
		t.Run(strconv.Itoa(lines), func(t *testing.T) {
			m := newManager(t)
			s, _ := start(t, m, shellArgv(t, "bash")...)
			run(t, s, "true")
			master, pid := dropArmed(t, m, s, fmt.Sprintf("seq %d; (exit 9)", lines), func(master *os.File) { lose(t, master, "C") })
			back := rebuilt(t, m, s, master, pid, true)
			b := waitFor(t, back, api.WaitRequest{For: "exit"}).Block
			if b == nil || b.Exit != api.ExitCode(9) || b.Lines != lines || !slices.Contains(b.Flags, "gap") {
				t.Errorf("%+v", b)
			}
		})
	}
}

// A second crash before the shell could be asked must not forget that it has to be.
func TestEndThatACrashAteIsAskedForAfterASecondCrash(t *testing.T) {
	m := newManager(t)
	s, _ := start(t, m, shellArgv(t, "bash")...)
	run(t, s, "true")
	master, pid := dropArmed(t, m, s, "(exit 9)", func(master *os.File) { lose(t, master, "P") })
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		t.Fatal(err) // it is asked, and does not answer this time
	}
	second := rebuilt(t, m, s, master, pid, true)
	master, pid = drop(t, m, second)
	if err := unix.Kill(pid, unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	back := rebuilt(t, m, second, master, pid)
	if end := waitFor(t, back, api.WaitRequest{For: "exit"}); end.Block == nil || end.Block.Exit != api.ExitCode(9) {
		t.Errorf("%+v", end)
	}
}

// A crash between the writing of a command's files and its announcement must not take
// its token for the prompt's: the marks of the shell would be unknown.
func TestPromptIsKnownAfterACommandThatWasNotTyped(t *testing.T) {
	m := newManager(t)
	s, _ := start(t, m, shellArgv(t, "bash")...)
	run(t, s, "true")
	inPhase(s, ready)
	s.mu.Lock()
	s.tidy() // as an exec does first
	shown := s.kit.Live()[0]
	_, err := s.kit.Prepare(shell.Exec{Command: []byte("echo never")})
	s.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	master, pid := drop(t, m, s)
	back := rebuilt(t, m, s, master, pid)
	if live := back.kit.Live(); live[0] != shown {
		t.Errorf("%q are known, and the prompt shows %q", live, shown)
	}
}

// dropArmed drops a session whose shell was stopped while a command was typed at it,
// lets the shell go on, and calls before.
func dropArmed(t *testing.T, m *Manager, s *Session, command string, before func(master *os.File)) (*os.File, int) {
	t.Helper()
	inPhase(s, ready)
	if err := unix.Kill(s.pty.Pid(), unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go s.Exec(ctx, &api.ExecRequest{Command: command})
	inPhase(s, armed)
	master, pid := drop(t, m, s)
	if err := unix.Kill(pid, unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	before(master)
	return master, pid
}

// inPhase waits until the session is.
func inPhase(s *Session, p phase) {
	for {
		s.mu.Lock()
		is, changed := s.phase == p, s.change()
		s.mu.Unlock()
		if is {
			return
		}
		<-changed
	}
}

// lose reads a terminal to the end of a mark, not a byte further, and forgets it.
func lose(t *testing.T, master *os.File, kind string) {
	t.Helper()
	var all []byte
	buf := make([]byte, 1)
	for !bytes.Contains(all, []byte("\x1b]7701;"+kind)) || all[len(all)-1] != '\a' {
		n, err := unix.Read(int(master.Fd()), buf)
		if err == unix.EAGAIN {
			fds := []unix.PollFd{{Fd: int32(master.Fd()), Events: unix.POLLIN}}
			unix.Poll(fds, int(patience.Milliseconds()))
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, buf[:n]...)
	}
}

// Of a journal that had no room, the last checkpoint is all that is left: a command that
// began before it goes on, whatever ran in it since.
func TestOpenCommandOutlivesTheFrameOfItsBeginning(t *testing.T) {
	m := newManager(t)
	s, dir := start(t, m, shellArgv(t, "bash")...)
	fifo := dir + "/go"
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	open := begins(t, s, "read x <"+fifo+"; echo $x; (exit 7)")
	state, err := s.State()
	if err != nil {
		t.Fatal(err)
	}
	written := s.journal.End().Offset
	master, pid := drop(t, m, s)
	p, err := pty.Open(master, pid, nil)
	if err != nil {
		t.Fatal(err)
	}
	id := m.ids.next()
	j, err := m.c.Store.Create(id, nil, persistence.Options{Session: id})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append(persistence.Output, make([]byte, written)); err != nil { // places in it count on
		t.Fatal(err)
	}
	if _, err := j.Append(persistence.Checkpoint, state); err != nil {
		t.Fatal(err)
	}
	kit, err := shell.Reopen(m.kitDir(s.c.ID))
	if err != nil {
		t.Fatal(err)
	}
	back, err := Reopen(Parts{PTY: p, Journal: j, Kit: kit}, s.c)
	if err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	m.sessions[s.c.Name] = back
	m.mu.Unlock()
	if err := os.WriteFile(fifo, []byte("went on\n"), 0); err != nil {
		t.Fatal(err)
	}
	end := waitFor(t, back, api.WaitRequest{For: "exit"})
	if end.Block == nil || end.Block.ID != open.ID || end.Block.Exit != api.ExitCode(7) || end.Block.Command != open.Command {
		t.Errorf("%+v", end.Block)
	}
}
