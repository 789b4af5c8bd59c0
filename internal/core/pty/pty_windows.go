package pty

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// rawTermios: there is nothing below the named modes here.
type rawTermios = struct{}

// PTY is a pseudo-console with the process that was started on it.
type PTY struct {
	con    *console
	pid    int
	handle windows.Handle
	job    windows.Handle // the whole tree
	done   chan struct{}  // closed when the process has ended
	stop   chan struct{}  // closed by Close

	drained bool // the reader's: ErrDrained was said

	mu     sync.Mutex // guards what follows
	exit   Exit
	tree   Tree
	size   Size
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
	if err := hearInterrupts(); err != nil {
		return nil, fmt.Errorf("hear interrupts: %w", err)
	}
	con, err := newConsole(c.Size)
	if err != nil {
		return nil, fmt.Errorf("open a pseudo-console: %w", err)
	}
	job, err := newJob()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make a job: %w", err), con.close())
	}
	argv := c.Argv
	if len(argv) == 0 {
		argv = []string{c.Path}
	}
	pi, err := con.spawn(path, argv, c.Env, c.Dir, job)
	if err != nil {
		return nil, errors.Join(startError(path, err), con.close(), windows.CloseHandle(job))
	}
	windows.CloseHandle(pi.Thread)
	p := &PTY{
		con: con, pid: int(pi.ProcessId), handle: pi.Process, job: job,
		done: make(chan struct{}), stop: make(chan struct{}), tree: c.Tree, size: c.Size,
	}
	p.tree.Cgroup = ""
	go p.watch() // to the process's end, also after Close
	return p, nil
}

// startError says what kind of refusal err is.
func startError(path string, err error) error {
	switch {
	case errors.Is(err, windows.ERROR_BAD_EXE_FORMAT), errors.Is(err, windows.ERROR_ACCESS_DENIED), errors.Is(err, windows.ERROR_ELEVATION_REQUIRED):
		return fmt.Errorf("start %s: %w: %w", path, ErrNotExecutable, err)
	}
	return fmt.Errorf("start %s: %w", path, err)
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

// newJob makes a job. A program that asks to leave it may, and then outlives the session
// as a daemon does elsewhere: the job is for what nobody asked anything of. The job's end
// kills nobody either; a program with a window of its own stays when the shell that
// started it leaves.
func newJob() (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, err
	}
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_BREAKAWAY_OK
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err != nil {
		return 0, errors.Join(err, windows.CloseHandle(job))
	}
	return job, nil
}

// watch blocks a thread until the process ends. The console ends with it, as a terminal
// hangs up when its first process has ended: its host would stay else, and reading would
// never come to the end of the output.
func (p *PTY) watch() {
	_, err := windows.WaitForSingleObject(p.handle, windows.INFINITE)
	e := Exit{Code: -1}
	var code uint32
	if err == nil && windows.GetExitCodeProcess(p.handle, &code) == nil {
		e = Exit{Code: int(code), Known: true}
	}
	windows.CloseHandle(p.handle)
	p.mu.Lock()
	p.exit = e
	p.mu.Unlock()
	close(p.done)
	p.con.end()
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

// Read holds a buffer while it waits. It answers ErrDrained once, when the process has
// ended and all of its output has been read, and then nothing until Close.
func (p *PTY) Read(take func() []byte, got func([]byte)) error {
	if p.drained {
		<-p.stop
		return os.ErrClosed
	}
	buf := take()
	n, err := p.con.out.Read(buf)
	got(buf[:n])
	if err == nil || n > 0 {
		return nil
	}
	select { // the host is gone; if not with the process, then before it
	case <-p.done:
		p.drained = true
		return ErrDrained
	case <-p.stop:
		return os.ErrClosed
	}
}

// Write writes input; it blocks while the program does not read.
func (p *PTY) Write(b []byte) (int, error) { return p.WriteContext(context.Background(), b) }

// past is a time that has passed.
var past = time.Unix(1, 0)

// WriteContext writes input until all is written or ctx ends; n bytes have been written
// either way. One goroutine at a time writes.
func (p *PTY) WriteContext(ctx context.Context, b []byte) (n int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		p.con.in.SetWriteDeadline(past)
		close(woken)
	})
	n, err = p.con.in.Write(b)
	if !stop() {
		<-woken
		if derr := p.con.in.SetWriteDeadline(time.Time{}); derr != nil {
			return n, derr
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = ctx.Err()
		}
	}
	return n, err
}

// QueuedInput is not known here.
func (p *PTY) QueuedInput() (bool, error) { return false, fmt.Errorf("input queue: %w", ErrUnknown) }

// Resize tells the console its size; pixels are not known to it.
func (p *PTY) Resize(s Size) error {
	if err := p.con.resize(s); err != nil {
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

// Members are the processes of the job: the one that was started, until it has ended, and
// what it started.
func (p *PTY) Members() ([]Process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return []Process{}, nil
	}
	pids, err := jobMembers(p.job)
	if err != nil {
		return nil, fmt.Errorf("processes of a job: %w", err)
	}
	members := make([]Process, 0, len(pids))
	for _, pid := range pids {
		members = append(members, Process{PID: int(pid)})
	}
	return members, nil
}

// jobMembers asks with room for ever more processes until all fit.
func jobMembers(job windows.Handle) ([]uintptr, error) {
	for room := 32; ; room *= 2 {
		// JOBOBJECT_BASIC_PROCESS_ID_LIST: two counts of 32 bits, then the list.
		const head = 8 / unsafe.Sizeof(uintptr(0))
		list := make([]uintptr, int(head)+room)
		err := windows.QueryInformationJobObject(job, windows.JobObjectBasicProcessIdList,
			uintptr(unsafe.Pointer(&list[0])), uint32(len(list))*uint32(unsafe.Sizeof(list[0])), nil)
		if errors.Is(err, windows.ERROR_MORE_DATA) {
			continue
		}
		if err != nil {
			return nil, err
		}
		n := (*[2]uint32)(unsafe.Pointer(&list[0]))[1]
		return list[head : int(head)+int(n)], nil
	}
}

// Hangup ends the console: the system asks its programs to end, and ends those that do
// not within its own patience.
func (p *PTY) Hangup(context.Context) error {
	go p.con.end()
	return nil
}

// Kill ends the job, which is the whole tree.
func (p *PTY) Kill(ctx context.Context) ([]Process, error) {
	p.mu.Lock()
	var err error
	if !p.closed {
		err = windows.TerminateJobObject(p.job, 1)
	}
	p.mu.Unlock()
	if err != nil {
		err = p.Signal(syscall.SIGKILL)
	}
	select {
	case <-p.done:
		p.awaitOthers(ctx)
		return p.Members()
	case <-ctx.Done():
		left, _ := p.Members() // what failed says err
		return left, errors.Join(err, ctx.Err())
	}
}

// awaitOthers waits for those of the job that have been told to end.
func (p *PTY) awaitOthers(ctx context.Context) {
	others, _ := p.Members() // whoever asks again hears of the error
	for _, m := range others {
		h, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(m.PID))
		if err != nil {
			continue // it has ended
		}
		patience := uint32(windows.INFINITE)
		if deadline, ok := ctx.Deadline(); ok {
			patience = uint32(max(time.Until(deadline), 0).Milliseconds())
		}
		windows.WaitForSingleObject(h, patience)
		windows.CloseHandle(h)
	}
}

// Close ends the console; the system ends its programs.
func (p *PTY) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	close(p.stop)
	err := windows.CloseHandle(p.job)
	p.mu.Unlock()
	return errors.Join(p.con.close(), err)
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
