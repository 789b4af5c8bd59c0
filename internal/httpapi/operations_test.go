package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// untouched is a daemon that must not be reached.
type untouched struct{ t *testing.T }

func (u untouched) Call(_ context.Context, op api.Spec, _ any) (any, error) {
	u.t.Errorf("%s was carried out", op.Name)
	return nil, api.Errorf(api.Internal, "carried out")
}

func (u untouched) Stream(ctx context.Context, op api.Spec, req any, _ func(any) error) error {
	_, err := u.Call(ctx, op, req)
	return err
}

func (u untouched) Open(ctx context.Context, op api.Spec, req any) (api.Conn, error) {
	_, err := u.Call(ctx, op, req)
	return nil, err
}

func serve(t testing.TB, c api.Caller) *Server {
	t.Helper()
	s, err := New(c, Config{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// An old daemon must not drop what a new client asks for.
func TestUnknownRequestFieldsAreRefused(t *testing.T) {
	server := serve(t, untouched{t})
	for _, op := range api.All() {
		path := regexp.MustCompile(`\{\w+\}`).ReplaceAllString(op.Path, "dev")
		for _, c := range []struct{ name, target, body string }{
			{"in the body", path, `{"no_such_field":1}`},
			{"in the query", path + "?no_such_field=1", ""},
		} {
			t.Run(op.Name+" "+c.name, func(t *testing.T) {
				r := httptest.NewRequest(op.Method, c.target, strings.NewReader(c.body))
				w := httptest.NewRecorder()
				server.ServeHTTP(w, r)
				var p api.Problem
				if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
					t.Fatalf("answer %q: %v", w.Body, err)
				}
				if p.Code != api.UnknownField || w.Code != http.StatusBadRequest || !strings.Contains(p.Detail, "no_such_field") || p.Hint == "" {
					t.Errorf("%d %+v, want unknown_field that names it, with a hint", w.Code, p)
				}
			})
		}
	}
}
