package httpapi

import (
	"context"
	"slices"

	"github.com/ai-session/ai-session/api"
)

// Grant is what a token allows. A nil one is the owner at the unix socket, who may do
// everything.
type Grant struct {
	ID           string   // of the token, never the token
	Capabilities []string // as operations name them; "*" is all
}

type grantKey struct{}

func withGrant(ctx context.Context, g *Grant) context.Context {
	return context.WithValue(ctx, grantKey{}, g)
}

func grantOf(ctx context.Context) *Grant {
	g, _ := ctx.Value(grantKey{}).(*Grant)
	return g
}

func (g *Grant) id() string {
	if g == nil {
		return ""
	}
	return g.ID
}

// allow refuses a capability that the grant does not have.
func (g *Grant) allow(capability string) error {
	if g == nil || slices.Contains(g.Capabilities, capability) || slices.Contains(g.Capabilities, "*") {
		return nil
	}
	return api.Errorf(api.Denied, "this token does not allow %s", capability).
		WithHint("ai-session token create --scope %s, on the daemon's machine", capability)
}

// guarded holds every operation to the grant in its context: one place, whatever face
// the request came through.
type guarded struct{ api.Caller }

func (c guarded) Call(ctx context.Context, op api.Spec, req any) (any, error) {
	if err := grantOf(ctx).allow(op.Capability); err != nil {
		return nil, err
	}
	return c.Caller.Call(ctx, op, req)
}

func (c guarded) Stream(ctx context.Context, op api.Spec, req any, yield func(any) error) error {
	if err := grantOf(ctx).allow(op.Capability); err != nil {
		return err
	}
	return c.Caller.Stream(ctx, op, req, yield)
}

func (c guarded) Open(ctx context.Context, op api.Spec, req any) (api.Conn, error) {
	if err := grantOf(ctx).allow(op.Capability); err != nil {
		return nil, err
	}
	return c.Caller.Open(ctx, op, req)
}
