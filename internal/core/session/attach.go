package session

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
	"unicode/utf8"

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
	stale    bool     // it missed output since the last repaint
	waiting  bool     // a composed screen is on its way to it
	planned  bool     // a composed screen is due
	partial  []byte   // the beginning of a character it sent
	drawn    api.Size // the size of the last composed screen; 0 when the last was not

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
	s.rearm() // at once if it is idle: a person is about to type
}

// composed reports whether the client's terminal has another size than the session:
// the program's own bytes would scroll and wrap wrongly there, so it is drawn the
// part of the screen that fits, around the cursor.
func (c *client) composed() bool { return c.size != (api.Size{}) && c.size != c.s.size }

// offer shows output to the client, or lets it miss it.
func (c *client) offer(b []byte) {
	if c.composed() {
		c.stale = true
		c.plan()
		return
	}
	if c.stale || len(b) > c.credit {
		c.stale = true
		return
	}
	c.credit -= len(b)
	c.push(api.Frame{Kind: api.FrameOutput, Data: append([]byte(nil), b...)})
}

// redraw sees to it that the client is shown the screen's text for bytes that its
// terminal may show nothing of. One that misses output is drawn anew anyway.
func (c *client) redraw() {
	if !c.stale {
		c.stale = true
		c.plan()
	}
}

// frameTime is how often a composed screen is drawn at most: as often as displays do.
const frameTime = 16 * time.Millisecond

// plan sees to it that a composed screen is drawn soon: one at a time, and the next
// only after the client has taken the last.
func (c *client) plan() {
	if c.planned || c.waiting {
		return
	}
	c.planned = true
	c.s.watch.after(c.s, frameTime, func() {
		c.planned = false
		if _, attached := c.s.clients[c]; attached && c.stale {
			c.repaint()
		}
	})
}

// repaint sends the whole screen. It may go over the credit: the client asked for
// it by attaching or by giving credit, and it is bounded by the screen.
func (c *client) repaint() {
	c.stale = false
	f := api.Frame{Kind: api.FrameRepaint}
	switch {
	case !c.composed():
		f.Data = c.s.term.ANSI(vt.ANSIOptions{})
	case c.drawn != c.size:
		f.Data = compose(c.s.term, c.size)
	default:
		f.Kind, f.Data = api.FrameDraw, compose(c.s.term, c.size)
	}
	c.drawn = api.Size{}
	if c.composed() {
		c.drawn, c.waiting = c.size, true
	}
	c.credit -= len(f.Data)
	c.push(f)
}

// compose draws the part of a screen that fits a terminal of another size.
func compose(t *vt.Terminal, size api.Size) []byte {
	cols, rows := t.Size()
	row, col := t.Cursor()
	top := max(0, min(row-size.Rows+1, rows-size.Rows))
	left := max(0, min(col-size.Cols+1, cols-size.Cols))
	b := []byte("\x1b[?25l")
	for y := range min(size.Rows, rows-top) {
		b = fmt.Appendf(b, "\x1b[%d;1H\x1b[m", y+1)
		b = composeRow(b, t, top+y, left, min(size.Cols, cols-left))
	}
	if rows-top < size.Rows {
		b = append(b, "\x1b[m\r\n\x1b[J"...)
	}
	b = fmt.Appendf(b, "\x1b[m\x1b[%d;%dH", row-top+1, col-left+1)
	if t.State().CursorVisible {
		b = append(b, "\x1b[?25h"...)
	}
	return b
}

func composeRow(b []byte, t *vt.Terminal, row, left, cols int) []byte {
	pen, end := "", 0
	for cell := range t.Cells(row) {
		x := cell.Col - left
		if x < 0 || x+cell.Width > cols {
			continue
		}
		end = x + cell.Width
		if sgr := cell.Style.SGR(); sgr != pen {
			b, pen = append(b, sgr...), sgr
		}
		b = append(b, cell.Text...)
	}
	if end >= cols {
		return b // erasing now would take the last character
	}
	return append(b, "\x1b[m\x1b[K"...)
}

func (c *client) resized(size api.Size) {
	c.push(api.Frame{Kind: api.FrameResize, Data: wire.SizeData(size.Cols, size.Rows, 0, 0)})
	c.repaint()
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
		c.repaint()
	case api.FrameCredit:
		n, _ := wire.ParseCredit(f.Data)
		c.credit = min(c.credit+n, api.AttachCredit)
		c.waiting = false
		if c.stale && c.composed() {
			c.plan()
			return nil
		}
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
	c.s.typeIn(c.encode(b), c.name) // a full queue drops keys, as a terminal does
	return nil
}

// encode writes what a terminal sent, which speaks UTF-8, for the session's programs. A
// character that its frame cuts waits for the next.
func (c *client) encode(b []byte) []byte {
	set := c.s.c.Charset
	if set == nil {
		return b
	}
	b = append(c.partial, b...)
	c.partial = nil
	if n := cutRune(b); n > 0 {
		c.partial = bytes.Clone(b[len(b)-n:])
		b = b[:len(b)-n]
	}
	b, _ = set.Write(b, '?') // cannot fail with a substitute
	return b
}

// cutRune is how many bytes at the end of b begin a character that is not whole.
func cutRune(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
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
