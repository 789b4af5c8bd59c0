package pty

// QueuedOutput reports whether output waits to be read.
func (p *PTY) QueuedOutput() (waits bool, err error) {
	err = p.control("queued output", func(fd int) error {
		waits, err = queued(fd)
		return err
	})
	return waits, err
}
