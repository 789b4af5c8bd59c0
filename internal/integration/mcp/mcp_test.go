package mcp

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/config"
	"github.com/ai-session/ai-session/internal/daemon"
	"github.com/ai-session/ai-session/internal/tokens/exact"
)

// lab is a daemon, and a model's client of it.
type lab struct {
	home   string // of the daemon
	t      *testing.T
	daemon *daemon.Daemon
	client *sdk.ClientSession
}

func newLab(t *testing.T, profile string, options *sdk.ClientOptions) *lab {
	t.Helper()
	home, err := os.MkdirTemp("", "ais")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	t.Setenv("HOME", home) // a shell reads nobody's files
	paths, err := config.Find(func(name string) string { return map[string]string{"AI_SESSION_HOME": home}[name] })
	if err != nil {
		t.Fatal(err)
	}
	d, err := daemon.New(daemon.Config{Paths: paths, Log: slog.New(slog.DiscardHandler), Settings: config.Config{DefaultShell: "/bin/bash"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close(context.Background()) })
	s, err := New(d, Config{Version: "test", Profile: profile, Pages: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.pages.close)
	if _, err := api.Create.Call(t.Context(), d, &api.CreateRequest{Name: "dev", Dir: "/", Argv: []string{"bash", "--norc"}}); err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, home: home, daemon: d}
	near, far := sdk.NewInMemoryTransports()
	if _, err := s.sdk.Connect(t.Context(), far, nil); err != nil {
		t.Fatal(err)
	}
	c := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, options)
	if l.client, err = c.Connect(t.Context(), near, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.client.Close() })
	return l
}

// call calls a tool and returns what the model reads.
func (l *lab) call(name string, args map[string]any) (string, *sdk.CallToolResult) {
	l.t.Helper()
	res, err := l.client.CallTool(l.t.Context(), &sdk.CallToolParams{Name: name, Arguments: args})
	if err != nil {
		l.t.Fatalf("%s %v: %v", name, args, err)
	}
	return textOf(res), res
}

func textOf(res *sdk.CallToolResult) string {
	var b strings.Builder
	for _, c := range res.Content {
		if text, ok := c.(*sdk.TextContent); ok {
			b.WriteString(text.Text)
		}
	}
	return b.String()
}

func TestEveryParameterIsAFieldOfItsOperation(t *testing.T) {
	for _, name := range []string{"core", "full", "compat"} {
		tools, err := profile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, tool := range tools {
			for _, p := range tool.params {
				f, ok := tool.field(p)
				if !ok && p.own == "" {
					t.Errorf("%s: no operation has %s", tool.name, p.name)
				}
				if said, has := strings.CutPrefix(p.doc, "default "); ok && has && f.Default != "" && said != f.Default {
					t.Errorf("%s: the default of %s is %s, its description says %s", tool.name, p.name, f.Default, said)
				}
			}
			var schema map[string]any
			if err := json.Unmarshal(tool.schema(), &schema); err != nil {
				t.Errorf("%s: %v in %s", tool.name, err, tool.schema())
			}
		}
	}
	if _, err := profile("everything"); err == nil {
		t.Error("an unknown profile was taken")
	}
}

// What a model reads before it has done anything.
func TestSchemasStayShort(t *testing.T) {
	count, err := exact.Counter("o200k_base")
	if err != nil {
		t.Fatal(err)
	}
	for name, most := range map[string]int{"core": 450, "full": 1200} {
		l := newLab(t, name, nil)
		list, err := l.client.ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(list.Tools)
		if err != nil {
			t.Fatal(err)
		}
		n := count(string(b))
		t.Logf("%s: %d tools, %d tokens", name, len(list.Tools), n)
		if n > most {
			t.Errorf("%s has %d tokens, want at most %d: %s", name, n, most, b)
		}
	}
}

