//go:build unix

package keeper

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Client is a daemon's end of its keeper. Its methods may be called at the same time.
type Client struct {
	s       *stream
	welcome Welcome
	gone    chan struct{} // closed when the keeper is

	mu      sync.Mutex // one question at a time
	answers chan reply
}

type reply struct {
	m  message
	fd int
}

// Item is one thing that a keeper held for the last daemon.
type Item struct {
	Key  string
	PID  int
	Note []byte
	File *os.File // the taker's to close
}

// ErrGone is wrapped when the keeper does not answer any more.
var ErrGone = errors.New("the keeper is gone")

// FromEnv reaches the keeper that started this process; nil without one.
func FromEnv() (*Client, error) {
	v := os.Getenv(EnvSocket)
	if v == "" {
		return nil, nil
	}
	os.Unsetenv(EnvSocket) // it is nobody else's
	fd, err := strconv.Atoi(v)
	if err != nil {
		return nil, fmt.Errorf("%s=%q is no descriptor", EnvSocket, v)
	}
	return connect(fd)
}

func connect(fd int) (*Client, error) {
	s, err := streamOf(fd)
	if err != nil {
		return nil, fmt.Errorf("reach the keeper: %w", err)
	}
	c := &Client{s: s, gone: make(chan struct{}), answers: make(chan reply, 1)}
	go c.read()
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.ask(kindHello, binary.LittleEndian.AppendUint32(nil, Version))
	if err == nil {
		c.welcome, err = parseWelcome(r.m.body)
	}
	if err != nil {
		s.close()
		return nil, fmt.Errorf("reach the keeper: %w", err)
	}
	return c, nil
}

func (c *Client) read() {
	defer close(c.gone)
	for {
		m, fd, err := c.s.next()
		if err != nil {
			return
		}
		c.answers <- reply{m, fd}
	}
}

// patience is how long a keeper may take: it does nothing that waits.
const patience = 5 * time.Second

func (c *Client) send(k kind, fd int, body ...[]byte) error {
	c.s.conn.SetWriteDeadline(time.Now().Add(patience))
	if err := c.s.send(k, fd, body...); err != nil {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return nil
}

// ask sends a question and waits for the first message of its answer.
func (c *Client) ask(k kind, body ...[]byte) (reply, error) {
	if err := c.send(k, -1, body...); err != nil {
		return reply{}, err
	}
	return c.receive()
}

func (c *Client) receive() (reply, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case r := <-c.answers:
		return r, nil
	case <-c.gone:
		return reply{}, ErrGone
	case <-timer.C:
		c.s.conn.Close() // its answer would be taken for the next one's
		return reply{}, fmt.Errorf("no answer in %v: %w", patience, ErrGone)
	}
}

// Welcome is what the keeper said of itself.
func (c *Client) Welcome() Welcome { return c.welcome }

// Gone is closed when the keeper has ended.
func (c *Client) Gone() <-chan struct{} { return c.gone }

// Items fetches all that is held, in no order.
func (c *Client) Items() ([]Item, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.ask(kindList)
	var items []Item
	for ; err == nil && r.m.kind == kindItem; r, err = c.receive() {
		e, perr := parseEntry(r.m.body)
		if perr != nil {
			unix.Close(r.fd)
			continue
		}
		unix.SetNonblock(r.fd, true)
		items = append(items, Item{Key: e.key, PID: e.pid, Note: e.note, File: os.NewFile(uintptr(r.fd), e.key)})
	}
	return items, err
}

// Put has a descriptor held under a key, with the process whose exit status is to be
// kept. When Put returns, the keeper has it even if this process ends at once.
func (c *Client) Put(key string, pid int, note []byte, conn syscall.RawConn) error {
	if key == "" || len(key) > maxKey || len(note) > maxNote {
		return fmt.Errorf("key %q with a note of %d bytes: %w", key, len(note), errProtocol)
	}
	var err error
	if closed := conn.Control(func(fd uintptr) {
		err = c.send(kindPut, int(fd), entry{pid: pid, key: key, note: note}.bytes())
	}); closed != nil { // it fails for no other reason, with an error that os does not name
		return fmt.Errorf("%w: %w", os.ErrClosed, closed)
	}
	return err
}

// Drop has a key forgotten.
func (c *Client) Drop(key string) error { return c.send(kindDrop, -1, []byte(key)) }

// ExitOf tells how a program ended that the keeper inherited and whose descriptor it
// holds, by exit code or by signal; not known while it lives, and if nobody knows.
func (c *Client) ExitOf(pid int) (code, signal int, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.ask(kindExit, binary.LittleEndian.AppendUint32(nil, uint32(pid)))
	if err != nil {
		return -1, 0, false
	}
	status, known := parseStatus(r.m.body)
	if ws := syscall.WaitStatus(status); known && ws.Signaled() {
		return -1, int(ws.Signal()), true
	} else if known {
		return ws.ExitStatus(), 0, true
	}
	return -1, 0, false
}

// Syscall is /proc/PID/task/THREAD/syscall, as an ancestor may read it.
func (c *Client) Syscall(pid, thread int) ([]byte, error) {
	return c.look(look{what: lookSyscall, pid: pid, thread: thread})
}

// Memory reads a process's memory, as an ancestor may.
func (c *Client) Memory(pid int, addr uint64, size int) ([]byte, error) {
	return c.look(look{what: lookMemory, pid: pid, addr: addr, size: min(size, maxLook)})
}

func (c *Client) look(l look) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.ask(kindLook, l.bytes())
	if err != nil {
		return nil, err
	}
	return payload(r.m.body)
}

// payload takes an answer apart.
func payload(b []byte) ([]byte, error) {
	if len(b) < 4 {
		return nil, errProtocol
	}
	if errno := binary.LittleEndian.Uint32(b); errno != 0 {
		return nil, syscall.Errno(errno)
	}
	return b[4:], nil
}

// Ready says that this daemon serves: from now on it is started again when it dies.
func (c *Client) Ready() error { return c.send(kindReady, -1) }

// Replace has another binary started when this process ends, and this one again if
// the other is not ready within StartLimit.
func (c *Client) Replace(path string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.ask(kindReplace, []byte(path))
	if err != nil {
		return err
	}
	if _, err = payload(r.m.body); err != nil {
		return fmt.Errorf("replace by %s: %w", path, err)
	}
	return nil
}

// Bye says that the daemon ends for good, and the keeper with it.
func (c *Client) Bye() error { return c.send(kindBye, -1) }

// Close lets go of the keeper without a word.
func (c *Client) Close() { c.s.close() }

// Spawn starts a keeper for a daemon that lost its own: program with args, which get
// the socket as descriptor 3.
func Spawn(program string, args, env []string) (*Client, error) {
	ours, theirs, err := pair()
	if err != nil {
		return nil, err
	}
	defer unix.Close(theirs)
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		unix.Close(ours)
		return nil, err
	}
	defer null.Close()
	p, err := os.StartProcess(program, append([]string{program}, args...), &os.ProcAttr{
		Dir: "/", Env: env, Files: []*os.File{null, null, null, os.NewFile(uintptr(dupOf(theirs)), "keeper")},
		Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		unix.Close(ours)
		return nil, err
	}
	go p.Wait() // it outlives us, or we take its status
	return connect(ours)
}

// dupOf is for a file that closes its descriptor when it is collected.
func dupOf(fd int) int {
	d, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return fd
	}
	return d
}
