package daemon

import (
	"sync/atomic"
	"time"
)

// restAfter is how long nothing must happen before a busy time counts as over.
const restAfter = 10 * time.Second

// rest calls f once after each busy time, when nothing has happened for a while. To
// stir it costs one load while it is busy anyway, so that everything may.
type rest struct {
	f     func()
	state atomic.Int32
	timer *time.Timer // runs in every state but idle
}

const (
	idle    = iota // f was called, or nothing has happened yet
	waiting        // nothing has happened since the timer was set
	stirred        // something has
	over           // close was called
)

// newRest answers nil without an f; a nil rest may be stirred and closed.
func newRest(f func()) *rest {
	if f == nil {
		return nil
	}
	r := &rest{f: f}
	r.timer = time.AfterFunc(restAfter, r.look)
	r.timer.Stop()
	return r
}

// stir tells that something happens.
func (r *rest) stir() {
	if r == nil {
		return
	}
	switch r.state.Load() {
	case idle, waiting:
		if r.state.Swap(stirred) == idle {
			r.timer.Reset(restAfter)
		}
	}
}

// look is the timer's end.
func (r *rest) look() {
	switch {
	case r.state.CompareAndSwap(stirred, waiting):
		r.timer.Reset(restAfter)
	case r.state.CompareAndSwap(waiting, idle):
		r.f()
	case r.state.Load() != over: // stirred between the two
		r.timer.Reset(restAfter)
	}
}

// close ends it; f may be under way.
func (r *rest) close() {
	if r != nil {
		r.state.Store(over)
		r.timer.Stop()
	}
}
