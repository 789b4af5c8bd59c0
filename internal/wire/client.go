package wire

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
)

// Client calls a daemon. Calls at the same time use a connection each; idle
// connections are kept for the next call. It is an api.Caller.
type Client struct {
	dial  func(context.Context) (net.Conn, error)
	agent string // who calls, in words for people

	mu   sync.Mutex // guards idle and done
	idle []*conn
	done bool
}

// maxIdle bounds the connections kept between calls.
const maxIdle = 8

type conn struct {
	net.Conn
	r      *bufio.Reader
	reused bool
}

// NewClient returns a client that reaches its daemon through dial and names itself
// agent, one printable word.
func NewClient(agent string, dial func(context.Context) (net.Conn, error)) *Client {
	return &Client{dial: dial, agent: agent}
}

// Close closes the idle connections; calls under way keep theirs until they end.
func (c *Client) Close() error {
	c.mu.Lock()
	idle := c.idle
	c.idle, c.done = nil, true
	c.mu.Unlock()
	for _, cn := range idle {
		cn.Close()
	}
	return nil
}

func (c *Client) take(ctx context.Context) (*conn, error) {
	c.mu.Lock()
	if n := len(c.idle); n > 0 {
		cn := c.idle[n-1]
		c.idle = c.idle[:n-1]
		c.mu.Unlock()
		cn.reused = true
		return cn, nil
	}
	c.mu.Unlock()
	nc, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: nc, r: bufio.NewReader(nc)}, nil
}

func (c *Client) give(cn *conn) {
	c.mu.Lock()
	keep := !c.done && len(c.idle) < maxIdle && cn.r.Buffered() == 0
	if keep {
		c.idle = append(c.idle, cn)
	}
	c.mu.Unlock()
	if !keep {
		cn.Close()
	}
}

// resendFor bounds how long a request is sent again while daemons come and go: a new
// one is there within half a second, after a failed upgrade within six.
const resendFor = 15 * time.Second

// goodWhile is how long a daemon that breaks a connection must have kept it not to
// count against resendFor.
const goodWhile = 200 * time.Millisecond

// repeatable says whether a request may be sent again when the connection broke and
// nobody knows what became of it.
func repeatable(op api.Spec, req any) bool {
	r, ok := req.(interface{ Repeatable() bool })
	return op.Method == "GET" || ok && r.Repeatable()
}

// exchange sends req and reads the head of the answer. A connection that broke, with
// an idle one or with a daemon, is replaced for requests that may be repeated.
func (c *Client) exchange(ctx context.Context, req Request, again bool, extra string) (*conn, *response, error) {
	var first time.Time // a connection broke
	for {
		cn, err := c.take(ctx)
		if err != nil {
			return nil, nil, err
		}
		stop := cn.watch(ctx)
		began := time.Now()
		_, err = cn.Write(appendRequest(nil, req, c.agent, extra))
		var res *response
		if err == nil {
			res, err = readResponse(cn.r)
		}
		if stop() && err == nil {
			return cn, res, nil
		}
		cn.Close()
		if ctx.Err() != nil {
			return nil, nil, cancelled(ctx)
		}
		if first.IsZero() || time.Since(began) > goodWhile {
			first = time.Now() // that daemon lived: it is not this request that ends them
		}
		if !again || time.Since(first) > resendFor {
			return nil, nil, unreachable(err)
		}
	}
}

// watch ends cn's pending reads and writes when ctx ends. stop takes that back; it
// is false when ctx ended first, and the connection is of no more use.
func (cn *conn) watch(ctx context.Context) (stop func() bool) {
	if ctx.Done() == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, func() { cn.SetDeadline(time.Unix(1, 0)) })
}

func cancelled(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return api.Errorf(api.Timeout, "no answer in time").WithCause(ctx.Err())
	}
	return api.Errorf(api.Cancelled, "cancelled").WithCause(ctx.Err())
}

// Call carries out a unary operation.
func (c *Client) Call(ctx context.Context, op api.Spec, req any) (any, error) {
	body, err := c.CallJSON(ctx, op, req)
	if err != nil {
		return nil, err
	}
	out := reflect.New(op.Result).Interface()
	if err := json.Unmarshal(body, out); err != nil {
		return nil, api.Errorf(api.Internal, "the daemon's answer to %s: %v", op.Name, err)
	}
	return out, nil
}

