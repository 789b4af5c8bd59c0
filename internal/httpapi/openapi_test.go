package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/wire"
)

// document is the OpenAPI document as its readers see it.
type document struct {
	OpenAPI    string `json:"openapi"`
	Paths      map[string]map[string]operation
	Security   []map[string]any
	Components struct {
		Schemas   map[string]schema
		PathItems map[string]struct{ Get operation }
	}
}

type operation struct {
	OperationID string `json:"operationId"`
	Parameters  []struct {
		Name, In string
		Required bool
		Example  any
		Schema   schema
	}
	RequestBody struct {
		Content map[string]struct{ Schema schema }
	} `json:"requestBody"`
	Responses map[string]any
}

// of is an operation's part of the document.
func (d *document) of(op api.Spec) operation {
	if op.Kind == api.Duplex {
		return d.Components.PathItems[op.Name].Get
	}
	return d.Paths[op.Path][strings.ToLower(op.Method)]
}

func readDocument(t testing.TB) (document, string) {
	t.Helper()
	b, err := Document("1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	return d, string(b)
}

func TestTheDocumentHasEveryOperation(t *testing.T) {
	d, text := readDocument(t)
	if d.OpenAPI != "3.1.0" {
		t.Errorf("openapi %s", d.OpenAPI)
	}
	for _, op := range api.All() {
		o := d.of(op)
		if o.OperationID != op.Name {
			t.Errorf("%s %s is %q in the document", op.Method, op.Path, o.OperationID)
			continue
		}
		for _, f := range api.Fields(op.Request) {
			if f.In != "query" && (f.In != "path" || op.Kind == api.Duplex) {
				continue
			}
			if !strings.Contains(fmt.Sprint(o.Parameters), f.Name) {
				t.Errorf("%s: no parameter %s", op.Name, f.Name)
			}
		}
		for _, p := range o.Parameters { // without one, tools make a value up
			if p.Example == nil {
				t.Errorf("%s: no example of %s", op.Name, p.Name)
			}
		}
	}
	for _, part := range strings.Split(text, `"$ref": "`)[1:] {
		ref, _, _ := strings.Cut(part, `"`)
		if name, ok := strings.CutPrefix(ref, "#/components/schemas/"); !ok || d.Components.Schemas[name] == nil {
			t.Errorf("%s leads nowhere", ref)
		}
	}
}

// Tools send the examples in the order of the document: what they name must be there.
func TestTheDocumentMakesBeforeItEnds(t *testing.T) {
	d, text := readDocument(t)
	at := func(id string) int {
		i := strings.Index(text, `"operationId": "`+id+`"`)
		if i < 0 {
			t.Errorf("no %s", id)
		}
		return i
	}
	for _, c := range []struct{ first, then string }{
		{"create", "inspect"}, {"exec", "output"}, {"exec", "analyze"}, {"context_add", "context_messages"},
		{"snapshot_save", "snapshots"}, {"snapshot_diff", "snapshot_delete"}, {"snapshot_restore", "snapshot_delete"},
	} {
		if at(c.first) > at(c.then) {
			t.Errorf("%s stands behind %s", c.first, c.then)
		}
	}
	if last := tags[len(tags)-1].operations; !strings.HasPrefix(last, "kill") || !strings.HasSuffix(last, "stop") {
		t.Errorf("the document ends with %s", last)
	}
	if len(d.Security) == 0 || d.Security[0]["token"] == nil {
		t.Errorf("security %v: tools take the first", d.Security)
	}
}

// What the document calls too small is refused, also by the whole daemon.
func TestNumbersBelowTheirMinimumAreRefused(t *testing.T) {
	l := newLab(t)
	l.create()
	l.ask("POST", "/v1/sessions/dev/exec", `{"command":"echo hello"}`)
	d, _ := readDocument(t)
	for _, op := range api.All() {
		o := d.of(op)
		path := strings.ReplaceAll(strings.ReplaceAll(op.Path, "{session}", "dev"), "{name}", "before")
		small := func(s schema) bool { return s["minimum"] != nil }
		for _, p := range o.Parameters {
			if !small(p.Schema) {
				continue
			}
			query := url.Values{p.Name: {"-2"}}
			for _, q := range o.Parameters {
				if q.In == "query" && q.Required {
					query.Set(q.Name, fmt.Sprint(q.Example))
				}
			}
			if res, body := l.ask(op.Method, path+"?"+query.Encode(), ""); res.StatusCode != http.StatusBadRequest {
				t.Errorf("%s: %s=-2 is %d %.200s", op.Name, p.Name, res.StatusCode, body)
			}
		}
		body := d.Components.Schemas[op.Request.Name()]
		for name, p := range asSchema(body["properties"]) {
			if !small(asSchema(p)) {
				continue
			}
			value := map[string]any{}
			if e, ok := examples[op.Name]; ok {
				if err := json.Unmarshal([]byte(e), &value); err != nil {
					t.Fatal(err)
				}
			}
			value[name] = -2
			b, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			if res, body := l.ask(op.Method, path, string(b)); res.StatusCode != http.StatusBadRequest {
				t.Errorf("%s: %s is %d %.200s", op.Name, b, res.StatusCode, body)
			}
		}
	}
}

func TestTheExamplesAreRequests(t *testing.T) {
	for _, op := range api.All() {
		body := []byte(examples[op.Name])
		query := url.Values{}
		for _, f := range api.Fields(op.Request) {
			if f.In != "query" {
				continue
			}
			if v := example(op.Name, f.Name); v != nil {
				var value any
				if err := json.Unmarshal(v.(json.RawMessage), &value); err != nil {
					t.Errorf("%s.%s: %v", op.Name, f.Name, err)
				}
				query.Set(f.Name, strings.Trim(string(v.(json.RawMessage)), `"`))
			}
		}
		if _, err := wire.DecodeRequest(op, func(string) string { return "dev" }, query, body); err != nil {
			t.Errorf("%s: %v", op.Name, err)
		}
	}
}

func TestTheExampleOfImportIsAnExportedSession(t *testing.T) {
	l := newLab(t)
	res, body := l.ask("POST", "/v1/import", examples["import"])
	if res.StatusCode != http.StatusOK || !strings.Contains(string(body), `"name":"dev"`) {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
}

// random makes requests out of the document: mostly what it allows, sometimes not.
type random struct {
	*rand.Rand
	d document
}

var oddWords = []string{"dev", "nobody", "@e1", "@last", "@e1:1-3", "@e1#0-5", "", "a b", "../..", "\x00", "ünï", "-1", "%zz", strings.Repeat("x", 300), "dev:0.0", "dev:9", "1-", "(", ".*"}

func (r random) word() string { return oddWords[r.IntN(len(oddWords))] }

func (r random) value(s schema, depth int) any {
	if ref, ok := s["$ref"].(string); ok {
		return r.value(r.d.Components.Schemas[ref[strings.LastIndexByte(ref, '/')+1:]], depth+1)
	}
	if all, ok := s["allOf"].([]any); ok {
		return r.value(all[0].(map[string]any), depth)
	}
	if r.IntN(20) == 0 || depth > 4 {
		return []any{nil, true, -1, 1e300, "x", []any{}, schema{"x": 1}}[r.IntN(7)]
	}
	if enum, ok := s["enum"].([]any); ok && r.IntN(10) > 0 {
		return enum[r.IntN(len(enum))]
	}
	switch fmt.Sprint(s["type"]) {
	case "string":
		return r.word()
	case "boolean":
		return r.IntN(2) == 0
	case "integer":
		return []int{0, 1, 2, 5, 50, -1, 1 << 40}[r.IntN(7)]
	case "array":
		return []any{r.value(asSchema(s["items"]), depth+1)}
	case "object":
		o := schema{}
		properties, _ := s["properties"].(map[string]any)
		for name, p := range properties {
			if r.IntN(2) == 0 {
				o[name] = r.value(asSchema(p), depth+1)
			}
		}
		if r.IntN(30) == 0 {
			o["undeclared"] = 1
		}
		return o
	}
	return nil
}

func asSchema(v any) schema {
	m, _ := v.(map[string]any)
	return m
}

// request is one request, for an operation that skip does not name.
func (r random) request(ctx context.Context, skip ...string) *http.Request {
	for {
		op := api.All()[r.IntN(len(api.All()))]
		if slices.Contains(skip, op.Name) {
			continue
		}
		o := r.d.of(op)
		path, query := op.Path, url.Values{}
		if op.Kind == api.Duplex {
			path = strings.Replace(path, "{session}", "dev", 1)
		}
		var headers []string
		for _, p := range o.Parameters {
			text := fmt.Sprint(r.value(p.Schema, 0))
			switch {
			case p.In == "path":
				if text == "" || r.IntN(2) == 0 {
					text = "dev"
				}
				path = strings.Replace(path, "{"+p.Name+"}", url.PathEscape(text), 1)
			case p.In == "header" && r.IntN(4) == 0:
				headers = append(headers, p.Name, strings.ToValidUTF8(text, ""))
			case p.In == "query" && (p.Required || r.IntN(2) == 0):
				query.Set(p.Name, text)
			}
		}
		body := ""
		if c, ok := o.RequestBody.Content["application/json"]; ok {
			b, _ := json.Marshal(r.value(c.Schema, 0))
			if body = string(b); r.IntN(20) == 0 {
				body = body[:r.IntN(len(body)+1)]
			}
		}
		if len(query) > 0 {
			path += "?" + query.Encode()
		}
		req := httptest.NewRequestWithContext(ctx, op.Method, path, strings.NewReader(body))
		for i := 0; i+1 < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		return req
	}
}

// zeros answers everything with nothing.
type zeros struct{}

func (zeros) Call(_ context.Context, op api.Spec, _ any) (any, error) {
	return reflect.New(op.Result).Interface(), nil
}
func (zeros) Stream(context.Context, api.Spec, any, func(any) error) error { return nil }
func (zeros) Open(context.Context, api.Spec, any) (api.Conn, error) {
	return nil, api.Errorf(api.NotFound, "nothing")
}

// FuzzRequests holds the server's own part to its promise: whatever comes, the answer
// is no failure of ours, and a failure is a problem with a code.
func FuzzRequests(f *testing.F) {
	s := serve(f, zeros{})
	d, _ := readDocument(f)
	for seed := range uint64(50) {
		f.Add(seed, []byte(`{"command":"x"}`))
	}
	f.Fuzz(func(t *testing.T, seed uint64, body []byte) {
		r := random{rand.New(rand.NewPCG(seed, 1)), d}
		req := r.request(t.Context())
		check(t, s, req)
		req = httptest.NewRequestWithContext(t.Context(), "POST", "/v1/sessions/dev/exec", strings.NewReader(string(body)))
		check(t, s, req)
	})
}

func check(t *testing.T, s *Server, req *http.Request) {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, req)
	if w.Code >= 500 {
		t.Errorf("%s %s: %d %s", req.Method, req.URL, w.Code, w.Body)
	}
	if w.Code >= 400 {
		var p api.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Code == "" || p.Status != w.Code {
			t.Errorf("%s %s: %d %s", req.Method, req.URL, w.Code, w.Body)
		}
	}
}

// randomRequests is how many to make: RANDOM_REQUESTS, or usually that many.
func randomRequests(usually int) int {
	if n, err := strconv.Atoi(os.Getenv("RANDOM_REQUESTS")); err == nil {
		return n
	}
	return usually
}

// The whole daemon, asked at random. RANDOM_REQUESTS says how often.
func TestRandomRequestsNeverFailInside(t *testing.T) {
	n := randomRequests(1500)
	l := newLab(t)
	l.create()
	l.ask("POST", "/v1/sessions/dev/exec", `{"command":"seq 20"}`)
	s, err := New(l.daemon, Config{})
	if err != nil {
		t.Fatal(err)
	}
	d, _ := readDocument(t)
	r := random{rand.New(rand.NewPCG(uint64(n), 7)), d}
	for range n {
		// Not those that start programs at random or end what is asked.
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		req := r.request(ctx, "create", "kill", "stop", "upgrade", "snapshot_restore", "restore")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, req)
		cancel()
		holds(t, operationOf(req.Method, req.URL.EscapedPath()), w.Code, w.Header().Get("Content-Type"), w.Body.String())
		if w.Code >= 500 {
			t.Errorf("%s %s: %d %s", req.Method, req.URL, w.Code, w.Body)
		}
	}
}
