package vt

import "encoding/binary"

// pageSize is how much packed text one page holds: an allocator size class, and
// small enough that dropping the oldest page loses few lines.
const pageSize = 16 << 10

// history holds the lines that left the screen, packed, in pages. The oldest page
// is dropped when the pages are larger than max together.
//
// A line in a page:
//
//	+--------------------------+-----------+
//	| uvarint len<<4 | flags   | len bytes |
//	+--------------------------+-----------+
//
// With flag coded unset the bytes are printable ASCII in default style, one a
// column. With it they are UTF-8, in default style and narrow at first, with
// these marks between characters (controls are never printed, so they are free):
//
//	0x01 uvarint    that many erased cells (in snapshots; here they are spaces)
//	0x02 style      what follows has this style, see appendStyle
//	0x03 n bytes    one column's cluster of n bytes
//	0x04, 0x06      what follows is two columns wide, is one column wide
//	0x07            the spacer before a wide character that went to the next row
type history struct {
	pages []*page
	max   int
	size  int // cost of all pages; the last one's spare room is not counted
	lines int
	first uint64 // lines dropped or cleared before the first
	keep  bool   // programs cannot clear it
	spare *page  // the page dropped last, for the next
	ended uint64 // so many lines had come when the last was made to end, see endLast
}

type page struct {
	data  []byte
	lines int
	links []link
}

const (
	hWrapped = 1 << iota
	hCoded
	hPrompt
)

const (
	markErased  = 0x01
	markStyle   = 0x02
	markCluster = 0x03
	markWide    = 0x04
	markNarrow  = 0x06
	markSpacer  = 0x07
)

// pageCost is what a page costs beside its bytes.
const pageCost = 96

func newHistory(limit int) *history { return &history{max: limit} }

func (h *history) clear() {
	h.first += uint64(h.lines)
	h.pages, h.size, h.lines, h.spare = nil, 0, 0, nil
}

// maxPageLinks ends a page early: a link is looked up by going through them.
const maxPageLinks = 64

// room returns a page with space for n more bytes.
func (h *history) room(n int) *page {
	p := h.last()
	if p == nil || (len(p.data)+n > pageSize || len(p.links) > maxPageLinks) && p.lines > 0 {
		if p = h.spare; p == nil || len(h.pages) == 0 {
			p = &page{}
		} else {
			h.spare = nil
		}
		h.pages = append(h.pages, p)
		h.size += pageCost
	}
	if need := len(p.data) + n; need > cap(p.data) {
		h.grow(p, need)
	}
	return p
}

// grow makes room for need bytes: little by little in the first page, since most
// sessions never fill it.
func (h *history) grow(p *page, need int) {
	size := max(512, 2*cap(p.data))
	if len(h.pages) > 1 {
		size = pageSize
	}
	if need <= pageSize {
		size = min(max(size, need), pageSize)
	} else {
		size = need
	}
	data := make([]byte, len(p.data), size)
	copy(data, p.data)
	p.data = data
}

// cost is what history.size counts for a page.
func (p *page) cost() int {
	n := len(p.data) + pageCost
	for _, l := range p.links {
		n += l.cost()
	}
	return n
}

// trim drops the oldest pages while the cap is exceeded, but never the page that
// is written to unless it is too large by itself.
func (h *history) trim() {
	n := 0
	for h.size > h.max && n < len(h.pages)-1 {
		p := h.pages[n]
		h.size -= p.cost()
		h.lines -= p.lines
		h.first += uint64(p.lines)
		if cap(p.data) == pageSize {
			*p = page{data: p.data[:0]}
			h.spare = p
		}
		n++
	}
	if n > 0 {
		k := copy(h.pages, h.pages[n:])
		clear(h.pages[k:])
		h.pages = h.pages[:k]
	}
	if h.size > h.max {
		h.clear()
	}
}

// push packs a row that leaves the screen.
func (t *Terminal) push(r *row) {
	h := t.hist
	if r == nil {
		p := h.room(1)
		p.data = append(p.data, 0)
		h.added(p, 1)
		return
	}
	cells, flags := r.content()
	if h.pushASCII(cells, flags) {
		return
	}
	last := h.last()
	e := encoder{t: t, b: t.scratch[:0], page: last}
	e.cells(cells)
	p := h.room(len(e.b) + binary.MaxVarintLen32)
	if p != last && e.linked { // links are numbered by page
		if last != nil {
			last.unlink(e.cost)
		}
		e = encoder{t: t, b: e.b[:0], page: p}
		e.cells(cells)
		p = h.room(len(e.b) + binary.MaxVarintLen32)
	}
	h.size += e.cost
	if e.coded {
		flags |= hCoded
	}
	start := len(p.data)
	p.data = binary.AppendUvarint(p.data, uint64(len(e.b))<<4|flags)
	p.data = append(p.data, e.b...)
	h.added(p, len(p.data)-start)
	t.scratch = e.b[:0]
	if cap(e.b) > 1024 {
		t.scratch = nil
	}
}

