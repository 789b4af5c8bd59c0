package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/aicontext"
	"github.com/ai-session/ai-session/internal/core/session"
)

func noConversation(name string) error {
	return api.Errorf(api.Invalid, "session %s remembers no conversation", name).
		WithHint("ai-session create NAME --ai-context")
}

// conversation is a session's; nil if it was made without one.
func (c *contexts) conversation(s *session.Session) *aicontext.Conversation {
	limit, on := s.Remembers()
	if !on {
		return nil
	}
	m := c.of(s)
	m.loaded.Do(func() {
		if limit == 0 {
			limit = c.d.c.Settings.TokenLimit
		}
		if limit <= 0 {
			limit = aicontext.DefaultTokenLimit
		}
		m.said = &aicontext.Conversation{Limit: limit, Store: s.Note}
		m.said.Load(s.Archive().Notes())
		for _, message := range m.said.Live() {
			m.book.Say(message)
		}
	})
	return m.said
}

// conversationOf finds the conversation of a request's session.
func (d *Daemon) conversationOf(target string) (*session.Session, *aicontext.Conversation, error) {
	s, err := d.sessions.Find(target)
	if err != nil {
		return nil, nil, err
	}
	said := d.contexts.conversation(s)
	if said == nil {
		return nil, nil, noConversation(s.Name())
	}
	return s, said, nil
}

func (d *Daemon) contextAdd(_ context.Context, req *api.MessageRequest) (*api.MessageResult, error) {
	s, _, err := d.conversationOf(req.Session)
	if err != nil {
		return nil, err
	}
	role := req.Role
	if role == "" {
		role = "user"
	}
	if req.Ref != "" {
		if _, err := api.ParseRef(req.Ref); err != nil {
			return nil, err
		}
	}
	return d.say(s, api.Message{Role: role, Text: req.Text, Pinned: req.Pin, Ref: req.Ref})
}

// say adds a message and shows it in what is read next.
func (d *Daemon) say(s *session.Session, m api.Message) (*api.MessageResult, error) {
	said := d.contexts.conversation(s)
	added, folded, err := said.Add(m)
	if err != nil {
		return nil, err
	}
	book := d.contexts.of(s).book
	if !added.Pinned { // those stand above all
		book.Say(added)
	}
	return &api.MessageResult{Message: added, Folded: foldIn(book, folded), Memory: said.Memory()}, nil
}

// foldIn takes folded messages out of what is read.
func foldIn(book *aicontext.Book, folded []int) []int {
	if len(folded) == 0 {
		return []int{}
	}
	gone := map[int]bool{}
	for _, id := range folded {
		gone[id] = true
	}
	book.Fold(func(id int) bool { return gone[id] })
	return folded
}

// capture keeps an exec's answer in the conversation.
func (d *Daemon) capture(s *session.Session, r *api.Report) error {
	text := r.Text
	if r.Raw != nil {
		text = strings.ToValidUTF8(string(r.Raw), "\ufffd")
	}
	_, err := d.say(s, api.Message{
		Role: "tool", Ref: r.Ref, Text: aicontext.Header(&r.Block) + "\n$ " + strings.ReplaceAll(r.Command, "\n", "\n  ") + "\n" + text,
	})
	return err
}

// defaultMessages is how many messages a page has.
const defaultMessages = 50

func (d *Daemon) contextMessages(_ context.Context, req *api.MessagesRequest) (*api.MessageList, error) {
	s, said, err := d.conversationOf(req.Session)
	if err != nil {
		return nil, err
	}
	limit := req.Limit
	switch {
	case limit < 0 || req.Before < 0:
		return nil, api.Errorf(api.Invalid, "limit %d, before %d", req.Limit, req.Before)
	case limit == 0:
		limit = defaultMessages
	}
	list := &api.MessageList{Messages: []api.Message{}, Memory: said.Memory()}
	query := strings.ToLower(req.Query)
	all := aicontext.History(s.Archive().Notes())
	for i := len(all) - 1; i >= 0; i-- {
		m := all[i]
		if req.Before > 0 && m.ID >= req.Before || req.Role != "" && m.Role != req.Role || !strings.Contains(strings.ToLower(m.Text), query) {
			continue
		}
		if len(list.Messages) == limit {
			list.Before = list.Messages[0].ID
			break
		}
		list.Messages = append([]api.Message{m}, list.Messages...)
	}
	return list, nil
}

func (d *Daemon) contextSummarize(ctx context.Context, req *api.SummarizeRequest) (*api.SummarizeResult, error) {
	s, said, err := d.conversationOf(req.Session)
	if err != nil {
		return nil, err
	}
	var outside func([]api.Message, string) (string, error)
	if command := d.c.Settings.Context.Summarizer; command != "" {
		outside = func(messages []api.Message, before string) (string, error) {
			return summarizer(ctx, command, messages, before)
		}
	}
	folded, err, outsideErr := said.Summarize(outside)
	if err != nil {
		return nil, err
	}
	res := &api.SummarizeResult{Folded: foldIn(d.contexts.of(s).book, folded), Memory: said.Memory()}
	if outsideErr != nil {
		res.Outside = outsideErr.Error()
	}
	return res, nil
}

// Bounds of an outside summariser.
const (
	summarizerTime  = time.Minute
	summarizerBytes = 16 << 10
)

// summarizer runs the configured command: messages as JSON on its standard input, the
// summary's words on its output.
func summarizer(ctx context.Context, command string, messages []api.Message, before string) (string, error) {
	in, err := json.Marshal(struct {
		Summary  string        `json:"summary"`
		Messages []api.Message `json:"messages"`
	}{before, messages})
	if err != nil {
		return "", err
	}
	ctx, stop := context.WithTimeout(ctx, summarizerTime)
	defer stop()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.Stdin, cmd.WaitDelay = bytes.NewReader(in), time.Second
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("the summarizer took longer than %s", summarizerTime)
	case err != nil:
		return "", fmt.Errorf("the summarizer: %w", err)
	case len(out) > summarizerBytes:
		return "", fmt.Errorf("the summarizer wrote %d bytes, more than %d", len(out), summarizerBytes)
	}
	words := strings.TrimSpace(strings.ToValidUTF8(string(out), "\ufffd"))
	if words == "" {
		return "", fmt.Errorf("the summarizer wrote nothing")
	}
	return words, nil
}
