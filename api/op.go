package api

import (
	"context"
	"reflect"
)

// Kind says how an operation's answer travels.
type Kind uint8

const (
	Unary  Kind = iota // one request, one result
	Stream             // one request, many results until the end or until the client leaves
	Duplex             // frames in both directions: an attached terminal
)

func (k Kind) String() string {
	return [...]string{"unary", "stream", "duplex"}[k]
}

// Op declares one operation. Req is its request struct, Res its result (of a
// stream: one item).
type Op[Req, Res any] struct {
	Name       string // stable name, as in logs and metrics
	Kind       Kind
	Method     string // HTTP method
	Path       string // HTTP path; {x} is the request field tagged in:"path" with JSON name x
	Verb       string // command-line word, flags included when two operations share it
	Capability string // what a token must allow
	Audit      string // the verb in the audit record; empty for what only reads our own state
	Doc        string // one sentence, for help and OpenAPI
	Example    string // one real command line
}

// Spec is an Op without its type parameters: what tables, routers and help walk.
type Spec struct {
	Name, Method, Path, Verb, Capability, Audit, Doc, Example string
	Kind                                                      Kind
	Request, Result                                           reflect.Type
}

// Spec returns the erased declaration.
func (o Op[Req, Res]) Spec() Spec {
	return Spec{
		Name: o.Name, Kind: o.Kind, Method: o.Method, Path: o.Path, Verb: o.Verb,
		Capability: o.Capability, Audit: o.Audit, Doc: o.Doc, Example: o.Example,
		Request: reflect.TypeFor[Req](), Result: reflect.TypeFor[Res](),
	}
}

// Caller carries out operations. req is a pointer to the operation's request
// struct; results are pointers to its result struct.
type Caller interface {
	// Call carries out a unary operation.
	Call(ctx context.Context, op Spec, req any) (any, error)
	// Stream carries out a server stream; yield gets each item in order and ends
	// the stream by returning an error, which Stream returns.
	Stream(ctx context.Context, op Spec, req any, yield func(item any) error) error
	// Open starts a duplex operation.
	Open(ctx context.Context, op Spec, req any) (Conn, error)
}

// Conn is the caller's end of a duplex operation. Send and Receive may run at the
// same time, each in one goroutine; Close ends both.
type Conn interface {
	Send(Frame) error
	Receive() (Frame, error) // io.EOF after the other end's last frame
	Close() error
}

// Call carries out a unary operation on c.
func (o Op[Req, Res]) Call(ctx context.Context, c Caller, req *Req) (*Res, error) {
	res, err := c.Call(ctx, o.Spec(), req)
	if err != nil {
		return nil, err
	}
	return res.(*Res), nil
}

// Stream carries out a server stream on c.
func (o Op[Req, Res]) Stream(ctx context.Context, c Caller, req *Req, yield func(*Res) error) error {
	return c.Stream(ctx, o.Spec(), req, func(item any) error { return yield(item.(*Res)) })
}

// Open starts a duplex operation on c.
func (o Op[Req, Res]) Open(ctx context.Context, c Caller, req *Req) (Conn, error) {
	return c.Open(ctx, o.Spec(), req)
}
