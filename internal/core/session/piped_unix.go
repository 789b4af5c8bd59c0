//go:build unix

package session

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// piped is the pair of named pipes that a command writes to in place of the terminal:
// stdout and stderr apart, byte for byte.
type piped struct {
	ends [2]*os.File // what we read: stdout, stderr
	keep [2]*os.File // write ends of ours: without them a pipe that nobody has opened yet ends

	mu      sync.Mutex // guards what follows
	ending  bool       // end was called
	over    bool       // and has said so to both readers
	dry     int        // pipes whose bytes until the command's end are all read
	drained func()     // called once both are
}

// openPiped opens the pipes that the kit has made.
func openPiped(names [2]string) (*piped, error) {
	p := &piped{}
	for i, name := range names {
		r, err := unix.Open(name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			p.close()
			return nil, &os.PathError{Op: "open", Path: name, Err: err}
		}
		p.ends[i] = os.NewFile(uintptr(r), name)
		w, err := unix.Open(name, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			p.close()
			return nil, &os.PathError{Op: "open", Path: name, Err: err}
		}
		p.keep[i] = os.NewFile(uintptr(w), name)
		widen(w)
	}
	return p, nil
}

func (p *piped) close() {
	for i := range p.ends {
		if p.ends[i] != nil {
			p.ends[i].Close()
		}
		if p.keep[i] != nil {
			p.keep[i].Close()
		}
	}
}

// past is a deadline that wakes who waits.
var past = time.Unix(1, 0)

// end has everything written so far read, then drained called. What background
// processes write later is still taken.
func (p *piped) end(drained func()) {
	p.mu.Lock()
	p.drained = drained // a pipe that nobody has open any more ends by itself
	ending := p.ending
	p.ending = true
	p.mu.Unlock()
	if ending {
		return
	}
	for i := range p.ends {
		p.keep[i].Close()
		p.ends[i].SetReadDeadline(past)
	}
	// After the deadlines: who sees that it is over takes his away, and reads on.
	p.mu.Lock()
	p.over = true
	p.mu.Unlock()
}

// isOpen says that the command has not ended.
func (p *piped) isOpen() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.over
}

// isDry notes that one pipe has given all it had when the command ended.
func (p *piped) isDry() {
	p.mu.Lock()
	p.dry++
	f := p.drained
	last := p.dry == len(p.ends)
	p.mu.Unlock()
	if last && f != nil {
		f()
	}
}

// read takes one pipe's bytes in until nobody writes to it any more.
func (s *Session) readPipe(e *execution, stream int) {
	p := e.piped
	select { // what comes before the terminal has said that the command began waits
	case <-e.started:
	case <-e.done:
	case <-s.life.Done():
	}
	conn, err := p.ends[stream].SyscallConn()
	if err != nil {
		p.isDry()
		return
	}
	stop := context.AfterFunc(s.life, func() { p.ends[stream].SetReadDeadline(past) })
	defer stop()
	dry := false
	defer func() {
		if !dry {
			p.isDry()
		}
		p.ends[stream].Close()
	}()
	for {
		_, err := s.takePipe(conn, stream, true)
		if err == io.EOF || s.life.Err() != nil {
			return
		}
		if dry {
			continue
		}
		if p.isOpen() {
			continue // bytes came, and the command runs on
		}
		// The command has ended. Take what is there, and no more than a pipe holds: a
		// background process may write without end. Then wait for what else it writes.
		p.ends[stream].SetReadDeadline(time.Time{})
		for left := maxPipe; left > 0; {
			n, err := s.takePipe(conn, stream, false)
			if err != nil {
				break
			}
			left -= n
		}
		dry = true
		p.isDry()
		if s.life.Err() != nil {
			return
		}
	}
}

var errNothing = errors.New("nothing to read now")

// maxPipe is the most that a pipe holds: what widen asks for, or the system's own less.
const maxPipe = 1 << 20

// takePipe reads one chunk: no error when bytes came, io.EOF when nobody can write any
// more.
func (s *Session) takePipe(conn syscall.RawConn, stream int, wait bool) (n int, err error) {
	var buf *[]byte // none is held while nothing comes
	cerr := conn.Read(func(fd uintptr) bool {
		buf = chunks.Get().(*[]byte)
		for {
			n, err = unix.Read(int(fd), *buf)
			if err == unix.EINTR {
				continue
			}
			if err == unix.EAGAIN && wait {
				chunks.Put(buf)
				buf = nil
				return false
			}
			return true
		}
	})
	if buf != nil {
		defer chunks.Put(buf)
	}
	switch {
	case cerr != nil:
		return 0, cerr
	case err == unix.EAGAIN:
		return 0, errNothing
	case err != nil || n == 0:
		return 0, io.EOF
	}
	s.mu.Lock()
	s.pipedIn(stream, (*buf)[:n])
	s.mu.Unlock()
	return n, nil
}
