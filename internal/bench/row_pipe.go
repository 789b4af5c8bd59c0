//go:build linux

package main

import (
	"context"
	"fmt"
	"os/exec"

	aisession "github.com/ai-session/ai-session"
)

// benchPipe takes in what a command writes with a terminal and without one. Both are
// written down, and their ends are exact.
func benchPipe(ctx context.Context, l *lab, t *table) error {
	s, err := l.session("bash", "--norc")
	if err != nil {
		return err
	}
	path, size, err := l.floodFile("piped", "0123456789 abcdefghijklmnopqrstuvwxyz 0123456789 abcdefghijklmnopqrstuvwxyz 0\n")
	if err != nil {
		return err
	}
	command := "cat " + path
	r := t.row(fmt.Sprintf("%d MB without a terminal", size/1e6), "MB/s")
	return interleave(ctx, l.rounds(5, 2), 1, []contender{
		l.flooded(r.line("Go client, --pipe", ours, timesFaster("Go client, at the terminal", 10)), nil, size, 0, func() error {
			rep, err := s.Exec(l.ctx, command, aisession.Pipe(), aisession.Timeout(trialPatience))
			if err != nil {
				return err
			}
			if code, known := rep.Exit.Code(); !known || code != 0 || rep.RawBytes != int64(size) {
				return fmt.Errorf("%s: exit %s, %d bytes of %d", command, rep.Exit, rep.RawBytes, size)
			}
			return nil
		}),
		l.flooded(r.line("Go client, at the terminal", ours), nil, size, 0, func() error { _, err := l.run(s, command); return err }),
		l.flooded(r.line("wc of a pipe", floor), nil, size, 0, func() error {
			return exec.CommandContext(ctx, "sh", "-c", command+" | wc -l").Run()
		}),
	})
}
