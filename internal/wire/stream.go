package wire

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"time"

	"github.com/ai-session/ai-session/api"
)

// resumable is the request of a stream that can be taken up where it broke. Past is the
// request for what comes behind an item, or behind the beginning; nil if it cannot be
// told.
type resumable interface{ Past(item any) any }

// Stream carries out a server stream. One whose request is resumable outlives the daemon
// that serves it: what broke goes on behind the last item that was yielded, so that none
// comes twice. What the next daemon does not know it tells as a gap.
func (c *Client) Stream(ctx context.Context, op api.Spec, req any, yield func(any) error) error {
	var first time.Time // a connection broke
	for {
		began, broke := time.Now(), false
		rest := past(req, nil)
		err := c.streamOnce(ctx, op, req, func(item any) error {
			rest = past(rest, item)
			return yield(item)
		}, &broke)
		if first.IsZero() || time.Since(began) > goodWhile {
			first = time.Now() // that daemon lived: it is not this request that ends them
		}
		if rest == nil || !broke || ctx.Err() != nil || time.Since(first) > resendFor {
			return err
		}
		req = rest
	}
}

func past(req, item any) any {
	if r, ok := req.(resumable); ok {
		return r.Past(item)
	}
	return nil
}

// streamOnce is a stream on one connection. broke says that the connection ended it,
// and not what came over it.
func (c *Client) streamOnce(ctx context.Context, op api.Spec, req any, yield func(any) error, broke *bool) error {
	encoded, err := EncodeRequest(op, req)
	if err != nil {
		return err
	}
	cn, res, err := c.exchange(ctx, encoded, repeatable(op, req), "")
	if err != nil {
		return err
	}
	defer cn.Close()
	defer cn.watch(ctx)()
	if res.status >= 300 {
		body, err := readAll(res)
		if err != nil {
			return unreachable(err)
		}
		return problem(res.status, body)
	}
	var left error // what yield answered
	err = readItems(op, res.body, func(item any) error {
		left = yield(item)
		return left
	})
	if ctx.Err() != nil {
		return cancelled(ctx)
	}
	if err == nil && res.trailer != "" {
		return problem(res.status, []byte(res.trailer))
	}
	*broke = left == nil && api.CodeOf(err) == api.Unavailable
	return err
}

// readItems reads raw chunks or one JSON value a line, as the result type says.
func readItems(op api.Spec, r io.Reader, yield func(any) error) error {
	if op.Result == reflect.TypeFor[api.Chunk]() {
		return readChunks(r, yield)
	}
	dec := json.NewDecoder(r)
	for {
		item := reflect.New(op.Result).Interface()
		if err := dec.Decode(item); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return unreachable(err)
		}
		if err := yield(item); err != nil {
			return err
		}
	}
}

func readChunks(r io.Reader, yield func(any) error) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if err := yield(&api.Chunk{Data: buf[:n]}); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return unreachable(err)
		}
	}
}
