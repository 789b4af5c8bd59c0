package mcp

import (
	"context"
	"encoding/json"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/ai-session/ai-session/api"
)

// profile is the tools of a profile. Each one costs every conversation its schema:
// core at most 450 tokens, full at most 1,200.
func profile(name string) ([]tool, error) {
	core := []tool{execTool, sendTool, readTool}
	switch name {
	case "", "core":
		return core, nil
	case "full":
		return append(core, contextTool, sessionTool, searchTool), nil
	case "compat":
		return append(core, compatExecute, compatCreate, compatInfo), nil
	}
	return nil, api.Errorf(api.Invalid, "no tools %q", name).WithHint("core, full or compat")
}

// defaultSession is where a command runs that names no session; it is made when it is
// first needed.
const defaultSession = "main"

var execTool = tool{
	name: "exec", doc: "Run a shell command in a terminal that keeps folder, variables and programs. Answers with exit status and what matters of the output.",
	ops: []api.Spec{api.Exec.Spec()},
	params: []param{
		{name: "command", required: true},
		{name: "session", doc: "default main"},
		{name: "timeout_ms", doc: "then it runs on"},
		{name: "background"},
		{name: "max_tokens"},
	},
	call: runExec,
}

var sendTool = tool{
	name: "send", doc: "Type into a session's program: text, then keys like Enter, C-c, Up.",
	ops: []api.Spec{api.Send.Spec(), api.Wait.Spec()},
	params: []param{
		{name: "session", required: true},
		{name: "text"}, {name: "keys"},
		{name: "until", field: "for", own: "string", doc: "wait for", enum: []string{"exit", "prompt", "input", "quiet"}},
	},
	call: runSend,
}

var readTool = tool{
	name: "read", doc: "Read any output by ref: @e42, @e42:3-9 (lines), or a session's name.",
	ops: []api.Spec{api.ReadOutput.Spec(), api.Wait.Spec()},
	params: []param{
		{name: "ref", required: true},
		{name: "grep", doc: "regular expression"},
		{name: "lines", doc: "a-b or -n"},
		{name: "max_tokens"},
		{name: "wait_ms", field: "timeout_ms", doc: "wait for a running command"},
		{name: "screen", own: "boolean", doc: "the session's screen now"},
	},
	readOnly: true,
	call:     runRead,
}

var contextTool = tool{
	name: "context", doc: "What matters next in a session: what happened, what is open, folder, changed files.",
	ops:      []api.Spec{api.Context.Spec()},
	params:   []param{{name: "session", required: true}, {name: "tokens", doc: "default 1024"}},
	readOnly: true,
	call: func(ctx context.Context, c *call, args json.RawMessage) (*sdk.CallToolResult, error) {
		req := &api.ContextRequest{}
		if err := decode(args, req); err != nil {
			return nil, err
		}
		x, err := api.Context.Call(ctx, c.caller, req)
		if err != nil {
			return nil, err
		}
		return textResult(x.Text, map[string]any{"session": x.Session, "state": x.State, "cwd": x.Cwd}), nil
	},
}

var sessionTool = tool{
	name: "session", doc: "Make, list, show, resize, signal or end sessions; list commands run.",
	ops: []api.Spec{api.Create.Spec(), api.List.Spec(), api.Inspect.Spec(), api.Kill.Spec(), api.Signal.Spec(), api.Blocks.Spec()},
	params: []param{
		{name: "action", own: "string", required: true, enum: []string{"create", "list", "show", "history", "signal", "kill"}},
		{name: "session"},
		{name: "dir"},
		{name: "argv", doc: "program in place of a shell"},
		{name: "signal"},
	},
	call: runSession,
}

var searchTool = tool{
	name: "search", doc: "Find text in the output and commands of all sessions, living and ended.",
	ops:      []api.Spec{api.Search.Spec()},
	params:   []param{{name: "query", required: true}, {name: "session"}, {name: "regexp"}, {name: "limit"}},
	readOnly: true,
	call:     runSearch,
}