// pushASCII packs a line straight into its page, if it is short and all ASCII in
// default style.
func (h *history) pushASCII(cells []cell, flags uint64) bool {
	n, head := len(cells), 1
	switch {
	case n >= 1<<10:
		return false
	case n >= 1<<3:
		head = 2
	}
	p := h.room(head + n)
	start := len(p.data)
	b := p.data[start : start+head+n]
	out := b[head:]
	for i := packASCII(out, cells, 0); i < n; i++ {
		c := cells[i]
		if c == 0 {
			c = ' '
		} else if c >= 0x80 {
			return false
		}
		out[i] = byte(c)
	}
	if v := uint64(n)<<4 | flags; head == 1 {
		b[0] = byte(v)
	} else {
		b[0], b[1] = byte(v)|0x80, byte(v>>7)
	}
	p.data = p.data[:start+head+n]
	h.added(p, head+n)
	return true
}

// content is the cells of a row that its line has, and the line's flags.
func (r *row) content() (cells []cell, flags uint64) {
	n := r.trimmed()
	if r.flags&wrapped != 0 {
		flags |= hWrapped
		n = len(r.cells)
	}
	if r.flags&promptRow != 0 {
		flags |= hPrompt
	}
	return r.cells[:n], flags
}

// last is the page that is written to, nil if there is none yet.
func (h *history) last() *page {
	if n := len(h.pages); n > 0 {
		return h.pages[n-1]
	}
	return nil
}

// added counts a line of n bytes that was put at the end of p.
func (h *history) added(p *page, n int) {
	p.lines++
	h.lines++
	h.size += n
	if h.size > h.max {
		h.trim()
	}
}

// offsets finds where the page's lines begin.
func (p *page) offsets() []int {
	at := make([]int, 0, p.lines)
	for n := 0; n < len(p.data); {
		at = append(at, n)
		v, k := binary.Uvarint(p.data[n:])
		n += k + int(v>>4)
	}
	return at
}

// lastWraps tells whether the last line goes on below it.
func (h *history) lastWraps() bool {
	p := h.pages[len(h.pages)-1]
	at := p.offsets()
	return p.data[at[len(at)-1]]&hWrapped != 0
}

// endLast says that the last line does not go on below it. Looked for once for each
// last line: it costs a page.
func (h *history) endLast() {
	if n := h.first + uint64(h.lines); h.lines > 0 && n != h.ended {
		p := h.pages[len(h.pages)-1]
		at := p.offsets()
		p.data[at[len(at)-1]] &^= hWrapped
		h.ended = n
	}
}

// popRows takes the last lines, at most n, back out of the history; each is a row
// as wide as the line.
func (t *Terminal) popRows(n int) []*row {
	h := t.hist
	h.ended = 0
	var rows []*row
	for n > 0 && len(h.pages) > 0 {
		p := h.pages[len(h.pages)-1]
		at := p.offsets()
		take := min(n, len(at))
		from := at[len(at)-take]
		got := make([]*row, 0, take+len(rows))
		for b := p.data[from:]; len(b) > 0; {
			var r record
			r, b = nextRecord(b, p)
			got = append(got, t.unpack(r))
		}
		rows = append(got, rows...)
		h.size -= len(p.data) - from
		p.data, p.lines = p.data[:from], p.lines-take
		h.lines -= take
		n -= take
		if p.lines == 0 {
			h.size -= p.cost()
			h.pages[len(h.pages)-1] = nil
			h.pages = h.pages[:len(h.pages)-1]
		}
	}
	return rows
}

// unpack makes a row of a line.
func (t *Terminal) unpack(r record) *row {
	if len(r.data) == 0 && r.flags&^hCoded == 0 {
		return nil
	}
	cells := make([]cell, 2*len(r.data)+1) // a wide character has two bytes or more
	n, _ := t.decodeCells(cells, r.data, r.page.links)
	x := &row{cells: cells[:max(n, 1)], used: int32(n)}
	if r.flags&hWrapped != 0 {
		x.flags |= wrapped
	}
	if r.flags&hPrompt != 0 {
		x.flags |= promptRow
	}
	return x
}
