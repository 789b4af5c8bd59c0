//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
)

// floodBytes is what a program writes in a trial, with nobody attached.
const floodBytes = 200_000_000

// benchFlood takes in what a program writes as fast as it can: how fast, and at what
// cost in the process that takes it in.
func benchFlood(ctx context.Context, l *lab, t *table) error {
	s, err := l.session("bash", "--norc")
	if err != nil {
		return err
	}
	name, err := l.tmuxSession(bareBash...)
	if err != nil {
		return err
	}
	shell, err := l.openShell(bareBash...)
	if err != nil {
		return err
	}
	for _, kind := range []struct{ name, line string }{
		{"plain", "0123456789 abcdefghijklmnopqrstuvwxyz 0123456789 abcdefghijklmnopqrstuvwxyz 0\n"},
		{"coloured", "\x1b[32m0123456789\x1b[0m abcdefghij \x1b[1;31mklmnopqrst\x1b[0m uvwxyz \x1b[38;5;208m012345\x1b[0m\n"},
	} {
		path, size, err := l.floodFile(kind.name, kind.line)
		if err != nil {
			return err
		}
		speed := t.row(fmt.Sprintf("%d MB %s", size/1e6, kind.name), "MB/s")
		cost := t.row(fmt.Sprintf("%d MB %s, processor", size/1e6, kind.name), "CPU-s/GB")
		contenders := []contender{
			l.flooded(speed.line("Go client", ours, atLeast(45)), cost.line("ai-sessiond", ours, below(15)), size, l.daemon.Process.Pid,
				func() error { _, err := l.run(s, "cat "+path); return err }),
			l.flooded(speed.line("tmux", tmux), cost.line("tmux", tmux), size, l.server,
				func() error { _, err := l.tmuxRun(name, "cat "+path); return err }),
			l.flooded(speed.line("bare pty", floor), nil, size, 0, func() error {
				if err := shell.write(marked("cat "+path, "$?")); err != nil {
					return err
				}
				if err := shell.skip(success); err != nil {
					return err
				}
				return shell.skip(promptMark)
			}),
		}
		if err := interleave(ctx, l.rounds(3, 1), 1, contenders); err != nil {
			return err
		}
	}
	return nil
}

// floodFile writes a file of whole lines, of a tenth of the size in a quick run.
func (l *lab) floodFile(name, line string) (path string, size int, err error) {
	size = l.rounds(floodBytes, floodBytes/10) / len(line) * len(line)
	path, err = l.file(name, func(w io.Writer) error {
		for n := 0; n < size; n += len(line) {
			if _, err := io.WriteString(w, line); err != nil {
				return err
			}
		}
		return nil
	})
	return path, size, err
}

// flooded measures megabytes a second and, where a process is named, its processor
// seconds for a gigabyte.
func (l *lab) flooded(speed, cost *series, size, pid int, trial func() error) contender {
	megabytes := float64(size) / 1e6
	warm := false
	return contender{speed, func() (float64, error) {
		before, err := processorTime(pid)
		if err != nil {
			return 0, err
		}
		took, err := timed(trial)()
		if err != nil {
			return 0, err
		}
		after, err := processorTime(pid)
		if cost != nil && warm { // the first round is not counted: see interleave
			cost.take((after-before)/megabytes*1000, err)
		}
		warm = true
		return megabytes / (took / 1000), err
	}}
}

func processorTime(pid int) (float64, error) {
	if pid == 0 {
		return 0, nil
	}
	return cpuSeconds(pid)
}
