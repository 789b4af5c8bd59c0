//go:build linux

package main

import (
	"context"
	"time"
)

// paintScreen fills a screen with coloured lines. Its last word is not spelled out,
// so that the echo of the command is not taken for the painted screen.
const paintScreen = `clear; for i in $(seq 30); do printf '\033[3%dmline %d of the screen that is painted again\033[0m\n' $((i%8)) $i; done; printf 'PAINTED_%s\n' END`

const painted = "PAINTED_END"

// benchAttach starts a client and waits for the last word on the screen.
func benchAttach(ctx context.Context, l *lab, t *table) error {
	for _, c := range []struct{ name, history string }{
		{"attach to repaint, no history", "true"},
		{"attach to repaint, 100k lines of history", "seq 100000"},
	} {
		r := t.row(c.name, "ms")
		s, err := l.session("bash", "--norc")
		if err != nil {
			return err
		}
		name, err := l.tmuxSession(bareBash...)
		if err != nil {
			return err
		}
		for _, command := range []string{c.history, paintScreen} {
			if _, err := l.run(s, command); err != nil {
				return err
			}
			if _, err := l.tmuxRun(name, command); err != nil {
				return err
			}
		}
		err = interleave(ctx, l.rounds(50, 6), 1, []contender{
			{r.line("ai-session attach", ours, below(4)), func() (float64, error) { return l.repaint(l.cli("attach", s.Name).Args) }},
			{r.line("tmux attach", tmux), func() (float64, error) { return l.repaint(l.tmux("attach-session", "-t", name).Args) }},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// repaint runs a client until the screen is there, and then hangs up on it.
func (l *lab) repaint(argv []string) (float64, error) {
	begin := time.Now()
	t, err := l.openTerminal(argv...)
	if err != nil {
		return 0, err
	}
	defer t.close()
	err = t.skip(painted)
	return since(begin), err
}
