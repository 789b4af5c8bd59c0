//go:build unix

package keeper

import (
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// stream reads and writes messages with their descriptors.
type stream struct {
	conn *net.UnixConn

	buf []byte // read, not taken apart yet
	fds []int  // came with what is in buf, in order

	out sync.Mutex // one message at a time
}

// streamOf makes a stream of a connected socket; fd is taken over.
func streamOf(fd int) (*stream, error) {
	unix.CloseOnExec(fd)
	f := os.NewFile(uintptr(fd), "keeper")
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	uc, ok := c.(*net.UnixConn)
	if !ok {
		c.Close()
		return nil, fmt.Errorf("descriptor %d is no unix socket", fd)
	}
	return &stream{conn: uc}, nil
}

// pair makes two connected sockets that no child inherits by itself.
func pair() (a, b int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return -1, -1, fmt.Errorf("socketpair: %w", err)
	}
	unix.CloseOnExec(p[0])
	unix.CloseOnExec(p[1])
	return p[0], p[1], nil
}

// next waits for a message. fd is -1 unless the kind carries one; it is the
// caller's then. body is valid until the next call.
func (s *stream) next() (m message, fd int, err error) {
	for {
		m, rest, ok, err := splitMessage(s.buf)
		if err != nil {
			return m, -1, err
		}
		if !ok {
			if err := s.fill(); err != nil {
				return m, -1, err
			}
			continue
		}
		m.body = append([]byte(nil), m.body...)
		s.buf = s.buf[:copy(s.buf, rest)]
		if !m.kind.carries() {
			return m, -1, nil
		}
		if len(s.fds) == 0 {
			return m, -1, fmt.Errorf("message %d without its descriptor: %w", m.kind, errProtocol)
		}
		fd, s.fds = s.fds[0], s.fds[1:]
		return m, fd, nil
	}
}

// fill reads more. The kernel never joins what two descriptors came with.
func (s *stream) fill() error {
	var p [4096]byte
	oob := make([]byte, unix.CmsgSpace(4*8))
	n, oobn, _, _, err := s.conn.ReadMsgUnix(p[:], oob)
	if err != nil {
		return err
	}
	if n == 0 {
		return net.ErrClosed
	}
	s.buf = append(s.buf, p[:n]...)
	control, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		return fmt.Errorf("control message: %w", err)
	}
	for _, c := range control {
		fds, err := unix.ParseUnixRights(&c)
		if err != nil {
			continue // not descriptors
		}
		for _, fd := range fds {
			unix.CloseOnExec(fd) // where the kernel did not do it on the way
		}
		s.fds = append(s.fds, fds...)
	}
	return nil
}

// send writes a message, with a descriptor if the kind carries one.
func (s *stream) send(k kind, fd int, body ...[]byte) error {
	b := appendMessage(make([]byte, 0, 64), k, body...)
	var oob []byte
	if k.carries() {
		oob = unix.UnixRights(fd)
	}
	s.out.Lock()
	defer s.out.Unlock()
	n, _, err := s.conn.WriteMsgUnix(b, oob, nil)
	for err == nil && n < len(b) {
		var m int
		m, err = s.conn.Write(b[n:])
		n += m
	}
	return err
}

func (s *stream) close() {
	s.conn.Close()
	for _, fd := range s.fds {
		unix.Close(fd)
	}
	s.fds = nil
}
