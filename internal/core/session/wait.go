package session

import (
	"context"
	"regexp"
	"time"

	"github.com/ai-session/ai-session/api"
)

// defaultQuiet is how long a silence must last unless the caller says.
const defaultQuiet = 100 * time.Millisecond

// matchWindow is how much new output a text is looked for in at once: a match may
// begin at most this far before the newest byte.
const matchWindow = 64 << 10

// waiter waits for one thing to happen from a moment on.
type waiter struct {
	s     *Session
	what  string
	match *regexp.Regexp
	quiet time.Duration
	from  int64 // output offset it was made at: only later output matches
	open  *execution
	needs bool // also returns when open needs somebody
	began time.Time
}

// newWaiter checks what is asked for and fixes the moment it counts from.
func (s *Session) newWaiter(what, match string, quiet api.Millis) (*waiter, error) {
	if quiet < 0 {
		return nil, api.Errorf(api.Invalid, "quiet_ms %d is negative", quiet)
	}
	w := &waiter{s: s, what: what, quiet: quiet.Duration(), began: time.Now()}
	if match != "" {
		re, err := regexp.Compile(match)
		if err != nil {
			return nil, api.Errorf(api.Invalid, "match %q: %v", match, err).WithHint("it is a Go regular expression (RE2)")
		}
		w.match = re
	}
	switch {
	case w.what == "" && w.match != nil:
		w.what = "text"
	case w.what == "" && quiet > 0:
		w.what = "quiet"
	case w.what == "":
		w.what, w.needs = "exit", true // who would answer, if nobody is told?
	case w.what == "text" && w.match == nil:
		return nil, api.Errorf(api.Invalid, "for text needs a match").WithHint("--match RE")
	}
	if w.quiet == 0 {
		w.quiet = defaultQuiet
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w.from, w.open = s.journal.End().Offset, s.innermost()
	return w, nil
}

// Wait waits for something to happen. A block as target waits for its end.
func (s *Session) Wait(ctx context.Context, req *api.WaitRequest) (*api.WaitResult, error) {
	if req.TimeoutMS < 0 {
		return nil, api.Errorf(api.Invalid, "timeout_ms %d is negative", req.TimeoutMS)
	}
	w, err := s.newWaiter(req.For, req.Match, req.QuietMS)
	if err != nil {
		return nil, err
	}
	return s.waitWith(ctx, w, req)
}

func (s *Session) waitWith(ctx context.Context, w *waiter, req *api.WaitRequest) (*api.WaitResult, error) {
	if w.open != nil && w.what == "text" {
		// Of a command that was just started all output is new, or a wait could come
		// too late for the line it is about.
		s.mu.Lock()
		w.from = w.open.block.from
		s.mu.Unlock()
	}
	deadline, stop := timeout(ctx, req.TimeoutMS)
	defer stop()
	res, err := w.wait(ctx, deadline)
	if err != nil || w.what != "exit" {
		return res, err
	}
	res.Block, err = s.lastBlock(w.open, req.MaxTokens)
	return res, err
}

// lastBlock is the block a wait for an exit was about: the one that was open, or the
// newest.
func (s *Session) lastBlock(open *execution, maxTokens int) (*api.Report, error) {
	if open != nil {
		return s.report(open, &api.ExecRequest{MaxTokens: maxTokens})
	}
	s.mu.Lock()
	if len(s.blocks) == 0 {
		s.mu.Unlock()
		return nil, nil
	}
	number := s.blocks[len(s.blocks)-1].number
	s.mu.Unlock()
	return s.Block(number, s.textOptions(false, maxTokens))
}

// wait returns when it has happened, with reason timeout when deadline ended first,
// or with an error when ctx did.
func (w *waiter) wait(ctx, deadline context.Context) (*api.WaitResult, error) {
	for {
		w.s.mu.Lock()
		reason, text, again := w.happened()
		res := w.result(reason, text)
		changed := w.s.change()
		var grown <-chan struct{}
		if w.what == "quiet" || w.what == "text" {
			grown = w.s.growth()
		}
		w.s.mu.Unlock()
		if reason != "" {
			return res, nil
		}
		var timer <-chan time.Time
		if again > 0 {
			t := time.NewTimer(again)
			defer t.Stop()
			timer = t.C
		}
		select {
		case <-changed:
		case <-grown:
		case <-timer:
		case <-deadline.Done():
			if ctx.Err() != nil {
				return nil, api.Errorf(api.Cancelled, "the caller left")
			}
			res.Reason = "timeout"
			return res, nil
		}
	}
}

// happened looks whether it has, under the mutex; again is when to look next at the
// latest, for what is a matter of time.
func (w *waiter) happened() (reason, text string, again time.Duration) {
	s := w.s
	if s.phase == dead && w.what != "text" {
		return "dead", "", 0
	}
	switch w.what {
	case "exit":
		if w.open != nil && w.open.ended() || w.open == nil && s.phase != unhooked {
			return "exit", "", 0
		}
		switch {
		case !w.needs || w.open != nil && !s.asks(w.open):
		case s.input != nil:
			return "input", "", 0
		case s.tui:
			return "tui", "", 0
		}
	case "prompt":
		if s.phase == ready && !s.dirty.is && !s.foreign() {
			return "prompt", "", 0
		}
	case "input":
		if s.input != nil {
			return "input", "", 0
		}
	case "quiet":
		since := w.began
		if s.lastOutput.After(since) {
			since = s.lastOutput
		}
		if again = w.quiet - time.Since(since); again <= 0 {
			return "quiet", "", 0
		}
	case "text":
		if text = w.matched(); text != "" {
			return "text", text, 0
		}
		if s.phase == dead {
			return "dead", "", 0
		}
	}
	return "", "", again
}

// matched looks for the text in output newer than the waiter.
func (w *waiter) matched() string {
	end := w.s.journal.End().Offset
	if end == w.from {
		return ""
	}
	buf := make([]byte, min(end-w.from, matchWindow))
	n, _ := w.s.journal.ReadAt(buf, w.from)
	found := w.match.FindString(plain(w.s.c.Charset.Text(buf[:n])))
	if found == "" && end-w.from > matchWindow {
		// The first half can hold no match that is not wholly in it: look at it no more.
		w.from += matchWindow / 2
		return w.matched()
	}
	return found
}

func (w *waiter) result(reason, text string) *api.WaitResult {
	state, _ := w.s.state()
	res := &api.WaitResult{
		Reason: reason, State: state, Match: text, Input: w.s.input,
		AgeMS: api.MillisOf(time.Since(w.s.stateAt)), Session: w.s.name,
	}
	if w.s.phase == dead {
		exit := exitOf(w.s.exit)
		res.Exit, res.Signal = &exit, signalName(w.s.exit.Signal)
	}
	return res
}

// WaitBlock waits for a block's end.
func (s *Session) WaitBlock(ctx context.Context, number uint64, req *api.WaitRequest) (*api.WaitResult, error) {
	if req.For != "" && req.For != "exit" || req.Match != "" || req.QuietMS != 0 {
		return nil, api.Errorf(api.Invalid, "of a block only its exit can be waited for").WithHint("ai-session wait %s", s.Name())
	}
	w, err := s.newWaiter(req.For, "", 0)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	w.open = s.underWay(number)
	s.mu.Unlock()
	if w.open != nil {
		return s.waitWith(ctx, w, req)
	}
	r, err := s.Block(number, s.textOptions(false, req.MaxTokens))
	if err != nil {
		return nil, err
	}
	info := s.Info()
	return &api.WaitResult{Reason: "exit", State: info.State, Block: r, AgeMS: info.AgeMS, Session: info.Name}, nil
}
