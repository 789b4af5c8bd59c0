//go:build linux

package main

import (
	"context"
	"fmt"
)

var (
	bareBash = []string{"bash", "--norc", "--noediting"} // as ai-session runs bash
	editBash = []string{"bash", "--norc"}
)

// benchExec runs true in a living bash.
func benchExec(ctx context.Context, l *lab, t *table) error {
	r := t.row("exec", "ms")
	mine := r.line("Go client", ours, beside("bare pty", 1, 0.25), tailBelow(2), beside("tmux send-keys, wait-for, capture-pane", 0.1, 0))
	s, err := l.session("bash", "--norc")
	if err != nil {
		return err
	}
	if err := exactExec(l, s); err != nil {
		return err
	}
	contenders := []contender{{mine, timed(func() error { return l.runTrue(s) })}}
	for _, c := range []struct {
		what string
		argv []string
	}{{"", bareBash}, {", readline on", editBash}} {
		bare, err := l.openShell(c.argv...)
		if err != nil {
			return err
		}
		line := marked("true", "$?")
		contenders = append(contenders, contender{r.line("bare pty"+c.what, floor), func() (float64, error) { return bare.exec(line, nil) }})
	}
	for _, c := range []struct {
		what string
		argv []string
	}{{"", bareBash}, {", readline on", editBash}} {
		control, err := l.controlled(c.argv...)
		if err != nil {
			return err
		}
		contenders = append(contenders, contender{r.line("tmux control mode"+c.what, tmux), func() (float64, error) { return control.exec(typedTrue, nil) }})
	}
	typed, err := l.tmuxSession(bareBash...)
	if err != nil {
		return err
	}
	contenders = append(contenders, contender{r.line("tmux send-keys, wait-for, capture-pane", tmux), timed(func() error { return l.tmuxTrue(typed) })})
	return interleave(ctx, l.rounds(50, 6), 10, contenders)
}

// typedTrue is the marked line without its Enter, which tmux types by name.
const typedTrue = ` true;printf '\1%d\2' $?`

// controlled starts a tmux session with a kept control client.
func (l *lab) controlled(argv ...string) (*control, error) {
	name, err := l.tmuxSession(argv...)
	if err != nil {
		return nil, err
	}
	return l.openControl(name)
}

// benchShells runs true in the other shells, beside the same shell on a bare pty.
func benchShells(ctx context.Context, l *lab, t *table) error {
	for _, c := range []struct {
		shell, status string
		mine, bare    []string
	}{
		{"zsh", "$?", []string{"zsh", "-f"}, []string{"zsh", "-f", "+Z"}},
		{"dash", "$?", []string{"dash"}, []string{"dash"}},
		{"fish", "$status", []string{"fish", "-N"}, []string{"fish", "-N", "-C", `function fish_prompt; printf '\6'; end`}},
	} {
		r := t.row("exec "+c.shell, "ms")
		s, err := l.session(c.mine...)
		if err != nil {
			return fmt.Errorf("%s: %w", c.shell, err)
		}
		bare, err := l.openShell(c.bare...)
		if err != nil {
			return fmt.Errorf("bare %s: %w", c.shell, err)
		}
		line := marked("true", c.status)
		err = interleave(ctx, l.rounds(20, 3), 10, []contender{
			{r.line("Go client", ours, beside("bare pty", 1, 0.25), tailBelow(2)), timed(func() error { return l.runTrue(s) })},
			{r.line("bare pty", floor), func() (float64, error) { return bare.exec(line, nil) }},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
