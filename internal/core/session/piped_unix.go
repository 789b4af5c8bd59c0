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

	"github.com/ai-session/ai-session/internal/failpoint"
)

// piped is the pair of named pipes that a command writes to in place of the terminal:
// stdout and stderr apart, byte for byte.
type piped struct {
	ends [2]*pipeEnd // what we read: stdout, stderr; nil: it has ended
	keep [2]*os.File // write ends of ours: without them a pipe that nobody has opened yet ends

	mu      sync.Mutex // guards what follows
	ending  bool       // end was called
	over    bool       // and has said so to both readers
	left    int        // pipes whose bytes until the command's end are not all read
	drained func()     // called once none is left
}

// openPiped opens the pipes that the kit has made.
func openPiped(names [2]string) (*piped, error) {
	p := &piped{left: len(names)}
	for i, name := range names {
		r, err := unix.Open(name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			p.close()
			return nil, &os.PathError{Op: "open", Path: name, Err: err}
		}
		p.ends[i] = &pipeEnd{stream: i + 1, path: name, file: os.NewFile(uintptr(r), name), slot: slot{index: -1}}
		if err := p.keepOpen(i); err != nil {
			p.close()
			return nil, err
		}
	}
	return p, nil
}

// keepOpen has one of the pipes not end before the command does.
func (p *piped) keepOpen(i int) error {
	name := p.ends[i].path
	w, err := unix.Open(name, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: name, Err: err}
	}
	p.keep[i] = os.NewFile(uintptr(w), name)
	widen(w)
	return nil
}

// adoptPiped takes up the pipes of a command that the last daemon began; nil if none of
// them is left.
func adoptPiped(ends []*pipeEnd) *piped {
	p := &piped{}
	for _, end := range ends {
		i := end.stream - 1
		if i < 0 || i >= len(p.ends) || p.ends[i] != nil {
			continue
		}
		p.ends[i] = end
		p.left++
		_ = p.keepOpen(i) // its name is gone: then the command has opened it long ago
	}
	if p.left == 0 {
		return nil
	}
	return p
}

func (p *piped) close() {
	for i := range p.ends {
		if p.ends[i] != nil {
			p.ends[i].file.Close()
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
	for i, end := range p.ends {
		if p.keep[i] != nil {
			p.keep[i].Close()
		}
		if end != nil {
			end.file.SetReadDeadline(past)
		}
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
	p.left--
	f := p.drained
	last := p.left == 0
	p.mu.Unlock()
	if last && f != nil {
		f()
	}
}

// readPipes begins to take in what a piped command writes.
func (s *Session) readPipes(e *execution) {
	p := e.piped
	if p == nil {
		return
	}
	for _, end := range p.ends {
		if end != nil {
			s.readers.Go(func() { s.readPipe(e, p, end) })
		}
	}
}

// readPipe takes one pipe's bytes in until nobody writes to it any more.
func (s *Session) readPipe(e *execution, p *piped, end *pipeEnd) {
	select { // what comes before the terminal has said that the command began waits
	case <-e.started:
	case <-e.done:
	case <-s.life.Done():
	}
	dry := false
	defer func() {
		if !dry {
			p.isDry()
		}
		s.pipeOver(end)
	}()
	conn, err := end.file.SyscallConn()
	if err != nil {
		return
	}
	stop := context.AfterFunc(s.life, func() { end.file.SetReadDeadline(past) })
	defer stop()
	for {
		_, err := s.takePipe(conn, end, true)
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
		end.file.SetReadDeadline(time.Time{})
		for left := maxPipe; left > 0; {
			n, err := s.takePipe(conn, end, false)
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

// readLeftPipe takes in what a background process writes whose command ended under an
// earlier daemon.
func (s *Session) readLeftPipe(end *pipeEnd) {
	defer s.pipeOver(end)
	conn, err := end.file.SyscallConn()
	if err != nil {
		return
	}
	stop := context.AfterFunc(s.life, func() { end.file.SetReadDeadline(past) })
	defer stop()
	for s.life.Err() == nil {
		if _, err := s.takePipe(conn, end, true); err != nil {
			return
		}
	}
}

var errNothing = errors.New("nothing to read now")

// maxPipe is the most that a pipe holds: what widen asks for, or the system's own less.
const maxPipe = 1 << 20

// takePipe reads one chunk: no error when bytes came, io.EOF when nobody can write any
// more. It reads under the mutex: where the journal ends then tells a successor whether
// what was in hand was written down.
func (s *Session) takePipe(conn syscall.RawConn, end *pipeEnd, wait bool) (n int, err error) {
	cerr := conn.Read(func(fd uintptr) bool {
		buf := chunks.Get().(*[]byte) // none is held while nothing comes
		defer chunks.Put(buf)
		s.mu.Lock()
		defer s.mu.Unlock()
		end.slot.begin(s.journal.End().Offset)
		n, err = end.slot.read(int(fd), *buf)
		if n <= 0 {
			return err != unix.EAGAIN || !wait
		}
		failpoint.Here(failpoint.Read)
		s.pipedIn(end.stream, (*buf)[:n])
		failpoint.Here(failpoint.Appended)
		if s.degraded == nil {
			end.slot.done()
		} else {
			end.slot.owe()
		}
		return true
	})
	switch {
	case cerr != nil:
		return 0, cerr
	case err == unix.EAGAIN:
		return 0, errNothing
	case err != nil || n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// read takes what is there, as much as there is room for, and keeps the record of it. No
// bytes and no error: nobody can write any more.
func (s slot) read(fd int, p []byte) (n int, err error) {
	for n < len(p) {
		s.tally(n, true)
		m, err := unix.Read(fd, p[n:])
		s.tally(n+max(m, 0), false)
		switch {
		case err == unix.EINTR:
			continue
		case m > 0:
			n += m
			continue
		case n > 0:
			return n, nil // met again by the next read
		}
		return 0, err
	}
	return n, nil
}
