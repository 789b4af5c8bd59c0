package aicontext

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/tokens"
)

// view is where one reader's texts and lines begin. It moves in batches only, so that
// what stands before stays as it was read.
type view struct {
	tokens, lines int
	first, recent *item // shown as a line from first on, with text from recent on
}

// Of the budget, in hundredths: the rest is for texts. Fixed shares, not what the others
// leave, or what was read before would move whenever the present grows.
const (
	linesShare   = 12
	memoryShare  = 18 // of a session with a conversation
	presentShare = 25
)

// headTokens is what the first line takes.
const headTokens = 32

// Present is what a session is doing now, as far as a Book does not know it.
type Present struct {
	Info    api.Session
	Git     *api.GitState
	Running []api.Program
	Memory  *Recall // nil: no conversation
	Tally   api.Tally
}

// The budgets of a reading unless it asks for others.
const (
	DefaultTokens = 1024 // what is here is read again in every turn; docs/context.md has what others cost
	DefaultLines  = 50
	minTokens     = 256
	maxTokens     = 200_000
)

// Context is what an agent should read next.
func (b *Book) Context(req *api.ContextRequest, p Present) (*api.ContextView, error) {
	budget, lines := req.Tokens, req.Lines
	if budget == 0 {
		budget = DefaultTokens
	}
	if lines == 0 {
		lines = DefaultLines
	}
	if budget < minTokens || budget > maxTokens || lines < 1 {
		return nil, api.Errorf(api.Invalid, "%d tokens of %d lines cannot be read", budget, lines).
			WithHint("from %d to %d tokens, and a line at least", minTokens, maxTokens)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.view(budget, lines)
	out := &api.ContextView{
		Session: p.Info.Name, State: p.Info.State, Evidence: p.Info.Evidence, AgeMS: p.Info.AgeMS, Cwd: p.Info.Cwd,
		Git: p.Git, Running: p.Running, Budget: budget, Commands: b.commands, Ledger: p.Tally,
	}
	page := &pager{}
	page.add(fmt.Sprintf("# session %s (%s)\n", p.Info.Name, p.Info.ID))
	texts := 100 - linesShare - presentShare
	if p.Memory != nil {
		texts -= memoryShare
		page.add(p.Memory.text(share(budget, memoryShare)))
	}
	b.history(page, v, share(budget, texts)-headTokens, share(budget, linesShare), p.Info.Name)
	b.present(out, p)
	page.add(presentText(out, share(budget, presentShare)))
	out.Text, out.Tokens = page.String(), page.tokens
	return out, nil
}

func share(budget, hundredths int) int { return budget * hundredths / 100 }

// pager collects a text and counts its tokens.
type pager struct {
	strings.Builder
	tokens int
}

func (p *pager) add(text string) { p.put(text, tokens.Estimate(text)) }

func (p *pager) put(text string, n int) {
	p.WriteString(text)
	p.tokens += n
}

// view finds how this budget was read before.
func (b *Book) view(tokens, lines int) *view {
	for i, v := range b.views {
		if v.tokens == tokens && v.lines == lines {
			b.views = append(slices.Delete(b.views, i, i+1), v)
			return v
		}
	}
	if len(b.views) == maxViews {
		b.views = slices.Delete(b.views, 0, 1)
	}
	v := &view{tokens: tokens, lines: lines}
	b.views = append(b.views, v)
	return v
}

// history is what happened: old things in a line each, new ones with their text.
func (b *Book) history(page *pager, v *view, texts, lines int, session string) {
	if len(b.items) == 0 {
		return
	}
	first, recent := b.index(v.first), b.index(v.recent)
	recent = max(first, recent)
	one := limit{v.lines, texts / 2}
	sum := 0
	for _, it := range b.items[recent:] {
		_, n := it.whole(one)
		sum += n
	}
	if sum > texts {
		for ; recent < len(b.items)-1 && sum > texts/2; recent++ {
			_, n := b.items[recent].whole(one)
			sum -= n
		}
	}
	sum = 0
	for _, it := range b.items[first:recent] {
		_, n := it.line()
		sum += n
	}
	if sum > lines {
		for ; first < recent && sum > lines/2; first++ {
			_, n := b.items[first].line()
			sum -= n
		}
	}
	v.first, v.recent = b.items[first], b.items[recent]
	if before := b.dropped + first; before > 0 {
		page.add(fmt.Sprintf("[%d earlier: ai-session history %s]\n", before, session))
	}
	for _, it := range b.items[first:recent] {
		page.put(it.line())
	}
	for _, it := range b.items[recent:] {
		page.put(it.whole(one))
	}
}

// index is where an item stands; 0 for one that is not there any more.
func (b *Book) index(it *item) int {
	return max(0, slices.Index(b.items, it))
}

// shownFailures and shownNext bound the present.
const (
	shownFailures = 8
	shownNext     = 5
)

// present completes an answer with what is open.
func (b *Book) present(out *api.ContextView, p Present) {
	out.Failures, out.Next = []api.Failure{}, []api.Next{}
	if out.Running == nil {
		out.Running = []api.Program{}
	}
	seen := map[string]bool{}
	add := func(next []api.Next) {
		for _, n := range next {
			if !seen[n.Command] && len(out.Next) < shownNext {
				seen[n.Command] = true
				out.Next = append(out.Next, n)
			}
		}
	}
	add(waiting(p.Info))
	for _, it := range slices.Backward(b.failures) {
		if !worthShowing(it) || len(out.Failures) == shownFailures {
			continue
		}
		f := api.Failure{Ref: it.block.Ref, Command: it.block.Command, Exit: it.block.Exit, Signal: it.block.Signal, Findings: it.findings}
		if f.Findings == nil {
			f.Findings = []api.Finding{}
		}
		out.Failures = append(out.Failures, f)
		add(it.next)
	}
	if n := len(b.items); n > 0 {
		add(b.items[n-1].next)
	}
}

// worthShowing leaves out what answers with 1 and found nothing wrong: grep, diff, test.
func worthShowing(it *item) bool {
	code, _ := it.block.Exit.Code()
	return code > 1 || it.block.Signal != "" || firstError(it.findings) != ""
}

// waiting is what a session that waits for somebody needs.
func waiting(info api.Session) []api.Next {
	switch info.State {
	case api.NeedsInput:
		return []api.Next{{Command: "ai-session send " + info.Name + " TEXT --key Enter", Reason: "a program waits for input"}}
	case api.TUI:
		return []api.Next{{Command: "ai-session screen " + info.Name, Reason: "a full-screen program has the terminal"}}
	case api.Running:
		if info.Open != "" {
			return []api.Next{{Command: "ai-session wait " + info.Name, Reason: "@" + info.Open + " is still running"}}
		}
	}
	return nil
}
