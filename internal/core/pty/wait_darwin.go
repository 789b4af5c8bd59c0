package pty

import (
	"os"
	"syscall"
)

// spawn starts the child. There are no cgroups here.
func (p *PTY) spawn(path string, c Command, slave *os.File) (watcher, error) {
	p.tree = Tree{Marker: c.Marker}
	pid, _, err := syscall.StartProcess(path, argv(c), p.attr(c, slave))
	if err != nil {
		return watcher{}, err
	}
	p.pid = pid
	return watcher{child: true}, nil
}

// find watches a process that is not our child: by asking, see awaitAdopted.
func (p *PTY) find() (watcher, error) {
	if !leads(p.pid) {
		return watcher{}, os.ErrProcessDone
	}
	return watcher{}, nil
}
