package daemon

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/session"
	"github.com/ai-session/ai-session/internal/output"
	"github.com/ai-session/ai-session/internal/tokens"
)

// smallOutput is read as a whole; a longer one piece by piece.
const smallOutput = 1 << 20

// reducer plugs the reducer into the sessions. A defect in one of its many readers costs
// an answer its shortness, and nobody his daemon.
func reducer(log *slog.Logger) session.Reducer {
	return func(in session.Reading, r *api.Report) (digest any, err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("reduce %s: %v", in.Ref, p)
				log.Error("a reader failed: please report it", "err", err, "command", in.Command, "stack", string(debug.Stack()))
			}
		}()
		return reduce(in, r), nil
	}
}

func reduce(in session.Reading, r *api.Report) any {
	rep := output.Reduce(inputOf(in))
	if in.Exit != nil {
		// The answer has the exit status; a text that stands alone needs it.
		line := fmt.Sprintf("[exit %d]\n", *in.Exit)
		if text, found := strings.CutPrefix(rep.Text, line); found {
			rep.Text, rep.Tokens = text, tokens.Estimate(text)
		}
	}
	r.Text, r.Kind, r.Tokens, r.RawTokens, r.Rendered = rep.Text, rep.Kind, rep.Tokens, rep.RawTokens, rep.RenderedTokens
	r.Lines = rep.Lines
	if rep.Findings != nil {
		r.Findings = rep.Findings
	}
	if rep.Gaps != nil {
		r.Gaps = rep.Gaps
	}
	r.Next = append(r.Next, rep.Next...)
	r.Entities = append(r.Entities, rep.Entities...)
	if rep.Digest == nil {
		return nil
	}
	return rep.Digest
}

// inputOf is a session's reading as the reducer takes it.
func inputOf(in session.Reading) output.Input {
	o := output.Input{
		Command: in.Command, Exit: in.Exit, Signal: in.Signal, Cwd: in.Cwd, Ref: in.Ref,
		Source: in.Output, Size: in.Size, Decoded: in.Decoded, Cols: in.Cols, Rows: in.Rows, MaxTokens: in.MaxTokens,
	}
	if d, ok := in.Prior.(*output.Digest); ok {
		o.Prior = &output.Prior{Ref: in.PriorRef, Digest: d}
	}
	for _, e := range in.Recent {
		if d, ok := e.Digest.(*output.Digest); ok {
			o.Recent = append(o.Recent, output.Prior{Ref: e.Ref, Digest: d})
		}
	}
	if in.Size <= smallOutput {
		b := make([]byte, in.Size)
		n, _ := in.Output.ReadAt(b, 0) // what cannot be read is not there
		o.Bytes, o.Source = b[:n], nil
	}
	return o
}
