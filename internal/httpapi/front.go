package httpapi

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/wire"
)

// front is what the owner's connections come to. A unary operation asked for as
// wire.Client asks is answered here, on the connection's own goroutine: that takes an
// exec a tenth of a millisecond less than net/http, which starts a second goroutine for
// every request. At the first request of any other form a connection goes to net/http,
// for good and unread. It is the net.Listener that net/http accepts those from.
type front struct {
	net.Listener
	server *Server
	others chan net.Conn // for net/http
	failed chan error    // of Accept, for net/http to wait and try again
	closed chan struct{} // no connection comes any more
	ctx    context.Context
	cancel context.CancelFunc // ends the calls under way

	mu    sync.Mutex          // guards the rest
	conns map[*frontConn]bool // whether it waits for its next request
	done  bool
	empty chan struct{} // closed when done and no connection is left
}

type frontConn struct {
	net.Conn
	r *bufio.Reader
}

// Read serves net/http what was looked at first.
func (c *frontConn) Read(b []byte) (int, error) {
	if c.r != nil && c.r.Buffered() > 0 {
		return c.r.Read(b)
	}
	c.r = nil
	return c.Conn.Read(b)
}

func newFront(s *Server, l net.Listener) *front {
	f := &front{
		Listener: l, server: s, others: make(chan net.Conn), failed: make(chan error), closed: make(chan struct{}),
		conns: map[*frontConn]bool{}, empty: make(chan struct{}),
	}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	go f.accept()
	return f
}

func (f *front) accept() {
	for {
		c, err := f.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			close(f.closed)
			return
		}
		if err != nil {
			select {
			case f.failed <- err:
				continue
			case <-f.ctx.Done():
				return
			}
		}
		fc := &frontConn{Conn: c, r: bufio.NewReader(c)}
		if f.waits(fc, true) {
			go f.serve(fc)
		}
	}
}

// Accept returns a connection that net/http is to serve.
func (f *front) Accept() (net.Conn, error) {
	select {
	case c := <-f.others:
		return c, nil
	case err := <-f.failed:
		return nil, err
	case <-f.closed:
		return nil, net.ErrClosed
	}
}

// waits notes that c waits for its next request, or that it has one. It is false when
// there is to be no other: c is closed then.
func (f *front) waits(c *frontConn, idle bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done && idle {
		c.Close()
		return false
	}
	f.conns[c] = idle
	return true
}

// leaves forgets a connection.
func (f *front) leaves(c *frontConn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.conns, c)
	if f.done && len(f.conns) == 0 {
		close(f.empty)
	}
}

// drain closes who waits for nothing, and waits for the answers under way until ctx
// ends; then it cuts them.
func (f *front) drain(ctx context.Context) {
	f.mu.Lock()
	if !f.done && len(f.conns) == 0 {
		close(f.empty)
	}
	f.done = true
	for c, idle := range f.conns {
		if idle {
			c.Close()
		}
	}
	f.mu.Unlock()
	select {
	case <-f.empty:
		return
	case <-ctx.Done():
	}
	f.cancel()
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.conns {
		c.Close()
	}
}

// serve answers one connection's requests until one is not for here.
func (f *front) serve(c *frontConn) {
	defer f.leaves(c)
	for f.waits(c, true) {
		if _, err := c.r.Peek(1); err != nil {
			c.Close()
			return
		}
		f.waits(c, false)
		held, _ := c.r.Peek(c.r.Buffered())
		req, agent, n, ok := wire.ParseRequest(held)
		var op api.Spec
		var values map[string]string
		if ok {
			op, values, ok = f.server.short(req)
		}
		if !ok {
			f.pass(c)
			return
		}
		if f.server.frozen.Load() {
			c.r.Discard(n)
			c.unanswered()
			return
		}
		request := call{op: op, values: values, target: req.Target, body: append([]byte(nil), req.Body...), agent: agent}
		c.r.Discard(n)
		if !f.answer(c, request) {
			c.Close()
			return
		}
	}
}

// unanswered keeps a connection until its client leaves or this process ends.
func (c *frontConn) unanswered() {
	c.r.Peek(1)
	c.Close()
}

// pass gives a connection to net/http.
func (f *front) pass(c *frontConn) {
	select {
	case f.others <- c:
	case <-f.closed: // net/http accepts no more
		c.Close()
	}
}

// call is a request that is answered here.
type call struct {
	op     api.Spec
	values map[string]string // of the path
	target string
	body   []byte
	agent  string
}

