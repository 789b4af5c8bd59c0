package pty

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/charmbracelet/x/conpty"
	"golang.org/x/sys/windows"
)

// rawTermios: there is nothing below the named modes here.
type rawTermios = struct{}

// PTY is a pseudo-console with the process that was started on it. It compiles,
// and nothing more is proven.
type PTY struct {
	con    *conpty.ConPty
	pid    int
	handle windows.Handle
	job    windows.Handle // the whole tree; 0 if it could not be made
	done   chan struct{}

	mu     sync.Mutex // guards what follows
	exit   Exit
	tree   Tree
	size   Size
	drain  bool
	closed bool
}

// Start runs a command on a new pseudo-console, in a job of its own.
func Start(c Command) (*PTY, error) {
	if c.Size == (Size{}) {
		c.Size = Size{Cols: 80, Rows: 24}
	}
	path, err := resolve(c)
	if err != nil {
		return nil, err
	}
	con, err := conpty.New(int(c.Size.Cols), int(c.Size.Rows), 0)
	if err != nil {
		return nil, fmt.Errorf("open a pseudo-console: %w", err)
	}
	argv := c.Argv
	if len(argv) == 0 {
		argv = []string{c.Path}
	}
	pid, handle, err := con.Spawn(path, argv, &syscall.ProcAttr{Dir: c.Dir, Env: c.Env})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", path, err), con.Close())
	}
	p := &PTY{con: con, pid: pid, handle: windows.Handle(handle), done: make(chan struct{}), tree: c.Tree, size: c.Size}
	p.tree.Cgroup = ""
	p.job = jobOf(p.handle)
	go p.watch()
	return p, nil
}

func resolve(c Command) (string, error) {
	if c.Dir != "" {
		if info, err := os.Stat(c.Dir); err != nil || !info.IsDir() {
			return "", fmt.Errorf("start %s in %s: %w", c.Path, c.Dir, ErrNoDirectory)
		}
	}
	path, err := exec.LookPath(c.Path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "", fmt.Errorf("start %s: %w: %w", c.Path, ErrNotExecutable, err)
	case err != nil:
		return "", fmt.Errorf("start %s: %w: %w", c.Path, ErrNotFound, err)
	}
	return path, nil
}

// jobOf puts a process in a new job, so that its descendants can be killed.
func jobOf(process windows.Handle) windows.Handle {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0
	}
	if err := windows.AssignProcessToJobObject(job, process); err != nil {
		windows.CloseHandle(job)
		return 0
	}
	return job
}

// watch blocks a thread until the process ends.
func (p *PTY) watch() {
	windows.WaitForSingleObject(p.handle, windows.INFINITE)
	e := Exit{Code: -1}
	var code uint32
	if windows.GetExitCodeProcess(p.handle, &code) == nil {
		e = Exit{Code: int(code), Known: true}
	}
	windows.CloseHandle(p.handle)
	p.mu.Lock()
	p.exit, p.drain = e, true
	p.mu.Unlock()
	close(p.done)
}

// Open cannot work here: a pseudo-console dies with the process that made it.
func Open(*os.File, int, Parent) (*PTY, error) {
	return nil, fmt.Errorf("adopt a terminal: %w", ErrUnknown)
}

// Pid is the process that was started.
func (p *PTY) Pid() int { return p.pid }

// File is nil: a pseudo-console is two pipes.
func (p *PTY) File() *os.File { return nil }

// Tree is how the tree's processes are known; Cgroup is always "".
func (p *PTY) Tree() Tree { return p.tree }

// SetTree is for adopted terminals, which there are none of.
func (p *PTY) SetTree(Tree) {}

// Done is closed when the process has ended.
func (p *PTY) Done() <-chan struct{} { return p.done }

// Exit is how the process ended; meaningful after Done.
func (p *PTY) Exit() Exit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exit
}

// SetCount does nothing: nothing outlives this process.
func (p *PTY) SetCount([]byte) {}

// Read holds a buffer and a thread while it waits. It answers io.EOF when the
// console is closed, and never ErrDrained before that.
func (p *PTY) Read(take func() []byte, got func([]byte)) error {
	buf := take()
	n, err := p.con.Read(buf)
	got(buf[:n])
	switch {
	case n > 0:
		return nil
	case p.drained():
		return ErrDrained
	case errors.Is(err, windows.ERROR_BROKEN_PIPE):
		return io.EOF
	}
	return err
}

