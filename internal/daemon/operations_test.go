package daemon

import (
	"testing"

	"github.com/ai-session/ai-session/api"
)

// The table in api and the bindings here are the same list.
func TestEveryOperationIsBoundByItsKind(t *testing.T) {
	d := &Daemon{}
	d.bind()
	declared := map[string]bool{}
	for _, op := range api.All() {
		declared[op.Name] = true
		b, ok := d.bound[op.Name]
		if !ok {
			t.Errorf("%s is bound to nothing", op.Name)
			continue
		}
		for kind, bound := range map[api.Kind]bool{
			api.Unary: b.unary != nil, api.Stream: b.stream != nil, api.Duplex: b.duplex != nil,
		} {
			if bound != (op.Kind == kind) {
				t.Errorf("%s is %s; bound as %s: %t", op.Name, op.Kind, kind, bound)
			}
		}
	}
	for name := range d.bound {
		if !declared[name] {
			t.Errorf("%s is bound, but not declared", name)
		}
	}
}
