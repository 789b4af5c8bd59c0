//go:build unix

package pty

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// drainBound is how much output behind the end of the process may be its own. The
// kernel holds some 20 KB of a terminal's output; beyond this it is from others
// who write without pause, and waiting for silence would be waiting for them.
const drainBound = 64 << 10

// past is a deadline that wakes who waits.
var past = time.Unix(1, 0)

// Read waits for output without a buffer. When there is some it takes one, fills
// it with as many reads as there is output for (the kernel hands a terminal out
// in pieces of 4 KiB at most), and gives it to got. A buffer taken in vain is
// given back empty. One goroutine calls Read in a loop.
//
// It answers ErrDrained once, when the process has ended and all of its output
// was given to got. It answers io.EOF when nobody holds the terminal open any
// more; that is not the end of the process, and the next Read waits for somebody
// to open the terminal again. After Close it answers os.ErrClosed.
func (p *PTY) Read(take func() []byte, got func([]byte)) error {
	if p.late >= drainBound && p.drained() {
		return ErrDrained
	}
	for {
		var buf []byte
		var n int
		var end error
		err := p.conn.Read(func(fd uintptr) bool {
			buf = take()
			n, end = p.fill(int(fd), buf)
			if n == 0 && (end == nil || end == io.EOF && p.hungUp) && !p.draining() {
				got(buf[:0])
				return false
			}
			return true
		})
		switch {
		case err != nil && p.isClosed():
			return os.ErrClosed
		case errors.Is(err, os.ErrDeadlineExceeded):
			// The process has ended: look once more, then say so. If this
			// fails, so will the read.
			p.file.SetReadDeadline(time.Time{})
			continue
		case err != nil:
			return err
		case n > 0:
			p.hungUp = false
			if p.draining() {
				p.late += n
			}
			got(buf[:n])
			return nil
		}
		got(buf[:0])
		return p.dry(end)
	}
}

// dry is the answer when there is nothing to read and no reason to wait.
func (p *PTY) dry(end error) error {
	if end == io.EOF && !p.hungUp {
		p.hungUp = true
		return io.EOF
	}
	if p.drained() {
		return ErrDrained
	}
	return end
}

// fill reads until there is no more, or no more room. No bytes: nil means
// nothing there now, io.EOF that nobody holds the terminal.
func (p *PTY) fill(fd int, buf []byte) (n int, err error) {
	for n < len(buf) {
		p.tally(n, true)
		m, err := unix.Read(fd, buf[n:])
		p.tally(n+max(m, 0), false)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return n, nil
		case m > 0:
			n += m
			continue
		case n > 0:
			return n, nil // met again by the next read
		case err == nil || err == unix.EIO: // EIO: Linux, all slaves are closed
			return 0, io.EOF
		}
		return 0, err
	}
	return n, nil
}

// tally notes in shared memory what is in hand.
func (p *PTY) tally(n int, reading bool) {
	if p.count == nil {
		return
	}
	v := uint64(n) << 1
	if reading {
		v |= 1
	}
	binary.LittleEndian.PutUint64(p.count, v)
}

func (p *PTY) draining() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.drain
}

// drained is true once.
func (p *PTY) drained() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.drain
	p.drain = false
	return d
}

// wakeReader has a waiting Read look again.
func (p *PTY) wakeReader() { p.file.SetReadDeadline(past) }

// Write writes input, waiting as long as the program does not read.
func (p *PTY) Write(b []byte) (int, error) {
	return p.WriteContext(context.Background(), b)
}

// WriteContext writes input until all is written or ctx ends; n bytes have been
// written either way. One goroutine at a time writes. A terminal in line mode
// drops what makes a line longer than the kernel's 4095 bytes, and no error says so.
func (p *PTY) WriteContext(ctx context.Context, b []byte) (n int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		p.file.SetWriteDeadline(past)
		close(woken)
	})
	n, err = p.file.Write(b)
	if !stop() {
		<-woken
		if derr := p.file.SetWriteDeadline(time.Time{}); derr != nil {
			return n, derr
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = ctx.Err()
		}
	}
	return n, err
}
