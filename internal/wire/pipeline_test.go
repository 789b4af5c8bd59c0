package wire

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// far is the daemon's end of a client's connections.
type far struct {
	t     *testing.T
	conns chan net.Conn
}

func newFar(t *testing.T) (*far, *Client) {
	f := &far{t, make(chan net.Conn)}
	return f, NewClient("test", func(ctx context.Context) (net.Conn, error) {
		near, end := net.Pipe()
		select {
		case f.conns <- end:
			return near, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
}

// requests reads n execs and returns their commands and keys.
func (f *far) requests(r *bufio.Reader, n int) (commands, keys []string) {
	f.t.Helper()
	for range n {
		req, err := http.ReadRequest(r)
		if err != nil {
			f.t.Fatal(err)
		}
		var e api.ExecRequest
		if err := json.NewDecoder(req.Body).Decode(&e); err != nil {
			f.t.Fatal(err)
		}
		commands, keys = append(commands, e.Command), append(keys, e.IdempotencyKey)
	}
	return commands, keys
}

func (f *far) answer(c net.Conn, command string) {
	body := fmt.Sprintf(`{"command":%q}`, command)
	fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// inTurns sends execs of the commands, each in its turn, and returns what they came to.
func inTurns(ctx context.Context, p *Pipeline, commands []string) (answers []chan string) {
	for _, command := range commands {
		turn, done := p.Next(), make(chan string, 1)
		answers = append(answers, done)
		go func() {
			defer turn.End()
			if command == "" { // a turn without a call
				done <- ""
				return
			}
			body, err := turn.CallJSON(ctx, api.Exec.Spec(), &api.ExecRequest{Session: "s", Command: command})
			done <- fmt.Sprint(string(body), err)
		}()
	}
	return answers
}

func TestPipelineSendsAheadAndKeepsTheOrder(t *testing.T) {
	f, c := newFar(t)
	p := c.Pipeline()
	defer p.Close()
	answers := inTurns(t.Context(), p, []string{"a", "", "b", "c"})
	end := <-f.conns
	defer end.Close()
	r := bufio.NewReader(end)
	commands, _ := f.requests(r, 3) // before any answer
	if !slices.Equal(commands, []string{"a", "b", "c"}) {
		t.Errorf("they came as %q", commands)
	}
	for _, command := range commands {
		f.answer(end, command)
	}
	for i, want := range []string{`{"command":"a"}<nil>`, "", `{"command":"b"}<nil>`, `{"command":"c"}<nil>`} {
		if got := <-answers[i]; got != want {
			t.Errorf("turn %d: %s, want %s", i, got, want)
		}
	}
}

func TestBrokenPipelineSendsAgainInOrder(t *testing.T) {
	f, c := newFar(t)
	p := c.Pipeline()
	defer p.Close()
	answers := inTurns(t.Context(), p, []string{"a", "b", "c", "d"})
	end := <-f.conns
	_, first := f.requests(bufio.NewReader(end), 3)
	f.answer(end, "a")
	end.Close()
	var commands, keys []string
	done := make(chan bool)
	go func() {
		defer close(done)
		for len(commands) < 3 {
			end := <-f.conns
			for r := bufio.NewReader(end); len(commands) < 3; {
				if _, err := r.Peek(1); err == io.EOF || err == io.ErrClosedPipe {
					break
				}
				command, key := f.requests(r, 1)
				commands, keys = append(commands, command...), append(keys, key...)
				f.answer(end, command[0])
			}
		}
	}()
	for i, command := range []string{"a", "b", "c", "d"} {
		if got := <-answers[i]; !strings.HasPrefix(got, `{"command":"`+command) {
			t.Errorf("turn %d: %s", i, got)
		}
	}
	<-done
	if !slices.Equal(commands, []string{"b", "c", "d"}) || !slices.Equal(keys[:2], first[1:]) {
		t.Errorf("sent again: %q under %q, first under %q", commands, keys, first)
	}
}

func TestCancelledTurnFailsAlone(t *testing.T) {
	f, c := newFar(t)
	p := c.Pipeline()
	defer p.Close()
	ctx, cancel := context.WithCancel(t.Context())
	a := inTurns(ctx, p, []string{"a"})[0]
	b := inTurns(t.Context(), p, []string{"b"})[0]
	end := <-f.conns
	f.requests(bufio.NewReader(end), 2)
	cancel()
	if got := <-a; !strings.Contains(got, "cancelled") {
		t.Error(got)
	}
	end = <-f.conns
	f.requests(bufio.NewReader(end), 1)
	f.answer(end, "b")
	if got := <-b; !strings.HasPrefix(got, `{"command":"b"}`) {
		t.Error(got)
	}
}
