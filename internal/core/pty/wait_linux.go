package pty

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/ai-session/ai-session/internal/core/cgroup"
)

// spawn starts the child, in its cgroup if that is permitted.
func (p *PTY) spawn(path string, c Command, slave *os.File) (watcher, error) {
	attr := p.attr(c, slave)
	pidfd := -1
	attr.Sys.PidFD = &pidfd
	p.tree = Tree{Marker: c.Marker}

	group, dir := cgroup.Make(c.Cgroup)
	if group != nil {
		defer group.Close()
		attr.Sys.UseCgroupFD, attr.Sys.CgroupFD = true, int(group.Fd())
		p.tree.Cgroup = dir
	}
	pid, _, err := syscall.StartProcess(path, argv(c), attr)
	if err != nil && group != nil { // perhaps for lack of a right, or a sweep took the group away
		p.removeCgroup()
		attr.Sys.UseCgroupFD = false
		pid, _, err = syscall.StartProcess(path, argv(c), attr)
	}
	if err != nil {
		p.removeCgroup()
		return watcher{}, err
	}
	p.pid = pid
	return watcher{event: pollable(pidfd), child: true}, nil
}

// find watches a process that is not our child.
func (p *PTY) find() (watcher, error) {
	if !leads(p.pid) {
		return watcher{}, os.ErrProcessDone
	}
	fd, err := unix.PidfdOpen(p.pid, 0)
	switch {
	case err == unix.ESRCH:
		return watcher{}, os.ErrProcessDone
	case err == unix.ENOSYS:
		return watcher{}, nil
	case err != nil:
		return watcher{}, err
	}
	return watcher{event: pollable(fd)}, nil
}

// pollable hands a pidfd to the poller; nil for -1, which old kernels give.
func pollable(fd int) *os.File {
	if fd < 0 {
		return nil
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil
	}
	return os.NewFile(uintptr(fd), "pidfd")
}
