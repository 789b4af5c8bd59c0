package vt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

var errSnapshot = errors.New("damaged terminal snapshot")

// Restore makes the terminal that Snapshot or Checkpoint described. Input of any
// origin gives a terminal or an error.
func Restore(b []byte) (*Terminal, error) {
	if len(b) < 5 || string(b[:4]) != snapshotMagic {
		return nil, errors.New("not a terminal snapshot")
	}
	if b[4] != snapshotVersion {
		return nil, fmt.Errorf("terminal snapshot of version %d, this program reads %d", b[4], snapshotVersion)
	}
	r := &snapshotReader{b: b[5:]}
	sections := map[byte][]byte{}
	last := byte(0)
	for len(r.b) > 0 && !r.bad {
		tag := r.byte()
		s := r.bytes(len(b))
		r.check(tag > last)
		last = tag
		sections[tag] = s
	}
	for _, tag := range []byte{secSize, secScreens, secCursor, secModes} {
		r.check(sections[tag] != nil)
	}
	if r.bad {
		return nil, errSnapshot
	}
	return r.terminal(sections)
}

func (r *snapshotReader) terminal(sections map[byte][]byte) (*Terminal, error) {
	steps := []struct {
		tag  byte
		read func()
	}{
		{secSize, r.size}, {secLinks, r.screenLinks}, {secScreens, r.screens}, {secCursor, r.place},
		{secModes, r.modes}, {secParser, r.parser}, {secTabs, r.tabs}, {secStrings, r.strings},
		{secRare, r.rare}, {secHistory, r.history}, {secWindow, r.window},
		{secColors, r.colorStack}, {secPens, r.penMasks}, {secVT52, r.vt52},
	}
	for _, s := range steps {
		b, ok := sections[s.tag]
		if !ok {
			continue
		}
		r.b = b
		s.read()
		if r.bad {
			return nil, fmt.Errorf("%w: section %d", errSnapshot, s.tag)
		}
	}
	t := r.t
	t.seq = 1
	t.cur.wrap = t.cur.wrap && t.modes.has(mAutoWrap)
	if t.modes.has(mSideMargins) {
		t.singleWidth() // as when they are turned on
	} else {
		t.left, t.right = 0, int32(t.cols-1) // as when they are turned off
	}
	t.keepInLine() // as it was not always when lines were of double width
	t.changedAll()
	t.updatePlain()
	return t, nil
}

// snapshotReader reads sections; after the first thing that cannot be, bad is set
// and everything reads as zero.
type snapshotReader struct {
	t     *Terminal
	b     []byte
	bad   bool
	links []link // of section 2
}

func (r *snapshotReader) check(ok bool) {
	if !ok {
		r.bad, r.b = true, nil
	}
}

