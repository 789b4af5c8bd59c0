//go:build unix

package pty

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// watcher is how the end of a process is noticed: an event where the system has
// one that the poller can wait for, else nil.
type watcher struct {
	event *os.File
	child bool // ours to reap
}

// adoptedInterval is how often a process that is not our child is asked for,
// where nothing tells of its end.
const adoptedInterval = time.Second

// watch waits for the end without a thread and publishes it.
func (p *PTY) watch(w watcher) {
	if w.event != nil {
		defer w.event.Close()
		if p.await(w) {
			return
		}
	}
	if w.child {
		p.awaitSignal()
		return
	}
	p.awaitAdopted()
}

// reap takes a child's status; false while it lives. Only this pid is waited
// for: children that other code started are none of ours.
func (p *PTY) reap() bool {
	var ws syscall.WaitStatus
	for {
		p.mu.Lock()
		pid, err := syscall.Wait4(p.pid, &ws, syscall.WNOHANG, nil)
		p.reaped = p.reaped || pid == p.pid
		p.mu.Unlock()
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil: // someone else reaped it
			p.ended(Exit{Code: -1})
			return true
		case pid == p.pid:
			p.ended(ExitOf(ws))
			return true
		}
		return false
	}
}

// await waits in the poller; false if that does not work here.
func (p *PTY) await(w watcher) bool {
	conn, err := w.event.SyscallConn()
	if err != nil {
		return false
	}
	finished := false
	if w.child {
		conn.Read(func(uintptr) bool {
			finished = p.reap()
			return finished
		})
		return finished
	}
	err = conn.Read(func(fd uintptr) bool {
		finished = readable(int(fd))
		return finished
	})
	if finished {
		p.ended(p.inherited())
	}
	return finished || errors.Is(err, os.ErrDeadlineExceeded)
}

func readable(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n == 1
}

// awaitSignal reaps a child when SIGCHLD says that some child ended.
func (p *PTY) awaitSignal() {
	c := make(chan os.Signal, 1) // one is enough: reap looks for itself
	signal.Notify(c, syscall.SIGCHLD)
	defer signal.Stop(c)
	for !p.reap() {
		<-c
	}
}

// awaitAdopted asks for a process that nothing tells us about.
func (p *PTY) awaitAdopted() {
	tick := time.NewTicker(adoptedInterval)
	defer tick.Stop()
	for {
		if err := syscall.Kill(p.pid, 0); err == syscall.ESRCH {
			p.ended(p.inherited())
			return
		}
		select {
		case <-p.stop:
			return
		case <-tick.C:
		}
	}
}

// leads says whether a process lives that leads its own session, as what Start
// started does to its end. It tells a recycled pid most of the time.
func leads(pid int) bool {
	sid, err := unix.Getsid(pid)
	return err == nil && sid == pid
}
