package daemon

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestRestFollowsEachBusyTimeOnce(t *testing.T) {
	for name, c := range map[string]struct {
		stir []time.Duration // after which pause each
		wait time.Duration   // behind the last
		want int32
	}{
		"nothing has happened":        {nil, time.Hour, 0},
		"one call, then silence":      {[]time.Duration{0}, time.Hour, 1},
		"the silence is short":        {[]time.Duration{0}, restAfter - 1, 0},
		"calls without a long pause":  {[]time.Duration{0, restAfter - 1, restAfter - 1, restAfter - 1}, 0, 0},
		"two busy times":              {[]time.Duration{0, 3 * restAfter}, time.Hour, 2},
		"a busy time of many calls":   {[]time.Duration{0, 1, 1, time.Second, time.Second}, time.Hour, 1},
		"a call just before the look": {[]time.Duration{0, restAfter - 1}, restAfter, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n atomic.Int32
				r := newRest(func() { n.Add(1) })
				for _, pause := range c.stir {
					time.Sleep(pause)
					r.stir()
				}
				time.Sleep(c.wait)
				synctest.Wait()
				if n := n.Load(); n != c.want {
					t.Errorf("%d rests, want %d", n, c.want)
				}
				r.close()
				time.Sleep(time.Hour)
				if n := n.Load(); n != c.want {
					t.Errorf("%d rests after close, want %d", n, c.want)
				}
			})
		})
	}
}

func TestNothingToDoAtRestNeedsNoTimer(t *testing.T) {
	r := newRest(nil)
	r.stir()
	r.close()
}
