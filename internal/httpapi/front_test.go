package httpapi

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/wire"
)

// slowCaller answers a wait when it is told to, or when its caller leaves.
type slowCaller struct {
	api.Caller
	begun, end chan struct{}
	left       chan error
}

func (c slowCaller) Call(ctx context.Context, op api.Spec, req any) (any, error) {
	if op.Name != api.Wait.Name {
		return struct{}{}, nil
	}
	c.begun <- struct{}{}
	select {
	case <-c.end:
		return &api.WaitResult{}, nil
	case <-ctx.Done():
		c.left <- ctx.Err()
		return nil, ctx.Err()
	}
}

// listen opens a unix socket in a folder of its own. Its path may have 100 bytes or so
// (sun_path in unix(7)), which a long TMPDIR has already.
func listen(t *testing.T) net.Listener {
	t.Helper()
	dir := t.TempDir()
	if len(dir) > 90 {
		var err error
		if dir, err = os.MkdirTemp("/tmp", "ais-test-"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
	}
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// socket serves caller on a unix socket.
func socket(t *testing.T, caller api.Caller) (s *Server, path string) {
	t.Helper()
	l := listen(t)
	path = l.Addr().String()
	var err error
	if s, err = New(caller, Config{}); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(PeerListener(l)) }()
	t.Cleanup(func() {
		s.Shutdown(t.Context())
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return s, path
}

func dialer(path string) func(context.Context) (net.Conn, error) {
	return func(context.Context) (net.Conn, error) { return net.Dial("unix", path) }
}

func newSlow() slowCaller {
	return slowCaller{begun: make(chan struct{}, 1), end: make(chan struct{}), left: make(chan error, 1)}
}

func TestConnectionServesBothForms(t *testing.T) {
	_, path := socket(t, newSlow())
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := bufio.NewReader(c)
	for _, request := range []string{
		"DELETE /v1/sessions/a%20b HTTP/1.1\r\nHost: ai-session\r\nUser-Agent: x\r\n\r\n",
		"GET /v1/nowhere HTTP/1.1\r\nHost: ai-session\r\nUser-Agent: x\r\n\r\n",
		"DELETE /v1/sessions/1 HTTP/1.1\r\nAccept: */*\r\nHost: else\r\n\r\n",
		"DELETE /v1/sessions/1 HTTP/1.1\r\nHost: ai-session\r\nUser-Agent: x\r\n\r\n",
	} {
		if _, err := io.WriteString(c, request[:20]); err != nil { // in two parts
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, request[20:]); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		want := http.StatusOK
		if strings.Contains(request, "nowhere") {
			want = http.StatusNotFound
		}
		if err != nil || res.StatusCode != want {
			t.Errorf("%q: %d %s %v", request, res.StatusCode, body, err)
		}
	}
}

func TestCallEndsWhenItsClientLeaves(t *testing.T) {
	caller := newSlow()
	_, path := socket(t, caller)
	c := wire.NewClient("test", dialer(path))
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := api.Wait.Call(ctx, c, &api.WaitRequest{Session: "s"})
		failed <- err
	}()
	<-caller.begun
	cancel()
	if err := <-failed; api.CodeOf(err) != api.Cancelled {
		t.Error(err)
	}
	if err := <-caller.left; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestRequestsSentAheadAreCarriedOutInOrder(t *testing.T) {
	caller := newSlow()
	_, path := socket(t, caller)
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, strings.Repeat("POST /v1/sessions/s/wait HTTP/1.1\r\nHost: ai-session\r\nUser-Agent: x\r\nContent-Length: 2\r\n\r\n{}", 3))
	r := bufio.NewReader(c)
	for range 2 {
		<-caller.begun
		select {
		case <-caller.begun:
			t.Fatal("a request began before the one ahead of it had ended")
		case <-time.After(3 * watchAfter): // long enough for its client to be watched
		}
		caller.end <- struct{}{}
		res, err := http.ReadResponse(r, nil)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatal(res, err)
		}
		io.Copy(io.Discard, res.Body)
	}
	<-caller.begun
	c.Close()
	if err := <-caller.left; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestClientWithARequestSentAheadMayLeave(t *testing.T) {
	caller := newSlow()
	_, path := socket(t, caller)
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	wait := "POST /v1/sessions/s/wait HTTP/1.1\r\nHost: ai-session\r\nUser-Agent: x\r\nContent-Length: 2\r\n\r\n{}"
	io.WriteString(c, wait+wait)
	<-caller.begun
	c.Close()
	if err := <-caller.left; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	select {
	case <-caller.begun:
		t.Error("the second request was carried out for nobody")
	case <-time.After(3 * watchAfter):
	}
}

func TestShutdownWaitsForAnswers(t *testing.T) {
	caller := newSlow()
	s, path := socket(t, caller)
	c := wire.NewClient("test", dialer(path))
	defer c.Close()
	answered := make(chan error, 1)
	go func() {
		_, err := api.Wait.Call(t.Context(), c, &api.WaitRequest{Session: "s"})
		answered <- err
	}()
	<-caller.begun
	idle, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	io.WriteString(idle, "DELETE /v1/sessions/1 HTTP/1.1\r\nHost: ai-session\r\nUser-Agent: x\r\n\r\n")
	r := bufio.NewReader(idle)
	if res, err := http.ReadResponse(r, nil); err != nil || res.ContentLength < 0 {
		t.Fatal(err)
	} else if _, err := io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(t.Context()) }()
	if _, err := r.ReadByte(); err != io.EOF {
		t.Errorf("a connection without a request: %v", err)
	}
	close(caller.end)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
}

func TestShutdownCutsWhoTakesTooLong(t *testing.T) {
	caller := newSlow()
	s, path := socket(t, caller)
	c := wire.NewClient("test", dialer(path))
	answered := make(chan error, 1)
	go func() {
		_, err := api.Wait.Call(t.Context(), c, &api.WaitRequest{Session: "s"})
		answered <- err
	}()
	<-caller.begun
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	s.Shutdown(ctx)
	if err := <-caller.left; err == nil {
		t.Error("the call goes on")
	}
	c.Close()
}
