package pty

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// console is a pseudo-console: the system's console host, which draws for its programs
// and speaks to us over two pipes.
//
// Our ends of the pipes are asynchronous, so a write that a program does not read can be
// given up. The host's ends are the host's alone once it has started: only then does our
// reading end with it.
type console struct {
	in, out *os.File // what is typed, what is drawn

	mu     sync.Mutex // guards handle; not held while the host winds up
	handle windows.Handle
	ended  chan struct{} // closed when the host has been told to end and has
}

func newConsole(s Size) (*console, error) {
	in, theirIn, err := pipe(windows.PIPE_ACCESS_OUTBOUND, windows.GENERIC_READ)
	if err != nil {
		return nil, err
	}
	defer windows.CloseHandle(theirIn)
	out, theirOut, err := pipe(windows.PIPE_ACCESS_INBOUND, windows.GENERIC_WRITE)
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	defer windows.CloseHandle(theirOut)
	c := &console{in: in, out: out, ended: make(chan struct{})}
	if err := windows.CreatePseudoConsole(coord(s), theirIn, theirOut, 0, &c.handle); err != nil {
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	return c, nil
}

func coord(s Size) windows.Coord {
	return windows.Coord{X: int16(min(s.Cols, 1<<15-1)), Y: int16(min(s.Rows, 1<<15-1))}
}

// pipeBuffer is what waits in a pipe before its writer does.
const pipeBuffer = 64 << 10

// pipe is an anonymous pipe whose one end is asynchronous: CreatePipe makes none, so it
// has a name that nobody can guess and room for one instance. Whoever gets in before us
// all the same has our own opening refused, and nothing is ever written.
func pipe(access, theirAccess uint32) (ours *os.File, theirs windows.Handle, err error) {
	name := `\\.\pipe\ai-session-` + rand.Text()
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, 0, err
	}
	const one = windows.FILE_FLAG_FIRST_PIPE_INSTANCE | windows.FILE_FLAG_OVERLAPPED
	const bytes = windows.PIPE_TYPE_BYTE | windows.PIPE_REJECT_REMOTE_CLIENTS
	h, err := windows.CreateNamedPipe(path, access|one, bytes, 1, pipeBuffer, pipeBuffer, 0, nil)
	if err != nil {
		return nil, 0, fmt.Errorf("make a pipe: %w", err)
	}
	ours = os.NewFile(uintptr(h), name)
	theirs, err = windows.CreateFile(path, theirAccess, 0, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("open a pipe: %w", err), ours.Close())
	}
	return ours, theirs, nil
}

// resize tells the host the size; to one that has ended it is nothing.
func (c *console) resize(s Size) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.handle == 0 {
		return nil
	}
	return windows.ResizePseudoConsole(c.handle, coord(s))
}

// end closes the terminal for its programs, as hanging up does, and returns when the host
// has ended: before Windows 11 24H2 not until all that it had drawn has been read, or
// nobody can read it any more.
func (c *console) end() {
	c.mu.Lock()
	h := c.handle
	c.handle = 0
	c.mu.Unlock()
	if h == 0 {
		<-c.ended
		return
	}
	windows.ClosePseudoConsole(h)
	close(c.ended)
}

// close ends the host without the rest of what it had drawn.
func (c *console) close() error {
	err := errors.Join(c.out.Close(), c.in.Close())
	c.end()
	return err
}

// procThreadAttributeJobList has a process begin in jobs; winbase.h.
const procThreadAttributeJobList = 0x0002000d

// spawn starts a program on the console and in a job, before its first instruction: what
// it starts is in the job too.
func (c *console) spawn(path string, argv []string, env []string, dir string, job windows.Handle) (windows.ProcessInformation, error) {
	var pi windows.ProcessInformation
	attributes, err := windows.NewProcThreadAttributeList(2)
	if err != nil {
		return pi, err
	}
	defer attributes.Delete()
	// The console's handle is itself the attribute's value, the job's is pointed to.
	console := *(*unsafe.Pointer)(unsafe.Pointer(&c.handle))
	if err := attributes.Update(windows.PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE, console, unsafe.Sizeof(c.handle)); err != nil {
		return pi, err
	}
	if err := attributes.Update(procThreadAttributeJobList, unsafe.Pointer(&job), unsafe.Sizeof(job)); err != nil {
		return pi, err
	}
	// Standard handles that are said to be none are the console's; not to speak of them
	// would pass on ours, which in a daemon are pipes and files.
	start := windows.StartupInfoEx{ProcThreadAttributeList: attributes.List()}
	start.Cb = uint32(unsafe.Sizeof(start))
	start.Flags = windows.STARTF_USESTDHANDLES
	words, err := startWords(path, windows.ComposeCommandLine(argv), dir)
	if err != nil {
		return pi, err
	}
	block, err := environmentBlock(env)
	if err != nil {
		return pi, err
	}
	const how = windows.CREATE_UNICODE_ENVIRONMENT | windows.EXTENDED_STARTUPINFO_PRESENT
	err = windows.CreateProcess(words[0], words[1], nil, nil, false, how, &block[0], words[2], &start.StartupInfo, &pi)
	return pi, err
}

// startWords are texts as CreateProcess wants them; "" is none.
func startWords(texts ...string) ([]*uint16, error) {
	words := make([]*uint16, len(texts))
	for i, text := range texts {
		if text == "" {
			continue
		}
		w, err := windows.UTF16PtrFromString(text)
		if err != nil {
			return nil, err
		}
		words[i] = w
	}
	return words, nil
}

// environmentBlock is an environment as CreateProcess wants it: each entry with its NUL,
// one more at the end, two where there is no entry.
func environmentBlock(env []string) ([]uint16, error) {
	var block []uint16
	for _, entry := range env {
		words, err := windows.UTF16FromString(entry)
		if err != nil {
			return nil, err
		}
		block = append(block, words...)
	}
	if len(block) == 0 {
		block = append(block, 0)
	}
	return append(block, 0), nil
}

var setConsoleCtrlHandler = windows.NewLazySystemDLL("kernel32.dll").NewProc("SetConsoleCtrlHandler")

// hearInterrupts ends that this process ignores ^C, as whoever started it in a group of
// its own had it: what is ignored stays so in every child, and a program in a terminal
// must hear its interrupt.
func hearInterrupts() error {
	if ok, _, err := syscall.SyscallN(setConsoleCtrlHandler.Addr(), 0, 0); ok == 0 {
		return err
	}
	return nil
}
