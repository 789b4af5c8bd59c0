package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
)

const (
	maxKey      = 255            // characters of an Idempotency-Key
	keepReplays = 24 * time.Hour // as the header's users expect
	maxReplays  = 10_000         // beyond it the oldest go; a few MB
	maxReplay   = 64 << 10       // an answer larger than this is not kept
)

// replays remembers requests by their Idempotency-Key. What a session answers under
// its own key (exec, create) and what may be done twice (wait) is kept in memory only;
// of it the file has the fingerprint, so that no output lies there.
type replays struct {
	path string // "" keeps nothing over a restart

	mu      sync.Mutex // guards what follows; never held while an operation runs
	entries map[string]*replay
	order   []string // keys, oldest first
	lines   int      // in the file
}

// replay is one request and, once done is closed, its answer. Status 0 is an answer
// that nobody has: whether the request was carried out is not known.
type replay struct {
	Key    string          `json:"key"`
	Print  string          `json:"print"`
	At     time.Time       `json:"at"`
	Status int             `json:"status,omitempty"`
	Body   json.RawMessage `json:"body,omitempty"`
	whole  string          // as Print, of what is not for the disk too; "" of one that was read from there
	done   chan struct{}
}

// openReplays reads what an earlier daemon kept. A damaged line costs itself. All are
// kept for another day: a clock that was set ahead meanwhile would have them forgotten,
// and a request carried out twice, while too many of them push the oldest out anyway.
func openReplays(dir string) *replays {
	r := &replays{entries: map[string]*replay{}}
	if dir == "" {
		return r
	}
	r.path = filepath.Join(dir, "replays.ndjson")
	b, _ := os.ReadFile(r.path) // absent at first
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		e := &replay{done: make(chan struct{})}
		if json.Unmarshal(lines.Bytes(), e) != nil || e.Key == "" {
			continue
		}
		e.At = time.Now()
		close(e.done)
		if r.entries[e.Key] == nil {
			r.order = append(r.order, e.Key)
		}
		r.entries[e.Key] = e
	}
	r.compact()
	return r
}

// compact writes the file anew with what still counts.
func (r *replays) compact() {
	if r.path == "" || len(r.entries) == 0 && r.lines == 0 {
		return
	}
	var b bytes.Buffer
	for _, key := range r.order {
		r.encode(&b, r.entries[key])
	}
	tmp := r.path + ".tmp"
	if os.WriteFile(tmp, b.Bytes(), 0o600) == nil && os.Rename(tmp, r.path) == nil {
		r.lines = len(r.order)
	}
}

func (r *replays) encode(b *bytes.Buffer, e *replay) {
	if line, err := json.Marshal(e); err == nil {
		b.Write(line)
		b.WriteByte('\n')
	}
}

