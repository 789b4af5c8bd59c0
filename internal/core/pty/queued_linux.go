package pty

import "golang.org/x/sys/unix"

// QueuedOutput is how much output waits to be read.
func (p *PTY) QueuedOutput() (n int, err error) {
	err = p.control("queued output", func(fd int) error {
		n, err = unix.IoctlGetInt(fd, unix.TIOCINQ)
		return err
	})
	return n, err
}
