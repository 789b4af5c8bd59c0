//go:build unix

package pty

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// killPasses bounds the hunt for what forks faster than it is stopped.
	killPasses = 50

	// killPatience bounds the wait for the dead if the caller's context does
	// not: who is killed is gone within milliseconds, or hangs in the kernel.
	killPatience = 5 * time.Second
)

// Members are the processes of this terminal's tree: those of its session, with
// it as controlling terminal, in its cgroup, with its marker in their
// environment, and all descendants of these. It is a picture of one moment.
func (p *PTY) Members() ([]Process, error) {
	return p.members(nil)
}

// members adds to what was known before those who belong to it now: a process
// whose parent died in between is found through what it was.
//
// A closed terminal's number may be another's already: it has no members.
func (p *PTY) members(before map[int]Process) ([]Process, error) {
	if p.isClosed() {
		return nil, os.ErrClosed
	}
	all, err := processes()
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	in := map[int]bool{}
	for _, pid := range p.cgroupMembers() {
		in[pid] = true
	}
	never := ourselves(all)
	marker := p.Tree().Marker
	children := map[int][]Process{}
	recycled := p.recycled(all)
	var queue, found []Process
	for _, q := range all {
		children[q.Parent] = append(children[q.Parent], q)
		if !recycled && q.Session == p.pid || p.owns(q, in, before) || marker != "" && !never[q.PID] && marked(q.PID, marker) {
			queue = append(queue, q)
		}
	}
	seen := map[int]bool{}
	for len(queue) > 0 {
		q := queue[0]
		queue = queue[1:]
		if seen[q.PID] || never[q.PID] {
			continue
		}
		seen[q.PID] = true
		found = append(found, q)
		queue = append(queue, children[q.PID]...)
	}
	return found, nil
}

// recycled says that another process has our process's number. The kernel gives a
// number out again only when no process is left in the session of that name.
func (p *PTY) recycled(all []Process) bool {
	for _, q := range all {
		if q.PID == p.pid {
			return q.started != p.born
		}
	}
	return false
}

// owns says whether a process is ours by its own record.
func (p *PTY) owns(q Process, in map[int]bool, before map[int]Process) bool {
	was, known := before[q.PID]
	return p.dev != 0 && q.terminal == p.dev || in[q.PID] ||
		known && was.started == q.started
}

// ourselves are this process and what it descends from: never killed, whatever
// terminal or marker they carry.
func ourselves(all []Process) map[int]bool {
	parent := map[int]int{}
	for _, q := range all {
		parent[q.PID] = q.Parent
	}
	never := map[int]bool{0: true, 1: true}
	for pid := os.Getpid(); !never[pid]; pid = parent[pid] {
		never[pid] = true
	}
	return never
}

// Hangup tells the whole tree that its terminal went away: SIGHUP, and SIGCONT
// so that who is stopped hears it. Who ignores it stays.
func (p *PTY) Hangup() error {
	found, err := p.Members()
	if err != nil {
		return err
	}
	for _, sig := range []unix.Signal{unix.SIGHUP, unix.SIGCONT} {
		for _, q := range found {
			if serr := send(q, sig); serr != nil && serr != unix.ESRCH {
				err = errors.Join(err, fmt.Errorf("hang up on %d: %w", q.PID, serr))
			}
		}
	}
	return err
}

// Kill ends the whole tree with SIGKILL and returns who is left when ctx ends, or
// after 5 seconds: processes of other users, and those the kernel does not let die. All are
// stopped first, over and over until nobody new is found, so that nothing forks
// away from it.
func (p *PTY) Kill(ctx context.Context) ([]Process, error) {
	p.killCgroup()
	known := map[int]Process{}
	for range killPasses {
		found, err := p.members(known)
		if err != nil {
			return nil, err
		}
		grown := false
		for _, q := range found {
			if _, ok := known[q.PID]; !ok && !over(q) {
				known[q.PID], grown = q, true
				send(q, unix.SIGSTOP)
			}
		}
		if !grown {
			break
		}
	}
	for _, q := range known {
		send(q, unix.SIGKILL) // who cannot be killed is found alive below
	}
	c, cancel := context.WithTimeout(ctx, killPatience)
	defer cancel()
	return survivors(c, known), ctx.Err()
}

// over says that a process has ended, reaped or not.
func over(q Process) bool { return q.State == 'Z' || q.State == 'X' }

// survivors waits until all have ended, or ctx has.
func survivors(ctx context.Context, known map[int]Process) []Process {
	left := []Process{}
	for _, q := range known {
		for alive(q) {
			if ctx.Err() != nil {
				left = append(left, q)
				break
			}
			untilGone(ctx, q)
		}
	}
	return left
}

func alive(q Process) bool {
	now, err := process(q.PID)
	if err != nil {
		return !errors.Is(err, os.ErrProcessDone) && syscall.Kill(q.PID, 0) != syscall.ESRCH
	}
	return now.started == q.started && !over(now)
}

// untilGone waits for a process's end, at most as long as ctx lives.
func untilGone(ctx context.Context, q Process) {
	c, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	awaitGone(c, q.PID)
}
