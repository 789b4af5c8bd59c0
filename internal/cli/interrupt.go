package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"sync"

	"github.com/ai-session/ai-session/api"
)

// interrupts take ^C for the commands under way: the first interrupts each, the second
// leaves it running. Where none is under way ^C ends this program.
type interrupts struct {
	app     *app
	signals chan os.Signal
	done    chan struct{}

	mu      sync.Mutex // guards what follows
	inOrder bool       // the first line's runs, the rest wait for it
	under   []*underway
}

// underway is a command that ^C is for.
type underway struct {
	session     string
	line        int // of a batch
	leave       context.CancelFunc
	interrupted bool
}

func notifyInterrupts(a *app) *interrupts {
	i := &interrupts{app: a, signals: make(chan os.Signal, 2), done: make(chan struct{})}
	signal.Notify(i.signals, os.Interrupt)
	go i.serve()
	return i
}

// takeTurns says that of the commands under way only the first line's runs.
func (i *interrupts) takeTurns() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.inOrder = true
}

func (i *interrupts) stop() {
	signal.Stop(i.signals)
	close(i.done)
}

func (i *interrupts) serve() {
	for {
		select {
		case <-i.signals:
			i.interrupt()
		case <-i.done:
			return
		}
	}
}

func (i *interrupts) interrupt() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.under) == 0 {
		os.Exit(exitInterrupted)
	}
	running := i.under
	if i.inOrder {
		running = []*underway{slices.MinFunc(running, func(a, b *underway) int { return a.line - b.line })}
	}
	for _, u := range running {
		if u.interrupted {
			fmt.Fprintf(i.app.stderr, "ai-session: left running; ai-session wait %s\n", u.session)
			u.leave()
			continue
		}
		u.interrupted = true
		go i.send(u.session)
	}
}

func (i *interrupts) send(session string) {
	_, err := api.Signal.Call(i.app.ctx, i.app.client, &api.SignalRequest{Session: session, Signal: "INT"})
	if err != nil {
		fmt.Fprintf(i.app.stderr, "ai-session: interrupt: %v\n", err)
	}
}

// interruptible makes ^C interrupt the session's command, and a second one leave it
// running.
func (a *app) interruptible(session string) (stop func()) {
	all, own := a.interrupts, a.interrupts == nil
	if own {
		all = notifyInterrupts(a)
	}
	ctx, cancel := context.WithCancel(a.ctx)
	a.ctx = ctx
	u := &underway{session: session, line: a.line, leave: cancel}
	all.mu.Lock()
	all.under = append(all.under, u)
	all.mu.Unlock()
	return func() {
		if own {
			all.stop()
		}
		all.mu.Lock()
		all.under = slices.DeleteFunc(all.under, func(other *underway) bool { return other == u })
		all.mu.Unlock()
		cancel()
	}
}
