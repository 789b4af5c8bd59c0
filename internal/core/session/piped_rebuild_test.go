//go:build unix

package session

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/pty"
	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/persistence"
)

// heldPipes are a session's pipes as a keeper has them.
func heldPipes(t *testing.T, s *Session) (kept []KeptPipe) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, end := range s.pipes {
		var fd int
		conn, err := end.file.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		conn.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) })
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, KeptPipe{Key: end.key(s.c.ID), Note: end.note(), File: os.NewFile(uintptr(fd), end.path)})
	}
	return kept
}

// rebuiltWith is rebuilt for a session with pipes; journal may write what a dead daemon
// would have.
func rebuiltWith(t *testing.T, m *Manager, old *Session, master *os.File, pid int, pipes []KeptPipe, journal func(*persistence.Journal)) *Session {
	t.Helper()
	p, err := pty.Open(master, pid, nil)
	if err != nil {
		t.Fatal(err)
	}
	j, _, err := m.c.Store.Open(old.c.ID, persistence.Options{Session: old.c.ID})
	if err != nil {
		t.Fatal(err)
	}
	if journal != nil {
		journal(j)
	}
	kit, err := shell.Reopen(m.kitDir(old.c.ID))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Reopen(Parts{PTY: p, Journal: j, Kit: kit, Pipes: m.adoptable(pipes, j.End().Offset)}, old.c)
	if err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	m.sessions[old.c.Name] = s
	m.mu.Unlock()
	return s
}

