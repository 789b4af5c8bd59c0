package httpapi

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/config"
	"github.com/ai-session/ai-session/internal/daemon"
	"github.com/ai-session/ai-session/internal/wire"
)

// lab is a daemon with its HTTP face on a loopback port.
type lab struct {
	home   string       // of the daemon
	log    *slog.Logger // of daemon and server, a file in home
	t      *testing.T
	dir    string
	daemon *daemon.Daemon
	server *httptest.Server
}

func newLab(t *testing.T) *lab {
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
	logged, err := os.Create(filepath.Join(home, "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { logged.Close() })
	log := slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d, err := daemon.New(daemon.Config{Paths: paths, Log: log, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close(context.Background()) })
	l := &lab{t: t, home: home, log: log, dir: t.TempDir(), daemon: d}
	l.serve()
	return l
}

// serve puts a new face before the same daemon, as after a restart.
func (l *lab) serve() {
	l.t.Helper()
	s, err := New(l.daemon, Config{Version: "test", Dir: l.dir, Log: l.log})
	if err != nil {
		l.t.Fatal(err)
	}
	l.server = httptest.NewServer(s)
	l.t.Cleanup(l.server.Close)
}

// ask makes a request; headers are name, value, name, value.
func (l *lab) ask(method, path, body string, headers ...string) (*http.Response, string) {
	l.t.Helper()
	res := l.open(l.t.Context(), method, path, body, headers...)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	holds(l.t, operationOf(method, path), res.StatusCode, res.Header.Get("Content-Type"), string(b))
	return res, string(b)
}

func (l *lab) open(ctx context.Context, method, path, body string, headers ...string) *http.Response {
	l.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, l.server.URL+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	return res
}

const bashSession = `{"name":"dev","dir":"/","argv":["bash","--norc"]}`

// create makes the session dev and waits until it takes commands.
func (l *lab) create() {
	l.t.Helper()
	if res, body := l.ask("POST", "/v1/sessions", bashSession); res.StatusCode != 200 {
		l.t.Fatalf("%d %s", res.StatusCode, body)
	}
}

func field(t *testing.T, body, name string) string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return fmt.Sprint(m[name])
}

func TestTheSameIdempotencyKeyIsCarriedOutOnce(t *testing.T) {
	l := newLab(t)
	l.create()
	const path, body = "/v1/sessions/dev/exec", `{"command":"echo $((++n))"}`
	_, first := l.ask("POST", path, body, "Idempotency-Key", "k1")
	if got := field(t, first, "text"); got != "1\n" {
		t.Fatalf("the command wrote %q", got)
	}
	for _, restart := range []bool{false, true} {
		if restart {
			l.serve()
		}
		if _, again := l.ask("POST", path, body, "Idempotency-Key", "k1"); field(t, again, "id") != field(t, first, "id") {
			t.Errorf("restarted %t: %s", restart, again)
		}
		if res, other := l.ask("POST", path, `{"command":"echo other"}`, "Idempotency-Key", "k1"); res.StatusCode != 422 || field(t, other, "code") != "key_reused" {
			t.Errorf("restarted %t: another body: %d %s", restart, res.StatusCode, other)
		}
	}
	if _, next := l.ask("POST", path, body); field(t, next, "text") != "2\n" {
		t.Errorf("without a key: %s", next)
	}
}

func TestAnswersToKeyedRequestsSurviveARestart(t *testing.T) {
	l := newLab(t)
	l.create()
	const path = "/v1/sessions/dev/snapshots"
	_, first := l.ask("POST", path, `{"name":"one"}`, "Idempotency-Key", "s")
	l.serve()
	res, again := l.ask("POST", path, `{"name":"one"}`, "Idempotency-Key", "s")
	if again != first || res.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("answered %s, then %s", first, again)
	}
	// Typing twice would be wrong, and whether the first was typed nobody knows.
	l.ask("POST", "/v1/sessions/dev/send", `{"text":"x"}`, "Idempotency-Key", "t")
	l.serve()
	if res, body := l.ask("POST", "/v1/sessions/dev/send", `{"text":"x"}`, "Idempotency-Key", "t"); field(t, body, "code") != "in_doubt" || res.StatusCode != 409 {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestIfMatchHoldsToAVersion(t *testing.T) {
	l := newLab(t)
	l.create()
	l.ask("POST", "/v1/sessions/dev/snapshots", `{"name":"one"}`)
	res, _ := l.ask("GET", "/v1/snapshots/one", "")
	tag := res.Header.Get("ETag")
	if tag == "" {
		t.Fatal("no ETag")
	}
	if res, _ := l.ask("GET", "/v1/snapshots/one", "", "If-None-Match", tag); res.StatusCode != 304 {
		t.Errorf("unchanged: %d", res.StatusCode)
	}
	if res, body := l.ask("DELETE", "/v1/snapshots/one", "", "If-Match", `"other"`); res.StatusCode != 412 || field(t, body, "code") != "changed" {
		t.Errorf("another version: %d %s", res.StatusCode, body)
	}
	if res, body := l.ask("DELETE", "/v1/snapshots/one", "", "If-Match", tag); res.StatusCode != 200 {
		t.Errorf("this version: %d %s", res.StatusCode, body)
	}
}

// sse reads one server-sent event.
func sse(t *testing.T, r *bufio.Reader) (id, event, data string) {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("in an event: %v", err)
		}
		line = strings.TrimSuffix(line, "\n")
		name, value, _ := strings.Cut(line, ": ")
		switch {
		case line == "" && event != "":
			return id, event, data
		case name == "id":
			id = value
		case name == "event":
			event = value
		case name == "data":
			data = value
		}
	}
}

