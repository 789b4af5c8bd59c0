package session

import (
	"errors"
	"io"
	"slices"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/persistence"
)

// Reading is the output of one command, for whoever reduces it to what matters.
type Reading struct {
	Command    string
	Exit       *int // nil: unknown, or still running
	Signal     string
	Cwd        string
	Ref        string // what opens the block
	Output     io.ReaderAt
	Size       int64
	Decoded    bool // Output is text that was decoded: its offsets are not those of the bytes
	Cols, Rows int
	MaxTokens  int // 0: as the content needs

	PriorRef string // of the last run of the same command in the same folder, if its digest is known
	Prior    any
	Recent   []Earlier // the last runs of other commands, newest first
}

// Earlier is a command that ended before, with what its reducer wanted to know.
type Earlier struct {
	Ref    string
	Digest any
}

// Reducer writes what an agent should read of an output into r, and returns what it
// wants to know of it when the command runs again. After an error the answer carries the
// end of the text.
type Reducer func(in Reading, r *api.Report) (digest any, err error)

// keepPriors is how many commands' last runs a session remembers for comparison.
const keepPriors = 32

// prior is the last run of a command in a folder: make in another one makes something else.
type prior struct {
	command, cwd string
	number       uint64
	digest       any
}

func (p prior) of(b *block) bool { return p.command == b.command && p.cwd == b.cwd }

// reduce lets the reducer read a block's output.
func (sp span) reduce(b *block, r *api.Report, o textOptions) error {
	in := sp.reading(b, r.Ref)
	in.MaxTokens = o.maxTokens
	if o.prior != nil {
		in.PriorRef, in.Prior, in.Recent = o.prior(b)
	}
	digest, err := o.reduce(in, r)
	if o.learn != nil && digest != nil {
		o.learn(b, digest)
	}
	return err
}

// reading is a block as a reducer gets it.
func (sp span) reading(b *block, ref string) Reading {
	in := Reading{
		Command: b.command, Signal: b.signal, Cwd: b.cwd, Ref: ref,
		Output: spanReader{sp}, Size: sp.to - sp.from, Cols: sp.cols, Rows: renderRows,
	}
	if text := sp.decoded(); text != nil {
		in.Output, in.Size, in.Decoded = text, text.Size(), true
	}
	if code, known := b.exit.Code(); known {
		in.Exit = &code
	}
	return in
}

// spanReader reads a span by position. What the journal lost reads as NULs, which no
// terminal shows: positions stay true, and the block's flags tell of the gap.
type spanReader struct{ span }

func (r spanReader) ReadAt(p []byte, off int64) (int, error) {
	at, end := r.from+off, r.to
	n := 0
	for n < len(p) && at < end {
		want := min(int64(len(p)-n), end-at)
		m, err := r.journal.ReadAt(p[n:n+int(want)], at)
		n, at = n+m, at+int64(m)
		var gap *persistence.GapError
		switch {
		case errors.As(err, &gap) && gap.To > at:
			zeros := min(gap.To-at, int64(len(p)-n))
			clear(p[n : n+int(zeros)])
			n, at = n+int(zeros), at+zeros
		case err != nil && err != io.EOF:
			return n, err
		case m == 0:
			return n, io.ErrUnexpectedEOF
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// textOptions completes what an answer asks for with what this session knows.
func (s *Session) textOptions(raw bool, maxTokens int) textOptions {
	return textOptions{raw: raw, maxTokens: maxTokens, reduce: s.c.Reduce, charset: s.c.Charset, prior: s.priorOf, learn: s.learn}
}

// recentPriors is how many other commands' outputs one is compared with: a few steps of
// an agent's work.
const recentPriors = 8

// priorOf is the last run of b's command in its folder before it, and the newest of other commands.
func (s *Session) priorOf(b *block) (ref string, digest any, recent []Earlier) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range slices.Backward(s.priors) {
		switch {
		case p.number >= b.number:
		case p.of(b):
			ref, digest = "@"+api.BlockID(p.number), p.digest
		case len(recent) < recentPriors:
			recent = append(recent, Earlier{"@" + api.BlockID(p.number), p.digest})
		}
	}
	return ref, digest, recent
}

// learn keeps the digest of an ended block for the next run of its command. A block
// that is read again says what it said before.
func (s *Session) learn(b *block, digest any) {
	if b.state == api.BlockRunning {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, p := range s.priors {
		if !p.of(b) {
			continue
		}
		if p.number >= b.number {
			return
		}
		s.priors = slices.Delete(s.priors, i, i+1)
		break
	}
	if len(s.priors) == keepPriors {
		s.priors = slices.Delete(s.priors, 0, 1)
	}
	s.priors = append(s.priors, prior{b.command, b.cwd, b.number, digest})
}
