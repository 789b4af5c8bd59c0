package persistence

import (
	"bytes"
	"slices"
	"time"
)

// finder puts output together to lines again and looks at them.
type finder struct {
	s      *search
	anchor int64 // wall time of the journal's time 0, in the segment at hand

	from  int64 // offset of buf
	buf   []byte
	moved []moment // where in buf which time begins
	low   []byte   // buf in lower case
	shown int64    // offset behind the last line that was reported
}

// moment is an offset and the wall time when what follows it was written.
type moment struct {
	offset, wall int64
}

// enter begins a segment: its frames' times have its own anchor.
func (f *finder) enter(h *header) { f.anchor = h.wall - h.mono }

// add takes an output frame in.
func (f *finder) add(fr frame) {
	if len(fr.data) == 0 {
		return
	}
	if fr.offset != f.from+int64(len(f.buf)) {
		f.flush()
		f.from = fr.offset
		f.before()
	}
	f.moved = append(f.moved, moment{fr.offset, f.anchor + fr.time})
	f.buf = append(f.buf, fr.data...)
	if len(f.buf) >= 2*maxLine {
		f.look(false)
	}
}

// before puts the beginning of the line that the buffer begins in ahead of it.
func (f *finder) before() {
	n := min(f.from, maxLine)
	if f.s.m.re == nil {
		n = min(n, maxContext+maxQuery)
	}
	head := make([]byte, n)
	got, err := f.s.c.j.ReadAt(head, f.from-n)
	if err != nil || got < len(head) { // behind a gap: what is left of the line
		return
	}
	head = head[bytes.LastIndexByte(head, '\n')+1:]
	f.from -= int64(len(head))
	f.buf = append(f.buf[:0], head...)
}

// flush looks at what is left, with the rest of its last line.
func (f *finder) flush() {
	if len(f.buf) > 0 && !f.s.over {
		rest := make([]byte, maxContext)
		if f.s.m.re != nil {
			rest = make([]byte, maxLine)
		}
		if f.buf[len(f.buf)-1] != '\n' {
			n, _ := f.s.c.j.ReadAt(rest, f.from+int64(len(f.buf)))
			rest = rest[:n]
			if i := bytes.IndexByte(rest, '\n'); i >= 0 {
				rest = rest[:i]
			}
			f.buf = append(f.buf, rest...)
		}
		f.look(true)
	}
	f.from += int64(len(f.buf))
	f.buf, f.moved = f.buf[:0], f.moved[:0]
}

// look finds matches in the whole lines of the buffer, or in all of it, and keeps
// the rest.
func (f *finder) look(all bool) {
	end := len(f.buf)
	if !all {
		end = bytes.LastIndexByte(f.buf, '\n') + 1
		if end == 0 { // a line beyond bounds: keep what a match may begin in
			end = len(f.buf) - maxQuery
		}
	}
	f.matches(f.buf[:end])
	f.from += int64(end)
	f.buf = slices.Delete(f.buf, 0, end)
	i := 0
	for i+1 < len(f.moved) && f.moved[i+1].offset <= f.from {
		i++
	}
	f.moved = slices.Delete(f.moved, 0, i)
	if cap(f.buf) > 4*maxLine && len(f.buf) < maxLine {
		f.buf = slices.Clone(f.buf)
	}
}

func (f *finder) matches(text []byte) {
	m := f.s.m
	if m.re != nil {
		for at := 0; at < len(text) && !f.s.over; {
			end := lineEnd(text, at)
			if loc := m.re.FindIndex(text[at:end]); loc != nil {
				f.hit(text, at, end, at+loc[0], at+loc[1])
			}
			at = end + 1
		}
		return
	}
	in := text
	if m.fold {
		f.low = appendLower(f.low[:0], text)
		in = f.low
	}
	for at := 0; at < len(text) && !f.s.over; {
		i := bytes.Index(in[at:], m.text)
		if i < 0 {
			return
		}
		i += at
		begin, end := bytes.LastIndexByte(text[:i], '\n')+1, lineEnd(text, i)
		f.hit(text, begin, end, i, i+len(m.text))
		at = end + 1
	}
}

func lineEnd(text []byte, at int) int {
	if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(text)
}

// hit reports a match unless its line was reported or lies out of bounds.
func (f *finder) hit(text []byte, begin, end, from, to int) {
	h := Hit{Offset: f.from + int64(from), Size: to - from}
	q := &f.s.q
	if h.Offset < q.FromOffset || h.Offset < f.shown {
		return
	}
	i, found := slices.BinarySearchFunc(f.moved, h.Offset, func(m moment, o int64) int {
		return int(max(min(m.offset-o, 1), -1))
	})
	if !found && i > 0 {
		i--
	}
	if i < len(f.moved) {
		h.Time = time.Unix(0, f.moved[i].wall)
	}
	if !q.FromTime.IsZero() && h.Time.Before(q.FromTime) || !q.ToTime.IsZero() && h.Time.After(q.ToTime) {
		return
	}
	f.shown = f.from + int64(end)
	begin, end = max(begin, from-maxContext), min(end, to+maxContext)
	h.LineOffset, h.Line = f.from+int64(begin), bytes.TrimSuffix(bytes.Clone(text[begin:end]), []byte{'\r'})
	f.s.report(h, nil)
}
