package session

import (
	"bytes"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/persistence"
)

// innerFrame is what the start frame of a nested command holds beside what every one has:
// what a later daemon must know to see its end.
type innerFrame struct {
	Token  string `json:"token,omitempty"`  // id of the marks' secret; empty in a REPL
	Prompt string `json:"prompt,omitempty"` // the line that the cursor stood on
	PID    int    `json:"pid,omitempty"`    // of who read the terminal: of a program that carries it elsewhere, that one
	Echoes int    `json:"echoes,omitempty"` // lines of echo to come before the answer, in a REPL
	Fish   bool   `json:"fish,omitempty"`   // it is typed at in fish's language
}

// innerState is a nested command in a checkpoint.
type innerState struct {
	Start       startFrame `json:"start"`
	Seq         uint64     `json:"seq"`
	Started     time.Time  `json:"started"`
	From        int64      `json:"from"`
	Lines       int        `json:"lines,omitempty"`
	LastEnd     int64      `json:"last_end,omitempty"`
	Begun       bool       `json:"begun,omitempty"`
	Held        []byte     `json:"held,omitempty"`
	Interrupted bool       `json:"interrupted,omitempty"`
	Elsewhere   bool       `json:"elsewhere,omitempty"`
}

// startOf is what the start frame of a command holds.
func startOf(e *execution) startFrame {
	b := e.block
	return startFrame{
		Block: b.number, Command: b.command, Token: e.prepared.Token, Isolated: b.isolated,
		Key: e.key, Internal: b.internal, Piped: b.piped, Nested: b.nested, Inner: e.inner,
	}
}

// innerStates are the nested commands for a checkpoint, the topmost first.
func (s *Session) innerStates() []innerState {
	var all []innerState
	for n := range s.nested() {
		b := n.e.block
		all = append(all, innerState{
			Start: startOf(n.e), Seq: b.startSeq, Started: b.started, From: b.from, Lines: b.newlines,
			LastEnd: n.lastEnd, Begun: n.begun, Held: n.held, Interrupted: n.interrupted, Elsewhere: n.elsewhere,
		})
	}
	return all
}

// resumeInner puts back the nested commands of a checkpoint.
func (s *Session) resumeInner(all []innerState) {
	s.inner = nil
	for i := len(all) - 1; i >= 0; i-- {
		st := all[i]
		if st.Start.Inner == nil {
			continue // nobody wrote that
		}
		n := s.newInner(st.Start, recent(st.Started), st.From)
		n.e.block.startSeq, s.inner = st.Seq, n
		n.e.block.newlines, n.lastEnd, n.held, n.interrupted = st.Lines, st.LastEnd, st.Held, st.Interrupted
		n.elsewhere = st.Elsewhere
		if st.Begun {
			n.begins(st.From, n.e.block.started)
		}
	}
}

// newInner is the nested command of a start frame, to stand on top of the others.
func (s *Session) newInner(sf startFrame, at time.Time, from int64) *inner {
	e := &execution{
		block: &block{number: sf.Block, command: sf.Command, state: api.BlockRunning, to: -1, nested: sf.Nested,
			started: at, from: from, key: sf.Key},
		outputEnd: -1, started: make(chan struct{}), done: make(chan struct{}), key: sf.Key,
		shown: shownCommand(sf.Command), cols: s.size.Cols, inner: sf.Inner,
	}
	return &inner{e: e, around: s.inner, program: sf.Nested, innerFrame: sf.Inner, lastEnd: from}
}

// begins is the first of a nested command's output.
func (n *inner) begins(from int64, at time.Time) {
	n.begun, n.held = true, nil
	n.e.block.from, n.e.block.started, n.lastEnd = from, at, from
	close(n.e.started)
}

// grew counts what a nested command wrote; end is the offset behind it.
func (n *inner) grew(b []byte, end int64) {
	if !n.begun {
		return
	}
	n.e.block.newlines += bytes.Count(b, newline)
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
		n.lastEnd = end - int64(len(b)-i-1)
	}
}

// replayInnerEnd takes the end frame of a nested command; false if it is none's.
func (s *Session) replayInnerEnd(ef endFrame) bool {
	e := s.underWay(ef.Block)
	if e == nil || e.inner == nil {
		return false
	}
	e.block.apply(ef)
	s.remember(e.block)
	close(e.done)
	for s.inner != nil { // with what stood on top of it
		n := s.inner
		s.inner = n.around
		if n.e == e {
			break
		}
	}
	return true
}

// replayInnerMark takes the mark that a nested command's output begins behind; false if it
// is none.
func (s *Session) replayInnerMark(m shell.Mark, f persistence.Frame) bool {
	n := s.inner
	if n == nil || m.Kind != shell.CommandStart || m.Token != n.Token || n.begun {
		return false
	}
	n.begins(f.Offset, recent(f.Time))
	return true
}

// resumeInnermost looks after the nested commands that the last daemon left.
func (s *Session) resumeInnermost() {
	n := s.inner
	switch {
	case n == nil:
	case n.begun:
		s.innerGrew()
	default:
		s.watch.after(s, readerGrace, func() {
			if s.inner == n && !n.begun {
				s.endInner(api.BlockDead, "the daemon ended while it was typed")
			}
		})
	}
}
