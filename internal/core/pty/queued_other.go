//go:build !linux

package pty

// QueuedOutput is unknown on this system.
func (p *PTY) QueuedOutput() (n int, err error) { return 0, ErrUnknown }
