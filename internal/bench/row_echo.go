//go:build linux

package main

import (
	"context"
	"time"
)

// keyPace is the time between keys: faster than people type, slow enough that each
// key finds the terminal at rest.
const keyPace = 3 * time.Millisecond

// typist is somebody attached to a terminal that shows what is typed.
type typist struct {
	*series
	screen *terminal
	flood  func() (stop func() error, err error) // another session that writes without end
}

// benchEcho types at an attached terminal while another session of the same manager
// floods. Only one floods at a time, or each would measure the other's flood.
func benchEcho(ctx context.Context, l *lab, t *table) error {
	r := t.row("key echo while another session floods", "ms")
	s, err := l.create("cat")
	if err != nil {
		return err
	}
	name, err := l.tmuxSession("cat")
	if err != nil {
		return err
	}
	typists := []typist{
		{series: r.line("ai-session attach", ours, below(0.5), tailBelow(1.5)), flood: l.flood},
		{series: r.line("tmux attach", tmux), flood: l.tmuxFlood},
		{series: r.line("bare pty", floor), flood: l.bareFlood},
	}
	for i, argv := range [][]string{l.cli("attach", s.Name).Args, l.tmux("attach-session", "-t", name).Args, {"cat"}} {
		if typists[i].screen, err = l.watched(argv, i < 2); err != nil {
			return err
		}
	}
	for range l.rounds(6, 2) {
		for _, ty := range typists {
			if err := ty.work(ctx, 100); err != nil {
				return err
			}
		}
	}
	return nil
}

// watched starts a client of a terminal and waits until it has drawn something: from
// then on it reads keys and the kernel no longer shows them itself.
func (l *lab) watched(argv []string, draws bool) (*terminal, error) {
	screen, err := l.openTerminal(argv...)
	if err != nil {
		return nil, err
	}
	l.deferred(screen.close)
	if !draws {
		return screen, nil
	}
	return screen, screen.skip("\x1b[")
}

// work types keys while the flood runs. A key is one that no escape sequence holds.
func (ty typist) work(ctx context.Context, keys int) error {
	stop, err := ty.flood()
	if err != nil {
		return err
	}
	err = pause(ctx, 300*time.Millisecond) // the flood is under way
	for i := 0; i < keys && err == nil; i++ {
		if i%40 == 39 { // the line editor of the kernel empties its line
			if err = ty.screen.write("\x15"); err == nil {
				err = pause(ctx, 10*keyPace)
			}
		}
		if err != nil {
			break
		}
		ty.take(ty.key())
		err = pause(ctx, keyPace)
	}
	if stopErr := stop(); err == nil {
		err = stopErr
	}
	return err
}

func (ty typist) key() (float64, error) {
	begin := time.Now()
	if err := ty.screen.write("&"); err != nil {
		return 0, err
	}
	err := ty.screen.skip("&")
	return since(begin), err
}

func (l *lab) flood() (func() error, error) {
	s, err := l.create("yes")
	if err != nil {
		return nil, err
	}
	return func() error { return l.remove(s) }, nil
}

func (l *lab) tmuxFlood() (func() error, error) {
	name, err := l.tmuxSession("yes")
	return func() error {
		_, err := output(l.tmux("kill-session", "-t", name))
		return err
	}, err
}

// bareFlood is read by somebody and kept by nobody.
func (l *lab) bareFlood() (func() error, error) {
	t, err := l.openTerminal("yes")
	if err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		t.skip("never written by yes")
	}()
	return func() error { t.close(); <-ended; return nil }, nil
}
