package mcp

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/ai-session/ai-session/api"
)

// modern is the first revision without sessions: every request says what it speaks.
const modern = "2026-07-28"

// Handler serves streamable HTTP, both revisions on one URL. Sessions belong to the
// older one; the newer one's requests stand for themselves.
func (s *Server) Handler() http.Handler {
	get := func(*http.Request) *sdk.Server { return s.sdk }
	options := sdk.StreamableHTTPOptions{
		SessionTimeout: idleSession, EventStore: sdk.NewMemoryEventStore(nil),
		MaxRequestBodyBytes: maxMessage, Logger: s.c.Log,
	}
	sessions := sdk.NewStreamableHTTPHandler(get, &options)
	alone := options
	alone.Stateless, alone.PropagateRequestCancellation, alone.EventStore, alone.SessionTimeout = true, true, nil, 0
	single := sdk.NewStreamableHTTPHandler(get, &alone)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		is, err := isModern(w, r)
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			http.Error(w, "the message is too large", api.TooLarge.Status())
		case err != nil:
			http.Error(w, "the message could not be read", api.Invalid.Status())
		case is && misrouted(w, r):
		case is:
			single.ServeHTTP(w, r)
		default:
			sessions.ServeHTTP(w, r)
		}
	})
}

// isModern tells the revision of a request by its header, and by its body where a
// client sent none: a modern one carries its version there too. The body is put back.
func isModern(w http.ResponseWriter, r *http.Request) (bool, error) {
	if r.Header.Get("Mcp-Session-Id") != "" || r.Method != http.MethodPost {
		return false, nil
	}
	if r.Header.Get("Mcp-Protocol-Version") >= modern {
		return true, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMessage))
	if err != nil {
		return false, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return modernBody(body), nil
}

// misrouted refuses a request about a task whose Mcp-Name is another's: whoever routes
// by the header must not be deceived (SEP-2663, routing headers). For its own methods
// the SDK looks.
func misrouted(w http.ResponseWriter, r *http.Request) bool {
	switch r.Header.Get("Mcp-Method") {
	case "tasks/get", "tasks/update", "tasks/cancel":
	default:
		return false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMessage))
	if err != nil {
		http.Error(w, "the message could not be read", api.Invalid.Status())
		return true
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var m struct {
		ID     json.RawMessage `json:"id"`
		Params struct {
			TaskID string `json:"taskId"`
		} `json:"params"`
	}
	if json.Unmarshal(body, &m) != nil || m.Params.TaskID == r.Header.Get("Mcp-Name") {
		return false
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	json.NewEncoder(w).Encode(map[string]any{"jsonrpc": "2.0", "id": m.ID, "error": &jsonrpc.Error{
		Code: sdk.CodeHeaderMismatch, Message: "Mcp-Name is not the task of the body",
	}})
	return true
}

func modernBody(body []byte) bool {
	var m struct {
		Method string `json:"method"`
		Params struct {
			Meta map[string]json.RawMessage `json:"_meta"`
		} `json:"params"`
	}
	if json.Unmarshal(body, &m) != nil {
		return false
	}
	var version string
	json.Unmarshal(m.Params.Meta[sdk.MetaKeyProtocolVersion], &version) // absent: empty
	return version >= modern || m.Method == "server/discover" || len(m.Params.Meta[sdk.MetaKeyProtocolVersion]) > 0
}
