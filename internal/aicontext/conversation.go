package aicontext

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/tokens"
)

// DefaultTokenLimit is the budget of a conversation that names none.
const DefaultTokenLimit = 4096

// Bounds of a message and of what is pinned, which no summary takes away.
const (
	maxMessage  = 1 << 20
	pinnedShare = 50 // of the limit, in hundredths
	approaching = 80 // of the limit, in hundredths
)

// Conversation is a session's memory of what was said. Messages beyond its limit are
// folded into a summary, oldest first; pinned ones stay. What is to be kept for ever is
// handed to Store before it counts.
type Conversation struct {
	Limit int
	Store func(record []byte) error

	mu      sync.Mutex // guards what follows; held while Store writes, so that records are in order
	live    []api.Message
	tokens  int // of live
	last    int // the newest id
	summary Summary
	text    string // of the summary
}

// record is one line of a conversation's history as it is stored.
type record struct {
	Message *api.Message `json:"message,omitempty"`
	Fold    *fold        `json:"fold,omitempty"`
}

// fold says which messages the summary stands for from now on.
type fold struct {
	IDs     []int   `json:"ids"`
	Summary Summary `json:"summary"`
}

// Load takes up a stored history, oldest first. Records that this version does not
// know, or cannot read, are skipped.
func (c *Conversation) Load(records [][]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, data := range records {
		var r record
		if json.Unmarshal(data, &r) != nil {
			continue
		}
		switch {
		case r.Message != nil && r.Message.ID > c.last:
			c.take(*r.Message)
		case r.Fold != nil:
			c.apply(r.Fold)
		}
	}
}

// History reads the messages out of stored records, folded ones too, oldest first.
func History(records [][]byte) []api.Message {
	all, at := []api.Message{}, map[int]int{}
	for _, data := range records {
		var r record
		if json.Unmarshal(data, &r) != nil {
			continue
		}
		if r.Message != nil {
			at[r.Message.ID] = len(all)
			all = append(all, *r.Message)
		}
		if r.Fold != nil {
			for _, id := range r.Fold.IDs {
				if i, ok := at[id]; ok {
					all[i].Folded = true
				}
			}
		}
	}
	return all
}