func TestExecAnswersWithFactsThenText(t *testing.T) {
	count, err := exact.Counter("o200k_base")
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t, "core", nil)
	text, res := l.call("exec", map[string]any{"session": "dev", "command": "cd /tmp; echo hello; false"})
	head, body, _ := strings.Cut(text, "\n")
	if !strings.HasPrefix(head, "[e1 exit=1 ") || !strings.HasSuffix(head, " cwd=/tmp]") || body != "hello" || res.IsError {
		t.Errorf("%q", text)
	}
	if n := count(head); n > 30 {
		t.Errorf("the header %q has %d tokens", head, n)
	}
	meta, _ := json.Marshal(res.StructuredContent)
	for _, want := range []string{`"exit":1`, `"ref":"@e1"`, `"state":"done"`} {
		if !strings.Contains(string(meta), want) {
			t.Errorf("no %s in %s", want, meta)
		}
	}
	if strings.Contains(string(meta), "hello") {
		t.Errorf("the text is there twice: %s", meta)
	}
}

func TestWhatIsLeftOutIsAResource(t *testing.T) {
	l := newLab(t, "core", nil)
	_, res := l.call("exec", map[string]any{"session": "dev", "command": "seq 10000", "max_tokens": 100})
	var link *sdk.ResourceLink
	for _, c := range res.Content {
		if r, ok := c.(*sdk.ResourceLink); ok {
			link = r
		}
	}
	if link == nil || link.URI != "ais://dev/e1" {
		t.Fatalf("link %+v in %s", link, textOf(res))
	}
	for _, c := range []struct{ uri, want string }{
		{link.URI + "?lines=4999-5000", "4999\n5000\n"}, {link.URI + "?grep=%5E77%24", "77\n"},
	} {
		read, err := l.client.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: c.uri})
		if err != nil || len(read.Contents) != 1 || read.Contents[0].Text != c.want {
			t.Errorf("%s: %+v %v", c.uri, read, err)
		}
	}
	if read, err := l.client.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: link.URI}); err != nil || strings.Count(read.Contents[0].Text, "\n") != 10000 {
		t.Errorf("all of it: %v", err)
	}
	for _, uri := range []string{"ais://dev/e99", "ais://other/e1", "ais://dev/nothing", "ais://"} {
		if _, err := l.client.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: uri}); err == nil {
			t.Errorf("%s was read", uri)
		}
	}
}

func TestALongCommandAnswersAndIsReadOn(t *testing.T) {
	l := newLab(t, "core", nil)
	text, _ := l.call("exec", map[string]any{"session": "dev", "command": "echo begun; read x < <(sleep 1); echo ended", "timeout_ms": 200})
	if !strings.HasPrefix(text, "[e1 running ") || !strings.Contains(text, "still running: read @e1 with wait_ms") {
		t.Fatalf("%q", text)
	}
	if text, _ = l.call("read", map[string]any{"ref": "@e1", "wait_ms": 20000}); !strings.HasPrefix(text, "[e1 exit=0 ") || !strings.Contains(text, "ended") {
		t.Errorf("%q", text)
	}
	if text, _ = l.call("read", map[string]any{"ref": "@e1", "grep": "beg"}); !strings.Contains(text, "begun") || strings.Contains(text, "ended") {
		t.Errorf("%q", text)
	}
}

// cancelAtStart is the context of a call that its client cancels when its command runs.
func (l *lab) cancelAtStart() context.Context {
	ctx, cancel := context.WithCancel(l.t.Context())
	listening := make(chan struct{})
	go func() {
		defer cancel()
		told := sync.OnceFunc(func() { close(listening) })
		defer told()
		api.Events.Stream(l.t.Context(), l.daemon, &api.EventsRequest{Follow: true}, func(e *api.Event) error {
			told() // the first are the present states
			if e.Kind == "exec_start" {
				return io.EOF
			}
			return nil
		})
	}()
	<-listening
	return ctx
}

func TestACancelledCallInterruptsItsCommand(t *testing.T) {
	l := newLab(t, "core", nil)
	if _, err := l.client.CallTool(l.cancelAtStart(), &sdk.CallToolParams{Name: "exec", Arguments: map[string]any{"session": "dev", "command": "sleep 1000"}}); err == nil {
		t.Error("a cancelled call answered")
	}
	w, err := api.Wait.Call(t.Context(), l.daemon, &api.WaitRequest{Session: "@e1", TimeoutMS: 10000})
	if err != nil || w.Block == nil || w.Block.State != api.BlockDone {
		t.Fatalf("%+v %v", w, err)
	}
	if code, _ := w.Block.Exit.Code(); code != 130 {
		t.Errorf("exit %v, want 130", w.Block.Exit)
	}
}

