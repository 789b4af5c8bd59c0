package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
)

// heartbeat is how often a quiet stream says that it lives, so that proxies keep it
// and a client that is gone is noticed.
const heartbeat = 15 * time.Second

// wantsEvents reports whether a client asks for server-sent events (WHATWG HTML 9.2).
func wantsEvents(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// follow serves a stream as server-sent events. The id of an event is what a client
// sends back as Last-Event-ID: the event's seq, or the offset behind a piece of output.
func (s *Server) follow(w http.ResponseWriter, r *http.Request, op api.Spec, req any) error {
	offset, err := resume(req, r.Header.Get("Last-Event-ID"))
	if err != nil {
		return err
	}
	out := &eventWriter{w: w, offset: offset}
	_, out.counts = req.(*api.RawRequest)
	stop := make(chan struct{})
	var beats sync.WaitGroup
	beats.Add(1)
	go func() {
		defer beats.Done()
		out.beat(stop)
	}()
	err = s.caller.Stream(r.Context(), op, req, out.item)
	close(stop)
	beats.Wait()
	if err != nil && !out.begun {
		return err
	}
	if err != nil {
		out.event("problem", "", api.ProblemOf(err))
		return nil
	}
	out.event("end", "", schema{})
	return nil
}

// resume makes req go on behind the last event, and follow what comes.
func resume(req any, last string) (offset int64, err error) {
	bad := func() error { return api.Errorf(api.Invalid, "Last-Event-ID %q is no id of this stream", last) }
	n, numErr := strconv.ParseInt(last, 10, 64)
	switch req := req.(type) {
	case *api.LogsRequest:
		req.Follow = true
	case *api.EventsRequest:
		req.Follow = true
		if last != "" {
			if numErr != nil || n < 0 {
				return 0, bad()
			}
			req.After = n
		}
	case *api.RawRequest:
		req.Follow = true
		return resumeRaw(req, last, n, numErr != nil || n < 0, bad)
	}
	return 0, nil
}

// resumeRaw turns an offset into a reference that begins there.
func resumeRaw(req *api.RawRequest, last string, n int64, wrong bool, bad func() error) (int64, error) {
	ref, err := api.ParseRef(req.Ref)
	if err != nil {
		return 0, err
	}
	if ref.Bytes != nil && last == "" {
		return max(ref.Bytes.From, 0), nil
	}
	if last == "" {
		return 0, nil
	}
	if wrong || req.Lines != "" {
		return 0, bad()
	}
	to := int64(-1)
	if ref.Bytes != nil {
		to = ref.Bytes.To
	}
	head, _, _ := strings.Cut(req.Ref, "#")
	req.Ref = head + "#" + strconv.FormatInt(n, 10) + "-"
	if to >= 0 {
		req.Ref += strconv.FormatInt(to, 10)
	}
	return n, nil
}

// eventWriter writes server-sent events, and comments while there are none.
type eventWriter struct {
	counts bool // ids are offsets

	mu     sync.Mutex // one event at a time
	w      http.ResponseWriter
	begun  bool
	offset int64
}

// item writes one item of a stream.
func (e *eventWriter) item(item any) error {
	switch item := item.(type) {
	case *api.Event:
		id := ""
		if item.Seq != 0 {
			id = strconv.FormatInt(item.Seq, 10)
		}
		return e.event(item.Kind, id, item)
	case *api.Chunk:
		from := e.offset
		e.offset += int64(len(item.Data))
		id := ""
		if e.counts {
			id = strconv.FormatInt(e.offset, 10)
		}
		return e.event("output", id, schema{"offset": from, "data_base64": item.Data})
	}
	return e.event("message", "", item)
}

func (e *eventWriter) event(kind, id string, data any) error {
	b, err := json.Marshal(data) // one line: JSON has no raw newline
	if err != nil {
		return err
	}
	var text strings.Builder
	if id != "" {
		text.WriteString("id: " + id + "\n")
	}
	text.WriteString("event: " + kind + "\ndata: ")
	text.Write(b)
	text.WriteString("\n\n")
	return e.write(text.String())
}

func (e *eventWriter) write(text string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.begun {
		e.begun = true
		e.w.Header().Set("Content-Type", "text/event-stream")
		e.w.Header().Set("Cache-Control", "no-store")
		e.w.Header().Set("X-Accel-Buffering", "no")
		e.w.WriteHeader(http.StatusOK)
	}
	return flush(e.w, []byte(text), writeLimit)
}

// beat shows life until stop.
func (e *eventWriter) beat(stop <-chan struct{}) {
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			e.write(": \n\n")
		}
	}
}

// writeLimit is how long a client may leave a piece unread of a stream that it can take
// up again.
const writeLimit = 30 * time.Second

// flush writes b out now. A client that does not read for longer than limit is cut; 0
// waits for it.
func flush(w http.ResponseWriter, b []byte, limit time.Duration) error {
	control := http.NewResponseController(w)
	if limit > 0 {
		control.SetWriteDeadline(time.Now().Add(limit)) // not supported in tests
		defer control.SetWriteDeadline(time.Time{})
	}
	if _, err := w.Write(b); err != nil {
		return api.Errorf(api.Cancelled, "the client left").WithCause(err)
	}
	if err := control.Flush(); err != nil {
		return api.Errorf(api.Cancelled, "the client left").WithCause(err)
	}
	return nil
}
