package aisession

import (
	"context"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/wire"
)

// Session is the handle of a session. It holds nothing: the session is the daemon's.
type Session struct {
	c    *Client
	Name string
	ID   string
}

// ExecOption changes how a command is run.
type ExecOption func(*api.ExecRequest)

// Timeout makes exec answer after d, with state running if it still runs. The
// command goes on.
func Timeout(d time.Duration) ExecOption {
	return func(r *api.ExecRequest) { r.TimeoutMS = api.MillisOf(d) }
}

// MaxTokens sets the budget of the answer's text.
func MaxTokens(n int) ExecOption { return func(r *api.ExecRequest) { r.MaxTokens = n } }

// Stdin gives the command something to read in place of the terminal.
func Stdin(b []byte) ExecOption { return func(r *api.ExecRequest) { r.StdinBase64 = b } }

// Queue waits for the terminal in place of failing with busy.
func Queue() ExecOption { return func(r *api.ExecRequest) { r.Queue = true } }

// Background answers once the command has started.
func Background() ExecOption { return func(r *api.ExecRequest) { r.Background = true } }

// Pipe runs the command without a terminal: stdout and stderr are apart and byte for
// byte, and no terminal limits the speed.
func Pipe() ExecOption { return func(r *api.ExecRequest) { r.Pipe = true } }

// Nested types the command to the program that reads the terminal in place of the
// session's own shell: another shell, ssh, a REPL.
func Nested() ExecOption { return func(r *api.ExecRequest) { r.Nested = true } }

// Raw answers with the command's own bytes, in Report.Raw and, of a piped one,
// Report.RawStderr.
func Raw() ExecOption { return func(r *api.ExecRequest) { r.Raw = true } }

// Exec runs shell text in the session's living shell and waits for its end, or for
// the news that it needs somebody.
func (s *Session) Exec(ctx context.Context, command string, options ...ExecOption) (*api.Report, error) {
	req := &api.ExecRequest{Session: s.ID, Command: command}
	for _, o := range options {
		o(req)
	}
	return api.Exec.Call(ctx, s.c.caller, req)
}

// Send types text and then keys, spelled as tmux spells them.
func (s *Session) Send(ctx context.Context, text string, keys ...string) error {
	_, err := api.Send.Call(ctx, s.c.caller, &api.SendRequest{Session: s.ID, Text: text, Keys: keys})
	return err
}

// Wait waits until the open command ends or, as with Exec, needs somebody.
func (s *Session) Wait(ctx context.Context) (*api.Report, error) {
	res, err := api.Wait.Call(ctx, s.c.caller, &api.WaitRequest{Session: s.ID})
	if err != nil {
		return nil, err
	}
	return res.Block, nil
}

// WaitFor waits for what the request names; its Session is filled in.
func (s *Session) WaitFor(ctx context.Context, req api.WaitRequest) (*api.WaitResult, error) {
	req.Session = s.ID
	return api.Wait.Call(ctx, s.c.caller, &req)
}

// Screen is what a person would see, as text.
func (s *Session) Screen(ctx context.Context) (*api.Screen, error) {
	return api.ScreenOf.Call(ctx, s.c.caller, &api.ScreenRequest{Session: s.ID})
}

// Info describes the session.
func (s *Session) Info(ctx context.Context) (*api.Session, error) {
	return api.Inspect.Call(ctx, s.c.caller, &api.SessionRequest{Session: s.ID})
}

// Follow yields all bytes that the session wrote, then those that it writes, until ctx
// ends, the session does, or yield returns an error. It outlives the daemon: each byte
// comes once. The slice is good until yield returns.
func (s *Session) Follow(ctx context.Context, yield func([]byte) error) error {
	req := &api.RawRequest{Ref: s.ID, Follow: true}
	return api.ReadRaw.Stream(ctx, s.c.caller, req, func(c *api.Chunk) error { return yield(c.Data) })
}

// Watch tells the session's state and then what happens in it, as Client.Watch does,
// until ctx ends or yield returns an error.
func (s *Session) Watch(ctx context.Context, yield func(*api.Event) error) error {
	return api.Events.Stream(ctx, s.c.caller, &api.EventsRequest{Session: s.ID, Follow: true}, yield)
}

// Attach connects a terminal: see api.Frame for what travels. It outlives the daemon,
// and begins anew with a repaint then.
func (s *Session) Attach(ctx context.Context, req api.AttachRequest) (api.Conn, error) {
	req.Session = s.ID
	return wire.Resume(func() (api.Conn, error) { return api.Attach.Open(ctx, s.c.caller, &req) })
}

// Resize sets the session's size.
func (s *Session) Resize(ctx context.Context, cols, rows int) error {
	_, err := api.Resize.Call(ctx, s.c.caller, &api.ResizeRequest{Session: s.ID, Size: api.Size{Cols: cols, Rows: rows}})
	return err
}

// Signal signals the foreground processes: INT, TERM, HUP, ...
func (s *Session) Signal(ctx context.Context, name string) error {
	_, err := api.Signal.Call(ctx, s.c.caller, &api.SignalRequest{Session: s.ID, Signal: name})
	return err
}

// Kill ends the session and all its processes. What it wrote stays readable.
func (s *Session) Kill(ctx context.Context) error {
	_, err := api.Kill.Call(ctx, s.c.caller, &api.KillRequest{Session: s.ID})
	return err
}
