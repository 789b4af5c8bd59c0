package aisession_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/api"
)

// A person attaches and types before the shell has drawn its prompt, or while it is
// being switched to line editing: every line arrives, and nothing of ours shows.
func TestWhatIsTypedRightAfterAttachArrives(t *testing.T) {
	for _, c := range []struct {
		name  string
		ready bool
	}{{"while the shell starts", false}, {"at its prompt", true}} {
		t.Run(c.name, func(t *testing.T) {
			for i := range 10 {
				typeAtOnce(t, fmt.Sprintf("typed-%t-%d", c.ready, i), c.ready)
			}
		})
	}
}

func typeAtOnce(t *testing.T, name string, ready bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	client, err := aisession.Dial(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	s, err := client.Create(ctx, aisession.SessionConfig{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Kill(context.Background())
	if ready {
		if _, err := s.Exec(ctx, "true"); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := s.Attach(ctx, api.AttachRequest{Cols: 80, Rows: 24})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Send(api.Frame{Kind: api.FrameInput, Data: []byte("echo typed $((6 * 7))\r")}); err != nil {
		t.Fatal(err)
	}
	seen := make(chan []byte, 1)
	go func() { seen <- until(conn, []byte("typed 42")) }()
	select {
	case b := <-seen:
		if bytes.Contains(b, []byte("builtin")) || bytes.Contains(b, []byte("__ais")) {
			t.Errorf("%s: our own words are on the screen: %q", name, b)
		}
	case <-ctx.Done():
		conn.Close()
		t.Fatalf("%s: the typed line did not run; the terminal got %q", name, <-seen)
	}
}

// until reads frames until one of them brings text.
func until(conn api.Conn, text []byte) []byte {
	var seen []byte
	for !bytes.Contains(seen, text) {
		f, err := conn.Receive()
		if err != nil {
			break
		}
		seen = append(seen, f.Data...)
	}
	return seen
}
