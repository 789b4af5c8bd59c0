package mcp

import (
	"bytes"
	"encoding/json"
	"io"
	"sync"
	"time"
)

// drained is a pair of streams whose input ends only when every request on it has been
// answered: `printf ... | ai-session mcp` is how people try a server out.
type drained struct {
	in  io.Reader
	out io.Writer

	mu       sync.Mutex // guards what follows
	read     []byte     // of a line that is not whole yet
	open     int        // requests without an answer
	answered chan struct{}
}

// drainLimit bounds how long a client that is gone is answered.
const drainLimit = answerBy + 5*time.Second

func newDrained(in io.Reader, out io.Writer) *drained {
	return &drained{in: in, out: out, answered: make(chan struct{}, 1)}
}

// message is what tells a request from an answer.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
}

func (d *drained) Read(p []byte) (int, error) {
	n, err := d.in.Read(p)
	d.mu.Lock()
	d.read = append(d.read, p[:n]...)
	for {
		line, rest, whole := bytes.Cut(d.read, []byte("\n"))
		if !whole {
			break
		}
		d.count(line, 1)
		d.read = rest
	}
	if err != nil {
		d.count(d.read, 1)
		d.read = nil
	}
	d.mu.Unlock()
	if err == nil || n > 0 {
		return n, nil // an error comes again
	}
	d.wait()
	return 0, err
}

// count notes a request that was read or an answer that was written; the caller holds
// mu.
func (d *drained) count(line []byte, n int) {
	var m message
	if json.Unmarshal(line, &m) != nil || len(m.ID) == 0 || (m.Method != "") != (n > 0) {
		return
	}
	if d.open = max(d.open+n, 0); d.open == 0 {
		select {
		case d.answered <- struct{}{}:
		default:
		}
	}
}

func (d *drained) wait() {
	limit := time.NewTimer(drainLimit)
	defer limit.Stop()
	for {
		d.mu.Lock()
		open := d.open
		d.mu.Unlock()
		if open == 0 {
			return
		}
		select {
		case <-d.answered:
		case <-limit.C:
			return
		}
	}
}

func (d *drained) Write(p []byte) (int, error) {
	n, err := d.out.Write(p)
	d.mu.Lock()
	d.count(bytes.TrimSpace(p), -1)
	d.mu.Unlock()
	return n, err
}

func (d *drained) Close() error { return nil }
