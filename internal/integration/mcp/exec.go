package mcp

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/ai-session/ai-session/api"
)

func runExec(ctx context.Context, c *call, args json.RawMessage) (*sdk.CallToolResult, error) {
	req := &api.ExecRequest{}
	if err := decode(args, req); err != nil {
		return nil, err
	}
	if c.req.Params.RequestState != "" {
		return c.answered(ctx, c.tasks(req))
	}
	if req.Session == "" {
		req.Session = defaultSession
		if err := c.makeDefault(ctx); err != nil {
			return nil, err
		}
	}
	return c.exec(ctx, req)
}

// makeDefault makes the session that a command gets that names none.
func (c *call) makeDefault(ctx context.Context) error {
	_, err := api.Inspect.Call(ctx, c.caller, &api.SessionRequest{Session: defaultSession})
	if api.CodeOf(err) != api.NotFound {
		return err
	}
	_, err = api.Create.Call(ctx, c.caller, &api.CreateRequest{Name: defaultSession})
	if api.CodeOf(err) == api.Exists {
		return nil // somebody was quicker
	}
	return err
}

// exec runs a command and answers before the client loses patience.
func (c *call) exec(ctx context.Context, req *api.ExecRequest) (*sdk.CallToolResult, error) {
	limit, tasks := answerBy, c.tasks(req)
	if d := req.TimeoutMS.Duration(); d > 0 && d < limit {
		limit = d
	}
	if tasks {
		limit = c.c.TaskAfter
	}
	req.TimeoutMS = api.MillisOf(limit)
	defer c.progress(ctx)()
	defer c.flights.begin(ctx, req.Session)()
	began := time.Now()
	r, err := c.run(ctx, req)
	if tasks && api.CodeOf(err) == api.NotStarted && time.Since(began) >= limit {
		req.TimeoutMS = api.MillisOf(answerBy) // the shell itself takes long: there is no command yet that could be a task
		r, err = api.Exec.Call(ctx, c.caller, req)
	}
	if ctx.Err() != nil {
		return nil, c.interrupt(ctx, req.Session)
	}
	if err != nil {
		return nil, err
	}
	if tasks && r.State == api.BlockRunning {
		return promised(factsOf(r)), nil
	}
	return c.report(r), nil
}

// progressEvery is how often a client that asked for it hears that a command runs.
const progressEvery = 2 * time.Second

// progress tells a client that gave a token how long the call runs, until stop.
func (c *call) progress(ctx context.Context) (stop func()) {
	token := c.req.Params.GetProgressToken()
	if token == nil || c.req.Session == nil {
		return func() {}
	}
	done, gone := make(chan struct{}), make(chan struct{})
	began := time.Now()
	go func() {
		defer close(gone)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				c.req.Session.NotifyProgress(ctx, &sdk.ProgressNotificationParams{
					ProgressToken: token, Progress: time.Since(began).Seconds(), Message: "running",
				})
			}
		}
	}()
	return func() { close(done); <-gone }
}

// report puts a block in MCP's terms: its facts on one line, then what matters, then
// the way to the rest.
func (c *call) report(r *api.Report) *sdk.CallToolResult {
	if ask := c.ask(r); ask != nil {
		return ask
	}
	return reported(r)
}

func reported(r *api.Report) *sdk.CallToolResult {
	text := header(r)
	if r.Text != "" {
		text += "\n" + strings.TrimRight(r.Text, "\n")
	}
	switch r.State {
	case api.BlockRunning:
		text += "\nstill running: read " + r.Ref + " with wait_ms"
	case api.BlockNeedsInput:
		text += "\nwaits for input: answer with send"
	case api.BlockTUI:
		text += "\na full-screen program: read screen, send keys"
	}
	meta := *r
	meta.Text, meta.Raw = "", nil
	res := textResult(text, structured{meta})
	if _, less := shown(r); less {
		res.Content = append(res.Content, &sdk.ResourceLink{
			URI: resourceURI(r.Session, r.ID), Name: r.ID, Description: "all " + fmt.Sprint(r.Lines) + " lines", MIMEType: "text/plain",
		})
	}
	return res
}

// structured is a report without its text, which the model has read already.
type structured struct{ api.Report }

func (s structured) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(s.Report)
	if err != nil {
		return nil, err
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	delete(m, "text")
	delete(m, "command")  // the model wrote it
	delete(m, "entities") // they are in the text
	return json.Marshal(m)
}

