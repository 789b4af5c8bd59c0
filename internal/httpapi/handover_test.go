package httpapi

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/wire"
)

// countingCaller knows how often it was called.
type countingCaller struct {
	api.Caller
	calls *atomic.Int32
}

func (c countingCaller) Call(context.Context, api.Spec, any) (any, error) {
	c.calls.Add(1)
	return struct{}{}, nil
}

// The forms a request comes in: the first is answered by the front itself.
var forms = map[string]string{
	"short":       "DELETE /v1/sessions/a HTTP/1.1\r\nHost: ai-session\r\nUser-Agent: x\r\n\r\n",
	"net/http":    "DELETE /v1/sessions/a HTTP/1.1\r\nAccept: */*\r\nHost: else\r\n\r\n",
	"legacy":      "DELETE /sessions/a HTTP/1.1\r\nHost: else\r\n\r\n",
	"a stream":    "GET /v1/events?follow=true HTTP/1.1\r\nHost: else\r\n\r\n",
	"a page":      "GET /openapi.json HTTP/1.1\r\nHost: else\r\n\r\n",
	"with a body": "POST /v1/sessions HTTP/1.1\r\nHost: else\r\nContent-Length: 2\r\n\r\n{}",
}

// cut ends a server as the end of its process does: whoever waits is left alone.
func cut(s *Server) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.Shutdown(ctx)
}

// A frozen server does nothing and says nothing, in whatever form it is asked.
func TestFrozenServerLeavesRequestsUnanswered(t *testing.T) {
	caller := countingCaller{calls: new(atomic.Int32)}
	s, path := socket(t, caller)
	conns := map[string]net.Conn{}
	for name := range forms { // each was idle before
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		conns[name] = c
	}
	s.Freeze()
	for name, c := range conns {
		if _, err := io.WriteString(c, forms[name]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", path) },
	}}
	for probe, want := range map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusServiceUnavailable} {
		res, err := client.Get("http://x" + probe)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s of a frozen server: %s", probe, res.Status)
		}
	}
	cut(s)
	for name, c := range conns {
		if said, _ := io.ReadAll(c); len(said) > 0 {
			t.Errorf("%s: a frozen server says %q", name, said)
		}
	}
	if n := caller.calls.Load(); n != 0 {
		t.Errorf("a frozen server carried out %d calls", n)
	}
}

// A server that was ended before it began to serve leaves nobody waiting either.
func TestServerThatEndsBeforeItServesLetsItsClientsGo(t *testing.T) {
	l := listen(t)
	defer l.Close()
	s := serve(t, countingCaller{calls: new(atomic.Int32)})
	c, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, forms["short"]); err != nil {
		t.Fatal(err)
	}
	s.Freeze()
	cut(s)
	if err := s.Serve(PeerListener(l)); err != nil {
		t.Error(err)
	}
	if said, _ := io.ReadAll(c); len(said) > 0 {
		t.Errorf("it says %q", said)
	}
}

// tellingConn tells when a request was sent on it.
type tellingConn struct {
	net.Conn
	sent chan struct{}
}

func (c tellingConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.sent <- struct{}{}
	return n, err
}

// before is a daemon with a successor at next, as a client sees them that reaches the
// first one once.
func before(t *testing.T, next string, caller api.Caller) (s *Server, c *wire.Client, sent chan struct{}) {
	t.Helper()
	s, path := socket(t, caller)
	sent = make(chan struct{}, 8)
	c = wire.NewClient("test", func(context.Context) (net.Conn, error) {
		nc, err := net.Dial("unix", path)
		path = next
		return tellingConn{nc, sent}, err
	})
	t.Cleanup(func() { c.Close() })
	return s, c, sent
}

// Whoever waits at a hand-over, or asks during it, is answered by the successor, if the
// request may be repeated; what may not is told to the client and never carried out twice.
func TestHandOverLeadsClientsToTheSuccessor(t *testing.T) {
	next := countingCaller{calls: new(atomic.Int32)}
	_, path := socket(t, next)
	for _, c := range []struct {
		name   string
		frozen bool // before the call
		call   func(context.Context, api.Caller) error
		want   api.Code
		asked  int32 // the successor
	}{
		{"under way", false, func(ctx context.Context, c api.Caller) error {
			_, err := api.Wait.Call(ctx, c, &api.WaitRequest{Session: "s"})
			return err
		}, "", 1},
		{"while frozen", true, func(ctx context.Context, c api.Caller) error {
			_, err := api.Wait.Call(ctx, c, &api.WaitRequest{Session: "s"})
			return err
		}, "", 1},
		{"not to be repeated", true, func(ctx context.Context, c api.Caller) error {
			_, err := api.Send.Call(ctx, c, &api.SendRequest{Session: "s", Text: "x"})
			return err
		}, api.Unavailable, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			next.calls.Store(0)
			slow := newSlow()
			s, client, sent := before(t, path, slow)
			if c.frozen {
				s.Freeze()
			}
			answered := make(chan error, 1)
			go func() { answered <- c.call(t.Context(), client) }()
			if !c.frozen {
				<-slow.begun
				s.Freeze()
			} else {
				<-sent
			}
			cut(s)
			if err := <-answered; api.CodeOf(err) != c.want && !(err == nil && c.want == "") {
				t.Errorf("%v, want %q", err, c.want)
			}
			if n := next.calls.Load(); n != c.asked {
				t.Errorf("the successor was asked %d times, want %d", n, c.asked)
			}
		})
	}
}

// A body that is too long is refused, whether it says so itself or not. Its client reads
// that after it sent all; who asks first sends none of it.
func TestBodyOverTheLimitIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		length int64 // as declared
		sent   int
		expect string
		want   api.Code
		left   int // unread
	}{
		"fits":           {1000, 1000, "", "", 0},
		"fits in chunks": {-1, 1000, "", "", 0},
		"declared":       {1001, 1001, "", api.TooLarge, 0},
		"in chunks":      {-1, 3000, "", api.TooLarge, 0},
		"far too long":   {9000, 9000, "", api.TooLarge, 5000},
		"asked first":    {1001, 1001, "100-continue", api.TooLarge, 1001},
		"cut short":      {500, -400, "", api.Invalid, 0},
	} {
		body := &cutReader{left: max(c.sent, -c.sent), short: c.sent < 0}
		r := &http.Request{ContentLength: c.length, Body: io.NopCloser(body), Header: http.Header{}}
		if c.expect != "" {
			r.Header.Set("Expect", c.expect)
		}
		got, err := readUpTo(r, 1000)
		if err == nil && (c.want != "" || len(got) != c.sent) || err != nil && api.CodeOf(err) != c.want {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if body.left != c.left {
			t.Errorf("%s: %d bytes are unread, want %d", name, body.left, c.left)
		}
	}
}

// cutReader is a body; a short one ends before its declared length.
type cutReader struct {
	left  int
	short bool
}

func (r *cutReader) Read(b []byte) (int, error) {
	n := min(len(b), r.left)
	r.left -= n
	switch {
	case n > 0:
		return n, nil
	case r.short:
		return 0, io.ErrUnexpectedEOF
	}
	return 0, io.EOF
}

// It is so on every route, and nothing is carried out.
func TestRefusedBodyIsNotAskedFor(t *testing.T) {
	caller := countingCaller{calls: new(atomic.Int32)}
	_, path := socket(t, caller)
	for _, route := range []string{"/v1/sessions", "/sessions"} {
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", route, wire.MaxBody+1)
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if res.Body.Close(); res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %s", route, res.Status)
		}
	}
	if n := caller.calls.Load(); n != 0 {
		t.Errorf("%d calls were carried out", n)
	}
}
