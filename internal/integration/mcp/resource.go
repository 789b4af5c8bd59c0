package mcp

import (
	"context"
	"net/url"
	"strings"
	"sync"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/ai-session/ai-session/api"
)

// resourceURI is the address of a command's output.
func resourceURI(session, block string) string {
	return "ais://" + url.PathEscape(session) + "/" + block
}

// resources adds the output of every command and the screen of every session.
func (s *Server) resources(server *sdk.Server) {
	server.AddResourceTemplate(&sdk.ResourceTemplate{
		Name: "output", URITemplate: "ais://{session}/{block}{?lines,grep}", MIMEType: "text/plain",
		Description: "All a command wrote, as lines: block is e42, or screen for what a person sees now.",
	}, s.readResource)
}

func (s *Server) readResource(ctx context.Context, req *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
	text, err := s.resourceText(ctx, req.Params.URI)
	if err != nil {
		if code := api.CodeOf(err); code == api.NotFound || code == api.Invalid {
			return nil, sdk.ResourceNotFoundError(req.Params.URI)
		}
		return nil, err
	}
	return &sdk.ReadResourceResult{
		Contents:  []*sdk.ResourceContents{{URI: req.Params.URI, MIMEType: "text/plain", Text: text}},
		Cacheable: sdk.Cacheable{CacheScope: "private"}, // unset means public: any cache on the way might give it to others
	}, nil
}

// resourceText reads ais://SESSION/eN?lines=a-b&grep=RE or ais://SESSION/screen.
func (s *Server) resourceText(ctx context.Context, uri string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "ais" {
		return "", api.Errorf(api.Invalid, "%q is no ais:// address", uri)
	}
	session, err := url.PathUnescape(u.Host)
	if err != nil {
		return "", api.Errorf(api.Invalid, "%q is no ais:// address", uri)
	}
	block := strings.TrimPrefix(u.Path, "/")
	if block == "screen" {
		screen, err := api.ScreenOf.Call(ctx, s.caller, &api.ScreenRequest{Session: session})
		if err != nil {
			return "", err
		}
		return screen.Content, nil
	}
	if _, ok := api.BlockNumber(block); !ok {
		return "", api.Errorf(api.NotFound, "no block %q", block)
	}
	req := &api.OutputRequest{Ref: "@" + block, Lines: u.Query().Get("lines"), Grep: u.Query().Get("grep")}
	if req.Lines == "" && req.Grep == "" {
		req.Lines = "1-" // all of it, not reduced
	}
	out, err := api.ReadOutput.Call(ctx, s.caller, req)
	if err != nil {
		return "", err
	}
	if out.Session != session {
		return "", api.Errorf(api.NotFound, "%s is not of session %s", block, session)
	}
	return out.Text, nil
}

// updates tells subscribers of outputs that are complete. It watches from the first
// subscription on.
type updates struct {
	caller api.Caller
	tell   func(uri string)
	once   sync.Once
}

func (u *updates) begin() {
	u.once.Do(func() {
		go api.Events.Stream(context.Background(), u.caller, &api.EventsRequest{Follow: true}, func(e *api.Event) error {
			if e.Kind == "exec_end" && e.Block != nil {
				u.tell(resourceURI(e.Session, e.Block.ID))
				u.tell(resourceURI(e.Session, "screen"))
			}
			return nil
		})
	})
}

// prompts are beginnings of work a person may choose.
func (s *Server) prompts(server *sdk.Server) {
	session := &sdk.PromptArgument{Name: "session", Description: "session to look at", Required: true}
	for _, p := range []struct{ name, doc, text string }{
		{"take_over", "Take up the work in a session where it stands.",
			"Look at session %s: read its screen and its last commands, say in a few lines what was being done and how it stands, then go on with it."},
		{"why_failed", "Find out why the last command failed.",
			"The last command of session %s failed. Read its output by ref, find the cause, and propose the smallest change that mends it."},
	} {
		server.AddPrompt(&sdk.Prompt{Name: p.name, Description: p.doc, Arguments: []*sdk.PromptArgument{session}},
			func(_ context.Context, req *sdk.GetPromptRequest) (*sdk.GetPromptResult, error) {
				text := strings.Replace(p.text, "%s", req.Params.Arguments["session"], 1)
				return &sdk.GetPromptResult{Description: p.doc, Messages: []*sdk.PromptMessage{{Role: "user", Content: &sdk.TextContent{Text: text}}}}, nil
			})
	}
}

// complete offers the names of sessions.
func (s *Server) complete(ctx context.Context, req *sdk.CompleteRequest) (*sdk.CompleteResult, error) {
	values := []string{}
	if req.Params.Argument.Name == "session" {
		list, err := api.List.Call(ctx, s.caller, &api.ListRequest{})
		if err != nil {
			return nil, err
		}
		for _, x := range list.Sessions {
			if strings.HasPrefix(x.Name, req.Params.Argument.Value) && len(values) < 100 {
				values = append(values, x.Name)
			}
		}
	}
	return &sdk.CompleteResult{Completion: sdk.CompletionResultDetails{Values: values, Total: len(values)}}, nil
}
