package mcp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ai-session/ai-session/api"
)

// taskClient speaks the protocol by hand: the SDK's client has no tasks.
type taskClient struct {
	t     *testing.T
	url   string
	able  string // its capabilities
	calls int
}

const (
	withTasksOnly = `{"extensions":{"io.modelcontextprotocol/tasks":{}}}`
	withAsking    = `{"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}}`
)

func newTaskClient(t *testing.T, able string, after time.Duration) (*lab, *taskClient) {
	t.Helper()
	l := newLab(t, "core", nil)
	s, err := New(l.daemon, Config{Version: "test", TaskAfter: after})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	return l, &taskClient{t: t, url: server.URL, able: able}
}

// ask sends a request and returns its result, or the code of its error.
func (c *taskClient) ask(method, name string, params map[string]any) (map[string]any, int) {
	c.t.Helper()
	c.calls++
	params["_meta"] = map[string]any{
		"io.modelcontextprotocol/protocolVersion": modern, "io.modelcontextprotocol/clientInfo": map[string]any{"name": "test", "version": "1"},
		"io.modelcontextprotocol/clientCapabilities": json.RawMessage(c.able),
	}
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": c.calls, "method": method, "params": params})
	if err != nil {
		c.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), "POST", c.url, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for k, v := range map[string]string{
		"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"Mcp-Protocol-Version": modern, "Mcp-Method": method, "Mcp-Name": name,
	} {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	var all bytes.Buffer
	if _, err := all.ReadFrom(res.Body); err != nil {
		c.t.Fatal(err)
	}
	text := all.String()
	if i := strings.LastIndex(text, "data: "); i >= 0 {
		text = text[i+len("data: "):]
	}
	var m struct {
		Result map[string]any
		Error  *struct{ Code int }
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		c.t.Fatalf("%s: %v in %q", method, err, text)
	}
	if m.Error != nil {
		return nil, m.Error.Code
	}
	return m.Result, 0
}

func (c *taskClient) exec(command string) map[string]any {
	c.t.Helper()
	res, code := c.ask("tools/call", "exec", map[string]any{"name": "exec", "arguments": map[string]any{"session": "dev", "command": command}})
	if code != 0 {
		c.t.Fatalf("exec %s: error %d", command, code)
	}
	return res
}

func (c *taskClient) get(id string) map[string]any {
	c.t.Helper()
	res, code := c.ask("tasks/get", id, map[string]any{"taskId": id})
	if code != 0 {
		c.t.Fatalf("tasks/get %s: error %d", id, code)
	}
	return res
}

// ends waits until the block has ended.
func (l *lab) ends(id string) {
	l.t.Helper()
	if _, err := api.Wait.Call(l.t.Context(), l.daemon, &api.WaitRequest{Session: "@" + id}); err != nil {
		l.t.Fatal(err)
	}
}

func TestALongCommandIsATask(t *testing.T) {
	l, c := newTaskClient(t, withTasksOnly, 100*time.Millisecond)
	made := c.exec("echo begun; sleep 1000")
	id, _ := made["taskId"].(string)
	if made["resultType"] != "task" || made["status"] != "working" || id != "e1" || made["content"] != nil {
		t.Fatalf("%v", made)
	}
	if got := c.get(id); got["status"] != "working" || got["resultType"] != "complete" || got["result"] != nil {
		t.Errorf("while it runs: %v", got)
	}
	if _, err := api.Send.Call(t.Context(), l.daemon, &api.SendRequest{Session: "dev", Keys: []string{"C-c"}}); err != nil {
		t.Fatal(err)
	}
	l.ends(id)
	got := c.get(id)
	result, _ := json.Marshal(got["result"])
	if got["status"] != "completed" || !strings.Contains(string(result), `"resultType":"complete"`) || !strings.Contains(string(result), "[e1 exit=130 ") || !strings.Contains(string(result), "begun") {
		t.Errorf("at its end: %v", got)
	}
}

func TestAQuickCommandIsNoTask(t *testing.T) {
	_, c := newTaskClient(t, withTasksOnly, time.Minute)
	if res := c.exec("echo quick"); res["resultType"] != "complete" || res["taskId"] != nil || res["content"] == nil {
		t.Errorf("%v", res)
	}
}

func TestACancelledTaskIsInterruptedAndNothingElseIs(t *testing.T) {
	l, c := newTaskClient(t, withTasksOnly, 100*time.Millisecond)
	id, _ := c.exec("sleep 1000")["taskId"].(string)
	for range 2 { // the second finds it ended, and does nothing
		if res, code := c.ask("tasks/cancel", id, map[string]any{"taskId": id}); code != 0 || res["resultType"] != "complete" || res["taskId"] != nil {
			t.Fatalf("%v, error %d", res, code)
		}
		l.ends(id)
	}
	if got := c.get(id); got["status"] != "cancelled" || got["result"] != nil {
		t.Errorf("%v", got)
	}
	next, _ := c.exec("sleep 1000")["taskId"].(string)
	if _, code := c.ask("tasks/cancel", id, map[string]any{"taskId": id}); code != 0 {
		t.Errorf("error %d", code)
	}
	if got := c.get(next); got["status"] != "working" {
		t.Errorf("the next command is %v", got)
	}
}

func TestATaskAsksThePersonAndGoesOn(t *testing.T) {
	l, c := newTaskClient(t, withAsking, 0)
	if _, err := api.Exec.Call(t.Context(), l.daemon, &api.ExecRequest{Session: "dev", Command: `read -rsp "Password: " p; echo; printf %s "$p" | wc -c`}); err != nil {
		t.Fatal(err)
	}
	got := c.get("e1")
	wanted, _ := got["inputRequests"].(map[string]any)
	if got["status"] != "input_required" || len(wanted) != 1 {
		t.Fatalf("%v", got)
	}
	answer := map[string]any{"other": map[string]any{"ignored": true}}
	for name, request := range wanted {
		if text := fmt.Sprint(request); !strings.Contains(text, "elicitation/create") || !strings.Contains(text, "Password:") {
			t.Errorf("asks %v", request)
		}
		answer[name] = map[string]any{"action": "accept", "content": map[string]any{"answer": "correct horse"}}
	}
	if res, code := c.ask("tasks/update", "e1", map[string]any{"taskId": "e1", "inputResponses": answer}); code != 0 || res["resultType"] != "complete" {
		t.Fatalf("%v, error %d", res, code)
	}
	l.ends("e1")
	if got := fmt.Sprint(c.get("e1")); !strings.Contains(got, "exit=0") || !strings.Contains(got, "13") || strings.Contains(got, "correct horse") {
		t.Errorf("%s", got)
	}
}

func TestTasksAreForThoseWhoKnowThem(t *testing.T) {
	_, c := newTaskClient(t, `{}`, 0)
	for _, method := range []string{"tasks/get", "tasks/update", "tasks/cancel"} {
		if _, code := c.ask(method, "e1", map[string]any{"taskId": "e1"}); code != -32021 {
			t.Errorf("%s without the capability: error %d", method, code)
		}
	}
	c.able = withTasksOnly
	for _, q := range []struct {
		method, name, id string
		want             int
	}{
		{"tasks/get", "e77", "e77", -32602},
		{"tasks/get", "no", "no", -32602},
		{"tasks/cancel", "e77", "e77", -32602},
		{"tasks/update", "", "", -32602},
		{"tasks/get", "e1", "e2", -32020},
		{"tasks/list", "", "", -32601},
		{"tasks/result", "e1", "e1", -32601},
	} {
		if _, code := c.ask(q.method, q.name, map[string]any{"taskId": q.id}); code != q.want {
			t.Errorf("%s %s (%s): error %d, want %d", q.method, q.id, q.name, code, q.want)
		}
	}
}
