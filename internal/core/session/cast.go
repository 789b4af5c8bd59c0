package session

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/charset"
	"github.com/ai-session/ai-session/internal/persistence"
)

// castHeader is the first line of an asciicast v2.
type castHeader struct {
	Version   int               `json:"version"`
	Width     int               `json:"width"`
	Height    int               `json:"height"`
	Timestamp int64             `json:"timestamp"`
	Title     string            `json:"title,omitempty"`
	Env       map[string]string `json:"env"`
}

// Cast writes a session's or a block's output as asciicast v2: a header line, then one
// line for each piece of output and each change of size, with the seconds since the
// first.
func (a Archive) Cast(ctx context.Context, ref api.Ref, number uint64, yield func(*api.Chunk) error) error {
	sp, err := a.span(ref, number)
	if err != nil {
		return err
	}
	if ref.Lines != nil {
		return api.Errorf(api.Invalid, "a recording has no rendered lines").WithHint("use a session, @e42 or @e42#FROM-TO (bytes)")
	}
	c := caster{yield: yield, decoder: a.charset.Decoder(), title: sp.ref, size: api.Size{Cols: a.Cols, Rows: defaultSize.Rows}}
	first := uint64(0)
	if number != 0 {
		b, err := a.block(number)
		if err != nil {
			return err
		}
		first = b.startSeq // the command's text is shown too
	}
	for f, err := range a.Journal.FramesOf(0, persistence.Resize) {
		if err != nil {
			continue
		}
		if f.Seq >= first && f.Offset >= sp.from {
			break
		}
		c.before(f)
	}
	for f, err := range a.Journal.Frames(first) {
		switch {
		case ctx.Err() != nil:
			return api.Errorf(api.Cancelled, "the caller left")
		case err != nil:
			continue // a gap in the recording, as in the journal
		case number == 0 && f.Offset+int64(len(f.Data)) <= sp.from && sp.from > 0:
			continue
		case f.Offset >= sp.to && f.Offset > sp.from && f.Kind == persistence.Output:
			return c.end()
		}
		if err := c.frame(f, sp.from, sp.to); err != nil {
			return err
		}
	}
	return c.end()
}

type caster struct {
	yield   func(*api.Chunk) error
	title   string
	size    api.Size
	began   bool
	last    time.Time     // of the newest frame
	at      time.Duration // of it in the recording
	piped   screened
	decoder *charset.Decoder
	rest    []byte // the beginning of a character whose end is in the next frame
}

// before learns the size that the recording begins with.
func (c *caster) before(f persistence.Frame) {
	if size, ok := resizeOf(f); ok {
		c.size = size
	}
}

func resizeOf(f persistence.Frame) (api.Size, bool) {
	var size [4]int
	if f.Kind != persistence.Resize || json.Unmarshal(f.Data, &size) != nil {
		return api.Size{}, false
	}
	return api.Size{Cols: size[0], Rows: size[1]}, true
}

func (c *caster) frame(f persistence.Frame, from, to int64) error {
	switch f.Kind {
	case persistence.Mark, persistence.Gap:
		c.piped.mark(f)
	case persistence.Output:
		if len(c.piped.shown(f.Data)) < len(f.Data) {
			return nil // a recording shows what a terminal showed
		}
		n := int64(len(f.Data))
		return c.event(f.Time, "o", c.decoder.Decode(f.Data[max(0, min(from-f.Offset, n)):max(0, min(n, to-f.Offset))]))
	case persistence.Synthetic:
		return c.event(f.Time, "o", f.Data)
	case persistence.Resize:
		c.before(f)
		if c.began {
			return c.line(f.Time, "r", c.size.String())
		}
	}
	return nil
}

// event writes output whose characters are whole: what a frame cuts waits for the next.
func (c *caster) event(at time.Time, kind string, b []byte) error {
	if len(c.rest) > 0 {
		b = append(c.rest, b...)
		c.rest = nil
	}
	if n := cutRune(b); n > 0 {
		c.rest = bytes.Clone(b[len(b)-n:])
		b = b[:len(b)-n]
	}
	if len(b) == 0 {
		return nil
	}
	return c.line(at, kind, string(b))
}

func (c *caster) line(at time.Time, kind, text string) error {
	if err := c.begin(at); err != nil {
		return err
	}
	c.at += max(0, at.Sub(c.last)) // a clock may have been set back
	c.last = at
	line, err := json.Marshal([3]any{c.at.Seconds(), kind, text})
	if err != nil {
		return err
	}
	return c.yield(&api.Chunk{Data: append(line, '\n')})
}

func (c *caster) begin(at time.Time) error {
	if c.began {
		return nil
	}
	c.began, c.last = true, at
	head, err := json.Marshal(castHeader{
		Version: 2, Width: c.size.Cols, Height: c.size.Rows, Timestamp: at.Unix(), Title: c.title,
		Env: map[string]string{"TERM": "xterm-256color"},
	})
	if err != nil {
		return err
	}
	return c.yield(&api.Chunk{Data: append(head, '\n')})
}

// end writes the header of a recording without output, and what is left.
func (c *caster) end() error {
	if len(c.rest) > 0 {
		rest := c.rest
		c.rest = nil
		return c.line(c.last, "o", string(rest))
	}
	return c.begin(time.Unix(0, 1))
}
