package httpapi

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/ai-session/ai-session/api"
)

// models serves /mcp. A model's session outlives the request that began it, and its
// calls do not carry that request's context: so each token gets a face of its own,
// whose every call is held to the token's grant.
type models struct {
	server *Server

	mu    sync.Mutex // guards faces
	faces map[string]http.Handler
}

// maxFaces bounds the faces; tokens are made by the owner, and few.
const maxFaces = 256

func (m *models) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	face, err := m.face(grantOf(r.Context()))
	if err != nil {
		m.server.fail(w, err)
		return
	}
	face.ServeHTTP(w, r)
}

func (m *models) face(g *Grant) (http.Handler, error) {
	name := ""
	if g != nil {
		name = g.ID + " " + strings.Join(g.Capabilities, " ")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if f := m.faces[name]; f != nil {
		return f, nil
	}
	if len(m.faces) >= maxFaces {
		return nil, api.Errorf(api.Unavailable, "over %d tokens are in use", maxFaces)
	}
	f, err := m.server.c.MCP(granted{m.server.caller, g})
	if err == nil {
		m.faces[name] = f
	}
	return f, err
}

// granted puts a grant into the context of every call.
type granted struct {
	api.Caller
	grant *Grant
}

func (c granted) context(ctx context.Context) context.Context {
	if api.ClientOf(ctx) == api.ClientOf(context.Background()) {
		ctx = api.WithClient(ctx, "mcp")
	}
	return withGrant(ctx, c.grant)
}

func (c granted) Call(ctx context.Context, op api.Spec, req any) (any, error) {
	return c.Caller.Call(c.context(ctx), op, req)
}

func (c granted) Stream(ctx context.Context, op api.Spec, req any, yield func(any) error) error {
	return c.Caller.Stream(c.context(ctx), op, req, yield)
}

func (c granted) Open(ctx context.Context, op api.Spec, req any) (api.Conn, error) {
	return c.Caller.Open(c.context(ctx), op, req)
}