// A client that cancels a call and asks for the next command at once gets it.
func TestCommandRightAfterACancelledCallRuns(t *testing.T) {
	l := newLab(t, "core", nil)
	for range 20 {
		if _, err := l.client.CallTool(l.cancelAtStart(), &sdk.CallToolParams{Name: "exec", Arguments: map[string]any{"session": "dev", "command": "sleep 1000"}}); err == nil {
			t.Fatal("a cancelled call answered")
		}
		if text, res := l.call("exec", map[string]any{"session": "dev", "command": "echo next"}); res.IsError || !strings.Contains(text, "next") {
			t.Fatalf("%q", text)
		}
	}
}

func TestErrorsAreTheModelsToRead(t *testing.T) {
	l := newLab(t, "core", nil)
	for _, c := range []struct {
		tool, says string
		args       map[string]any
	}{
		{"exec", "not_found: no session", map[string]any{"session": "nobody", "command": "true"}},
		{"exec", "invalid: exec needs command", nil},
		{"exec", `invalid: command is string, not bool`, map[string]any{"command": false}},
		{"exec", `invalid: timeout_ms is integer, not number 1.5`, map[string]any{"command": "x", "timeout_ms": 1.5}},
		{"send", `invalid: keys is array, not string`, map[string]any{"session": "dev", "keys": "Enter"}},
		{"exec", `unknown_field: exec has no "comand"`, map[string]any{"comand": "x", "command": "y"}},
		{"read", "not_found: no block", map[string]any{"ref": "@e77"}},
	} {
		text, res := l.call(c.tool, c.args)
		if !res.IsError || !strings.HasPrefix(text, c.says) {
			t.Errorf("%s %v: %q, want %q", c.tool, c.args, text, c.says)
		}
	}
}

// A password goes from the person to the terminal. Nothing the model reads has it.
func TestAPasswordIsAskedOfThePerson(t *testing.T) {
	const secret = "correct horse"
	var asked string
	l := newLab(t, "core", &sdk.ClientOptions{
		ElicitationHandler: func(_ context.Context, req *sdk.ElicitRequest) (*sdk.ElicitResult, error) {
			asked = req.Params.Message
			return &sdk.ElicitResult{Action: "accept", Content: map[string]any{"answer": secret}}, nil
		},
	})
	text, res := l.call("exec", map[string]any{"session": "dev", "command": `read -rsp "Password: " p; echo; printf %s "$p" | wc -c`})
	if !strings.Contains(asked, "Password:") || !strings.Contains(asked, "the model does not see it") {
		t.Errorf("asked %q", asked)
	}
	if !strings.HasPrefix(text, "[e1 exit=0 ") || !strings.Contains(text, "13") {
		t.Errorf("%q", text)
	}
	all, _ := json.Marshal(res)
	if strings.Contains(string(all), secret) {
		t.Errorf("the model reads %s", all)
	}
}