// shown counts the lines of a report's text, and says whether they are less than the
// command wrote.
func shown(r *api.Report) (lines int, less bool) {
	if text := strings.TrimRight(r.Text, "\n"); text != "" {
		lines = strings.Count(text, "\n") + 1
	}
	return lines, len(r.Gaps) > 0 || r.Lines > lines
}

// header is the line of facts, as on the command line.
func header(r *api.Report) string {
	var b strings.Builder
	b.WriteString("[" + r.ID)
	if r.State == api.BlockDone || r.State == api.BlockDead {
		b.WriteString(" exit=" + r.Exit.String())
	} else {
		b.WriteString(" " + string(r.State))
	}
	if r.Signal != "" {
		b.WriteString(" " + r.Signal)
	}
	b.WriteString(" " + r.DurationMS.Duration().Round(100*time.Millisecond).String())
	b.WriteString(" cwd=" + r.Cwd)
	if lines, less := shown(r); less {
		fmt.Fprintf(&b, " %d lines -> %d", r.Lines, lines)
	}
	b.WriteString("]")
	return b.String()
}

// mayAsk says whether a program asks for something that the client can ask its person.
func mayAsk(r *api.Report, can *sdk.ClientCapabilities) bool {
	if r.State != api.BlockNeedsInput || r.Input == nil || can == nil || can.Elicitation == nil {
		return false
	}
	return r.Input.Kind == "password" || r.Input.Kind == "yesno" || r.Input.Kind == "line"
}

// elicitation asks the person what a program asks: a secret on a page of its own, where
// the client can open one and the person sits at this machine.
func (s *Server) elicitation(r *api.Report, can *sdk.ClientCapabilities) *sdk.ElicitParams {
	if r.Input.Kind == "password" && s.pages != nil && can.Elicitation.URL != nil {
		if q, address, err := s.pages.of(r); err == nil {
			return &sdk.ElicitParams{Mode: "url", URL: address, ElicitationID: q.token,
				Message: "The command in session " + r.Session + " asks: " + r.Input.Tail}
		}
	}
	field := map[string]any{"type": "string", "title": "Answer"}
	message := "The command in session " + r.Session + " asks: " + r.Input.Tail
	if r.Input.Kind == "password" {
		message += "\nWhat you enter is typed into the terminal; the model does not see it."
	}
	return &sdk.ElicitParams{
		Mode: "form", Message: message,
		RequestedSchema: map[string]any{"type": "object", "properties": map[string]any{"answer": field}, "required": []string{"answer"}},
	}
}

// ask lets the client's person answer what a program asks, if the client can. The
// answer goes to the terminal: no model sees it.
func (c *call) ask(r *api.Report) *sdk.CallToolResult {
	if !mayAsk(r, c.req.ClientCapabilities()) {
		return nil
	}
	return &sdk.CallToolResult{
		InputRequests: sdk.InputRequestMap{"answer": c.elicitation(r, c.req.ClientCapabilities())},
		RequestState:  c.sign(r.Session + " " + r.ID),
	}
}

// sign makes a state that only we can have made.
func (s *Server) sign(state string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(state))
	return state + " " + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Server) verify(signed string) (session, block string, err error) {
	i := strings.LastIndexByte(signed, ' ')
	if i < 0 || !hmac.Equal([]byte(s.sign(signed[:i])), []byte(signed)) {
		return "", "", api.Errorf(api.Invalid, "this requestState is not ours")
	}
	session, block, _ = strings.Cut(signed[:i], " ")
	return session, block, nil
}

