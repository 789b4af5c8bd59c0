//go:build linux

package main

import (
	"context"
	"time"
)

// contender is one way of doing what a row measures.
type contender struct {
	*series
	once func() (float64, error) // one trial with an exact result, in the row's unit
}

// interleave lets the contenders take turns: burst trials each, rounds times, after
// one round that is not counted. A burst keeps a contender's own code and pages warm
// as steady use would, and is short enough that a noisy moment hits all.
func interleave(ctx context.Context, rounds, burst int, contenders []contender) error {
	for round := range rounds + 1 {
		for _, c := range contenders {
			for range burst {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				v, err := c.once()
				if round > 0 || err != nil {
					c.take(v, err)
				}
				if err != nil && len(c.wrong) >= maxWrong {
					return err
				}
			}
		}
	}
	return nil
}

// maxWrong is how many failures of one contender end the experiment: it is broken,
// not unlucky.
const maxWrong = 5

// since is the time from begin in milliseconds.
func since(begin time.Time) float64 { return float64(time.Since(begin).Nanoseconds()) / 1e6 }

// timed makes a trial of a function that is measured from end to end.
func timed(f func() error) func() (float64, error) {
	return func() (float64, error) {
		begin := time.Now()
		err := f()
		return since(begin), err
	}
}
