package aisession_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/api"
)

// resumeLimit is generous: a machine may have better things to do.
const resumeLimit = 2 * time.Minute

var errSeen = errors.New("seen enough")

// A program counts while its daemon is killed again and again. Who follows its bytes
// gets each of them once; who watches gets each event once and misses none; who is
// attached sees the screen and can type.
func TestStreamsOutliveTheDaemon(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs a child subreaper")
	}
	if testing.Short() {
		t.Skip("takes a while")
	}
	ctx, cancel := context.WithTimeout(context.Background(), resumeLimit)
	defer cancel()
	c := ownDaemon(t)
	s, err := c.Create(ctx, aisession.SessionConfig{Name: "count", Dir: t.TempDir(), Argv: []string{"bash", "--norc"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Exec(ctx, "mkfifo fifo"); err != nil {
		t.Fatal(err)
	}
	conn, err := s.Attach(ctx, api.AttachRequest{Cols: 80, Rows: 24})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	events := make(chan *api.Event, 4096)
	watched, watching := make(chan error, 1), make(chan struct{})
	go func() {
		tell := sync.OnceFunc(func() { close(watching) })
		watched <- s.Watch(ctx, func(e *api.Event) error {
			tell()
			events <- e
			if e.Kind == "exec_end" && strings.HasPrefix(e.Block.Command, "echo the end") {
				return errSeen
			}
			return nil
		})
	}()
	bytesSeen := make(chan []byte, 1)
	lines := make(chan int, 4096)
	go follow(ctx, t, s, lines, bytesSeen)

	<-watching
	if _, err := s.Exec(ctx, stream, aisession.Background()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		passes(ctx, t, lines, 5)
		st, err := c.Status(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := crashProcess(st.PID); err != nil {
			t.Fatal(err)
		}
		for len(lines) > 0 {
			<-lines // of the dead one
		}
		passes(ctx, t, lines, 10)
	}
	if err := conn.Send(api.Frame{Kind: api.FrameInput, Data: []byte("\x03")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Exec(ctx, "echo the end 'of it'", aisession.Queue()); err != nil {
		t.Fatal(err)
	}
	if err := <-watched; !errors.Is(err, errSeen) {
		t.Fatalf("the watcher: %v", err)
	}
	close(events)
	checkEvents(t, events)
	got := <-bytesSeen
	want, err := c.Output(ctx, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(want, got) || len(got) == 0 {
		t.Errorf("followed %d bytes that are not the first of the %d written", len(got), len(want))
	}
}

// follow collects what a session writes until its end is announced, and tells of lines.
func follow(ctx context.Context, t *testing.T, s *aisession.Session, lines chan<- int, all chan<- []byte) {
	var b bytes.Buffer
	err := s.Follow(ctx, func(piece []byte) error {
		b.Write(piece)
		for range bytes.Count(piece, []byte("line ")) {
			select {
			case lines <- 1:
			default:
			}
		}
		if bytes.Contains(b.Bytes(), []byte("the end of it")) {
			return errSeen
		}
		return nil
	})
	if !errors.Is(err, errSeen) {
		t.Errorf("the follower after %d bytes: %v", b.Len(), err)
	}
	all <- b.Bytes()
}

// passes waits for n lines more.
func passes(ctx context.Context, t *testing.T, lines <-chan int, n int) {
	t.Helper()
	for range n {
		select {
		case <-lines:
		case <-ctx.Done():
			t.Fatal("no line came")
		}
	}
}

// checkEvents holds that no event came twice and none is missing: each command that
// began has its end, with its text.
func checkEvents(t *testing.T, events <-chan *api.Event) {
	t.Helper()
	var last int64
	began, ended := map[string]string{}, map[string]bool{}
	for e := range events {
		if e.Seq != 0 && e.Seq <= last {
			t.Errorf("event %d came after %d", e.Seq, last)
		}
		last = max(last, e.Seq)
		switch e.Kind {
		case "gap":
			t.Errorf("a gap of %d events is told", e.Missed)
		case "exec_start":
			began[e.Block.ID] = e.Block.Command
		case "exec_end":
			if ended[e.Block.ID] {
				t.Errorf("%s ended twice", e.Block.ID)
			}
			ended[e.Block.ID] = true
			if command, ok := began[e.Block.ID]; !ok || command != e.Block.Command {
				t.Errorf("the end of %s %q was told, its beginning with %q", e.Block.ID, e.Block.Command, command)
			}
		}
	}
	if len(ended) != len(began) || len(ended) < 2 {
		t.Errorf("%d commands began, %d ended", len(began), len(ended))
	}
}
