//go:build unix

package pty

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/ai-session/ai-session/internal/core/cgroup"
)

// PTY is a terminal with the process that was started on it. One goroutine reads
// and one writes; everything else may be called by any number at the same time.
type PTY struct {
	file *os.File
	conn syscall.RawConn
	pid  int
	tree Tree
	dev  uint64 // the terminal's device number, as in Process

	event  *os.File // of the end of an adopted process; nil where there is none
	parent Parent   // of an adopted process; nil: nobody knows its exit status
	count  []byte   // see SetCount; nil: nobody wants to know
	hungUp bool     // the reader's: EOF was reported and no byte came since
	late   int      // the reader's: bytes read since the process ended
	born   uint64   // Process.started of pid; 0 = it was gone when we looked

	done chan struct{} // closed when the process has ended
	stop chan struct{} // closed by Close: ends waiting without an end

	mu       sync.Mutex // guards what follows
	exit     Exit
	reaped   bool // pid may be somebody else's by now
	drain    bool // the process has ended and Read has not said ErrDrained yet
	closed   bool
	watching sync.WaitGroup
}

var defaultSize = Size{Cols: 80, Rows: 24}

// Start runs a command on a new terminal, as leader of its own session. Signals
// that we ignore it would ignore too (a daemon under nohup: SIGHUP): handle them
// instead, then the child begins with the default.
func Start(c Command) (*PTY, error) {
	path, err := resolve(c)
	if err != nil {
		return nil, err
	}
	master, slave, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open a terminal: %w", err)
	}
	defer slave.Close()
	p, err := adopt(master)
	if err != nil {
		return nil, err
	}
	if c.Size == (Size{}) {
		c.Size = defaultSize
	}
	if err := p.Resize(c.Size); err != nil {
		return nil, errors.Join(err, p.file.Close())
	}
	hearHangups()
	w, err := p.spawn(path, c, slave)
	if err != nil {
		return nil, errors.Join(startError(path, c.Dir, err), p.file.Close())
	}
	p.remember()
	go p.watch(w) // to the child's end, also after Close: it must be reaped
	return p, nil
}

// hearHangups ends that this process ignores SIGHUP, as nohup had it: what is ignored
// stays so in every child, and a program in a terminal must hear of its end. A signal
// that is caught is itself again in a child.
func hearHangups() {
	if signal.Ignored(syscall.SIGHUP) {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) // nobody reads it: to this process nothing changes
	}
}

// Open takes over a terminal whose process another daemon started: f is its
// master, which Open owns from now on. The process is not our child: parent knows how
// it ends, nil means that the status stays unknown.
func Open(f *os.File, pid int, parent Parent) (*PTY, error) {
	p, err := adopt(f)
	if err != nil {
		return nil, err
	}
	p.pid, p.parent = pid, parent
	w, err := p.find()
	if errors.Is(err, os.ErrProcessDone) {
		p.ended(p.inherited())
		return p, nil
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("watch process %d: %w", pid, err), p.file.Close())
	}
	p.event = w.event
	p.remember()
	p.watching.Go(func() { p.watch(w) })
	return p, nil
}

// inherited is how an adopted process ended, as far as its parent can tell.
func (p *PTY) inherited() Exit {
	if p.parent != nil {
		if e, known := p.parent.ExitOf(p.pid); known {
			return e
		}
	}
	return Exit{Code: -1}
}

// SetCount has Read tell in shared memory, eight bytes little endian, how many bytes it
// has read for its caller and not given up yet: twice their number, plus one while
// a read is under way. If this process dies, what it had in hand is known.
func (p *PTY) SetCount(shared []byte) { p.count = shared }

// remember keeps what tells our process from a later one with its number.
func (p *PTY) remember() {
	if q, err := process(p.pid); err == nil {
		p.born = q.started
	}
}

// adopt makes a PTY of a master: a descriptor of our own that the runtime's
// poller waits for. f is closed.
func adopt(f *os.File) (*PTY, error) {
	defer f.Close()
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd := -1
	cerr := conn.Control(func(old uintptr) {
		if fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0); err == nil {
			err = unix.SetNonblock(fd, true)
		}
	})
	if err = errors.Join(cerr, err); err != nil {
		return nil, fmt.Errorf("take over terminal: %w", err)
	}
	p := &PTY{file: os.NewFile(uintptr(fd), "pty"), done: make(chan struct{}), stop: make(chan struct{})}
	if p.conn, err = p.file.SyscallConn(); err == nil {
		p.dev, err = p.device()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("take over terminal: %w", err), p.file.Close())
	}
	return p, nil
}