// Add appends a message. When the limit is passed the oldest ones are folded; their ids
// come back.
func (c *Conversation) Add(m api.Message) (added api.Message, folded []int, err error) {
	if err := checkMessage(m); err != nil {
		return m, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m.Tokens = tokens.Estimate(m.Text)
	if m.Pinned && c.pinned()+m.Tokens > c.Limit*pinnedShare/100 {
		return m, nil, api.Errorf(api.TooLarge, "pinned messages would take %d of %d tokens", c.pinned()+m.Tokens, c.Limit).
			WithHint("add it without --pin; at most half of the limit can be pinned")
	}
	m.ID = c.last + 1
	if m.At.IsZero() {
		m.At = time.Now().UTC()
	}
	if err := c.store(record{Message: &m}); err != nil {
		return m, nil, err
	}
	c.take(m)
	if c.tokens <= c.Limit {
		return m, nil, nil
	}
	folded, err = c.fold(c.oldest(), "")
	return m, folded, err
}

func checkMessage(m api.Message) error {
	switch {
	case !slices.Contains([]string{"system", "user", "assistant", "tool"}, m.Role):
		return api.Errorf(api.Invalid, "role %q is not one of system, user, assistant, tool", m.Role)
	case strings.TrimSpace(m.Text) == "":
		return api.Errorf(api.Invalid, "the message has no text")
	case len(m.Text) > maxMessage:
		return api.Errorf(api.TooLarge, "a message of %d bytes; at most %d are kept", len(m.Text), maxMessage).
			WithHint("keep the output in the session and the reference in the message")
	}
	return nil
}

func (c *Conversation) store(r record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if c.Store == nil {
		return nil
	}
	return c.Store(data)
}

func (c *Conversation) take(m api.Message) {
	c.live = append(c.live, m)
	c.tokens += m.Tokens
	c.last = max(c.last, m.ID)
}

func (c *Conversation) pinned() int {
	n := 0
	for _, m := range c.live {
		if m.Pinned {
			n += m.Tokens
		}
	}
	return n
}

// oldest chooses what to fold: from the oldest on, until half of the limit is free. The
// newest message and what is pinned stay.
func (c *Conversation) oldest() []api.Message {
	var chosen []api.Message
	left := c.tokens
	for _, m := range c.live[:max(0, len(c.live)-1)] {
		if left <= c.Limit/2 {
			break
		}
		if !m.Pinned {
			chosen = append(chosen, m)
			left -= m.Tokens
		}
	}
	return chosen
}

// fold replaces messages by the summary. words, where given, are an outside summary.
func (c *Conversation) fold(chosen []api.Message, words string) ([]int, error) {
	if len(chosen) == 0 {
		return nil, nil
	}
	f := &fold{Summary: c.summary.clone()}
	for _, m := range chosen {
		f.IDs = append(f.IDs, m.ID)
		f.Summary.take(m)
	}
	if words != "" {
		f.Summary.Words = words
	}
	if err := c.store(record{Fold: f}); err != nil {
		return nil, err
	}
	c.apply(f)
	return f.IDs, nil
}

func (c *Conversation) apply(f *fold) {
	c.summary, c.text = f.Summary, f.Summary.text()
	c.live = slices.DeleteFunc(c.live, func(m api.Message) bool {
		if !slices.Contains(f.IDs, m.ID) {
			return false
		}
		c.tokens -= m.Tokens
		return true
	})
}

// Summarize folds the oldest messages now, down to half of the limit, or all but the
// newest if less is there. outside, where given, writes the summary's words from the
// messages and the words so far; if it fails, the summary is the one made by rules.
func (c *Conversation) Summarize(outside func([]api.Message, string) (string, error)) (folded []int, err, outsideErr error) {
	c.mu.Lock()
	chosen := c.oldest()
	if len(chosen) == 0 {
		for _, m := range c.live[:max(0, len(c.live)-1)] {
			if !m.Pinned {
				chosen = append(chosen, m)
			}
		}
	}
	before := c.summary.Words
	c.mu.Unlock()
	words := ""
	if outside != nil && len(chosen) > 0 {
		words, outsideErr = outside(chosen, before) // takes its time: not under the mutex
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	chosen = slices.DeleteFunc(chosen, func(m api.Message) bool { // folded meanwhile
		return !slices.ContainsFunc(c.live, func(l api.Message) bool { return l.ID == m.ID })
	})
	folded, err = c.fold(chosen, words)
	return folded, err, outsideErr
}

// Live are the messages that no summary stands for, oldest first.
func (c *Conversation) Live() []api.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.live)
}

// Memory describes the conversation.
func (c *Conversation) Memory() api.Memory {
	c.mu.Lock()
	defer c.mu.Unlock()
	used := c.tokens + tokens.Estimate(c.text)
	return api.Memory{
		Messages: c.last, Live: len(c.live), Tokens: used, TokenLimit: c.Limit,
		Approaching: c.tokens*100 >= c.Limit*approaching, Summary: c.text,
	}
}

// Recall is what a reading shows of a conversation before what happened since.
type Recall struct {
	Pinned  []api.Message
	Summary string
}

// Recall gives the pinned messages and the summary.
func (c *Conversation) Recall() *Recall {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := &Recall{Summary: c.text}
	for _, m := range c.live {
		if m.Pinned {
			r.Pinned = append(r.Pinned, m)
		}
	}
	return r
}

// text shows the pinned messages, then the summary.
func (r *Recall) text(budget int) string {
	var b strings.Builder
	for _, m := range r.Pinned {
		b.WriteString("pinned " + m.Role + ": " + strings.TrimSpace(m.Text) + "\n")
	}
	pinned, n := clip(b.String(), limit{1 << 20, budget * 2 / 3}, "context messages")
	summary, _ := clip(r.Summary, limit{1 << 20, budget - n}, "context messages")
	return pinned + summary
}
