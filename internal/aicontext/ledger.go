package aicontext

import (
	"encoding/json"
	"slices"
	"sync"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/tokens"
)

// A Ledger counts tokens, by estimate: of what programs wrote, of what a terminal
// showed of it, of what was answered in its place, and of what was asked for again
// because the answer was not enough. Nothing is left out where an answer took more.
type Ledger struct {
	mu       sync.Mutex // guards what follows
	sessions map[string]*account
	order    []string  // of their first answer
	past     api.Tally // of sessions that are not listed any more
	changed  func()
}

// account is one session's tally.
type account struct {
	Tally api.Tally `json:"tally"`
	Floor uint64    `json:"floor"` // blocks up to it are counted, or were answered before
	above map[uint64]bool
}

// maxAccounts is how many sessions are told apart; older ones become one sum.
const maxAccounts = 500

// maxAbove is how many counted blocks are told apart in memory.
const maxAbove = 256

// NewLedger takes up what was stored; nil begins anew. changed is told of every change
// and must not wait.
func NewLedger(stored []byte, changed func()) *Ledger {
	l := &Ledger{sessions: map[string]*account{}, changed: changed}
	var s ledgerFile
	if json.Unmarshal(stored, &s) != nil {
		return l // a ledger that cannot be read begins anew
	}
	l.past = s.Past
	for _, a := range s.Sessions {
		l.sessions[a.Tally.ID] = &a
		l.order = append(l.order, a.Tally.ID)
	}
	return l
}

type ledgerFile struct {
	Past     api.Tally `json:"past"`
	Sessions []account `json:"sessions"`
}

// Encode is what NewLedger takes up.
func (l *Ledger) Encode() ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := ledgerFile{Past: l.past}
	for _, id := range l.order {
		a := *l.sessions[id]
		for n := range a.above { // what a later daemon cannot tell apart counts as counted
			a.Floor = max(a.Floor, n)
		}
		f.Sessions = append(f.Sessions, a)
	}
	return json.Marshal(f)
}

// Answered counts an answer about a command. The first one is measured against what the
// terminal showed; a later one is an expansion.
func (l *Ledger) Answered(id, name string, r *api.Report) {
	answered := r.Tokens + tokens.Estimate(Header(&r.Block))
	for _, n := range r.Next {
		answered += tokens.Estimate(n.Command) + tokens.Estimate(n.Reason)
	}
	raw, rendered := r.RawTokens, r.Rendered
	if r.Raw != nil || r.RawStderr != nil { // asked for raw: nothing is saved
		raw = (len(r.Raw) + len(r.RawStderr)) / bytesPerToken
		rendered, answered = raw, raw
	}
	if rendered == 0 {
		rendered = raw
	}
	number, _ := api.BlockNumber(r.ID)
	ended := r.State == api.BlockDone || r.State == api.BlockDead
	l.change(id, name, func(a *account) {
		if !ended || a.counted(number) { // of a running one the end is the answer
			a.Tally.Expansions++
			a.Tally.ExpandedTokens += answered
			return
		}
		a.count(number)
		a.Tally.Answers++
		a.Tally.RawTokens += raw
		a.Tally.RenderedTokens += rendered
		a.Tally.AnsweredTokens += answered
		if answered > rendered {
			a.Tally.Negatives++
			a.Tally.NegativeTokens += answered - rendered
		}
	})
}

// bytesPerToken is a rule of thumb for bytes that nobody looked at.
const bytesPerToken = 4

// Expanded counts output that was opened by reference.
func (l *Ledger) Expanded(id, name string, n int) {
	l.change(id, name, func(a *account) {
		a.Tally.Expansions++
		a.Tally.ExpandedTokens += n
	})
}

// ExpandedBytes counts bytes that were handed out as they are.
func (l *Ledger) ExpandedBytes(id, name string, n int64) {
	l.Expanded(id, name, int(n/bytesPerToken))
}

// Context counts a reading of a session's context.
func (l *Ledger) Context(id, name string, n int) {
	l.change(id, name, func(a *account) {
		a.Tally.Contexts++
		a.Tally.ContextTokens += n
	})
}

func (l *Ledger) change(id, name string, f func(*account)) {
	l.mu.Lock()
	a := l.sessions[id]
	if a == nil {
		a = &account{Tally: api.Tally{ID: id}}
		l.sessions[id] = a
		l.order = append(l.order, id)
		l.bound()
	}
	a.Tally.Session = name
	f(a)
	l.mu.Unlock()
	if l.changed != nil {
		l.changed()
	}
}

// bound adds the oldest accounts up.
func (l *Ledger) bound() {
	for len(l.order) > maxAccounts {
		l.past = sum(l.past, l.sessions[l.order[0]].Tally)
		delete(l.sessions, l.order[0])
		l.order = slices.Delete(l.order, 0, 1)
	}
}

func (a *account) counted(number uint64) bool {
	return number != 0 && (number <= a.Floor || a.above[number])
}

func (a *account) count(number uint64) {
	if number == 0 {
		return
	}
	if a.above == nil {
		a.above = map[uint64]bool{}
	}
	a.above[number] = true
	if len(a.above) <= maxAbove {
		return
	}
	numbers := make([]uint64, 0, len(a.above))
	for n := range a.above {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	a.Floor = numbers[maxAbove/2]
	for _, n := range numbers[:maxAbove/2+1] {
		delete(a.above, n)
	}
}

// Of is one session's tally.
func (l *Ledger) Of(id string) api.Tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.sessions[id]; a != nil {
		return percent(a.Tally)
	}
	return api.Tally{ID: id}
}

// All is every session's tally and their sum, with those that are not listed any more.
func (l *Ledger) All() api.LedgerResult {
	l.mu.Lock()
	defer l.mu.Unlock()
	res := api.LedgerResult{Sessions: []api.Tally{}, Total: l.past}
	for _, id := range l.order {
		t := l.sessions[id].Tally
		res.Total = sum(res.Total, t)
		res.Sessions = append(res.Sessions, percent(t))
	}
	res.Total.ID, res.Total.Session = "", "all"
	res.Total = percent(res.Total)
	return res
}

func sum(a, b api.Tally) api.Tally {
	a.Answers += b.Answers
	a.RawTokens += b.RawTokens
	a.RenderedTokens += b.RenderedTokens
	a.AnsweredTokens += b.AnsweredTokens
	a.Expansions += b.Expansions
	a.ExpandedTokens += b.ExpandedTokens
	a.Contexts += b.Contexts
	a.ContextTokens += b.ContextTokens
	a.Negatives += b.Negatives
	a.NegativeTokens += b.NegativeTokens
	return a
}

// percent completes a tally: answers and expansions against what a terminal showed.
// Contexts are read for themselves, in place of no output, and stand beside it.
func percent(t api.Tally) api.Tally {
	t.Estimated, t.SavedPercent = true, 0
	if t.RenderedTokens > 0 {
		t.SavedPercent = 100 * (1 - float64(t.AnsweredTokens+t.ExpandedTokens)/float64(t.RenderedTokens))
	}
	return t
}