// answered types the person's answer and waits for what comes of it.
func (c *call) answered(ctx context.Context, tasks bool) (*sdk.CallToolResult, error) {
	session, block, err := c.verify(c.req.Params.RequestState)
	if err != nil {
		return nil, err
	}
	res, _ := c.req.Params.InputResponses["answer"].(*sdk.ElicitResult)
	if res == nil || res.Action != "accept" {
		return nil, api.Errorf(api.Cancelled, "the person gave no answer; @%s waits on", block).WithHint("send C-c to %s", session)
	}
	if text, ok := res.Content["answer"].(string); ok {
		_, err = api.Send.Call(ctx, c.caller, &api.SendRequest{Session: session, Text: text, Keys: []string{"Enter"}})
	} else {
		err = c.entered(ctx, block)
	}
	if err != nil {
		return nil, err
	}
	limit := answerBy
	if tasks {
		limit = c.c.TaskAfter
	}
	w, err := api.Wait.Call(ctx, c.caller, &api.WaitRequest{Session: "@" + block, TimeoutMS: api.MillisOf(limit)})
	if err != nil {
		return nil, err
	}
	if w.Block == nil {
		return textResult("the answer was typed; "+string(w.State), nil), nil
	}
	if tasks && w.Block.State == api.BlockRunning {
		return promised(factsOf(w.Block)), nil
	}
	if p := c.req.Session.InitializeParams(); p != nil && p.ProtocolVersion < modern {
		return reported(w.Block), nil // it is asked once in a call
	}
	return c.report(w.Block), nil
}

// entered waits until the person has answered on the page that he was sent to.
func (c *call) entered(ctx context.Context, block string) error {
	if c.pages == nil {
		return api.Errorf(api.Invalid, "the answer has no text")
	}
	q := c.pages.find(block)
	if q == nil {
		return nil // he was quick, or too late: the command tells
	}
	limit, cancel := context.WithTimeout(ctx, answerBy/2)
	defer cancel()
	select {
	case <-q.done:
		return nil
	case <-limit.Done():
		return api.Errorf(api.Timeout, "nothing has been entered yet; @%s waits on", block).WithHint("read @%s with wait_ms", block)
	}
}

// settle bounds how long a program may draw what follows from what was typed.
const settle = 2 * time.Second

func runSend(ctx context.Context, c *call, args json.RawMessage) (*sdk.CallToolResult, error) {
	var in struct {
		Session, Text, Until string
		Keys                 []string
	}
	if err := decode(args, &in); err != nil {
		return nil, err
	}
	req := &api.SendRequest{Session: in.Session, Text: in.Text, Keys: in.Keys}
	req.Until = &api.Until{For: in.Until, TimeoutMS: api.MillisOf(answerBy)}
	if in.Until == "" {
		req.Until = &api.Until{For: "quiet", TimeoutMS: api.MillisOf(settle)} // or the screen would be the one before
	}
	res, err := api.Send.Call(ctx, c.caller, req)
	if err != nil {
		return nil, err
	}
	if res.Wait != nil && res.Wait.Block != nil {
		return c.report(res.Wait.Block), nil
	}
	screen, err := api.ScreenOf.Call(ctx, c.caller, &api.ScreenRequest{Session: in.Session})
	if err != nil {
		return textResult("typed", res), nil // the session may be gone by what was typed
	}
	return textResult("typed; the screen now:\n"+strings.TrimRight(screen.Content, "\n"), res), nil
}

func runRead(ctx context.Context, c *call, args json.RawMessage) (*sdk.CallToolResult, error) {
	var in struct {
		api.OutputRequest
		WaitMS api.Millis `json:"wait_ms"`
		Screen bool       `json:"screen"`
	}
	if err := decode(args, &in); err != nil {
		return nil, err
	}
	if in.Screen {
		screen, err := api.ScreenOf.Call(ctx, c.caller, &api.ScreenRequest{Session: in.Ref})
		if err != nil {
			return nil, err
		}
		return textResult(strings.TrimRight(screen.Content, "\n"), nil), nil
	}
	if in.WaitMS > 0 {
		wait := &api.WaitRequest{Session: in.Ref, TimeoutMS: min(in.WaitMS, api.MillisOf(answerBy)), MaxTokens: in.MaxTokens}
		w, err := api.Wait.Call(ctx, c.caller, wait)
		if err != nil {
			return nil, err
		}
		if w.Block != nil && in.Grep == "" && in.Lines == "" {
			return c.report(w.Block), nil
		}
	}
	if in.MaxTokens == 0 {
		in.MaxTokens = 1500
	}
	out, err := api.ReadOutput.Call(ctx, c.caller, &in.OutputRequest)
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf("[%s lines %d-%d of %d]\n", out.Ref, out.FirstLine, out.FirstLine+max(out.Lines-1, 0), out.Total)
	meta := map[string]any{"ref": out.Ref, "total_lines": out.Total, "raw_bytes": out.RawBytes, "gaps": out.Gaps}
	return textResult(head+strings.TrimRight(out.Text, "\n"), meta), nil
}