// The names of the original's tools.
var (
	compatExecute = tool{
		name: "execute_command", doc: "Execute a command in an AI session",
		ops:    []api.Spec{api.Exec.Spec()},
		params: []param{{name: "session_id", field: "session", required: true}, {name: "command", required: true}},
		call: func(ctx context.Context, c *call, args json.RawMessage) (*sdk.CallToolResult, error) {
			var in struct {
				Session string `json:"session_id"`
				Command string `json:"command"`
			}
			if err := decode(args, &in); err != nil {
				return nil, err
			}
			return c.exec(ctx, &api.ExecRequest{Session: in.Session, Command: in.Command})
		},
	}
	compatCreate = tool{
		name: "create_session", doc: "Create a new AI session",
		ops:    []api.Spec{api.Create.Spec()},
		params: []param{{name: "name", required: true}, {name: "working_directory", field: "dir"}},
		call: func(ctx context.Context, c *call, args json.RawMessage) (*sdk.CallToolResult, error) {
			var in struct {
				Name string `json:"name"`
				Dir  string `json:"working_directory"`
			}
			if err := decode(args, &in); err != nil {
				return nil, err
			}
			if in.Dir == "." {
				in.Dir = ""
			}
			x, err := api.Create.Call(ctx, c.caller, &api.CreateRequest{Name: in.Name, Dir: in.Dir})
			if err != nil {
				return nil, err
			}
			return textResult("Created and started session '"+x.Name+"' with ID: "+x.ID, x), nil
		},
	}
	compatInfo = tool{
		name: "get_session_info", doc: "Get information about a session",
		ops:      []api.Spec{api.Inspect.Spec()},
		params:   []param{{name: "session_id", field: "session", required: true}},
		readOnly: true,
		call: func(ctx context.Context, c *call, args json.RawMessage) (*sdk.CallToolResult, error) {
			var in struct {
				Session string `json:"session_id"`
			}
			if err := decode(args, &in); err != nil {
				return nil, err
			}
			return c.show(ctx, in.Session)
		},
	}
)

func textResult(text string, structured any) *sdk.CallToolResult {
	return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: text}}, StructuredContent: structured}
}

func runSession(ctx context.Context, c *call, args json.RawMessage) (*sdk.CallToolResult, error) {
	var in struct {
		Action, Session, Dir, Signal string
		Argv                         []string
	}
	if err := decode(args, &in); err != nil {
		return nil, err
	}
	switch in.Action {
	case "create":
		x, err := api.Create.Call(ctx, c.caller, &api.CreateRequest{Name: in.Session, Dir: in.Dir, Argv: in.Argv})
		if err != nil {
			return nil, err
		}
		return textResult(sessionLine(x), x), nil
	case "list":
		return c.list(ctx)
	case "show":
		return c.show(ctx, in.Session)
	case "history":
		h, err := api.Blocks.Call(ctx, c.caller, &api.HistoryRequest{Session: in.Session, Limit: 20})
		if err != nil {
			return nil, err
		}
		var b strings.Builder
		for _, x := range h.Blocks {
			b.WriteString(x.Ref + " exit=" + x.Exit.String() + " " + oneLine(x.Command) + "\n")
		}
		return textResult(b.String(), h), nil
	case "signal":
		x, err := api.Signal.Call(ctx, c.caller, &api.SignalRequest{Session: in.Session, Signal: in.Signal})
		if err != nil {
			return nil, err
		}
		return textResult(sessionLine(x), x), nil
	case "kill":
		x, err := api.Kill.Call(ctx, c.caller, &api.KillRequest{Session: in.Session})
		if err != nil {
			return nil, err
		}
		return textResult(x.Session+" has ended", x), nil
	}
	return nil, api.Errorf(api.Invalid, "no action %q", in.Action).WithHint("create, list, show, history, signal or kill")
}

func (c *call) list(ctx context.Context) (*sdk.CallToolResult, error) {
	list, err := api.List.Call(ctx, c.caller, &api.ListRequest{})
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, x := range list.Sessions {
		b.WriteString(sessionLine(&x) + "\n")
	}
	if len(list.Sessions) == 0 {
		b.WriteString("no sessions")
	}
	return textResult(b.String(), list), nil
}

func (c *call) show(ctx context.Context, session string) (*sdk.CallToolResult, error) {
	x, err := api.Inspect.Call(ctx, c.caller, &api.SessionRequest{Session: session})
	if err != nil {
		return nil, err
	}
	return textResult(sessionLine(x), x), nil
}

func sessionLine(x *api.Session) string {
	line := x.Name + " " + string(x.State) + " " + x.Cwd
	if x.Open != "" {
		line += " running @" + x.Open
	}
	return line
}

func runSearch(ctx context.Context, c *call, args json.RawMessage) (*sdk.CallToolResult, error) {
	req := &api.SearchRequest{}
	if err := decode(args, req); err != nil {
		return nil, err
	}
	res, err := api.Search.Call(ctx, c.caller, req)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, h := range res.Hits {
		b.WriteString(h.Session + " " + h.Ref + " " + h.Line + "\n")
	}
	if len(res.Hits) == 0 {
		b.WriteString("nothing found")
	}
	return textResult(b.String(), res), nil
}

// oneLine is the beginning of a command.
func oneLine(s string) string {
	line, _, more := strings.Cut(strings.TrimSpace(s), "\n")
	if len(line) > 100 {
		line, more = strings.ToValidUTF8(line[:100], ""), true
	}
	if more {
		line += " ..."
	}
	return line
}