// answer carries a request out. It is false when the connection is of no more use.
func (f *front) answer(c *frontConn, r call) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			f.server.log.Error("operation panicked", "operation", r.op.Name, "panic", p, "stack", string(debug.Stack()))
			ok = false
		}
	}()
	ctx, cancel := context.WithCancel(api.WithClient(f.ctx, r.agent))
	defer cancel()
	stop := c.watch(cancel)
	status, kind, body := f.server.carryOut(ctx, r)
	if !stop() {
		return false
	}
	if status != http.StatusOK && f.server.frozen.Load() {
		c.unanswered() // its successor is asked
		return false
	}
	_, err := c.Write(wire.AppendResponse(nil, status, kind, body))
	return err == nil
}

func (s *Server) carryOut(ctx context.Context, r call) (status int, kind string, body []byte) {
	res, err := s.call(ctx, r)
	if err == nil {
		body, err = encode(res)
	}
	if err != nil {
		p, body := s.problem(err)
		return p.Status, problemType, body
	}
	return http.StatusOK, "application/json", body
}

func (s *Server) call(ctx context.Context, r call) (any, error) {
	_, text, _ := strings.Cut(r.target, "?")
	query, err := url.ParseQuery(text)
	if err != nil {
		return nil, api.Errorf(api.Invalid, "the query: %v", err)
	}
	req, err := wire.DecodeRequest(r.op, func(name string) string { return r.values[name] }, query, r.body)
	if err != nil {
		return nil, err
	}
	return s.caller.Call(ctx, r.op, req)
}

// watchAfter is how long a call runs before anybody looks whether its client is still
// there. Most have ended by then, without the cost of a second goroutine.
const watchAfter = 5 * time.Millisecond

// watch cancels a call whose client leaves. stop ends that; it is false when the client
// has left.
func (c *frontConn) watch(cancel func()) (stop func() bool) {
	here := make(chan bool, 1)
	timer := time.AfterFunc(watchAfter, func() {
		left := c.left()
		if left {
			cancel()
		}
		here <- !left
	})
	return func() bool {
		if timer.Stop() {
			return true
		}
		c.SetReadDeadline(time.Unix(1, 0))
		ok := <-here
		c.SetReadDeadline(time.Time{})
		return ok
	}
}

// left waits until the client leaves, or until somebody wants to read on. Requests may
// come early, and stay where they are: who sends more of them than the buffer holds is
// taken to stay.
func (c *frontConn) left() bool {
	for {
		switch _, err := c.r.Peek(c.r.Buffered() + 1); {
		case err == nil:
		case errors.Is(err, bufio.ErrBufferFull):
			return false
		default:
			return !isTimeout(err)
		}
	}
}

func isTimeout(err error) bool {
	t, ok := err.(net.Error)
	return ok && t.Timeout()
}

// A route is an operation's path in pieces.
type route struct {
	op    api.Spec
	parts []string // "{x}" is any one piece
}

// shortWay are the routes that are answered without net/http: unary ones without
// conditions on versions.
func shortWay() (routes []route) {
	for _, op := range api.All() {
		if op.Kind == api.Unary && !versioned[op.Name] {
			routes = append(routes, route{op, strings.Split(op.Path, "/")})
		}
	}
	return routes
}

// short finds the operation of a request.
func (s *Server) short(req wire.Request) (op api.Spec, values map[string]string, ok bool) {
	path, _, _ := strings.Cut(req.Target, "?")
	parts := strings.Split(path, "/")
	for _, r := range s.routes {
		if r.op.Method == req.Method && r.match(parts) {
			values, ok = r.values(parts)
			return r.op, values, ok
		}
	}
	return op, nil, false
}

func (r route) match(parts []string) bool {
	if len(parts) != len(r.parts) {
		return false
	}
	for i, p := range r.parts {
		if p != parts[i] && !strings.HasPrefix(p, "{") {
			return false
		}
	}
	return true
}

// values are the named pieces, unescaped. A piece that net/http would clean away is not
// for here.
func (r route) values(parts []string) (map[string]string, bool) {
	values := map[string]string{}
	for i, p := range r.parts {
		if !strings.HasPrefix(p, "{") {
			continue
		}
		value, err := url.PathUnescape(parts[i])
		if err != nil || value == "" || value == "." || value == ".." {
			return nil, false
		}
		values[strings.Trim(p, "{}")] = value
	}
	return values, true
}
