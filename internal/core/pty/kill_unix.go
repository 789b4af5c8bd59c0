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

	"github.com/ai-session/ai-session/internal/core/cgroup"
)

const (
	// killPasses bounds the hunt for what forks faster than it is stopped.
	killPasses = 50

	// killPatience bounds the wait for the dead if the caller's context does
	// not: who is killed is gone within milliseconds, or hangs in the kernel.
	killPatience = 5 * time.Second

	// groupPatience bounds the wait for those in the cgroup before anybody else is
	// looked for.
	groupPatience = time.Second
)

// Members are the processes of this terminal's tree: those of its session, with
// it as controlling terminal, in its cgroup, with its marker in their
// environment, and all descendants of these. It is a picture of one moment.
func (p *PTY) Members() ([]Process, error) {
	found, _, err := p.members(nil)
	return found, err
}

// members adds to what was known before those who belong to it now: a process
// whose parent died in between is found through what it was. all is false if there
// may be more, of which nobody can tell at this moment.
//
// A closed terminal's number may be another's already: it has no members.
func (p *PTY) members(before map[int]Process) (found []Process, all bool, err error) {
	if p.isClosed() {
		return nil, false, os.ErrClosed
	}
	now, err := pictures.look(p.Tree().Marker)
	if err != nil {
		return nil, false, err
	}
	if p.isClosed() { // while we waited
		return nil, false, os.ErrClosed
	}
	var roots []Process
	// The kernel gives a process's number out again only when no process is left in the
	// session of that name: then who has it is another's.
	if first, there := now.all[p.pid]; !there || first.started == p.born {
		roots = append(roots, now.session[p.pid]...)
	}
	if p.dev != 0 {
		roots = append(roots, now.terminal[p.dev]...)
	}
	if marker := p.Tree().Marker; marker != "" {
		roots = append(roots, now.marked[marker]...)
	}
	for _, pid := range cgroup.Members(p.Tree().Cgroup) {
		if q, there := now.all[pid]; there {
			roots = append(roots, q)
		}
	}
	for pid, was := range before {
		if q, there := now.all[pid]; there && q.started == was.started {
			roots = append(roots, q)
		}
	}
	return now.tree(roots), !now.unsure, nil
}

// Hangup tells the whole tree that its terminal went away: SIGHUP, and SIGCONT
// so that who is stopped hears it. It waits until all have ended who do not ignore it, some
// once they have put their things in order, or until ctx ends.
func (p *PTY) Hangup(ctx context.Context) error {
	found, err := p.near()
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
	hear := map[int]Process{}
	for _, q := range found {
		if q.ignored>>(unix.SIGHUP-1)&1 == 0 {
			hear[q.PID] = q
		}
	}
	survivors(ctx, hear)
	return err
}

// near are the members that are easily found: where there is a cgroup, those in it. It
// takes milliseconds to look at every process of a machine.
func (p *PTY) near() (found []Process, err error) {
	for _, pid := range cgroup.Members(p.Tree().Cgroup) {
		if q, err := process(pid); err == nil {
			found = append(found, q)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	return p.Members()
}

// Kill ends the whole tree with SIGKILL and returns who is left when ctx ends, or
// after 5 seconds: processes of other users, and those the kernel does not let die. All are
// stopped first, over and over until nobody new is found, so that nothing forks
// away from it, and nobody's parent is gone before he is known.
func (p *PTY) Kill(ctx context.Context) ([]Process, error) {
	p.killCgroup(ctx)
	known := map[int]Process{}
	for range killPasses {
		grown, err := p.stopAll(known)
		if err != nil {
			return nil, err
		}
		if !grown {
			break
		}
		for _, q := range known {
			send(q, unix.SIGKILL) // who cannot be killed is found alive below
		}
		// A fork that was under way when SIGSTOP came is done all the same, and its child
		// may be in none of the pictures. After SIGKILL none is: so there is one more look.
	}
	c, cancel := context.WithTimeout(ctx, killPatience)
	defer cancel()
	return survivors(c, known), ctx.Err()
}

// killCgroup ends who is in the cgroup, which is everybody as a rule, and waits for it: then
// the hunt need not look twice.
func (p *PTY) killCgroup(ctx context.Context) {
	dir := p.Tree().Cgroup
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, groupPatience)
	defer cancel()
	cgroup.Kill(dir)
	for left := cgroup.Members(dir); len(left) > 0 && ctx.Err() == nil; left = cgroup.Members(dir) {
		for _, pid := range left {
			untilGone(ctx, Process{PID: pid})
		}
	}
}

// stopAll stops the tree and adds it to what is known, until it finds nobody new.
func (p *PTY) stopAll(known map[int]Process) (grown bool, err error) {
	for range killPasses {
		found, all, err := p.members(known)
		if err != nil {
			return grown, err
		}
		p.stopGroups(found)
		more := false
		for _, q := range found {
			if was, ok := known[q.PID]; (!ok || was.started != q.started) && !over(q) {
				known[q.PID], more = q, true
				send(q, unix.SIGSTOP)
			}
		}
		grown = grown || more
		if !more && all {
			break
		}
	}
	return grown, nil
}

// stopGroups stops the process groups of the terminal's own session, each at once: a
// signal to a group reaches those too that are being forked.
func (p *PTY) stopGroups(found []Process) {
	stopped := map[int]bool{}
	for _, q := range found {
		if q.Session == p.pid && !over(q) && !stopped[q.Group] {
			stopped[q.Group] = true
			unix.Kill(-q.Group, unix.SIGSTOP)
		}
	}
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
