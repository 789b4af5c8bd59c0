package session

import (
	"io"
	"sync"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/wire"
)

// client is one attached terminal: an api.Conn whose far end is the session.
//
// Its fields are guarded by the session's mutex, except out, which its one receiver
// empties. It is sent what it has credit for; without credit it misses output and is
// repainted from the screen when credit returns, so a terminal that stops reading
// costs no memory and slows nobody.
type client struct {
	s        *Session
	name     string
	readOnly bool
	size     api.Size // 0 when it has none
	pixels   [2]int
	credit   int
	stale    bool // it missed output since the last repaint

	mu   sync.Mutex // guards out and done
	out  []api.Frame
	done bool
	wake chan struct{} // one token: there is something in out, or done
}

// Attach connects a terminal. The client's own size applies at once if it can type.
func (s *Session) Attach(req *api.AttachRequest, name string) (api.Conn, error) {
	c := &client{
		s: s, name: name, readOnly: req.ReadOnly, credit: api.AttachCredit,
		size:   api.Size{Cols: req.Cols, Rows: req.Rows},
		pixels: [2]int{req.XPixel, req.YPixel},
		wake:   make(chan struct{}, 1),
	}
	if (req.Cols != 0 || req.Rows != 0) && c.size.Check() != nil {
		return nil, c.size.Check()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase == dead {
		return nil, s.deadError()
	}
	if !c.readOnly {
		s.follows(c)
	}
	s.clients[c] = struct{}{}
	c.repaint()
	s.attended()
	s.tell()
	return c, nil
}

// follows gives the session the size of the client that was active last.
func (s *Session) follows(c *client) {
	s.active = c
	if c.size != (api.Size{}) {
		s.resize(c.size, c.pixels[0], c.pixels[1])
	}
}

// attended turns line editing on while somebody can type, and off again.
func (s *Session) attended() {
	s.human = false
	for c := range s.clients {
		s.human = s.human || !c.readOnly
	}
	if s.kit == nil {
		return
	}
	s.kit.SetHuman(s.human)
	s.rearm()
}

// offer shows output to the client, or lets it miss it.
func (c *client) offer(b []byte) {
	if c.stale || len(b) > c.credit {
		c.stale = true
		return
	}
	c.credit -= len(b)
	c.push(api.Frame{Kind: api.FrameOutput, Data: append([]byte(nil), b...)})
}

// repaint sends the whole screen. It may go over the credit: the client asked for
// it by attaching or by giving credit, and it is bounded by the screen.
func (c *client) repaint() {
	b := c.s.term.ANSI(vt.ANSIOptions{})
	c.stale = false
	c.credit -= len(b)
	c.push(api.Frame{Kind: api.FrameRepaint, Data: b})
}

func (c *client) resized(size api.Size) {
	c.push(api.Frame{Kind: api.FrameResize, Data: wire.SizeData(size.Cols, size.Rows, 0, 0)})
}

// finish ends the client's stream with a reason.
func (c *client) finish(why string) {
	c.push(api.Frame{Kind: api.FrameEnd, Data: []byte(why)})
	c.mu.Lock()
	c.done = true
	c.mu.Unlock()
	c.signal()
}

func (c *client) push(f api.Frame) {
	c.mu.Lock()
	if !c.done {
		c.out = append(c.out, f)
	}
	c.mu.Unlock()
	c.signal()
}

func (c *client) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Receive returns the next frame for the client's terminal.
func (c *client) Receive() (api.Frame, error) {
	for {
		c.mu.Lock()
		if len(c.out) > 0 {
			f := c.next()
			c.mu.Unlock()
			return f, nil
		}
		done := c.done
		c.mu.Unlock()
		if done {
			return api.Frame{}, io.EOF
		}
		<-c.wake
	}
}

// next takes the first frame and what output follows it: one write for the client.
func (c *client) next() api.Frame {
	f := c.out[0]
	n := 1
	for n < len(c.out) && f.Kind == api.FrameOutput && c.out[n].Kind == api.FrameOutput && len(f.Data) < chunkSize {
		f.Data = append(f.Data, c.out[n].Data...)
		n++
	}
	c.out = c.out[n:]
	if len(c.out) == 0 {
		c.out = nil
	}
	return f
}

// Send takes a frame from the client. Unknown kinds are skipped.
func (c *client) Send(f api.Frame) error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if _, attached := c.s.clients[c]; !attached {
		return io.EOF
	}
	switch f.Kind {
	case api.FrameInput:
		return c.typed(f.Data)
	case api.FrameResize:
		cols, rows, xpixel, ypixel, ok := wire.ParseSize(f.Data)
		size := api.Size{Cols: cols, Rows: rows}
		if !ok || size.Check() != nil {
			return nil
		}
		c.size, c.pixels = size, [2]int{xpixel, ypixel}
		if !c.readOnly {
			c.s.follows(c)
			c.s.tell()
		}
	case api.FrameCredit:
		n, _ := wire.ParseCredit(f.Data)
		c.credit = min(c.credit+n, api.AttachCredit)
		if c.stale && c.credit >= api.AttachCredit/2 {
			c.repaint()
		}
	case api.FrameDetach:
		c.finish("detached")
	}
	return nil
}

// typed takes what a person typed. A viewer's keys go nowhere.
func (c *client) typed(b []byte) error {
	if c.readOnly {
		return nil
	}
	if c.s.active != c {
		c.s.follows(c)
	}
	c.s.typeIn(b, c.name) // a full queue drops keys, as a terminal does
	return nil
}

// Close detaches the client.
func (c *client) Close() error {
	c.finish("detached")
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, attached := s.clients[c]; !attached {
		return nil
	}
	delete(s.clients, c)
	if s.active == c {
		s.active = nil
	}
	s.attended()
	s.tell()
	return nil
}

// Detach sends attached clients away: those who can type, or all.
func (s *Session) Detach(all bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for c := range s.clients {
		if all || !c.readOnly {
			c.finish("detached")
			n++
		}
	}
	return n
}
