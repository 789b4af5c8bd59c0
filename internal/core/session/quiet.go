package session

import (
	"strings"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/pty"
)

// The one thing that is probed rather than told: what a quiet program waits for.
// It is asked after 150 ms and after 1 s of silence, then only after new output.
// An answer counts when a second look 50 ms later is equal: under load a program on
// its way into sleep(2) once looked as if it read.
const (
	firstLook  = 150 * time.Millisecond
	secondLook = 50 * time.Millisecond
	lateLook   = time.Second
)

// mostAhead is how often a program that has input to read is not taken to wait for more.
const mostAhead = 20

// quietWatch owns the session's timers.
type quietWatch struct {
	timer *time.Timer
	armed bool
	stage int           // looks taken in this silence: 0, 1 (early done), 2 (late done)
	ahead int           // looks put off because typed input was still unread
	cpu   time.Duration // of the members, at the first look
	prev  *verdict
	seen  int64 // output offset of the last look
}

// verdict is what one look found.
type verdict struct {
	kind     string // of input; "" = nothing is asked
	tui      bool
	evidence []string
	reader   int // process that reads the terminal in place of the session's own
}

func (v *verdict) equal(o *verdict) bool {
	return v != nil && o != nil && v.kind == o.kind && v.tui == o.tui &&
		strings.Join(v.evidence, "\n") == strings.Join(o.evidence, "\n")
}

// after runs f under the mutex after d, unless the session is closed by then.
func (w *quietWatch) after(s *Session, d time.Duration, f func()) {
	time.AfterFunc(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.closed && s.phase != dead {
			f()
		}
	})
}

// restart makes the watch look again in this silence: something was typed.
func (w *quietWatch) restart() { w.stage, w.prev, w.ahead = 0, nil, 0 }

// watched reports whether anything runs that may come to wait for somebody.
func (s *Session) watched() bool {
	switch s.phase {
	case booting, running, unhooked:
		return true
	case ready:
		return s.foreign() // a half-typed line waits for nobody but its typist
	}
	return false
}

// watchQuiet sees to it that a look is due. It is called for every chunk of output,
// so it only arms a timer that is not; the timer finds out how quiet it has been.
func (s *Session) watchQuiet() {
	w := &s.watch
	if end := s.journal.End().Offset; end != w.seen {
		w.seen, w.stage, w.prev = end, 0, nil
		if s.input != nil || s.tui {
			s.input, s.tui, s.evid = nil, false, nil
			s.tell()
		}
	}
	if w.armed || w.stage > 1 || !s.watched() {
		return
	}
	w.arm(s, firstLook)
}

func (w *quietWatch) arm(s *Session, d time.Duration) {
	w.armed = true
	if w.timer == nil {
		w.timer = time.AfterFunc(d, s.look)
		return
	}
	w.timer.Reset(d)
}

// look is the timer's end.
func (s *Session) look() {
	s.mu.Lock()
	w := &s.watch
	w.armed = false
	if s.closed || s.phase == dead || !s.watched() {
		s.mu.Unlock()
		return
	}
	quiet := time.Since(s.quietSince())
	need := firstLook
	if w.stage == 1 && w.prev == nil {
		need = lateLook
	}
	if quiet < need {
		w.arm(s, need-quiet)
		s.mu.Unlock()
		return
	}
	at := s.journal.End().Offset
	s.mu.Unlock()

	probe, err := s.pty.Probe() // reads /proc: not under the mutex

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.phase == dead || !s.watched() || s.journal.End().Offset != at {
		s.watchQuiet()
		return
	}
	if s.unread() {
		w.prev = nil
		w.arm(s, secondLook) // it is not quiet, we are late
		return
	}
	s.judge(probe, err)
}

// quietSince is when the silence began: with the last output or the command's start.
func (s *Session) quietSince() time.Time {
	if s.since.After(s.lastOutput) {
		return s.since
	}
	return s.lastOutput
}

