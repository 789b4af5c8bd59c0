package wire

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// fill puts a value into every field of a request.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("a b/ü?&=%")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64, reflect.Uint8:
		v.Set(reflect.ValueOf(7).Convert(v.Type()))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(api.KV{"K": "v=1"}))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" {
				fill(v.Field(i))
			}
		}
	}
}

// parse takes a request apart as a server does.
func parse(t *testing.T, op api.Spec, r Request) (path func(string) string, query url.Values) {
	t.Helper()
	u, err := url.ParseRequestURI(r.Target)
	if err != nil {
		t.Fatal(err)
	}
	want, got := strings.Split(op.Path, "/"), strings.Split(u.EscapedPath(), "/")
	if len(want) != len(got) {
		t.Fatalf("%s does not fit %s", r.Target, op.Path)
	}
	return func(name string) string {
		for i, part := range want {
			if part == "{"+name+"}" {
				s, err := url.PathUnescape(got[i])
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
		}
		return ""
	}, u.Query()
}

func TestEveryRequestArrivesAsItWasSent(t *testing.T) {
	for _, op := range api.All() {
		t.Run(op.Name, func(t *testing.T) {
			req := reflect.New(op.Request)
			fill(req.Elem())
			for _, f := range api.Fields(op.Request) {
				if f.Enum != nil {
					req.Elem().Field(f.Index).SetString(f.Enum[0])
				}
			}
			encoded, err := EncodeRequest(op, req.Interface())
			if err != nil {
				t.Fatal(err)
			}
			path, query := parse(t, op, encoded)
			got, err := DecodeRequest(op, path, query, encoded.Body)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, req.Interface()) {
				t.Errorf("sent %+v\ncame %+v", req.Interface(), got)
			}
		})
	}
}

func TestWrongBodiesAreRefusedWithTheirReason(t *testing.T) {
	op := api.Exec.Spec()
	for _, c := range []struct {
		body, query string
		code        api.Code
		says        string
	}{
		{`{"command":"x","sandbox":"strict"}`, "", api.UnknownField, "sandbox"},
		{`{"command":1}`, "", api.Invalid, "command"},
		{`{"command":"x"`, "", api.Invalid, "ends in the middle"},
		{`{"command":"x"} {}`, "", api.Invalid, "goes on"},
		{`[]`, "", api.Invalid, "JSON"},
		{`nonsense`, "", api.Invalid, "not JSON"},
		{"{\"command\":\"\xff\"}", "", api.Invalid, "UTF-8"},
		{`{"timeout_ms":"30s"}`, "", api.Invalid, "timeout_ms"},
		{`{}`, "extra=1", api.UnknownField, "extra"},
		{`{"timeout_ms":1e99}`, "", api.Invalid, "timeout_ms"},
	} {
		query, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		_, err = DecodeRequest(op, func(string) string { return "dev" }, query, []byte(c.body))
		if api.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v (%s), want %s about %q", c.body, err, api.CodeOf(err), c.code, c.says)
		}
	}
}

func TestTextThatJSONWouldChangeIsNotSent(t *testing.T) {
	bad := "a\xffb"
	for _, req := range []*api.ExecRequest{{Session: "s", Command: bad}, {Session: "s", Argv: []string{"ok", bad}}, {Session: "s", Stdin: &bad}} {
		if _, err := EncodeRequest(api.Exec.Spec(), req); api.CodeOf(err) != api.Invalid {
			t.Errorf("%+v: %v", req, err)
		}
	}
	if _, err := EncodeRequest(api.Create.Spec(), &api.CreateRequest{Env: api.KV{"A": bad}}); api.CodeOf(err) != api.Invalid {
		t.Errorf("environment: %v", err)
	}
}

func FuzzDecodeRequest(f *testing.F) {
	f.Add(`{"command":"x"}`, "a=b")
	f.Add(`{"stdin":"x","timeout_ms":5}`, "")
	f.Fuzz(func(t *testing.T, body, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		for _, op := range []api.Spec{api.Exec.Spec(), api.ReadOutput.Spec(), api.Send.Spec(), api.Create.Spec()} {
			req, err := DecodeRequest(op, func(string) string { return "dev" }, values, []byte(body))
			if err != nil {
				if c := api.CodeOf(err); c != api.Invalid && c != api.UnknownField {
					t.Fatalf("%q: code %s: %v", body, c, err)
				}
				continue
			}
			if _, err := EncodeRequest(op, req); err != nil {
				t.Fatalf("%q was decoded but not encoded: %v", body, err)
			}
		}
	})
}

