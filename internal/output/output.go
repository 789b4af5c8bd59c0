package output

import (
	"io"
	"strconv"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/tokens"
)

// Input is one command with what it wrote.
type Input struct {
	Command string
	Exit    *int   // nil is unknown
	Signal  string // that ended it, as the shell names it
	Cwd     string // where it ran; paths below it may be shown without it

	// Bytes is the output; for a long one Source and Size stand in its place, and
	// it is never in memory as a whole.
	Bytes  []byte
	Source io.ReaderAt
	Size   int64

	// Decoded says that Bytes were decoded from another character set than the one that
	// the block's bytes are in: no reference names bytes of it.
	Decoded bool

	Cols, Rows int    // of the terminal it was written to; 120x40 if zero
	MaxTokens  int    // bound of Text; zero lets the content choose, up to Ceiling
	Ref        string // what opens the block, as @e42; empty outside of a session
	Tokens     func(string) int
	Prior      *Prior
	Recent     []Prior // other commands' outputs, newest first: what is told again is told as a difference
}

// Report is what an agent reads of an output.
type Report struct {
	Text           string
	Kind           string // of output: go test, gcc, listing, ...
	Tokens         int    // of Text
	RawTokens      int    // of the bytes
	RenderedTokens int    // of the text that the terminal showed
	Lines          int    // rendered
	Shown          int    // of them in Text as they are
	Folded         int    // behind a gap, or counted
	Noise          int    // left out as known noise
	Findings       []api.Finding
	Entities       []api.Entity
	Next           []api.Next
	Gaps           []api.Gap

	// Digest is what a later run of the same command is compared with: see Prior.
	Digest *Digest
}

// Without MaxTokens a text aims at Target tokens and may take up to Ceiling when its
// content is that dense. On recorded outputs 2,000 holds four of five reports whole;
// a log of three hundred commits, each with hash and subject, takes 6,000.
const (
	Target  = 2000
	Ceiling = 8000
)

// Reduce reads an output.
func Reduce(in Input) Report {
	in = in.withDefaults()
	s := drawSheet(in)
	target, ceiling := Target, Ceiling
	if in.MaxTokens > 0 {
		target, ceiling = in.MaxTokens, in.MaxTokens
	}
	if r, same := unchanged(in, s); same {
		return r
	}
	p := readWithin(in, s, target)
	p.compare()
	d := p.draw()
	if d.tokens > ceiling {
		p.clip(ceiling)
		d = p.draw()
	}
	return p.report(d)
}

func (in Input) withDefaults() Input {
	if in.Cols <= 0 {
		in.Cols = 120
	}
	if in.Rows <= 0 {
		in.Rows = 40
	}
	if in.Tokens == nil {
		in.Tokens = tokens.Estimate[string]
	}
	return in
}

func (in Input) failed() bool { return in.Signal != "" || in.Exit != nil && *in.Exit != 0 }

// readWithin reads in less and less detail until the text is within target tokens or
// the readers have nothing left to leave out.
func readWithin(in Input, s *sheet, target int) *page {
	chosen := choose(s.cmd, s.lines)
	for detail := full; ; {
		p := newPage(in, s, s.cmd, chosen, detail)
		p.read()
		within := target
		if in.MaxTokens == 0 {
			within = max(target, p.patience)
		}
		if p.coarser == full {
			return p
		}
		size := p.draw().tokens
		if size <= within {
			return p
		}
		detail = p.coarser
		if size > farFrom*within {
			detail = outline // what lies between would be read for nothing
		}
		if len(chosen) == 0 { // only the generic reading is left to do
			p.detail, p.coarser = detail, full
			p.shorten()
			if detail == outline || p.draw().tokens <= within {
				return p
			}
			detail = outline
		}
	}
}

// farFrom is how many times too long a text is that less detail alone does not make fit.
const farFrom = 20

// report puts the parts together.
func (p *page) report(d drawing) Report {
	r := Report{
		Text: d.text, Tokens: d.tokens, Kind: p.kind, Gaps: d.gaps,
		RawTokens: p.sheet.rawTokens, RenderedTokens: p.sheet.tokens,
		Lines: p.sheet.total, Shown: d.shown, Noise: d.noise,
		Findings: p.findings,
	}
	r.Folded = r.Lines - r.Shown - r.Noise
	if r.Findings == nil {
		r.Findings = []api.Finding{}
	}
	if r.Gaps == nil {
		r.Gaps = []api.Gap{}
	}
	r.Next = p.nextSteps()
	r.Digest = p.digest()
	r.Entities = r.Digest.entities
	return r
}

// failure names how the command ended, for a text that would else read as success.
func (in Input) failure() string {
	switch {
	case in.Signal != "":
		return "[ended by " + in.Signal + "]"
	case in.Exit != nil && *in.Exit != 0:
		return "[exit " + strconv.Itoa(*in.Exit) + "]"
	}
	return ""
}