// CallJSON carries out a unary operation and returns the answer as the daemon wrote it.
// A daemon that dies meanwhile is waited for, if the request may be repeated.
func (c *Client) CallJSON(ctx context.Context, op api.Spec, req any) ([]byte, error) {
	encoded, err := encodeKeyed(op, req)
	if err != nil {
		return nil, err
	}
	return c.callEncoded(ctx, encoded, repeatable(op, req))
}

// encodeKeyed encodes a request under a key of its own, where it takes one.
func encodeKeyed(op api.Spec, req any) (Request, error) {
	if k, ok := req.(interface{ SetKey(string) }); ok {
		k.SetKey(newKey())
	}
	return EncodeRequest(op, req)
}

func (c *Client) callEncoded(ctx context.Context, req Request, again bool) ([]byte, error) {
	cn, res, err := c.exchange(ctx, req, again, "")
	if err != nil {
		return nil, err
	}
	stop := cn.watch(ctx)
	body, err := readAll(res)
	if !stop() {
		cn.Close()
		return nil, cancelled(ctx)
	}
	if err != nil {
		cn.Close()
		return nil, unreachable(err)
	}
	c.give(cn)
	return answer(res, body)
}

func answer(res *response, body []byte) ([]byte, error) {
	if res.status >= 300 {
		return nil, problem(res.status, body)
	}
	return body, nil
}

// newKey names a request, so that a daemon tells one that comes again from a new one.
func newKey() string {
	return strconv.FormatUint(rand.Uint64(), 36) // no secret: it need not be guessed either
}

func readAll(res *response) ([]byte, error) {
	if res.length < 0 {
		return io.ReadAll(res.body)
	}
	body, err := io.ReadAll(res.body)
	if err == nil && int64(len(body)) < res.length {
		err = io.ErrUnexpectedEOF
	}
	return body, err
}

func problem(status int, body []byte) error {
	var p api.Problem
	if err := json.Unmarshal(body, &p); err != nil || p.Code == "" {
		return api.Errorf(api.Internal, "the daemon answered HTTP %d", status)
	}
	return p.Err()
}

// Open starts a duplex operation.
func (c *Client) Open(ctx context.Context, op api.Spec, req any) (api.Conn, error) {
	encoded, err := EncodeRequest(op, req)
	if err != nil {
		return nil, err
	}
	cn, res, err := c.exchange(ctx, encoded, repeatable(op, req), "Connection: Upgrade\r\nUpgrade: "+Protocol+"\r\n")
	if err != nil {
		return nil, err
	}
	if res.status != 101 {
		defer cn.Close()
		body, err := readAll(res)
		if err != nil {
			return nil, unreachable(err)
		}
		return nil, problem(res.status, body)
	}
	return NewConn(cn.Conn, cn.r), nil
}

// NewConn is a frame connection over an upgraded one; r holds what was read ahead.
func NewConn(c net.Conn, r *bufio.Reader) api.Conn { return &frameConn{Conn: c, r: r} }

type frameConn struct {
	net.Conn
	r *bufio.Reader

	mu  sync.Mutex // one frame at a time
	buf []byte
}

func (f *frameConn) Send(frame api.Frame) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.buf = AppendFrame(f.buf[:0], frame)
	_, err := f.Write(f.buf)
	if cap(f.buf) > 64<<10 {
		f.buf = nil // a repaint's buffer is not kept by an idle terminal
	}
	return err
}

func (f *frameConn) Receive() (api.Frame, error) { return ReadFrame(f.r) }

// Ready connects, so that an absent daemon shows before the first call. The
// connection is kept for that call.
func (c *Client) Ready(ctx context.Context) error {
	cn, err := c.take(ctx)
	if err != nil {
		return err
	}
	c.give(cn)
	return nil
}

// Gone returns a channel that is closed when the daemon closes a connection opened
// now, which it does last: when it is gone.
func (c *Client) Gone(ctx context.Context) (<-chan struct{}, error) {
	nc, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	r := bufio.NewReader(nc)
	_, err = nc.Write(appendRequest(nil, Request{Method: "GET", Target: "/healthz"}, c.agent, ""))
	if err == nil {
		var res *response
		if res, err = readResponse(r); err == nil {
			_, err = readAll(res)
		}
	}
	if err != nil {
		nc.Close()
		return nil, unreachable(err)
	}
	gone := make(chan struct{})
	go func() {
		io.Copy(io.Discard, r)
		nc.Close()
		close(gone)
	}()
	return gone, nil
}