// beginPiped runs a command with pipes that stops where it reads the fifo `go`, and waits
// for some of its output.
func beginPiped(t *testing.T, s *Session, dir, command, until string) *api.Report {
	t.Helper()
	if err := unix.Mkfifo(dir+"/go", 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := s.newWaiter("text", until, 0)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Exec(within(t), &api.ExecRequest{Command: command, Pipe: true, Background: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.wait(within(t), within(t)); err != nil {
		t.Fatal(err)
	}
	return r
}

func goOn(t *testing.T, dir string) {
	t.Helper()
	if err := os.WriteFile(dir+"/go", []byte("\n"), 0); err != nil {
		t.Fatal(err)
	}
}

func streamsOf(t *testing.T, s *Session, id string) (out, err string) {
	t.Helper()
	n, _ := api.BlockNumber(id)
	b, e := s.find(n)
	if e != nil {
		t.Fatal(e)
	}
	o, r, e := span{journal: s.journal, from: b.from, to: b.to}.split(b.runs)
	if e != nil {
		t.Fatal(e)
	}
	return string(o), string(r)
}

func TestAPipedCommandGoesOnUnderAnotherDaemon(t *testing.T) {
	const command = "printf one; printf bad >&2; read x <go; printf two; printf worse >&2; (exit 5)"
	for _, c := range []struct {
		name  string
		shell string
		drop  func(s *Session) // before the daemon is gone
		by    func(*testing.T, *Manager, *Session) (*os.File, int)
		lost  bool // three bytes of stdout were in its hands
	}{
		{"bash", "bash", func(*Session) {}, drop, false},
		{"zsh", "zsh", func(*Session) {}, drop, false},
		{"dash", "dash", func(*Session) {}, drop, false},
		{"fish", "fish", func(*Session) {}, drop, false},
		{"behind a checkpoint", "bash", func(s *Session) {
			s.mu.Lock()
			s.checkpoint()
			s.mu.Unlock()
		}, drop, false},
		{"released", "bash", func(*Session) {}, func(t *testing.T, m *Manager, s *Session) (*os.File, int) {
			return dropBy(t, m, s, func() { s.Release() })
		}, false},
		{"with bytes in hand", "bash", func(*Session) {}, func(t *testing.T, m *Manager, s *Session) (*os.File, int) {
			s.mu.Lock()
			slot := s.pipes[0].slot
			s.mu.Unlock()
			master, pid := drop(t, m, s)
			slot.begin(s.journal.End().Offset)
			slot.tally(3, false)
			return master, pid
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := command
			if c.shell == "fish" {
				text = "printf one; printf bad >&2; read x <go; printf two; printf worse >&2; sh -c 'exit 5'"
			}
			m := newManager(t)
			s, dir := start(t, m, shellArgv(t, c.shell)...)
			r := beginPiped(t, s, dir, text, "bad")
			pipes := heldPipes(t, s)
			c.drop(s)
			master, pid := c.by(t, m, s)
			goOn(t, dir) // nobody reads what it writes now, and nobody kills it for that

			back := rebuiltWith(t, m, s, master, pid, pipes, nil)
			end := waitFor(t, back, api.WaitRequest{For: "exit"})
			if end.Block == nil || end.Block.ID != r.ID || end.Block.State != api.BlockDone || end.Block.Exit != api.ExitCode(5) {
				t.Fatalf("%+v", end.Block)
			}
			if gap := len(end.Block.Flags) > 0; gap != c.lost {
				t.Errorf("flags %v", end.Block.Flags)
			}
			out, errText := streamsOf(t, back, r.ID)
			if out != "onetwo" || errText != "badworse" {
				t.Errorf("stdout %q stderr %q", out, errText)
			}
			again, err := readBlock(back.journal, mustNumber(t, r.ID), 0)
			if err != nil || c.lost != (again.to-again.from == int64(len("onetwobadworse")+3)) {
				t.Errorf("%d bytes with what was lost: %v", again.to-again.from, err)
			}
			if r := runAs(t, back, api.ExecRequest{Command: "printf on; printf e >&2", Pipe: true}); string(r.Raw) != "on" || string(r.RawStderr) != "e" {
				t.Errorf("afterwards %q %q", r.Raw, r.RawStderr)
			}
		})
	}
}

func mustNumber(t *testing.T, id string) uint64 {
	t.Helper()
	n, ok := api.BlockNumber(id)
	if !ok {
		t.Fatal(id)
	}
	return n
}

// The last daemon was told the end and had not read the pipes to theirs. The shell does
// not tell it twice.
func TestAnEndToldBeforeThePipesWereReadCounts(t *testing.T) {
	m := newManager(t)
	s, dir := start(t, m, shellArgv(t, "bash")...)
	r := beginPiped(t, s, dir, "printf one; read x <go; printf two; (exit 6)", "one")
	pipes := heldPipes(t, s)
	s.mu.Lock()
	token := s.open.prepared.Token
	s.mu.Unlock()
	master, pid := drop(t, m, s)
	goOn(t, dir)
	lose(t, master, "P")

	back := rebuiltWith(t, m, s, master, pid, pipes, func(j *persistence.Journal) {
		told := shell.Mark{Kind: shell.CommandEnd, Token: token, Status: 6, HasStatus: true, Cwd: dir}
		if _, err := j.Append(persistence.Mark, encodeMark(told)); err != nil {
			t.Fatal(err)
		}
	})
	end := waitFor(t, back, api.WaitRequest{For: "exit"})
	if end.Block == nil || end.Block.Exit != api.ExitCode(6) || end.Block.Cwd != dir {
		t.Errorf("%+v", end.Block)
	}
	if out, _ := streamsOf(t, back, r.ID); out != "onetwo" {
		t.Errorf("stdout %q", out)
	}
	if r := run(t, back, "echo on"); out(r) != "on\n" {
		t.Errorf("afterwards %q", out(r))
	}
}

// What a process in the background writes after its command has ended is taken in by the
// next daemon too.
func TestABackgroundWriterGoesOnUnderAnotherDaemon(t *testing.T) {
	m := newManager(t)
	s, dir := start(t, m, shellArgv(t, "bash")...)
	beginPiped(t, s, dir, "(read x <go; echo late) & echo early", "early")
	waitFor(t, s, api.WaitRequest{For: "prompt"})
	pipes := heldPipes(t, s)
	if len(pipes) != 2 {
		t.Fatalf("%d pipes are open", len(pipes))
	}
	master, pid := drop(t, m, s)
	back := rebuiltWith(t, m, s, master, pid, pipes, nil)
	w, err := back.newWaiter("text", "late", 0)
	if err != nil {
		t.Fatal(err)
	}
	goOn(t, dir)
	if _, err := w.wait(within(t), within(t)); err != nil {
		t.Fatal(err)
	}
	if r := run(t, back, "echo on"); out(r) != "on\n" {
		t.Errorf("afterwards %q", out(r))
	}
}