func TestEventStreamsGoOnWhereTheyEnded(t *testing.T) {
	l := newLab(t)
	l.create()
	l.ask("POST", "/v1/sessions/dev/exec", `{"command":"true"}`)
	watch := func(last string) (*bufio.Reader, func()) {
		ctx, cancel := context.WithCancel(t.Context())
		headers := []string{"Accept", "text/event-stream"}
		if last != "" {
			headers = append(headers, "Last-Event-ID", last)
		}
		res := l.open(ctx, "GET", "/v1/events", "", headers...)
		if kind := res.Header.Get("Content-Type"); kind != "text/event-stream" {
			t.Fatalf("content type %s", kind)
		}
		return bufio.NewReader(res.Body), func() { cancel(); res.Body.Close() }
	}
	r, leave := watch("")
	if id, event, data := sse(t, r); id == "" || event != "state" || !strings.Contains(data, `"dev"`) {
		t.Errorf("first %q %s %s", id, event, data)
	}
	l.ask("POST", "/v1/sessions/dev/exec", `{"command":"echo one"}`)
	id, event := "", ""
	for event != "exec_start" {
		id, event, _ = sse(t, r)
	}
	leave()
	l.ask("POST", "/v1/sessions/dev/exec", `{"command":"echo two"}`)
	r, leave = watch(id)
	defer leave()
	var ended []string
	for len(ended) < 2 {
		_, event, data := sse(t, r)
		if event == "gap" {
			t.Fatalf("a gap: %s", data)
		}
		if event == "exec_end" {
			var e api.Event
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				t.Fatal(err)
			}
			ended = append(ended, e.Block.Command)
		}
	}
	if strings.Join(ended, ",") != "echo one,echo two" {
		t.Errorf("ended %q", ended)
	}
	r, leaveOld := watch("7")
	defer leaveOld()
	if _, event, data := sse(t, r); event != "gap" || !strings.Contains(data, `"missed":-1`) {
		t.Errorf("behind an earlier daemon's event: %s %s", event, data)
	}
}

