package vt

import (
	"bytes"
	"sort"
)

// RenderOptions says how Render draws. The zero value is a screen of 80x24.
type RenderOptions struct {
	Cols, Rows int
	// MaxBytes caps the packed lines that are held; 0 is 64 MiB. The oldest go.
	MaxBytes int
	// Newlines makes a line feed return the carriage too: for bytes that came from
	// a pipe, where no tty made CR LF of them.
	Newlines bool
	// Every asks for the offset of each Every-th line; 0 for none.
	Every int
}

// Rendered is what bytes look like.
type Rendered struct {
	Text    string // lines ending in a newline, wraps joined, blanks at line ends cut
	Lines   int    // in Text, Dropped not counted
	Dropped int    // rows lost above Text because of MaxBytes
	// Offsets[i] is the byte of the input at which line i*Every began (0-based).
	Offsets []int64
}

const defaultRender = 64 << 20

// bareWindow is how much of an output tells what ends its lines.
const bareWindow = 64 << 10

// BareNewlines says that an output's lines end in line feeds alone, as those of a pipe
// or a file do: a terminal turns each into CR LF.
func BareNewlines(p []byte) bool {
	p = p[:min(len(p), bareWindow)]
	return bytes.IndexByte(p, '\n') >= 0 && !bytes.Contains(p, []byte("\r\n"))
}

// Render draws output on a screen of its own and returns the text of all of it,
// every line that scrolled away included: what a command said, rather than what
// it sent. Progress bars are in their last state; programs cannot erase what has
// scrolled off.
func Render(p []byte, o RenderOptions) Rendered {
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultRender
	}
	t := New(Config{Cols: o.Cols, Rows: o.Rows, Scrollback: o.MaxBytes})
	t.hist.keep = true
	t.modes.set(mNewLine, o.Newlines)
	var starts rowStarts
	if o.Every <= 0 {
		t.Write(p)
	} else {
		starts.feed(t, p)
	}
	if t.scr != &t.main {
		t.leaveAlt()
	}
	return t.rendered(&starts, o.Every)
}

// rowStarts remembers at which byte the cursor first reached each row, counted
// from the first row of all.
type rowStarts struct {
	row []int64 // row[i] was reached first at off[i]; rows between came with it
	off []int64
}

// feed writes p line by line and notes where the cursor gets further down.
func (s *rowStarts) feed(t *Terminal, p []byte) {
	s.row, s.off = append(s.row, 0), append(s.off, 0)
	for at := 0; at < len(p); {
		n := bytes.IndexByte(p[at:], '\n') + 1
		if n == 0 {
			n = len(p) - at
		}
		t.Write(p[at : at+n])
		at += n
		if t.scr != &t.main {
			continue
		}
		y := int64(t.hist.first) + int64(t.hist.lines) + int64(t.cur.row)
		if last := s.row[len(s.row)-1]; y > last {
			s.row, s.off = append(s.row, y), append(s.off, int64(at))
		}
	}
}

// at is the offset of row y.
func (s *rowStarts) at(y int64) int64 {
	i := sort.Search(len(s.row), func(i int) bool { return s.row[i] > y })
	return s.off[max(i-1, 0)]
}

func (t *Terminal) rendered(starts *rowStarts, every int) Rendered {
	r := Rendered{Dropped: int(t.hist.first)}
	w := textWriter{b: make([]byte, 0, t.hist.size+256), join: true}
	y := int64(t.hist.first)
	fresh, lines := true, 0
	row := func(wrapped bool) {
		if every > 0 && fresh && lines%every == 0 {
			r.Offsets = append(r.Offsets, starts.at(y))
		}
		if fresh {
			lines++
		}
		fresh = !wrapped
		y++
	}
	t.hist.eachFrom(0, func(h record) {
		row(h.flags&hWrapped != 0)
		w.b = h.appendText(w.b)
		w.end(h.flags&hWrapped != 0)
	})
	for _, x := range t.scr.rows {
		row(x != nil && x.flags&wrapped != 0)
		t.appendRow(&w, x)
	}
	b := w.finish()
	r.Text = string(b)
	r.Lines = bytes.Count(b, []byte("\n"))
	if every > 0 {
		r.Offsets = r.Offsets[:min(len(r.Offsets), (r.Lines+every-1)/every)]
	}
	return r
}