func (p *PTY) drained() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.drain
	p.drain = false
	return d
}

// Write writes input; it blocks while the program does not read.
func (p *PTY) Write(b []byte) (int, error) { return p.con.Write(b) }

// WriteContext cannot be cancelled once it has begun.
func (p *PTY) WriteContext(ctx context.Context, b []byte) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return p.con.Write(b)
}

// QueuedInput is not known here.
func (p *PTY) QueuedInput() (bool, error) { return false, fmt.Errorf("input queue: %w", ErrUnknown) }

// Resize tells the console its size; pixels are not known to it.
func (p *PTY) Resize(s Size) error {
	if err := p.con.Resize(int(s.Cols), int(s.Rows)); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size = s
	return nil
}

// Size is what Resize said last.
func (p *PTY) Size() (Size, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.size, nil
}

// Foreground is not known: there are no process groups.
func (p *PTY) Foreground() (int, error) { return 0, fmt.Errorf("foreground group: %w", ErrUnknown) }

// ForegroundAge is not known: there are no process groups.
func (p *PTY) ForegroundAge() (time.Duration, error) {
	return 0, fmt.Errorf("foreground group: %w", ErrUnknown)
}

// Asleep is not known: it is said of all.
func (p *PTY) Asleep() bool { return true }

// SignalMissed is not possible: there are no process groups.
func (p *PTY) SignalMissed(syscall.Signal, int, time.Time) error {
	return fmt.Errorf("foreground group: %w", ErrUnknown)
}

// SignalForeground sends ^C for an interrupt; nothing else exists here.
func (p *PTY) SignalForeground(sig syscall.Signal) error {
	if sig == syscall.SIGINT {
		_, err := p.Write([]byte{3})
		return err
	}
	return fmt.Errorf("signal %s: %w", sig, ErrUnknown)
}

// SignalGroup is not possible: there are no process groups.
func (p *PTY) SignalGroup(int, syscall.Signal) error {
	return fmt.Errorf("signal a group: %w", ErrUnknown)
}

// Signal can only kill.
func (p *PTY) Signal(sig syscall.Signal) error {
	if sig != syscall.SIGKILL {
		return p.SignalForeground(sig)
	}
	process, err := os.FindProcess(p.pid)
	if err != nil {
		return err
	}
	return process.Kill()
}

// Members names the process that was started, until it has ended.
func (p *PTY) Members() ([]Process, error) {
	select {
	case <-p.done:
		return []Process{}, nil
	default:
		return []Process{{PID: p.pid}}, nil
	}
}

// Hangup closes the console's input side by ending the console: the system asks
// its programs to end.
func (p *PTY) Hangup(context.Context) error { return p.Close() }

// Kill ends the job, which is the whole tree.
func (p *PTY) Kill(ctx context.Context) ([]Process, error) {
	err := errors.New("no job")
	if p.job != 0 {
		err = windows.TerminateJobObject(p.job, 1)
	}
	if err != nil {
		err = p.Signal(syscall.SIGKILL)
	}
	select {
	case <-p.done:
		return []Process{}, nil
	case <-ctx.Done():
		left, _ := p.Members() // cannot fail
		return left, errors.Join(err, ctx.Err())
	}
}

// Close ends the console; the system ends its programs.
func (p *PTY) Close() error {
	p.mu.Lock()
	closed := p.closed
	p.closed = true
	p.mu.Unlock()
	if closed {
		return nil
	}
	if p.job != 0 {
		windows.CloseHandle(p.job)
	}
	return p.con.Close()
}

// Termios is not known here: each program has its own console modes.
func (p *PTY) Termios() (Termios, error) { return Termios{}, fmt.Errorf("modes: %w", ErrUnknown) }

// SetTermios is not possible here.
func (p *PTY) SetTermios(Termios) error { return fmt.Errorf("set modes: %w", ErrUnknown) }

// Sane is not possible here.
func (p *PTY) Sane() error { return fmt.Errorf("sane modes: %w", ErrUnknown) }

// Probe knows nothing here, and says so.
func (p *PTY) Probe() (Probe, error) {
	return Probe{Members: []Member{}, ModesUnknown: true, MembersUnknown: true}, nil
}
