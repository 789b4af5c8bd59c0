package api

import "context"

type clientKey struct{}

// WithClient says on whose behalf ctx's calls are made, in words for people.
func WithClient(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, clientKey{}, name)
}

// ClientOf is the name WithClient gave, or "somebody".
func ClientOf(ctx context.Context) string {
	if name, ok := ctx.Value(clientKey{}).(string); ok && name != "" {
		return name
	}
	return "somebody"
}