// attr is what makes the child lead a session on the terminal, its fd 0.
func (p *PTY) attr(c Command, slave *os.File) *syscall.ProcAttr {
	fd := slave.Fd() // the slave never waits in the poller
	return &syscall.ProcAttr{
		Dir: c.Dir, Env: c.Env, Files: []uintptr{fd, fd, fd},
		Sys: &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0},
	}
}

func argv(c Command) []string {
	if len(c.Argv) == 0 {
		return []string{c.Path}
	}
	return c.Argv
}

// resolve finds the program that Path names.
func resolve(c Command) (string, error) {
	if c.Path == "" {
		return "", fmt.Errorf("start: no path: %w", ErrNotFound)
	}
	if strings.Contains(c.Path, "/") {
		return c.Path, nil
	}
	found := ErrNotFound
	for _, e := range c.Env {
		list, ok := strings.CutPrefix(e, "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(list) {
			path := filepath.Join(dir, c.Path)
			info, err := os.Stat(path)
			if err != nil || info.IsDir() || !filepath.IsAbs(path) {
				continue
			}
			if unix.Access(path, unix.X_OK) == nil {
				return path, nil
			}
			found = ErrNotExecutable
		}
		break
	}
	return "", fmt.Errorf("start %s: %w", c.Path, found)
}

// startError tells apart what exec and chdir answer with the same number.
func startError(path, dir string, err error) error {
	if dir != "" {
		info, derr := os.Stat(dir)
		if derr != nil || !info.IsDir() || unix.Access(dir, unix.X_OK) != nil {
			return fmt.Errorf("start %s in %s: %w: %w", path, dir, ErrNoDirectory, err)
		}
	}
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return fmt.Errorf("start %s: %w: %w", path, ErrNotFound, err)
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.ENOEXEC), errors.Is(err, unix.EISDIR), errors.Is(err, unix.EPERM):
		return fmt.Errorf("start %s: %w: %w", path, ErrNotExecutable, err)
	}
	return fmt.Errorf("start %s: %w", path, err)
}

// Pid is the process that was started.
func (p *PTY) Pid() int { return p.pid }

// File is the master. It stays ours: pass it on by SyscallConn, never by Fd.
func (p *PTY) File() *os.File { return p.file }

// Tree is how the tree's processes are known.
func (p *PTY) Tree() Tree {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tree
}

// SetTree tells an adopted terminal what its Command said.
func (p *PTY) SetTree(t Tree) {
	t.Cgroup = cgroup.Find(p.pid, t.Cgroup)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tree = t
}

// Done is closed when the process has ended.
func (p *PTY) Done() <-chan struct{} { return p.done }

// Exit is how the process ended; meaningful after Done.
func (p *PTY) Exit() Exit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exit
}

// ended publishes the end and has the reader drain what is left.
func (p *PTY) ended(e Exit) {
	p.mu.Lock()
	if !p.exit.Known {
		p.exit = e
	}
	p.drain, p.reaped = true, true
	p.mu.Unlock()
	close(p.done)
	p.wakeReader()
}

// ExitOf is how a process ended, by its wait status.
func ExitOf(ws syscall.WaitStatus) Exit {
	if ws.Signaled() {
		return Exit{Code: -1, Signal: ws.Signal(), Known: true}
	}
	return Exit{Code: ws.ExitStatus(), Known: true}
}

// Close gives the terminal up. The kernel hangs up on the processes still there
// (unless another process, the keeper, holds the master too); Kill first to be
// sure. A child that outlives it is still reaped, and Done tells.
func (p *PTY) Close() error {
	p.mu.Lock()
	closed := p.closed
	p.closed = true
	p.mu.Unlock()
	if closed {
		return nil
	}
	close(p.stop)
	if p.event != nil {
		p.event.SetReadDeadline(past)
	}
	err := p.file.Close()
	p.watching.Wait()
	p.removeCgroup()
	return err
}

// removeCgroup removes the group if nobody is in it any more.
func (p *PTY) removeCgroup() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cgroup.Remove(p.tree.Cgroup) {
		p.tree.Cgroup = ""
	}
}

