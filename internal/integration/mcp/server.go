package mcp

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/ai-session/ai-session/api"
)

// Config says what to serve. The zero value is the core profile.
type Config struct {
	Version  string
	Profile  string // core, full or compat
	Fixtures bool   // the conformance suite's tools in place of ours
	// TaskAfter is when a command becomes a task for a client that knows tasks: most
	// commands are done by then and need no second question. Zero is five seconds.
	TaskAfter time.Duration
	// Pages says that the client's person sits at this machine: secrets are asked for on
	// web pages of the loopback address, where the client can open one.
	Pages bool
	Log   *slog.Logger
}

// Server is the operations as tools, resources and prompts.
type Server struct {
	caller api.Caller
	c      Config
	sdk    *sdk.Server
	pages  *pages // nil without Config.Pages
	key    []byte // signs what a client carries for us between two rounds

	flights flights
}

const (
	// answerBy is when a call answers even if its command still runs: clients give up
	// after 60 seconds, some after 45.
	answerBy = 40 * time.Second
	// taskAfter is TaskAfter's default.
	taskAfter = 5 * time.Second
	// idleSession is when a connection-less client's session is forgotten.
	idleSession = 30 * time.Minute
	// maxMessage bounds a message; a command with its input is the largest honest one.
	maxMessage = 16 << 20
)

// instructions are what a client tells its model once about these tools.
const instructions = "Commands run in living terminals: folder, variables and programs persist between calls. Read more of any output by its ref."

// New returns a server for caller's operations.
func New(caller api.Caller, c Config) (*Server, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.TaskAfter == 0 {
		c.TaskAfter = taskAfter
	}
	s := &Server{caller: caller, c: c, key: make([]byte, 32)}
	rand.Read(s.key) // never fails
	if c.Pages {
		s.pages = newPages(caller, c.Log)
	}
	if c.Fixtures {
		s.sdk = fixtures()
	} else {
		tools, err := profile(c.Profile)
		if err != nil {
			return nil, err
		}
		s.sdk = s.build(tools)
	}
	return s, nil
}

func (s *Server) build(tools []tool) *sdk.Server {
	capabilities := &sdk.ServerCapabilities{
		Tools: &sdk.ToolCapabilities{}, Prompts: &sdk.PromptCapabilities{},
		Resources: &sdk.ResourceCapabilities{Subscribe: true},
	}
	w := &updates{caller: s.caller}
	server := sdk.NewServer(&sdk.Implementation{Name: "ai-session", Title: "ai-session", Version: s.c.Version}, &sdk.ServerOptions{
		Instructions: instructions, Capabilities: withTasks(capabilities), CompletionHandler: s.complete,
		SubscribeHandler:   func(context.Context, *sdk.SubscribeRequest) error { w.begin(); return nil },
		UnsubscribeHandler: func(context.Context, *sdk.UnsubscribeRequest) error { return nil },
	})
	w.tell = func(uri string) {
		server.ResourceUpdated(context.Background(), &sdk.ResourceUpdatedNotificationParams{URI: uri})
	}
	for _, t := range tools {
		server.AddTool(t.declaration(), s.handler(t))
	}
	s.resources(server)
	s.prompts(server)
	serveTasks(server, newExecTasks(s))
	return server
}

// Run serves one client on a pair of streams, until it leaves and has its answers.
func (s *Server) Run(ctx context.Context, in io.Reader, out io.Writer) error {
	if s.pages != nil {
		defer s.pages.close()
	}
	d := newDrained(in, out)
	return s.sdk.Run(ctx, &sdk.IOTransport{Reader: d, Writer: d})
}

// handler decodes a call, carries it out and puts its outcome in MCP's terms. An error
// of an operation is the model's to read, so it is a result.
func (s *Server) handler(t tool) sdk.ToolHandler {
	return func(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		c := &call{Server: s, req: req}
		args := json.RawMessage(req.Params.Arguments)
		if len(args) == 0 {
			args = json.RawMessage("{}")
		}
		if err := t.check(args); err != nil {
			return failure(err), nil
		}
		res, err := t.call(ctx, c, args)
		if err != nil {
			return failure(err), nil
		}
		return res, nil
	}
}

// call is one call of a tool.
type call struct {
	*Server
	req *sdk.CallToolRequest
}

// failure is an error as a model reads it: what failed, and what to do.
func failure(err error) *sdk.CallToolResult {
	p := api.ProblemOf(err)
	text := string(p.Code) + ": " + p.Detail
	if p.Hint != "" {
		text += "\ntry: " + p.Hint
	}
	return &sdk.CallToolResult{IsError: true, Content: []sdk.Content{&sdk.TextContent{Text: text}}}
}