// write appends a line. A disk that takes none costs the memory of a restart, not the
// operation.
func (r *replays) write(e *replay) {
	if r.path == "" {
		return
	}
	if r.lines > 4*maxReplays {
		r.compact()
	}
	var b bytes.Buffer
	r.encode(&b, e)
	f, err := os.OpenFile(r.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	f.Write(b.Bytes())
	r.lines++
}

// begin finds the request of a key, or notes it as the first.
func (r *replays) begin(key, print, whole string) (e *replay, first bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.entries[key]; e != nil && time.Since(e.At) < keepReplays {
		if e.Print != print || e.whole != "" && e.whole != whole {
			return nil, false, api.Errorf(api.KeyReused, "this Idempotency-Key belongs to another request").
				WithHint("use a new key for a new request")
		}
		return e, false, nil
	}
	e = &replay{Key: key, Print: print, whole: whole, At: time.Now(), done: make(chan struct{})}
	r.forget(key)
	for len(r.order) >= maxReplays {
		r.forget(r.order[0])
	}
	r.entries[key] = e
	r.order = append(r.order, key)
	r.write(e)
	return e, true, nil
}

// forget drops a key; the caller holds mu.
func (r *replays) forget(key string) {
	if r.entries[key] == nil {
		return
	}
	delete(r.entries, key)
	for i, k := range r.order {
		if k == key {
			r.order = append(r.order[:i], r.order[i+1:]...)
			return
		}
	}
}

// finish keeps the answer, on disk too if it may lie there. An answer that tells of no
// final outcome gives the key free.
func (r *replays) finish(e *replay, status int, body []byte, toDisk bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	final := status < 500 && status != http.StatusConflict && status != api.Cancelled.Status()
	if final && len(body) <= maxReplay {
		e.Status, e.Body = status, bytes.TrimSpace(body)
		if toDisk {
			r.write(e)
		}
	} else if !final {
		r.forget(e.Key)
	}
	close(e.done)
}

// fingerprint tells requests apart by what they ask, not by how their JSON is spaced.
func fingerprint(op api.Spec, target string, req any) string {
	b, _ := json.Marshal(req)
	sum := sha256.Sum256(append([]byte(op.Name+"\x00"+target+"\x00"), b...))
	return hex.EncodeToString(sum[:16])
}

// withoutInput is a request without what programs read, which may be a password: not even
// its hash is for the disk, where a weak one would be found by trying.
func withoutInput(req any) any {
	switch req := req.(type) {
	case *api.SendRequest:
		bare := *req
		bare.Text, bare.Keys = "", nil
		return &bare
	case *api.ExecRequest:
		bare := *req
		bare.Stdin, bare.StdinBase64 = nil, nil
		return &bare
	}
	return req
}

// replayed carries a keyed request out once.
func (s *Server) replayed(w http.ResponseWriter, r *http.Request, op api.Spec, req any, key string) error {
	if len(key) > maxKey || clean(key) != key {
		return api.Errorf(api.Invalid, "the Idempotency-Key is longer than %d characters or not printable ASCII", maxKey)
	}
	print, whole := fingerprint(op, r.URL.Path, withoutInput(req)), fingerprint(op, r.URL.Path, req)
	own, keyed := req.(interface{ SetKey(string) })
	if keyed {
		own.SetKey(key)
	}
	_, again := req.(interface{ Repeatable() bool })
	e, first, err := s.replays.begin(grantOf(r.Context()).id()+"/"+key, print, whole)
	if err != nil {
		return err
	}
	if !first {
		answer, err := e.wait(r.Context())
		if err != nil {
			return err
		}
		if answer != nil {
			w.Header().Set("Idempotent-Replayed", "true")
			writeBody(w, e.Status, answer)
			return nil
		}
		if !again {
			return api.Errorf(api.InDoubt, "whether the first %s under this key was carried out is not known", op.Name).
				WithHint("look at the session, then ask again under a new key")
		}
	}
	res, err := s.caller.Call(r.Context(), op, req)
	status, body := http.StatusOK, []byte(nil)
	if err != nil {
		p := api.ProblemOf(err)
		status = p.Status
		body, _ = encode(p)
	} else if body, err = encode(res); err != nil {
		return err
	}
	if first {
		kept := body
		if !final(res) {
			kept = make([]byte, maxReplay+1) // asked again, the session says how it stands then
		}
		s.replays.finish(e, status, kept, !again && op.Name != api.Send.Name)
	}
	writeBody(w, status, body)
	return nil
}

// wait returns the first request's answer, nil if nobody has it.
func (e *replay) wait(ctx context.Context) ([]byte, error) {
	select {
	case <-e.done:
	case <-ctx.Done():
		return nil, api.Errorf(api.Cancelled, "the client left").WithCause(ctx.Err())
	}
	if e.Status == 0 {
		return nil, nil
	}
	return append(bytes.Clone(e.Body), '\n'), nil
}

// final reports whether an answer will not change: a command still running will.
func final(res any) bool {
	r, ok := res.(*api.Report)
	return !ok || r.State == api.BlockDone || r.State == api.BlockDead
}

func writeBody(w http.ResponseWriter, status int, body []byte) {
	kind := "application/json"
	if status >= 400 {
		kind = "application/problem+json"
	}
	write(w, status, kind, body)
}