func (r *snapshotReader) byte() byte {
	if len(r.b) == 0 {
		r.check(false)
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

// num is a uvarint of at most limit.
func (r *snapshotReader) num(limit int) int {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > uint64(limit) {
		r.check(false)
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

// bytes is a length of at most limit, and what it counts. Never nil if it is good.
func (r *snapshotReader) bytes(limit int) []byte {
	n := r.num(limit)
	if n > len(r.b) {
		r.check(false)
	}
	if r.bad {
		return nil
	}
	s := r.b[:n:n]
	r.b = r.b[n:]
	return s
}

// text is a string as clean makes them.
func (r *snapshotReader) text(limit int) string {
	s := string(r.bytes(limit))
	r.check(s == clean([]byte(s), limit))
	return s
}

func (r *snapshotReader) u64() uint64 {
	if len(r.b) < 8 {
		r.check(false)
		return 0
	}
	v := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}

const maxScrollback = 1 << 30

func (r *snapshotReader) size() {
	cols, rows := r.num(MaxSize), r.num(MaxSize)
	x, y := r.num(1<<16), r.num(1<<16)
	limit, f := r.num(maxScrollback+1), r.num(7)
	r.check(cols > 0 && rows > 0)
	if r.bad {
		return
	}
	r.t = New(Config{Cols: cols, Rows: rows, Scrollback: limit - 1, AllowReports: f&1 != 0, AllowResize: f&4 != 0})
	if limit > 0 {
		r.t.hist = newHistory(limit - 1)
		r.t.hist.keep = f&2 != 0
	}
	r.t.SetPixels(x, y)
}

func (r *snapshotReader) linkList() []link {
	n := r.num(len(r.b) / 2)
	links := make([]link, 0, min(n, 1024))
	for range n {
		l := link{id: r.text(256), uri: r.text(maxURI)}
		r.check(l.uri != "")
		if r.bad {
			return nil
		}
		links = append(links, l)
	}
	return links
}

func (r *snapshotReader) screenLinks() { r.links = r.linkList() }

// link gives a style the link with that number of a list.
func (r *snapshotReader) link(s *Style, n int, links []link) {
	r.check(n <= len(links))
	if n > 0 && !r.bad {
		s.link = r.t.linkID(links[n-1])
	}
}

func (r *snapshotReader) style() Style {
	s, n, rest := readStyle(r.b)
	r.check(rest != nil)
	if r.bad {
		return Style{}
	}
	r.b = rest
	r.link(&s, n, r.links)
	return s
}

func (r *snapshotReader) cursor() cursor {
	t := r.t
	c := cursor{row: int32(r.num(t.rows - 1)), col: int32(r.num(t.cols - 1))}
	f := r.num(3)
	c.wrap, c.origin = f&1 != 0, f&2 != 0
	c.gl, c.gr = uint8(r.num(3)), uint8(r.num(3))
	for i := range c.gset {
		c.gset[i] = charset(r.num(int(charsets) - 1))
	}
	c.pen = r.style()
	return c
}

func (r *snapshotReader) screens() {
	t := r.t
	shown, n := r.num(1), r.num(2)
	r.check(n > shown)
	for i := range n {
		s := &t.main
		if i == 1 {
			t.alt = &screen{rows: make([]*row, t.rows)}
			s = t.alt
		}
		for y := range s.rows {
			s.rows[y] = r.row()
		}
		if r.num(1) == 1 {
			c := r.cursor()
			s.saved = &c
		}
	}
	if shown == 1 && !r.bad {
		t.scr = t.alt
	}
}

func (r *snapshotReader) row() *row {
	v := r.num(1 << 40)
	if v == 0 || r.bad {
		return nil
	}
	n := v >> 5
	r.check(n <= len(r.b))
	if r.bad {
		return nil
	}
	x := &row{cells: make([]cell, r.t.cols), flags: uint8(v & 31)}
	if x.flags&sizeFlags != 0 {
		r.t.doubled = true
		x.flags &^= wrapped // as version 1 was first written
	}
	b := r.b[:n]
	r.b = r.b[n:]
	used, ok := r.t.decodeCells(x.cells, b, r.links)
	r.check(ok)
	x.used = int32(used)
	return x
}

// decodeCells unpacks cells into dst and returns how many it used. Hostile input
// is told by ok.
func (t *Terminal) decodeCells(dst []cell, b []byte, links []link) (used int, ok bool) {
	if !validCells(b, len(links)) {
		return 0, false
	}
	t.hold++ // ids given here are not on a screen yet
	defer func() { t.hold-- }()
	var last Style
	id := cell(0)
	x := 0
	ok = true
	record{flags: hCoded, data: b, page: &page{links: links}}.each(t, func(g glyph) {
		if g.style != last {
			last = g.style
			id = cell(t.inkOf(&last)) << inkShift
		}
		n := 1
		if g.wide && g.erased == 0 && !g.space {
			n = 2
		}
		n = max(n, g.erased)
		if x+n > len(dst) {
			ok = false
			return
		}
		switch {
		case g.erased > 0:
			fill(dst[x:x+n], id)
		case g.space:
			dst[x] = spacer | id
		case n == 2:
			dst[x], dst[x+1] = t.glyphCell(g.text)|wideHead|id, wideTail|id
		default:
			dst[x] = t.glyphCell(g.text) | id
		}
		x += n
	})
	return x, ok
}

// glyphCell is the content of a cell for its text.
func (t *Terminal) glyphCell(b []byte) cell {
	if c, n := utf8.DecodeRune(b); n == len(b) {
		return cell(c)
	}
	return clusterBit | cell(t.clusterID(b))
}

// validCells tells whether b can be unpacked without surprises.
func validCells(b []byte, links int) bool {
	for len(b) > 0 {
		switch c := b[0]; {
		case c == markErased:
			n, k := binary.Uvarint(b[1:])
			if k <= 0 || n == 0 || n > MaxSize {
				return false
			}
			b = b[1+k:]
		case c == markStyle:
			_, n, rest := readStyle(b[1:])
			if rest == nil || n > links {
				return false
			}
			b = rest
		case c == markCluster:
			if len(b) < 2 || b[1] == 0 || b[1] > maxCluster || len(b) < 2+int(b[1]) || !printableText(b[2:2+b[1]]) {
				return false
			}
			b = b[2+int(b[1]):]
		case c == markWide || c == markNarrow || c == markSpacer:
			b = b[1:]
		default:
			_, n := utf8.DecodeRune(b)
			if !printableText(b[:n]) {
				return false
			}
			b = b[n:]
		}
	}
	return true
}

// printableText tells whether b is valid UTF-8 without controls.
func printableText(b []byte) bool {
	for len(b) > 0 {
		c, n := utf8.DecodeRune(b)
		if c == utf8.RuneError && n == 1 || c < 0x20 || c >= 0x7f && c < 0xa0 {
			return false
		}
		b = b[n:]
	}
	return true
}

func (r *snapshotReader) place() {
	t := r.t
	t.cur = r.cursor()
	t.top, t.bottom = int32(r.num(t.rows-1)), int32(r.num(t.rows-1))
	t.left, t.right = int32(r.num(t.cols-1)), int32(r.num(t.cols-1))
	t.shift = uint8(r.num(3))
	t.last = rune(r.num(utf8.MaxRune))
	r.check(t.top <= t.bottom && t.left <= t.right && t.shift != 1)
	r.check(!t.cur.origin || t.cur.row >= t.top && t.cur.row <= t.bottom && t.cur.col >= t.left && t.cur.col <= t.right)
	r.check(t.last == 0 || t.last >= 0x20 && (t.last < 0x7f || t.last >= 0xa0) && utf8.ValidRune(t.last))
}