// judge draws the conclusion of one look, and plans the next.
func (s *Session) judge(p pty.Probe, err error) {
	w := &s.watch
	v := &verdict{}
	if w.stage == 0 {
		w.cpu = cpuOf(p)
	}
	if err == nil {
		v = s.classify(p)
		reader, _ := s.nestedReader(p)
		v.reader = reader.PID
	}
	asks := (v.kind != "" || v.tui) && !(s.doubt && onlyShellReads(v.evidence)) // reclaim asks the shell itself
	if asks && w.ahead < mostAhead && s.typedAhead() {
		w.prev = nil
		w.ahead++
		w.arm(s, secondLook) // it has its answer, and has not come to read it
		return
	}
	if asks && !v.equal(w.prev) {
		w.prev = v
		w.arm(s, secondLook)
		return
	}
	w.prev = nil
	w.stage++
	if asks {
		s.conclude(v)
		return
	}
	s.evid = v.evidence
	if w.stage == 1 {
		w.arm(s, lateLook-firstLook)
	}
}

func (s *Session) conclude(v *verdict) {
	s.evid = v.evidence
	s.tui, s.reader = v.tui, v.reader
	s.input = nil
	if v.kind != "" {
		maybe := (v.kind == "line" || v.kind == "key") && s.open != nil && onlyShellReads(v.evidence)
		s.input = &api.Input{Kind: v.kind, Tail: s.tail(), Evidence: v.evidence, Maybe: maybe}
	}
	if s.concluded != nil {
		close(s.concluded)
		s.concluded = nil
	}
	s.tell()
}

// conclusion returns a channel that is closed when a look at the processes has shown what
// the program waits for. Who waits for an exec's end is not woken by every change.
func (s *Session) conclusion() <-chan struct{} {
	if s.concluded == nil {
		s.concluded = make(chan struct{})
	}
	return s.concluded
}

const shellReadsEvidence = "the shell itself reads the terminal"

// onlyShellReads: a `read` builtin and a prompt that lost its marks look the same.
func onlyShellReads(evidence []string) bool {
	for _, e := range evidence {
		if e == shellReadsEvidence {
			return true
		}
	}
	return false
}

// classify is the table of what a program waits for.
func (s *Session) classify(p pty.Probe) *verdict {
	v := &verdict{}
	reading, polling := false, false
	for _, m := range p.Members {
		switch {
		case m.ReadingTTY:
			reading = true
			v.evidence = append(v.evidence, describeMember(m, "reads the terminal"))
			if m.PID == s.pty.Pid() {
				v.evidence = append(v.evidence, shellReadsEvidence)
			}
		case m.PollingTTY:
			polling = true
			v.evidence = append(v.evidence, describeMember(m, "waits for the terminal"))
		case m.Unreadable:
			v.evidence = append(v.evidence, describeMember(m, "cannot be looked into"))
		}
	}
	state := s.term.State()
	switch {
	case p.Termios.Icanon && !p.Termios.Echo && reading:
		v.kind = "password"
		v.evidence = append(v.evidence, "line mode without echo")
	case p.Termios.Icanon && !p.Termios.Echo:
		v.kind = "password"
		v.evidence = append(v.evidence, "line mode without echo")
	case state.AltScreen && (reading || polling):
		v.tui = true
		v.evidence = append(v.evidence, "alternate screen")
		if !p.Termios.Icanon && isPager(p) {
			v.tui, v.kind = false, "pager"
		}
	case p.Termios.Icanon && reading:
		v.kind = "line"
		if asksYesNo(s.tail()) {
			v.kind = "yesno"
		}
		v.evidence = append(v.evidence, "line mode with echo")
	case !p.Termios.Icanon && reading && isPager(p):
		v.kind = "pager"
		v.evidence = append(v.evidence, "raw mode")
	case s.watch.stage > 0 && polling && p.Termios.Icanon && promptLike(lineOf(s.term)) && s.still(p):
		v.kind = "line"
		v.evidence = append(v.evidence, "line mode with echo", "cursor after a prompt")
	case s.watch.stage > 0 && (reading || polling) && !p.Termios.Icanon && s.classifyRaw(p, v, reading):
	case !p.Termios.Icanon:
		v.evidence = append(v.evidence, "tty_raw")
	}
	s.classifyFewFiles(p, v)
	return v
}

func describeMember(m pty.Member, what string) string {
	return m.Name + " " + what
}

// isPager names the pagers whose raw read is no REPL.
func isPager(p pty.Probe) bool {
	for _, m := range p.Members {
		switch m.Name {
		case "less", "pager", "more", "most", "pg", "bat", "delta", "man":
			return m.ReadingTTY || m.PollingTTY
		}
	}
	return false
}
