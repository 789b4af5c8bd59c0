package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/wire"
)

const (
	headerTimeout = 10 * time.Second // a client's time for its request's head
	bodyTimeout   = 60 * time.Second // and for its body
)

// Config is what a server runs with. The zero value works.
type Config struct {
	Log     *slog.Logger
	Version string
	Dir     string                                 // where answers to keyed requests are kept; "": in memory
	MCP     func(api.Caller) (http.Handler, error) // what serves /mcp; nil: nothing
}

// Server serves a Caller's operations.
type Server struct {
	c       Config
	caller  api.Caller // guarded and metered
	log     *slog.Logger
	http    *http.Server
	routes  []route
	front   atomic.Pointer[front] // of the listener that is served
	replays *replays
	frozen  atomic.Bool
	ended   atomic.Bool // Shutdown was called

	mu      sync.Mutex // guards remotes
	remotes []*http.Server
}

// New returns a server for caller's operations.
func New(caller api.Caller, c Config) (*Server, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	metrics := prometheus.NewRegistry()
	s := &Server{c: c, caller: guarded{meter(caller, metrics)}, log: c.Log, replays: openReplays(c.Dir)}
	mux := http.NewServeMux()
	for _, op := range api.All() {
		mux.Handle(op.Method+" "+op.Path, s.handler(op))
	}
	s.routes = shortWay()
	s.legacy(mux)
	s.pages(mux)
	mux.HandleFunc("GET /healthz", ok)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", s.permitted("read", metricsHandler(metrics)))
	if c.MCP != nil {
		mux.Handle("/mcp", &models{server: s, faces: map[string]http.Handler{}})
	}
	s.http = s.listener(s.thawed(s.unrouted(mux)))
	return s, nil
}

// listener is an HTTP server with our bounds on what a client may cost.
func (s *Server) listener(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// permitted serves h to those whose grant has a capability.
func (s *Server) permitted(capability string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := grantOf(r.Context()).allow(capability); err != nil {
			s.fail(w, err)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// Serve answers the owner on l until Shutdown.
func (s *Server) Serve(l net.Listener) error {
	f := newFront(s, l)
	s.front.Store(f)
	if s.ended.Load() { // Shutdown may have seen no front
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		f.drain(ctx)
	}
	err := s.http.Serve(f)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Shutdown stops accepting and waits for the answers under way, until ctx ends;
// then it cuts them.
func (s *Server) Shutdown(ctx context.Context) error {
	s.ended.Store(true)
	err := s.http.Shutdown(ctx)
	if f := s.front.Load(); f != nil {
		f.drain(ctx)
	}
	if err != nil {
		return s.http.Close()
	}
	return nil
}

// Retire has other machines come again for their next request, on a connection of their
// own: a successor is about to take those. Clients on the unix socket are left as they are:
// they are ours as a rule, and ask again when a connection ends without an answer.
func (s *Server) Retire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.remotes {
		r.SetKeepAlivesEnabled(false)
	}
}

// Freeze leaves every request from now on without an answer, and those under way that
// fail: this process is about to end, and its successor is asked again.
func (s *Server) Freeze() { s.frozen.Store(true) }

// thawed leaves requests unanswered once the server is frozen, but for those that ask
// whether it takes any.
func (s *Server) thawed(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.frozen.Load() && r.URL.Path != "/healthz" && r.URL.Path != "/readyz" {
			unanswered(r)
		}
		h.ServeHTTP(w, r)
	})
}

// ServeHTTP makes a Server usable below another one, and in tests.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.http.Handler.ServeHTTP(w, r) }

func ok(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") }

// ready says whether requests are taken: not while the successor is awaited, and not
// when the daemon does not answer.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if s.frozen.Load() {
		s.fail(w, api.Errorf(api.Unavailable, "the daemon hands over to another one"))
		return
	}
	if _, err := api.DaemonStatus.Call(withGrant(r.Context(), nil), s.caller, &api.StatusRequest{}); err != nil {
		s.fail(w, err)
		return
	}
	ok(w, r)
}

