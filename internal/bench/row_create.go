//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// benchCreate makes a session. The shell in it goes on starting.
func benchCreate(ctx context.Context, l *lab, t *table) error {
	r := t.row("create", "ms")
	return interleave(ctx, l.rounds(80, 10), 1, []contender{
		{r.line("ai-session create", ours, below(4)), l.cliCreate},
		{r.line("Go client", ours, below(2)), l.clientCreate},
		{r.line("tmux new-session -d", tmux), func() (float64, error) { return l.tmuxCreate() }},
		{r.line("fork of /bin/true", floor), timed(func() error { return exec.CommandContext(ctx, "/bin/true").Run() })},
	})
}

// cliCreate makes a session and, unmeasured, removes it.
func (l *lab) cliCreate() (float64, error) {
	name := l.name("a")
	took, err := timed(func() error {
		_, err := output(l.cli("create", name, "--size", fmt.Sprintf("%dx%d", cols, rows), "--", "bash", "--norc"))
		return err
	})()
	if err != nil {
		return took, err
	}
	s, err := l.client.Session(l.ctx, name)
	if err != nil {
		return took, err
	}
	return took, l.remove(s)
}

func (l *lab) clientCreate() (float64, error) {
	begin := time.Now()
	s, err := l.create("bash", "--norc")
	took := since(begin)
	if err != nil {
		return took, err
	}
	return took, l.remove(s)
}

func (l *lab) tmuxCreate() (float64, error) {
	begin := time.Now()
	name, err := l.tmuxSession("bash", "--norc")
	took := since(begin)
	if err != nil {
		return took, err
	}
	_, err = output(l.tmux("kill-session", "-t", name))
	return took, err
}

// benchFirst makes a session and runs a command in it: what somebody waits who wants
// a terminal now. The shell reads an rc file with nothing in it.
func benchFirst(ctx context.Context, l *lab, t *table) error {
	r := t.row("create to first command", "ms")
	rc, err := l.file("rc", func(io.Writer) error { return nil })
	if err != nil {
		return err
	}
	edit := []string{"bash", "--rcfile", rc}
	bare := append(edit[:len(edit):len(edit)], "--noediting")
	return interleave(ctx, l.rounds(60, 8), 1, []contender{
		{r.line("Go client", ours, beside("bare pty", 1.5, 0)), func() (float64, error) { return l.clientFirst(edit) }},
		{r.line("bare pty", floor), func() (float64, error) { return l.bareFirst(bare) }},
		{r.line("bare pty, readline on", floor), func() (float64, error) { return l.bareFirst(edit) }},
		{r.line("tmux new-session, send-keys, wait-for", tmux), func() (float64, error) { return l.tmuxFirst(bare) }},
	})
}

func (l *lab) clientFirst(argv []string) (float64, error) {
	begin := time.Now()
	s, err := l.create(argv...)
	if err != nil {
		return 0, err
	}
	err = l.runTrue(s)
	took := since(begin)
	if err != nil {
		return took, err
	}
	return took, l.remove(s)
}

// bareFirst types the command before the shell has drawn its prompt, which is the
// least there is to wait for.
func (l *lab) bareFirst(argv []string) (float64, error) {
	begin := time.Now()
	t, err := l.openTerminal(argv...)
	if err != nil {
		return 0, err
	}
	defer t.close()
	if err := t.write(marked("true", "$?")); err != nil {
		return 0, err
	}
	_, err = t.until(success)
	return since(begin), err
}

func (l *lab) tmuxFirst(argv []string) (float64, error) {
	name, channel := l.name("t"), l.name("c")
	args := append([]string{"new-session", "-d", "-s", name, "-x", "120", "-y", "40", "--"}, argv...)
	args = append(args, ";", "send-keys", "-t", name, "-l", " true; tmux wait-for -S "+channel, ";", "send-keys", "-t", name, "Enter", ";", "wait-for", channel)
	begin := time.Now()
	_, err := output(l.tmux(args...))
	took := since(begin)
	if err != nil {
		return took, err
	}
	_, err = output(l.tmux("kill-session", "-t", name))
	return took, err
}