func (p *PTY) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// control runs an operation on the descriptor; it waits for nobody.
func (p *PTY) control(what string, f func(fd int) error) error {
	var err error
	if cerr := p.conn.Control(func(fd uintptr) { err = f(int(fd)) }); cerr != nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("%s of terminal: %w", what, err)
	}
	return nil
}

// Resize tells the terminal its size; the foreground group gets SIGWINCH if it changed.
func (p *PTY) Resize(s Size) error {
	return p.control("resize", func(fd int) error {
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: s.Cols, Row: s.Rows, Xpixel: s.XPixel, Ypixel: s.YPixel})
	})
}

// Size is what the terminal was told last, by us or by a program on it.
func (p *PTY) Size() (s Size, err error) {
	err = p.control("size", func(fd int) error {
		w, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
		if err == nil {
			s = Size{Cols: w.Col, Rows: w.Row, XPixel: w.Xpixel, YPixel: w.Ypixel}
		}
		return err
	})
	return s, err
}

// Foreground is the process group that reads the terminal; 0 if there is none.
func (p *PTY) Foreground() (group int, err error) {
	err = p.control("foreground group", func(fd int) error {
		group, err = unix.IoctlGetInt(fd, unix.TIOCGPGRP)
		return err
	})
	return group, err
}

// ForegroundAge is how long ago the leader of the foreground group was started. A clock
// tick, 10 ms on Linux, is as fine as it gets.
func (p *PTY) ForegroundAge() (time.Duration, error) {
	group, err := p.Foreground()
	if err != nil {
		return 0, err
	}
	q, err := process(group)
	if err != nil {
		return 0, err
	}
	return age(q)
}

// Asleep reports whether the started process waits for something. Where nobody can tell,
// it does.
func (p *PTY) Asleep() bool {
	q, err := process(p.pid)
	return err != nil || q.State != 'R' && q.State != 'D'
}

// SignalMissed signals those children of the started process, a shell, that are in the
// foreground group and live though such a signal ends them: they have not had the one
// that was sent while group before had the terminal. Another group than that is another
// job, unless the shell itself had the terminal and was just starting it. Where the
// system does not tell who dies of the signal it does nothing.
func (p *PTY) SignalMissed(sig syscall.Signal, before int, sent time.Time) error {
	group, err := p.Foreground()
	if err != nil || group != before && before != p.pid {
		return err
	}
	all, err := processes()
	if err != nil {
		return err
	}
	ours := group == before
	var missed []Process
	for _, q := range all {
		if q.Group != group {
			continue
		}
		if a, err := age(q); err == nil && a >= time.Since(sent) {
			ours = true
		}
		if q.Parent == p.pid && q.DiesOf(sig) {
			missed = append(missed, q)
		}
	}
	if !ours {
		return nil
	}
	for _, q := range missed {
		send(q, sig) // it may end this very moment: then it needs none
	}
	return nil
}

// SignalForeground signals the foreground group.
func (p *PTY) SignalForeground(sig syscall.Signal) error {
	group, err := p.Foreground()
	if err != nil {
		return err
	}
	return p.SignalGroup(group, sig)
}

// SignalGroup signals a process group. One that has ended is os.ErrProcessDone.
func (p *PTY) SignalGroup(group int, sig syscall.Signal) error {
	if group <= 1 { // 0 is our own group, and -1 would be everyone
		return fmt.Errorf("signal group %d: %w", group, os.ErrProcessDone)
	}
	switch err := syscall.Kill(-group, sig); err {
	case nil:
		return nil
	case syscall.ESRCH:
		return fmt.Errorf("signal group %d: %w", group, os.ErrProcessDone)
	default:
		return fmt.Errorf("signal group %d: %w", group, err)
	}
}

// Signal signals the process that was started.
func (p *PTY) Signal(sig syscall.Signal) error {
	p.mu.Lock() // nobody reaps it between the question and the signal
	defer p.mu.Unlock()
	if p.reaped {
		return fmt.Errorf("signal process %d: %w", p.pid, os.ErrProcessDone)
	}
	if err := syscall.Kill(p.pid, sig); err != nil {
		return fmt.Errorf("signal process %d: %w", p.pid, err)
	}
	return nil
}