// unrouted answers with a problem where the mux would answer with plain text.
func (s *Server) unrouted(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		probe := &recorder{header: http.Header{}}
		mux.ServeHTTP(probe, r)
		if allow := probe.header.Get("Allow"); probe.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", allow)
			s.fail(w, api.Errorf(api.NotAllowed, "%s has no %s", r.URL.Path, r.Method).WithHint("it has %s", allow))
			return
		}
		s.fail(w, api.Errorf(api.NotFound, "no route %s", r.URL.Path).WithHint("routes begin with /v1"))
	})
}

// recorder keeps the head of an answer and drops its body.
type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }

func (s *Server) handler(op api.Spec) http.Handler {
	serve := map[api.Kind]func(http.ResponseWriter, *http.Request, api.Spec, any) error{
		api.Unary: s.unary, api.Stream: s.stream, api.Duplex: s.duplex,
	}[op.Kind]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(api.WithClient(r.Context(), clientName(r)))
		err := grantOf(r.Context()).allow(op.Capability)
		if err == nil {
			var req any
			if req, err = decode(w, r, op); err == nil {
				err = serve(w, r, op, req)
			}
		}
		if err != nil && s.frozen.Load() {
			unanswered(r) // its successor is asked
		}
		if err != nil {
			s.fail(w, err)
		}
	})
}

// unanswered keeps a request until its client leaves or this process ends.
func unanswered(r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// clientName is what a client calls itself, made safe to show.
func clientName(r *http.Request) string {
	name := clean(r.UserAgent())
	return name[:min(len(name), 64)]
}

// clean drops what is not printable ASCII.
func clean(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return -1
		}
		return c
	}, s)
}

func decode(w http.ResponseWriter, r *http.Request, op api.Spec) (any, error) {
	body, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	req, err := wire.DecodeRequest(op, r.PathValue, r.URL.Query(), body)
	if err != nil {
		return nil, err
	}
	return req, tooSmall(op, req)
}

// readBody reads a request's body in bounded time and space.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength == 0 {
		return nil, nil
	}
	control := http.NewResponseController(w)
	control.SetReadDeadline(time.Now().Add(bodyTimeout)) // not supported in tests
	defer control.SetReadDeadline(time.Time{})
	return readUpTo(r, wire.MaxBody)
}

// readUpTo reads a body of limit bytes at most. The answer to a longer one can be read
// once all of it was sent, so it is read on for a while; who asks first is told first.
func readUpTo(r *http.Request, limit int64) ([]byte, error) {
	var buf bytes.Buffer
	if r.ContentLength <= limit {
		buf.Grow(int(min(max(r.ContentLength, 0), 1<<20)) + bytes.MinRead)
		if _, err := buf.ReadFrom(io.LimitReader(r.Body, limit+1)); err != nil {
			return nil, api.Errorf(api.Invalid, "the request body: %v", err)
		}
		if int64(buf.Len()) <= limit {
			return buf.Bytes(), nil
		}
	}
	if r.Header.Get("Expect") == "" {
		io.CopyN(io.Discard, r.Body, 4*limit)
	}
	return nil, api.Errorf(api.TooLarge, "the request body is over %d bytes", limit).
		WithHint("put the text in a file and run that")
}

func (s *Server) unary(w http.ResponseWriter, r *http.Request, op api.Spec, req any) error {
	if err := s.unchanged(r.Context(), r, op); err != nil {
		return err
	}
	if key := r.Header.Get(keyHeader); key != "" && op.Method == http.MethodPost {
		return s.replayed(w, r, op, req, key)
	}
	res, err := s.caller.Call(r.Context(), op, req)
	if err != nil {
		return err
	}
	body, err := encode(res)
	if err != nil {
		return err
	}
	if versioned[op.Name] && op.Method == http.MethodGet {
		tag := etag(body)
		w.Header().Set("ETag", tag)
		if matches(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	write(w, http.StatusOK, "application/json", body)
	return nil
}

// write answers with a whole body, now: before the request's context ends.
func write(w http.ResponseWriter, status int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)
	http.NewResponseController(w).Flush()
}

// encode writes JSON without escaping <, > and &: the text is for reading.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return buf.Bytes(), err
}