func TestOthersStatesAreRefused(t *testing.T) {
	a, err := New(nil, Config{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(nil, Config{})
	if err != nil {
		t.Fatal(err)
	}
	signed := a.sign("dev e1")
	if session, block, err := a.verify(signed); err != nil || session != "dev" || block != "e1" {
		t.Errorf("%s %s %v", session, block, err)
	}
	for _, state := range []string{"", "dev e1", "dev e2" + signed[6:], signed + "x"} {
		if _, _, err := a.verify(state); err == nil {
			t.Errorf("%q was taken", state)
		}
	}
	if _, _, err := b.verify(signed); err == nil {
		t.Error("another server's state was taken")
	}
}

func TestProgressIsToldToThoseWhoAsk(t *testing.T) {
	told := make(chan string, 16)
	l := newLab(t, "core", &sdk.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, req *sdk.ProgressNotificationClientRequest) {
			told <- req.Params.Message
		},
	})
	params := &sdk.CallToolParams{Name: "exec", Arguments: map[string]any{"session": "dev", "command": "sleep 3"}}
	params.SetProgressToken("p")
	if _, err := l.client.CallTool(t.Context(), params); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-told:
		if got != "running" {
			t.Errorf("told %q", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("no progress was told")
	}
}

func TestTheOriginalsToolsAnswer(t *testing.T) {
	l := newLab(t, "compat", nil)
	if text, _ := l.call("create_session", map[string]any{"name": "old", "working_directory": "/"}); !strings.HasPrefix(text, "Created and started session 'old' with ID: s") {
		t.Errorf("%q", text)
	}
	if text, _ := l.call("execute_command", map[string]any{"session_id": "dev", "command": "echo hi"}); !strings.HasSuffix(text, "\nhi") {
		t.Errorf("%q", text)
	}
	if text, _ := l.call("get_session_info", map[string]any{"session_id": "dev"}); !strings.HasPrefix(text, "dev ready /") {
		t.Errorf("%q", text)
	}
}

func TestSessionsAndSearchOfTheFullProfile(t *testing.T) {
	l := newLab(t, "full", nil)
	l.call("exec", map[string]any{"session": "dev", "command": "echo needle"})
	for _, c := range []struct {
		tool, want string
		args       map[string]any
	}{
		{"session", "two ", map[string]any{"action": "create", "session": "two", "argv": []string{"bash", "--norc"}}},
		{"session", "dev ready", map[string]any{"action": "list"}},
		{"session", "@e1 exit=0 echo needle", map[string]any{"action": "history", "session": "dev"}},
		{"context", "echo needle", map[string]any{"session": "dev", "tokens": 500}},
		{"search", "needle", map[string]any{"query": "needle"}},
		{"send", "typed; the screen now:", map[string]any{"session": "dev", "text": "ls", "keys": []string{"C-u"}}},
		{"read", "needle", map[string]any{"ref": "dev", "screen": true}},
		{"session", "two has ended", map[string]any{"action": "kill", "session": "two"}},
	} {
		if text, res := l.call(c.tool, c.args); res.IsError || !strings.Contains(text, c.want) {
			t.Errorf("%s %v: %q", c.tool, c.args, text)
		}
	}
}

// Both revisions on one URL; a modern client may send its version in the body alone.
func TestBothRevisionsAreServedOnOneURL(t *testing.T) {
	s, err := New(nil, Config{Fixtures: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	for _, version := range []string{"2025-11-25", "2026-07-28"} {
		c := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil)
		session, err := c.Connect(t.Context(), &sdk.StreamableClientTransport{Endpoint: server.URL}, &sdk.ClientSessionOptions{ProtocolVersion: version})
		if err != nil {
			t.Errorf("%s: %v", version, err)
			continue
		}
		if res, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: "test_simple_text"}); err != nil || !strings.Contains(textOf(res), "simple text") {
			t.Errorf("%s: %v", version, err)
		}
		session.Close()
	}
	for body, want := range map[string]bool{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}`:                                   false,
		`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`: true,
		`{"jsonrpc":"2.0","id":1,"method":"server/discover"}`:                                                                        true,
		`[]`: false, `x`: false, ``: false, `{"params":7}`: false,
	} {
		if got := modernBody([]byte(body)); got != want {
			t.Errorf("%s: modern %t", body, got)
		}
	}
}

// FuzzArguments: whatever a model sends, a tool answers with a result, and nothing is
// carried out that its schema does not declare.
func FuzzArguments(f *testing.F) {
	for _, seed := range []string{`{}`, `{"command":"x"}`, `{"command":1}`, `[]`, `null`, `{"command":"x","session":{"a":1}}`, "{\"command\":\"\xff\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, args []byte) {
		for _, tool := range []tool{execTool, sendTool, readTool, contextTool, sessionTool, searchTool} {
			if tool.check(args) != nil {
				continue
			}
			var given map[string]json.RawMessage
			if err := json.Unmarshal(args, &given); err != nil {
				t.Fatalf("%s took %q", tool.name, args)
			}
			for name := range given {
				if !strings.Contains(string(tool.schema()), `"`+name+`":`) {
					t.Errorf("%s took %q", tool.name, name)
				}
			}
		}
		modernBody(args)
	})
}
