//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// batchLines is how many commands one batch runs.
const batchLines = 1000

// benchBatch runs many commands one after the other: the time of each, the start of the
// client included.
func benchBatch(ctx context.Context, l *lab, t *table) error {
	r := t.row(fmt.Sprintf("batch of %d true, each", batchLines), "ms")
	s, err := l.session("bash", "--norc")
	if err != nil {
		return err
	}
	bare, err := l.openShell(bareBash...)
	if err != nil {
		return err
	}
	control, err := l.controlled(bareBash...)
	if err != nil {
		return err
	}
	line := marked("true", "$?")
	return interleave(ctx, l.rounds(9, 2), 1, []contender{
		{r.line("ai-session batch", ours, below(0.3)), each(func() error { return l.batch(s.Name) })},
		{r.line("tmux control mode", tmux), each(func() error { return repeat(func() (float64, error) { return control.exec(typedTrue, nil) }) })},
		{r.line("bare pty", floor), each(func() error { return repeat(func() (float64, error) { return bare.exec(line, nil) }) })},
	})
}

// each is the share of one command in what f takes for all of them.
func each(f func() error) func() (float64, error) {
	all := timed(f)
	return func() (float64, error) {
		v, err := all()
		return v / batchLines, err
	}
}

func repeat(f func() (float64, error)) error {
	for range batchLines {
		if _, err := f(); err != nil {
			return err
		}
	}
	return nil
}

// batch runs true many times, and every answer has to be there, in order and exact.
func (l *lab) batch(session string) error {
	c := l.cli("batch")
	c.Stdin = strings.NewReader(strings.Repeat("exec "+session+" true\n", batchLines))
	out, err := output(c)
	if err != nil {
		return err
	}
	answers := json.NewDecoder(strings.NewReader(out))
	for n := 1; n <= batchLines; n++ {
		var a struct {
			Line   int
			Status int
			Result struct {
				Exit     *int
				RawBytes int `json:"raw_bytes"`
			}
		}
		if err := answers.Decode(&a); err != nil {
			return fmt.Errorf("answer %d: %w", n, err)
		}
		if a.Line != n || a.Status != 0 || a.Result.Exit == nil || *a.Result.Exit != 0 || a.Result.RawBytes != 0 {
			return fmt.Errorf("answer %d: %+v", n, a)
		}
	}
	return nil
}