func (s *Server) stream(w http.ResponseWriter, r *http.Request, op api.Spec, req any) error {
	if wantsEvents(r) {
		return s.follow(w, r, op, req)
	}
	// The owner may page through a stream at his leisure; others hold nothing for ever.
	limit := time.Duration(0)
	if grantOf(r.Context()) != nil {
		limit = writeLimit
	}
	out := &streamWriter{w: w, limit: limit, raw: op.Result == reflect.TypeFor[api.Chunk]()}
	err := s.caller.Stream(r.Context(), op, req, out.write)
	if err == nil {
		out.begin() // an empty stream is an empty answer
		return nil
	}
	if !out.begun {
		return err
	}
	if problem, encErr := encode(api.ProblemOf(err)); encErr == nil {
		w.Header().Set(http.TrailerPrefix+wire.TrailerProblem, strings.TrimSpace(string(problem)))
	}
	return nil
}

// streamWriter writes a stream's items as they come.
type streamWriter struct {
	w     http.ResponseWriter
	raw   bool
	begun bool
	limit time.Duration // 0: the client may take its time
}

func (s *streamWriter) begin() {
	if s.begun {
		return
	}
	s.begun = true
	kind := "application/x-ndjson"
	if s.raw {
		kind = "application/octet-stream"
	}
	s.w.Header().Set("Content-Type", kind)
	s.w.WriteHeader(http.StatusOK)
}

func (s *streamWriter) write(item any) error {
	s.begin()
	b, err := s.bytes(item)
	if err != nil {
		return err
	}
	return flush(s.w, b, s.limit)
}

func (s *streamWriter) bytes(item any) ([]byte, error) {
	if chunk, ok := item.(*api.Chunk); ok && s.raw {
		return chunk.Data, nil
	}
	return encode(item)
}

func (s *Server) duplex(w http.ResponseWriter, r *http.Request, op api.Spec, req any) error {
	if wantsWebSocket(r) {
		return s.websocketConn(w, r, op, req)
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), wire.Protocol) {
		return api.Errorf(api.Invalid, "%s needs an upgrade to websocket or %s", op.Name, wire.Protocol).
			WithHint("use ai-session attach or the Go library")
	}
	far, err := s.caller.Open(r.Context(), op, req)
	if err != nil {
		return err
	}
	defer far.Close()
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return err
	}
	defer nc.Close()
	nc.SetDeadline(time.Time{})
	if _, err := io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+wire.Protocol+"\r\n\r\n"); err != nil {
		return nil // the client left; nobody is there to be told
	}
	splice(wire.NewConn(nc, rw.Reader), far)
	return nil
}

// farewell is how long a client that was told of the end may take to leave.
const farewell = 2 * time.Second

// splice carries frames both ways until either end is done. A client that is told of the
// end leaves first: if what it sends just then could not be sent, it would take that for
// a daemon's death and come again.
func splice(near, far api.Conn) {
	inbound := make(chan struct{})
	go func() {
		defer close(inbound)
		copyFrames(far, near)
		far.Close()
		for {
			if _, err := near.Receive(); err != nil {
				return
			}
		}
	}()
	if copyFrames(near, far) == api.FrameEnd {
		leave := time.AfterFunc(farewell, func() { near.Close() })
		<-inbound
		leave.Stop()
	}
	near.Close()
	<-inbound
}

// copyFrames returns the kind of the last frame that it carried.
func copyFrames(to, from api.Conn) (last api.FrameKind) {
	for {
		f, err := from.Receive()
		if err != nil || to.Send(f) != nil {
			return last
		}
		last = f.Kind
	}
}

func (s *Server) fail(w http.ResponseWriter, err error) {
	p, body := s.problem(err)
	if p.Code == api.Unauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	write(w, p.Status, problemType, body)
}

const problemType = "application/problem+json"

// problem is what is said of a failure. One of ours is written down too.
func (s *Server) problem(err error) (api.Problem, []byte) {
	p := api.ProblemOf(err)
	if p.Code == api.Internal {
		s.log.Error("operation failed", "err", err)
	}
	body, encErr := encode(p)
	if encErr != nil {
		body = []byte(`{"code":"internal"}`)
	}
	return p, body
}