func TestOutputStreamsGoOnAtAnOffset(t *testing.T) {
	l := newLab(t)
	l.create()
	_, done := l.ask("POST", "/v1/sessions/dev/exec", `{"command":"printf 0123456789"}`)
	ref := "@" + field(t, done, "id")
	for _, c := range []struct{ last, want string }{{"", "0123456789"}, {"4", "456789"}} {
		headers := []string{"Accept", "text/event-stream"}
		if c.last != "" {
			headers = append(headers, "Last-Event-ID", c.last)
		}
		res := l.open(t.Context(), "GET", "/v1/output/raw?ref="+ref, "", headers...)
		r := bufio.NewReader(res.Body)
		id, event, data := sse(t, r)
		raw, err := base64.StdEncoding.DecodeString(field(t, data, "data_base64"))
		if err != nil || event != "output" || string(raw) != c.want || id != "10" {
			t.Errorf("behind %q: %s %q (%v), id %s", c.last, event, raw, err, id)
		}
		if _, event, _ := sse(t, r); event != "end" {
			t.Errorf("behind %q: then %s", c.last, event)
		}
		res.Body.Close()
	}
}

func TestAttachOverWebSocketCarriesTheSameFrames(t *testing.T) {
	l := newLab(t)
	l.create()
	ws, res, err := websocket.Dial(t.Context(), l.server.URL+"/v1/sessions/dev/attach?cols=80&rows=24",
		&websocket.DialOptions{Subprotocols: []string{wire.WebSocketProtocol}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	if got := ws.Subprotocol(); got != wire.WebSocketProtocol {
		t.Errorf("subprotocol %q (%v)", got, res.Status)
	}
	ws.SetReadLimit(wire.MaxFrame + 16)
	nc := websocket.NetConn(t.Context(), ws, websocket.MessageBinary)
	c := wire.NewConn(nc, bufio.NewReader(nc))
	if f, err := c.Receive(); err != nil || f.Kind != api.FrameRepaint {
		t.Fatalf("first frame %d: %v", f.Kind, err)
	}
	if err := c.Send(api.Frame{Kind: api.FrameInput, Data: []byte("echo $((6*7))x\r")}); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	for !strings.Contains(seen.String(), "42x") {
		f, err := c.Receive()
		if err != nil {
			t.Fatalf("%v after %q", err, seen.String())
		}
		seen.Write(f.Data)
	}
}

func TestTheRoutesOfTheOriginalAnswer(t *testing.T) {
	l := newLab(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		says               []string
	}{
		{"GET", "/", "", 200, []string{`"status":"healthy"`, `"version":"test"`, `"timestamp":`}},
		{"GET", "/health", "", 200, []string{`"service":"ai-session-server"`}},
		{"GET", "/sessions", "", 200, []string{`{"sessions":[],"total":0}`}},
		{"POST", "/sessions", `{"name":"dev","enable_ai_features":true,"working_directory":"/","shell":"/bin/bash"}`, 200, []string{`"name":"dev"`, `"status":"`, `"created_at":`}},
		{"POST", "/sessions", `{"name":"dev"}`, 409, []string{`"code":"SESSION_EXISTS"`, `"error":`}},
		{"POST", "/sessions", `{"name":`, 400, []string{`"code":"INVALID_REQUEST"`}},
		{"GET", "/sessions/dev", "", 200, []string{`"name":"dev"`}},
		{"GET", "/sessions/nobody", "", 404, []string{`"code":"SESSION_NOT_FOUND"`}},
		{"POST", "/sessions/dev/execute", `{"command":"echo hello; seq 3"}`, 200, []string{`"success":true`, `"output":"hello\n1\n2\n3\n"`, `"error":null`, `"execution_time_ms":`}},
		{"POST", "/sessions/dev/execute", `{"command":"false"}`, 200, []string{`"success":false`, `"error":"exit status 1"`}},
		{"POST", "/sessions/dev/execute", `{"command":"read x","timeout_ms":200}`, 200, []string{`"success":false`, `"exit_code":null`}},
		{"GET", "/sessions/dev/status", "", 200, []string{`"working_directory":"/"`, `"pty_size":[40,120]`, `"last_activity":`}},
		{"GET", "/sessions/dev/output", "", 200, []string{`"session_name":"dev"`, `hello`, `"raw_output":`, `"size_bytes":`}},
		{"DELETE", "/sessions/dev", "", 200, []string{`"message":"Session 'dev' deleted successfully"`}},
		{"DELETE", "/sessions/nobody", "", 404, []string{`"code":"SESSION_NOT_FOUND"`}},
	} {
		res, body := l.ask(c.method, c.path, c.body)
		if res.StatusCode != c.status {
			t.Errorf("%s %s: %d %s", c.method, c.path, res.StatusCode, body)
		}
		for _, want := range c.says {
			if !strings.Contains(body, want) {
				t.Errorf("%s %s: %s\nwant %s", c.method, c.path, body, want)
			}
		}
	}
}

func TestMetricsTellWhatTheDaemonDoes(t *testing.T) {
	l := newLab(t)
	l.create()
	l.ask("POST", "/v1/sessions/dev/exec", `{"command":"true"}`)
	l.ask("GET", "/v1/output/raw?ref=dev", "")
	l.ask("GET", "/v1/sessions/nobody", "")
	_, body := l.ask("GET", "/metrics", "")
	for _, want := range []string{
		`ai_session_operation_seconds_count{code="ok",operation="exec"} 1`,
		`ai_session_operation_seconds_count{code="not_found",operation="inspect"} 1`,
		`ai_session_sessions{state="ready"} 1`, `ai_session_execs 1`, `ai_session_clients 0`,
		`ai_session_sent_bytes_total{operation="raw"}`, `ai_session_uptime_seconds`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
}

func TestTheDocsPageLoadsNothingFromElsewhere(t *testing.T) {
	l := newLab(t)
	for _, path := range []string{"/docs", "/docs/docs.js", "/openapi.json", "/healthz", "/readyz"} {
		res, body := l.ask("GET", path, "")
		if res.StatusCode != 200 || strings.Contains(strings.ReplaceAll(body, "https://github.com/ai-session", ""), "https://") {
			t.Errorf("%s: %d %.200s", path, res.StatusCode, body)
		}
	}
}

// Many watchers over HTTP of a session that floods: each sees every event in order, or
// is told how many it did not see. WATCHERS says how many; a thousand take 20 seconds
// of two cores.
func TestWatchersOverHTTPMissNothingUnannounced(t *testing.T) {
	watchers, execs := 100, 20
	if n, err := strconv.Atoi(os.Getenv("WATCHERS")); err == nil {
		watchers, execs = n, 40
	}
	l := newLab(t)
	l.create()
	l.ask("POST", "/v1/sessions/dev/exec", `{"command":"true"}`)
	s, err := New(l.daemon, Config{})
	if err != nil {
		t.Fatal(err)
	}
	face := httptest.NewServer(s)
	defer face.Close()
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 0, MaxIdleConns: 0}}
	ready, counted := make(chan error, watchers), make(chan error, watchers)
	for range watchers {
		go func() {
			r, _ := http.NewRequestWithContext(t.Context(), "GET", face.URL+"/v1/events", nil)
			r.Header.Set("Accept", "text/event-stream")
			res, err := client.Do(r)
			if err != nil {
				ready <- err
				return
			}
			defer res.Body.Close()
			ready <- nil
			counted <- watchUntilEnd(res.Body)
		}()
	}
	for range watchers {
		if err := <-ready; err != nil {
			t.Fatal(err)
		}
	}
	for range execs {
		l.ask("POST", "/v1/sessions/dev/exec", `{"command":"seq 2000"}`)
	}
	l.ask("DELETE", "/v1/sessions/dev", "")
	for range watchers {
		if err := <-counted; err != nil {
			t.Error(err)
		}
	}
}

// watchUntilEnd reads events until the session has ended, and holds their numbers to
// each other.
func watchUntilEnd(body io.Reader) error {
	var last int64
	for lines := bufio.NewScanner(body); lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e api.Event
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			return err
		}
		switch {
		case e.Seq == 0 || e.Kind == "gap":
		case last != 0 && e.Seq != last+1:
			return fmt.Errorf("event %d behind %d", e.Seq, last)
		}
		if e.Seq != 0 {
			last = e.Seq
		}
		if e.Kind == "ended" {
			return nil
		}
	}
	return fmt.Errorf("the stream ended behind %d", last)
}
