package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/ai-session/ai-session/api"
)

// visit sends a request to a page and returns its status and text.
func visit(t *testing.T, method, address string, form url.Values, header map[string]string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range header {
		if k == "Host" {
			req.Host = v
		}
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// A client that can open a page never has the secret in its hands: the person enters it
// there, once, and it goes to the terminal.
func TestASecretIsEnteredOnAPageOfItsOwn(t *testing.T) {
	const secret = "correct horse & more"
	var address string
	l := newLab(t, "core", &sdk.ClientOptions{
		Capabilities: &sdk.ClientCapabilities{Elicitation: &sdk.ElicitationCapabilities{URL: &sdk.URLElicitationCapabilities{}}},
		ElicitationHandler: func(_ context.Context, req *sdk.ElicitRequest) (*sdk.ElicitResult, error) {
			address = req.Params.URL
			if req.Params.Mode != "url" || req.Params.RequestedSchema != nil || !strings.HasPrefix(address, "http://127.0.0.1:") {
				t.Errorf("asks %+v", req.Params)
			}
			answer := url.Values{"answer": {secret}}
			if status, text := visit(t, "GET", address, nil, nil); status != 200 || !strings.Contains(text, "Password:") {
				t.Errorf("the page: %d %s", status, text)
			}
			for _, c := range []struct {
				method, address string
				header          map[string]string
				want            int
			}{
				{"GET", address + "x", nil, 404},
				{"POST", address[:strings.LastIndex(address, "/")] + "/", nil, 404},
				{"POST", address, map[string]string{"Host": "evil.example"}, 403},
				{"POST", address, map[string]string{"Origin": "https://evil.example"}, 403},
				{"POST", address, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
				{"PUT", address, nil, 405},
			} {
				if status, _ := visit(t, c.method, c.address, answer, c.header); status != c.want {
					t.Errorf("%s %s %v: %d, want %d", c.method, c.address, c.header, status, c.want)
				}
			}
			if status, text := visit(t, "POST", address, answer, nil); status != 200 || strings.Contains(text, secret) {
				t.Errorf("the answer: %d %s", status, text)
			}
			return &sdk.ElicitResult{Action: "accept"}, nil
		},
	})
	text, res := l.call("exec", map[string]any{"session": "dev", "command": `read -rsp "Password: " p; echo; printf %s "$p" | wc -c`})
	if !strings.HasPrefix(text, "[e1 exit=0 ") || !strings.Contains(text, "20") {
		t.Errorf("%q", text)
	}
	if all, _ := json.Marshal(res); strings.Contains(string(all), "horse") {
		t.Errorf("the model reads %s", all)
	}
	if status, _ := visit(t, "POST", address, url.Values{"answer": {"again"}}, nil); status != 404 {
		t.Errorf("a second answer: %d", status)
	}
	for _, part := range []string{"horse", "Y29ycmVjdCBob3JzZ", "correct+horse"} {
		l.nowhere(part)
	}
}

// nowhere holds that a text is in no file of the daemon, and in no answer of an operation
// that reads a session.
func (l *lab) nowhere(text string) {
	l.t.Helper()
	err := filepath.WalkDir(l.home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(text)) {
			l.t.Errorf("%s holds it", path)
		}
		return err
	})
	if err != nil {
		l.t.Error(err)
	}
	ctx := l.t.Context()
	for name, read := range map[string]func() (any, error){
		"history": func() (any, error) { return api.Blocks.Call(ctx, l.daemon, &api.HistoryRequest{Session: "dev"}) },
		"context": func() (any, error) { return api.Context.Call(ctx, l.daemon, &api.ContextRequest{Session: "dev"}) },
		"output":  func() (any, error) { return api.ReadOutput.Call(ctx, l.daemon, &api.OutputRequest{Ref: "dev"}) },
		"inspect": func() (any, error) { return api.Inspect.Call(ctx, l.daemon, &api.SessionRequest{Session: "dev"}) },
		"screen": func() (any, error) {
			return api.ScreenOf.Call(ctx, l.daemon, &api.ScreenRequest{Session: "dev", Format: "json", History: -1})
		},
		"search": func() (any, error) {
			found, err := api.Search.Call(ctx, l.daemon, &api.SearchRequest{Query: text})
			if err == nil && len(found.Hits) > 0 {
				l.t.Errorf("search finds %+v", found.Hits)
			}
			return nil, err
		},
	} {
		answer, err := read()
		b, _ := json.Marshal(answer)
		if err != nil || bytes.Contains(b, []byte(text)) {
			l.t.Errorf("%s: %s, %v", name, b, err)
		}
	}
}