// FuzzParseRequest holds what is taken for a request of ours to net/http's reading of it.
func FuzzParseRequest(f *testing.F) {
	for _, r := range []Request{
		{Method: "GET", Target: "/v1/sessions?all=true"},
		{Method: "POST", Target: "/v1/sessions/a%20b/exec", Body: []byte(`{"command":"true"}`)},
		{Method: "POST", Target: "/v1/stop"},
		{Method: "DELETE", Target: "/v1/sessions/1"},
	} {
		b := appendRequest(nil, r, "ai-session/7", "")
		got, agent, n, ok := ParseRequest(append(b, "next"...))
		if !ok || n != len(b) || agent != "ai-session/7" || got.Method != r.Method || got.Target != r.Target || !bytes.Equal(got.Body, r.Body) {
			f.Fatalf("%q is read as %+v, %q, %d bytes, %t", b, got, agent, n, ok)
		}
		for i := range b {
			if _, _, _, ok := ParseRequest(b[:i]); ok {
				f.Fatalf("%q is taken for a request", b[:i])
			}
		}
		f.Add(b)
	}
	f.Add(appendRequest(nil, Request{Method: "GET", Target: "/v1/attach"}, "x", "Connection: Upgrade\r\n"))
	f.Add([]byte("POST /a HTTP/1.1\r\nHost: ai-session\r\nUser-Agent: x\r\nContent-Type: application/json\r\nContent-Length: 00\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, agent, n, ok := ParseRequest(b)
		if !ok {
			return
		}
		want, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b[:n])))
		if err != nil {
			t.Skip() // its route is none of ours
		}
		body, err := io.ReadAll(want.Body)
		if err != nil || want.Method != got.Method || want.RequestURI != got.Target || want.UserAgent() != agent || !bytes.Equal(body, got.Body) {
			t.Errorf("%+v by %q, want %+v, %q, %v", got, agent, want, body, err)
		}
		for name := range want.Header {
			if name != "User-Agent" && name != "Content-Type" && name != "Content-Length" {
				t.Errorf("%s was not looked at", name)
			}
		}
	})
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("hello"), byte(1))
	f.Fuzz(func(t *testing.T, data []byte, kind byte) {
		// What is written is read, one frame behind the other.
		sent := api.Frame{Kind: api.FrameKind(kind), Data: data}
		b := AppendFrame(AppendFrame(nil, sent), sent)
		r := bytes.NewReader(b)
		for range 2 {
			got, err := ReadFrame(r)
			if err != nil || got.Kind != sent.Kind || !bytes.Equal(got.Data, sent.Data) {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		if _, err := ReadFrame(r); err != io.EOF {
			t.Fatalf("at the end: %v", err)
		}
		// Any bytes are frames or an error, in bounded memory.
		for r := bytes.NewReader(data); ; {
			if _, err := ReadFrame(r); err != nil {
				break
			}
		}
	})
}

func TestAFrameTooLargeIsRefusedBeforeItIsRead(t *testing.T) {
	if _, err := ReadFrame(strings.NewReader("\xff\xff\xff\xff\x01")); api.CodeOf(err) != api.TooLarge {
		t.Errorf("%v", err)
	}
}

// Whatever a peer answers, reading it ends, and what a Go server writes is understood.
func FuzzResponse(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nAi-Session-Problem: {}\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		res, err := readResponse(bufio.NewReader(bytes.NewReader(b)))
		if err != nil {
			return
		}
		body, err := readAll(res)
		if err == nil && len(body) > len(b) {
			t.Fatalf("%d bytes out of %d", len(body), len(b))
		}
	})
}

func TestResponsesOfEachForm(t *testing.T) {
	for _, c := range []struct {
		name, text, body, trailer string
		status                    int
		fails                     bool
	}{
		{"length", "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nX: y\r\n\r\nabc", "abc", "", 404, false},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n", "abc0123456789", "", 200, false},
		{"trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nai-session-problem: {\"a\":1}\r\n\r\n", "", `{"a":1}`, 200, false},
		{"cut body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "", "", 200, true},
		{"cut chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", "", "", 200, true},
		{"no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "", "", 200, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, err := readResponse(bufio.NewReader(strings.NewReader(c.text)))
			if err != nil {
				t.Fatal(err)
			}
			body, err := readAll(res)
			if (err != nil) != c.fails {
				t.Fatalf("error %v", err)
			}
			if err == nil && (string(body) != c.body || res.trailer != c.trailer || res.status != c.status) {
				t.Errorf("%d %q %q", res.status, body, res.trailer)
			}
		})
	}
	for _, text := range []string{"", "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 x\r\n\r\n", "HTTP/1.1 200 OK\r\nbroken\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 200 OK\r\n"} {
		if _, err := readResponse(bufio.NewReader(strings.NewReader(text))); err == nil {
			t.Errorf("%q was understood", text)
		}
	}
}
