package httpapi

import (
	"bufio"
	"io"
	"net"
	"testing"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/wire"
)

// detached is a session's end of a connection that has been sent away.
type detached struct{ once bool }

func (d *detached) Receive() (api.Frame, error) {
	if d.once {
		return api.Frame{}, io.EOF
	}
	d.once = true
	return api.Frame{Kind: api.FrameEnd, Data: []byte("detached")}, nil
}
func (d *detached) Send(api.Frame) error { return io.EOF }
func (d *detached) Close() error         { return nil }

// A client that was sent away and cannot send what it was about to would come again.
func TestWhoIsToldOfTheEndMaySendUntilHeLeaves(t *testing.T) {
	l := listen(t)
	defer l.Close()
	over := make(chan struct{})
	go func() {
		defer close(over)
		nc, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		splice(wire.NewConn(nc, bufio.NewReader(nc)), &detached{})
	}()
	nc, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	client := wire.NewConn(nc, bufio.NewReader(nc))
	credit := api.Frame{Kind: api.FrameCredit, Data: wire.CreditData(1)}
	if err := client.Send(credit); err != nil {
		t.Fatal(err)
	}
	if f, err := client.Receive(); err != nil || f.Kind != api.FrameEnd {
		t.Fatalf("%+v %v", f, err)
	}
	for i := range 1000 {
		if err := client.Send(credit); err != nil {
			t.Fatalf("frame %d behind the end: %v", i, err)
		}
	}
	client.Close()
	<-over
}
