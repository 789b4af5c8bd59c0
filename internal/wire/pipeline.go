package wire

import (
	"context"
	"sync"

	"github.com/ai-session/ai-session/api"
)

// A Pipeline sends requests over one connection without waiting for the answers before
// them. A server carries them out one after the other all the same (RFC 9112, section
// 9.3.2): each meets what those before it have left, and only the way there and back is
// saved. When the connection breaks, each request that may be repeated is sent again in
// its turn, so that the order holds.
type Pipeline struct {
	client *Client
	last   *Turn // of Next, which one goroutine calls

	mu sync.Mutex // guards cn
	cn *conn      // nil when there is none, or when it is of no more use
}

// A Turn is a place in a pipeline. Its first call is sent behind the calls of the turns
// before it; what it calls after that takes the client's ordinary way.
type Turn struct {
	line     *Pipeline
	before   *Turn // nil once its answer is here
	used     bool
	sent     chan struct{} // closed when the next turn may send
	received chan struct{} // closed when the next turn may receive
}

// Pipeline returns a pipeline. It takes a connection when the first turn calls.
func (c *Client) Pipeline() *Pipeline { return &Pipeline{client: c, last: started()} }

// started is the turn before the first.
func started() *Turn {
	t := &Turn{sent: make(chan struct{}), received: make(chan struct{})}
	close(t.sent)
	close(t.received)
	return t
}

// Next takes the next place. Its End must be called.
func (p *Pipeline) Next() *Turn {
	t := &Turn{line: p, before: p.last, sent: make(chan struct{}), received: make(chan struct{})}
	p.last = t
	return t
}

// Close gives the connection back. All turns must have ended.
func (p *Pipeline) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cn != nil {
		p.client.give(p.cn)
		p.cn = nil
	}
}

// End gives the place up, once the turns before it have.
func (t *Turn) End() {
	if t.used {
		return
	}
	t.used = true
	<-t.before.sent
	close(t.sent)
	<-t.before.received
	t.passOn()
}

// passOn lets the next turn receive.
func (t *Turn) passOn() {
	t.before = nil // or every turn would hold all those before it
	close(t.received)
}

// CallJSON carries out a unary operation and returns the answer as the daemon wrote it.
func (t *Turn) CallJSON(ctx context.Context, op api.Spec, req any) ([]byte, error) {
	if t.used {
		return t.line.client.CallJSON(ctx, op, req)
	}
	encoded, err := encodeKeyed(op, req)
	if err != nil {
		return nil, err
	}
	t.used = true
	cn, err := t.send(ctx, encoded)
	close(t.sent)
	<-t.before.received
	defer t.passOn()
	if cn != nil && err == nil {
		var res *response
		var body []byte
		if res, body, err = t.receive(ctx, cn); err == nil {
			return answer(res, body)
		}
	}
	again := repeatable(op, req)
	if cn != nil && !again || ctx.Err() != nil {
		return nil, err
	}
	return t.line.client.callEncoded(ctx, encoded, again)
}

// send writes the request behind those before it, and returns the connection it went
// to: nil when nothing of it was written.
func (t *Turn) send(ctx context.Context, req Request) (*conn, error) {
	p := t.line
	<-t.before.sent
	cn, err := t.connection(ctx)
	if err != nil {
		return nil, err
	}
	stop := cn.watch(ctx)
	_, err = cn.Write(appendRequest(nil, req, p.client.agent, ""))
	if stop() && err == nil {
		return cn, nil
	}
	p.broke(cn)
	if ctx.Err() != nil {
		return cn, cancelled(ctx)
	}
	return cn, unreachable(err)
}

// connection is the pipeline's. A new one is taken once no answer is awaited from an
// old one: what was sent there may have to be sent again first.
func (t *Turn) connection(ctx context.Context) (*conn, error) {
	p := t.line
	if cn := p.connected(); cn != nil {
		return cn, nil
	}
	<-t.before.received
	cn, err := p.client.take(ctx)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.cn = cn
	p.mu.Unlock()
	return cn, nil
}

func (p *Pipeline) connected() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cn
}

// receive reads the answer to the turn's request. After an error nobody knows what
// became of the request.
func (t *Turn) receive(ctx context.Context, cn *conn) (res *response, body []byte, err error) {
	stop := cn.watch(ctx)
	if res, err = readResponse(cn.r); err == nil {
		body, err = readAll(res)
	}
	if stop() && err == nil {
		return res, body, nil
	}
	t.line.broke(cn)
	if ctx.Err() != nil {
		return nil, nil, cancelled(ctx)
	}
	return nil, nil, unreachable(err)
}

// broke takes a connection out of use. Those who wait for its answers come to know it.
func (p *Pipeline) broke(cn *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cn == cn {
		p.cn = nil
	}
	cn.Close()
}
