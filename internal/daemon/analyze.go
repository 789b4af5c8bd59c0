package daemon

import (
	"context"
	"strings"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/session"
	"github.com/ai-session/ai-session/internal/output"
)

// Bounds of an analysis.
const (
	defaultAnalyzed = 5
	maxAnalyzed     = 50
	maxEntities     = 200
)

// analyze reads a block, or the newest ones of a session.
func (d *Daemon) analyze(_ context.Context, req *api.AnalyzeRequest) (*api.Analysis, error) {
	limit := req.Limit
	switch {
	case limit < 0 || limit > maxAnalyzed:
		return nil, api.Errorf(api.Invalid, "limit %d is not from 1 to %d", limit, maxAnalyzed)
	case limit == 0:
		limit = defaultAnalyzed
	}
	a, ref, number, err := d.resolve(req.Ref)
	if err != nil {
		return nil, err
	}
	defer a.Release()
	if ref.Lines != nil || ref.Bytes != nil {
		return nil, api.Errorf(api.Invalid, "%s is a part of an output; what it says is read from the whole", req.Ref).
			WithHint("ai-session analyze @%s", ref.Block)
	}
	numbers := []uint64{number}
	if number == 0 {
		if numbers, err = d.newest(ref.Session, limit); err != nil {
			return nil, err
		}
	}
	out := &api.Analysis{
		Session: a.Name, Patterns: []api.Pattern{}, Findings: []api.BlockFinding{}, Entities: []api.Entity{}, Next: []api.Next{},
	}
	for _, n := range numbers {
		if err := analyzeBlock(out, a, n); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// newest are the numbers of a session's newest blocks, oldest first.
func (d *Daemon) newest(name string, limit int) ([]uint64, error) {
	s, err := d.sessions.Find(name)
	if err != nil {
		return nil, err
	}
	h, err := s.History(&api.HistoryRequest{Limit: limit})
	if err != nil {
		return nil, err
	}
	var numbers []uint64
	for _, b := range h.Blocks {
		if n, ok := api.BlockNumber(b.ID); ok {
			numbers = append(numbers, n)
		}
	}
	return numbers, nil
}

// analyzeBlock adds what one block says. A later block's next steps come first.
func analyzeBlock(out *api.Analysis, a session.Archive, number uint64) error {
	in, b, err := a.Reading(number)
	if err != nil {
		return err
	}
	rep := output.Reduce(inputOf(in))
	p := api.Pattern{Ref: b.Ref, Command: b.Command, Kind: rep.Kind, Exit: b.Exit, Lines: rep.Lines}
	for _, f := range rep.Findings {
		if f.Severity == "error" {
			p.Errors++
		}
		out.Findings = append(out.Findings, api.BlockFinding{Ref: b.Ref, Finding: f})
	}
	out.Patterns = append(out.Patterns, p)
	addEntities(out, rep.Entities, b.Ref)
	next := rep.Next
	for _, n := range out.Next {
		if !hasCommand(next, n.Command) {
			next = append(next, n)
		}
	}
	if next != nil {
		out.Next = next
	}
	return nil
}

func hasCommand(next []api.Next, command string) bool {
	for _, n := range next {
		if n.Command == command {
			return true
		}
	}
	return false
}

func addEntities(out *api.Analysis, found []api.Entity, ref string) {
	for _, e := range found {
		known := false
		for _, o := range out.Entities {
			known = known || o.Kind == e.Kind && o.Text == e.Text
		}
		if !known && len(out.Entities) < maxEntities && strings.TrimSpace(e.Text) != "" {
			out.Entities = append(out.Entities, api.Entity{Kind: e.Kind, Text: e.Text, Ref: ref})
		}
	}
}
