//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	aisession "github.com/ai-session/ai-session"
)

// manySessions run manyLines lines each, all at the same time.
const manySessions, manyLines = 100, 1000

// benchMany asks a hundred sessions at once, and every answer has to be exact.
func benchMany(ctx context.Context, l *lab, t *table) error {
	r := t.row("100 sessions x seq 1000", "ms")
	sessions := make([]*aisession.Session, manySessions)
	controls := make([]*control, manySessions)
	terminals := make([]*terminal, manySessions)
	for i := range manySessions {
		var errs [3]error
		sessions[i], errs[0] = l.session("bash", "--norc")
		controls[i], errs[1] = l.controlled(bareBash...)
		terminals[i], errs[2] = l.openShell(bareBash...)
		if err := errors.Join(errs[:]...); err != nil {
			return err
		}
	}
	want := numbers(manyLines)
	command := fmt.Sprintf("seq %d", manyLines)
	line := marked(command, "$?")
	typed := strings.TrimSuffix(line, "\r")
	return interleave(ctx, l.rounds(15, 3), 1, []contender{
		{r.line("Go client", ours, below(200)), timed(atOnce(func(i int) error { return l.exactly(sessions[i], command, want) }))},
		{r.line("tmux control mode", tmux), timed(atOnce(func(i int) error { _, err := controls[i].exec(typed, want); return err }))},
		{r.line("bare pty", floor), timed(atOnce(func(i int) error { _, err := terminals[i].exec(line, want); return err }))},
	})
}

// atOnce makes a function that calls f for every session at the same time.
func atOnce(f func(i int) error) func() error {
	return func() error {
		var wait sync.WaitGroup
		errs := make([]error, manySessions)
		for i := range errs {
			wait.Go(func() { errs[i] = f(i) })
		}
		wait.Wait()
		return firstOf(errs)
	}
}

// firstOf tells how many failed and how the first did.
func firstOf(errs []error) error {
	var first error
	n := 0
	for _, err := range errs {
		if err == nil {
			continue
		}
		if n++; n == 1 {
			first = err
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d: %w", n, len(errs), first)
}

// exactly runs a command that has to succeed and to write want.
func (l *lab) exactly(s *aisession.Session, command string, want []byte) error {
	raw, r, err := l.raw(s, command)
	if err != nil {
		return err
	}
	if code, known := r.Exit.Code(); !known || code != 0 || !bytes.Equal(raw, want) {
		return fmt.Errorf("%s in %s: %s %v %+v, exit %s, %d bytes, want %d", command, s.Name, r.State, r.Flags, r.Input, r.Exit, len(raw), len(want))
	}
	return nil
}
