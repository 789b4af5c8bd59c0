package pty

import (
	"context"

	"golang.org/x/sys/unix"
)

// awaitGone waits in the poller for a process's end.
func awaitGone(ctx context.Context, pid int) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		<-ctx.Done()
		return
	}
	f := pollable(fd)
	if f == nil {
		<-ctx.Done()
		return
	}
	defer f.Close()
	if end, ok := ctx.Deadline(); ok {
		f.SetReadDeadline(end)
	}
	conn, err := f.SyscallConn()
	if err != nil {
		<-ctx.Done()
		return
	}
	conn.Read(func(fd uintptr) bool { return readable(int(fd)) })
}
