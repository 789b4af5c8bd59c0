//go:build unix

package pty

import "golang.org/x/sys/unix"

// WriteNow writes as much input as the terminal takes at once, without waiting; n
// may be less than len(b), also 0. It must not run beside another write.
func (p *PTY) WriteNow(b []byte) (n int, err error) {
	cerr := p.conn.Write(func(fd uintptr) bool {
		for n < len(b) && err == nil {
			var m int
			if m, err = unix.Write(int(fd), b[n:]); m > 0 {
				n += m
			}
			if err == unix.EINTR {
				err = nil
			}
		}
		return true
	})
	if err == unix.EAGAIN {
		err = nil
	}
	if cerr != nil {
		return n, cerr
	}
	return n, err
}
