package mcp

import (
	"context"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
)

// flights are the commands that calls wait for. A client that cancels one and at once
// asks for the next means them in that order, but the interrupt of the first travels
// beside the second.
type flights struct {
	mu  sync.Mutex // guards all
	all map[*flight]bool
}

type flight struct {
	ctx     context.Context // of the call
	session string
	done    chan struct{} // closed when the call is over, its interrupt sent
}

// begin notes a call; land says that it is over.
func (f *flights) begin(ctx context.Context, session string) (land func()) {
	fl := &flight{ctx: ctx, session: session, done: make(chan struct{})}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all == nil {
		f.all = map[*flight]bool{}
	}
	f.all[fl] = true
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.all, fl)
		close(fl.done)
	}
}

// others are the calls for a session's commands but the one of ctx.
func (f *flights) others(ctx context.Context, session string) (others []*flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for fl := range f.all {
		if fl.session == session && fl.ctx != ctx {
			others = append(others, fl)
		}
	}
	return others
}

// cancelGrace is how long word of a cancellation that was sent before a request may take
// to its call: the SDK passes it on beside the requests that follow.
const cancelGrace = 50 * time.Millisecond

// over waits for a call that its client has given up. It is false if the call goes on.
func (fl *flight) over(ctx context.Context) bool {
	grace := time.NewTimer(cancelGrace)
	defer grace.Stop()
	select {
	case <-fl.ctx.Done():
	case <-fl.done:
	case <-grace.C:
		return false
	case <-ctx.Done():
		return false
	}
	select {
	case <-fl.done:
		return true
	case <-ctx.Done():
		return false
	}
}

// interruptLimit bounds the sending of an interrupt.
const interruptLimit = 5 * time.Second

// interrupt ends what a cancelled call began, as ^C would.
func (c *call) interrupt(ctx context.Context, session string) error {
	rest, cancel := context.WithTimeout(context.WithoutCancel(ctx), interruptLimit)
	defer cancel()
	api.Signal.Call(rest, c.caller, &api.SignalRequest{Session: session, Signal: "INT"})
	return api.Errorf(api.Cancelled, "cancelled; the command was interrupted").WithCause(ctx.Err())
}

// run executes a command. One that finds a cancelled one in its place comes again when
// that has been interrupted; the session then waits for its end.
func (c *call) run(ctx context.Context, req *api.ExecRequest) (*api.Report, error) {
	before := c.flights.others(ctx, req.Session)
	r, err := api.Exec.Call(ctx, c.caller, req)
	if api.CodeOf(err) != api.Busy {
		return r, err
	}
	again := false
	for _, fl := range before {
		again = fl.over(ctx) || again
	}
	if !again {
		return nil, err
	}
	return api.Exec.Call(ctx, c.caller, req)
}
