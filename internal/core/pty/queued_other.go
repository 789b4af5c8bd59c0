//go:build !linux

package pty

// QueuedOutput is unknown on this system.
func (p *PTY) QueuedOutput() (waits bool, err error) { return false, ErrUnknown }
