//go:build soak

package aisession_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/api"
)

// soakWatchers is how many server-sent streams of events are open at once.
const soakWatchers = 1000

// A thousand watch a session that floods. Each of them is told of every event in order,
// or how many it missed, and the daemon does not grow with what they leave unread.
func TestAThousandWatchersOfAFloodMissNothingUnannounced(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc for the daemon's memory")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	c := ownDaemon(t)
	s, err := c.Create(ctx, aisession.SessionConfig{Name: "flood", Dir: t.TempDir(), Argv: []string{"bash", "--norc"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Exec(ctx, "true"); err != nil {
		t.Fatal(err)
	}
	st, err := c.Status(ctx)
	if err != nil {
		t.Fatal(err)
	}
	before := resident(t, st.PID)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", st.Socket)
	}}}
	ready, counted := make(chan error, soakWatchers), make(chan watched, soakWatchers)
	for range soakWatchers {
		go watchSSE(ctx, client, ready, counted)
	}
	for range soakWatchers {
		if err := <-ready; err != nil {
			t.Fatal(err)
		}
	}
	open, began := resident(t, st.PID), time.Now()
	most := open
	execs := 0
	for ; execs < 300; execs++ {
		if _, err := s.Exec(ctx, "seq 20000"); err != nil {
			t.Fatal(err)
		}
		most = max(most, resident(t, st.PID))
	}
	took := time.Since(began)
	if err := s.Kill(ctx); err != nil {
		t.Fatal(err)
	}
	var all watched
	for range soakWatchers {
		w := <-counted
		if w.err != nil {
			t.Error(w.err)
		}
		all.events, all.gaps, all.missed = all.events+w.events, all.gaps+w.gaps, all.missed+w.missed
	}
	most = max(most, resident(t, st.PID))
	t.Logf("%d watchers, %d commands of 109 KB in %v: %d events told, %d missed in %d gaps; the daemon's memory %d MB before, %d MB with watchers, %d MB at most",
		soakWatchers, execs, took.Round(time.Millisecond), all.events, all.missed, all.gaps, before>>20, open>>20, most>>20)
	if grown := most - before; grown > 256<<20 {
		t.Errorf("the daemon grew by %d MB", grown>>20)
	}
}

// watched is what one watcher saw.
type watched struct {
	events, gaps, missed int
	err                  error
}

// watchSSE reads events until the session has ended, and holds their numbers to each
// other.
func watchSSE(ctx context.Context, client *http.Client, ready chan<- error, counted chan<- watched) {
	r, err := http.NewRequestWithContext(ctx, "GET", "http://daemon/v1/events", nil)
	if err != nil {
		ready <- err
		return
	}
	r.Header.Set("Accept", "text/event-stream")
	res, err := client.Do(r)
	ready <- err
	if err != nil {
		return
	}
	defer res.Body.Close()
	var w watched
	var last int64
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e api.Event
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			counted <- watched{err: err}
			return
		}
		if e.Seq == 0 {
			continue // a present state
		}
		if e.Kind == "gap" {
			w.gaps, w.missed = w.gaps+1, w.missed+e.Missed
		} else if w.events++; last != 0 && e.Seq != last+1 {
			counted <- watched{err: fmt.Errorf("event %d behind %d", e.Seq, last)}
			return
		}
		last = e.Seq
		if e.Kind == "ended" {
			counted <- w
			return
		}
	}
	counted <- watched{err: fmt.Errorf("the stream ended behind %d: %v", last, lines.Err())}
}

// resident is the memory a process holds, in bytes.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Fatal("no VmRSS")
	return 0
}
