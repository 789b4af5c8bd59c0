package aisession

import (
	"bytes"
	"context"
	"os"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// Client is a connection to a daemon.
type Client struct {
	caller api.Caller
	close  func() error
}

// New returns a client on any caller: a daemon in the same program, or one with
// something wrapped around it.
func New(caller api.Caller) *Client {
	return &Client{caller: caller, close: func() error { return nil }}
}

// Caller gives the operations themselves.
func (c *Client) Caller() api.Caller { return c.caller }

// Close ends the connection. Sessions and their commands go on.
func (c *Client) Close() error { return c.close() }

// SessionConfig says what session to create. The zero value is the user's shell in
// the program's own folder, with the program's own environment.
type SessionConfig struct {
	Name  string            // empty: the smallest free number
	Dir   string            // empty: the program's working directory
	Shell string            // empty: the user's
	Argv  []string          // a program in place of a shell
	Login bool              // as a login shell
	Env   map[string]string // added to the environment
	Cols  int               // 0: 120
	Rows  int               // 0: 40

	AIContext  bool // remember a conversation: see Session.Context
	TokenLimit int  // of the conversation; 0: the daemon's
}

// Create starts a session.
func (c *Client) Create(ctx context.Context, cfg SessionConfig) (*Session, error) {
	req := &api.CreateRequest{
		Name: cfg.Name, Dir: cfg.Dir, Shell: cfg.Shell, Argv: cfg.Argv, Login: cfg.Login,
		Env: cfg.Env, BaseEnv: environment(), AIContext: cfg.AIContext, TokenLimit: cfg.TokenLimit,
	}
	if req.Dir == "" {
		dir, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		req.Dir = dir
	}
	if cfg.Cols != 0 || cfg.Rows != 0 {
		req.Size = &api.Size{Cols: cfg.Cols, Rows: cfg.Rows}
	}
	info, err := api.Create.Call(ctx, c.caller, req)
	if err != nil {
		return nil, err
	}
	return &Session{c: c, Name: info.Name, ID: info.ID}, nil
}

// environment is this program's, as a map.
func environment() api.KV {
	env := api.KV{}
	for _, kv := range os.Environ() {
		if name, value, ok := strings.Cut(kv, "="); ok && name != "" {
			env[name] = strings.ToValidUTF8(value, "\ufffd")
		}
	}
	return env
}

// Session returns the handle of a session that exists.
func (c *Client) Session(ctx context.Context, name string) (*Session, error) {
	info, err := api.Inspect.Call(ctx, c.caller, &api.SessionRequest{Session: name})
	if err != nil {
		return nil, err
	}
	return &Session{c: c, Name: info.Name, ID: info.ID}, nil
}

// List describes every session, oldest first.
func (c *Client) List(ctx context.Context) ([]api.Session, error) {
	list, err := api.List.Call(ctx, c.caller, &api.ListRequest{})
	if err != nil {
		return nil, err
	}
	return list.Sessions, nil
}

// Output reads the bytes a reference names (@e42, @e42#100-200, @last, a session's
// name), exactly as they were written.
func (c *Client) Output(ctx context.Context, ref string) ([]byte, error) {
	var b bytes.Buffer
	err := api.ReadRaw.Stream(ctx, c.caller, &api.RawRequest{Ref: ref}, func(chunk *api.Chunk) error {
		b.Write(chunk.Data)
		return nil
	})
	return b.Bytes(), err
}

// Lines reads the text a reference names (@e42:3-9 names lines), as a screen would
// have shown it.
func (c *Client) Lines(ctx context.Context, ref string) (*api.Output, error) {
	return api.ReadOutput.Call(ctx, c.caller, &api.OutputRequest{Ref: ref})
}

// Watch tells the state of every session and then what happens, until ctx ends or
// yield returns an error. It outlives the daemon: no event comes twice, and what a new
// daemon cannot know is told as an event of kind gap, followed by the present states.
func (c *Client) Watch(ctx context.Context, yield func(*api.Event) error) error {
	return api.Events.Stream(ctx, c.caller, &api.EventsRequest{Follow: true}, yield)
}

// Status describes the daemon.
func (c *Client) Status(ctx context.Context) (*api.Status, error) {
	return api.DaemonStatus.Call(ctx, c.caller, &api.StatusRequest{})
}
