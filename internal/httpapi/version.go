package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// versioned names the operations on things that have versions: snapshots, which are
// never changed but may be deleted and saved again under their name.
var versioned = map[string]bool{
	api.SnapshotShow.Name: true, api.SnapshotDelete.Name: true, api.SnapshotRestore.Name: true,
}

// etag is the version of an answer (RFC 9110 section 8.8.3), a strong one.
func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// matches reports whether a list of entity tags names tag.
func matches(list, tag string) bool {
	for _, t := range strings.Split(list, ",") {
		if t = strings.TrimSpace(t); t == "*" || t == tag || strings.TrimPrefix(t, "W/") == tag {
			return true
		}
	}
	return false
}

// unchanged refuses a request whose If-Match names another version than the present
// one.
func (s *Server) unchanged(ctx context.Context, r *http.Request, op api.Spec) error {
	want := r.Header.Get("If-Match")
	if want == "" || !versioned[op.Name] || op.Method == http.MethodGet {
		return nil
	}
	now, err := api.SnapshotShow.Call(ctx, s.caller, &api.SnapshotRequest{Name: r.PathValue("name")})
	if err != nil {
		return err
	}
	body, err := encode(now)
	if err != nil {
		return err
	}
	if !matches(want, etag(body)) {
		return api.Errorf(api.Changed, "snapshot %q is not the version %s", now.Name, want).
			WithHint("read it again: its ETag is %s", etag(body))
	}
	return nil
}
