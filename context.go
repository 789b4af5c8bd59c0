package aisession

import (
	"context"

	"github.com/ai-session/ai-session/api"
)

// Context is the handle of a session's conversation, and of what an agent should read
// next. It holds how full the conversation was when it was last heard of; the
// conversation itself is the daemon's.
type Context struct {
	s      *Session
	memory api.Memory
}

// Context returns the handle. A session that was made without AIContext has no
// conversation; Read works all the same.
func (s *Session) Context(ctx context.Context) (*Context, error) {
	x := &Context{s: s}
	info, err := s.Info(ctx)
	if err != nil || !info.AIContext {
		return x, err
	}
	list, err := api.ContextMessages.Call(ctx, s.c.caller, &api.MessagesRequest{Session: s.ID, Limit: 1})
	if err != nil {
		return nil, err
	}
	x.memory = list.Memory
	return x, nil
}

// MessageOption changes how a message is kept.
type MessageOption func(*api.MessageRequest)

// Pinned keeps a message out of every summary.
func Pinned() MessageOption { return func(r *api.MessageRequest) { r.Pin = true } }

// About names the output that a message is about, as @e42.
func About(ref string) MessageOption { return func(r *api.MessageRequest) { r.Ref = ref } }

// AddMessage appends a message of system, user, assistant or tool. At the limit the
// oldest messages are summarised.
func (x *Context) AddMessage(ctx context.Context, role, text string, options ...MessageOption) (*api.MessageResult, error) {
	req := &api.MessageRequest{Session: x.s.ID, Role: role, Text: text}
	for _, o := range options {
		o(req)
	}
	res, err := api.ContextAdd.Call(ctx, x.s.c.caller, req)
	if err == nil {
		x.memory = res.Memory
	}
	return res, err
}

// Messages reads the newest messages with a text, summarised ones too; an empty query is
// in all of them.
func (x *Context) Messages(ctx context.Context, query string) ([]api.Message, error) {
	list, err := api.ContextMessages.Call(ctx, x.s.c.caller, &api.MessagesRequest{Session: x.s.ID, Query: query})
	if err != nil {
		return nil, err
	}
	x.memory = list.Memory
	return list.Messages, nil
}

// ApproachingLimit reports whether the conversation, as last heard of, is near the limit
// beyond which the oldest messages are summarised.
func (x *Context) ApproachingLimit() bool { return x.memory.Approaching }

// Memory says how full the conversation was when it was last heard of.
func (x *Context) Memory() api.Memory { return x.memory }

// SummarizeOldest folds the oldest messages into the summary: decisions, files, open
// problems and results stay.
func (x *Context) SummarizeOldest(ctx context.Context) (*api.SummarizeResult, error) {
	res, err := api.ContextSummarize.Call(ctx, x.s.c.caller, &api.SummarizeRequest{Session: x.s.ID})
	if err == nil {
		x.memory = res.Memory
	}
	return res, err
}

// Read is what an agent should read next, within so many tokens; 0 is the usual budget.
func (x *Context) Read(ctx context.Context, tokens int) (*api.ContextView, error) {
	return api.Context.Call(ctx, x.s.c.caller, &api.ContextRequest{Session: x.s.ID, Tokens: tokens})
}

// Analyze says what the outputs of the session's newest commands say: findings, what
// they name, and what fits next.
func (s *Session) Analyze(ctx context.Context) (*api.Analysis, error) {
	return api.Analyze.Call(ctx, s.c.caller, &api.AnalyzeRequest{Ref: s.ID})
}

// Ledger is what the session's answers took and saved, in tokens.
func (s *Session) Ledger(ctx context.Context) (*api.Tally, error) {
	res, err := api.Ledger.Call(ctx, s.c.caller, &api.LedgerRequest{Session: s.ID})
	if err != nil {
		return nil, err
	}
	return &res.Total, nil
}

// Capture keeps an exec's answer in the session's conversation.
func Capture() ExecOption { return func(r *api.ExecRequest) { r.Capture = true } }
