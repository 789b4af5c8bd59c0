//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"

	aisession "github.com/ai-session/ai-session"
)

// idleSessions is how many terminals stand idle at the same time.
const idleSessions = 500

// benchIdle compares what an idle session costs the process that holds it, its prompt
// drawn and a collection past.
func benchIdle(ctx context.Context, l *lab, t *table) error {
	n := l.rounds(idleSessions, 50)
	r := t.row(fmt.Sprintf("idle session, one of %d", n), "KB")
	before, err := l.memory()
	if err != nil {
		return err
	}
	for range n {
		if _, err := l.session("bash", "--norc"); err != nil {
			return err
		}
		if _, err := l.tmuxSession(bareBash...); err != nil {
			return err
		}
	}
	if err := l.settle(l.daemon.Process.Pid, l.server); err != nil {
		return err
	}
	after, err := l.memory()
	if err != nil {
		return err
	}
	r.line("ai-sessiond", ours, below(24)).take((after[0]-before[0])/1024/float64(n), nil)
	r.line("tmux", tmux).take((after[1]-before[1])/1024/float64(n), nil)
	return nil
}

// memory is the daemon's and the tmux server's share, in bytes.
func (l *lab) memory() ([2]float64, error) {
	a, errA := pss(l.daemon.Process.Pid)
	b, errB := pss(l.server)
	return [2]float64{a, b}, errors.Join(errA, errB)
}

// historySessions spread the cost of the process itself over several histories.
const historySessions = 8

// benchHistory compares what 10,000 full lines of scrollback cost.
func benchHistory(ctx context.Context, l *lab, t *table) error {
	r := t.row("10,000 lines of history", "MB")
	const command = "yes 0123456789012345678901234567890123456789012345678901234567890123456789012345678 | head -10000"
	var sessions []*aisession.Session
	var names []string
	for range historySessions + 1 {
		s, err := l.session("bash", "--norc")
		if err != nil {
			return err
		}
		name, err := l.tmuxSession(bareBash...)
		if err != nil {
			return err
		}
		sessions, names = append(sessions, s), append(names, name)
	}
	fill := func(i int) error {
		_, errA := l.run(sessions[i], command)
		_, errB := l.tmuxRun(names[i], command)
		return errors.Join(errA, errB)
	}
	// The first one brings the programs' own code and tables into memory.
	if err := errors.Join(fill(historySessions), l.settle(l.daemon.Process.Pid, l.server)); err != nil {
		return err
	}
	before, err := l.memory()
	if err != nil {
		return err
	}
	for i := range historySessions {
		if err := fill(i); err != nil {
			return err
		}
	}
	if err := l.settle(l.daemon.Process.Pid, l.server); err != nil {
		return err
	}
	after, err := l.memory()
	if err != nil {
		return err
	}
	r.line("ai-sessiond", ours, below(1.1)).take((after[0]-before[0])/1e6/historySessions, nil)
	r.line("tmux", tmux).take((after[1]-before[1])/1e6/historySessions, nil)
	return nil
}
