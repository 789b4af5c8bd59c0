package vt

import "encoding/binary"

// rewrapPages bounds how much of the history a resize wraps anew: a megabyte, which is
// all that is kept by default, some 12,000 lines of 80 columns. A page with hyperlinks
// counts for several, as it has to be unpacked. What is older keeps its rows, and the
// text joined over soft wraps is the same either way.
const (
	rewrapPages = 64
	linkedPages = 8
)

// rewrapHistory wraps the newest pages of the history for a new width. A line that
// began before them, and the one that goes on in the screen, keep their rows here.
func (t *Terminal) rewrapHistory(cols int) {
	h := t.hist
	if h == nil || len(h.pages) == 0 {
		return
	}
	k := h.rewrapFrom()
	pages := append([]*page(nil), h.pages[k:]...)
	for i, p := range pages {
		h.size -= p.cost()
		h.lines -= p.lines
		h.pages[k+i] = nil
	}
	h.pages = h.pages[:k]
	open := k > 0 && h.lastWraps()
	var line []record
	for _, p := range pages {
		for b := p.data; len(b) > 0; {
			var r record
			r, b = nextRecord(b, p)
			if !open && len(line) == 0 && r.fits(cols) {
				h.copyLine(r)
				continue
			}
			line = append(line, r)
			if r.flags&hWrapped != 0 && len(line) < maxReflow {
				continue
			}
			t.pushWrapped(line, cols, open || r.flags&hWrapped != 0)
			open = r.flags&hWrapped != 0
			clear(line)
			line = line[:0]
		}
	}
	t.pushWrapped(line, cols, true)
}

// rewrapFrom is the oldest page that a resize wraps anew.
func (h *history) rewrapFrom() int {
	k := len(h.pages)
	for left := rewrapPages; k > 0 && left > 0; k-- {
		if left--; len(h.pages[k-1].links) > 0 {
			left -= linkedPages - 1
		}
	}
	return k
}

// fits tells of a whole line, cheaply, that it needs no wrapping: a column takes a
// byte or more. Links are numbered by page.
func (r record) fits(cols int) bool {
	return r.flags&hWrapped == 0 && len(r.data) <= cols && (r.flags&hCoded == 0 || len(r.page.links) == 0)
}

// copyLine appends a line as it is packed.
func (h *history) copyLine(r record) {
	p := h.room(len(r.data) + binary.MaxVarintLen32)
	start := len(p.data)
	p.data = binary.AppendUvarint(p.data, uint64(len(r.data))<<4|uint64(r.flags))
	p.data = append(p.data, r.data...)
	h.added(p, len(p.data)-start)
}

// pushWrapped gives a line back to the history, wrapped anew unless it is only a
// part of one.
func (t *Terminal) pushWrapped(line []record, cols int, part bool) {
	if len(line) == 0 {
		return
	}
	last := line[len(line)-1].data
	far := cols < 2 || len(last) > 0 && last[len(last)-1] == markSpacer // what editing has moved there
	for _, r := range line {
		far = far || r.flags&hCoded != 0 && len(r.page.links) > 0 // a link is numbered by who packs it
	}
	switch {
	case far:
		t.pushUnpacked(line, cols, part)
		t.forget()
	case part:
		for _, r := range line {
			t.hist.copyLine(r)
		}
	default:
		w := repacker{h: t.hist, cols: cols, b: t.scratch[:0]}
		w.begin(line[0].flags & hPrompt)
		for i, r := range line {
			w.record(r, i == len(line)-1)
		}
		w.end(0)
		t.scratch = w.b[:0]
	}
}

// pushUnpacked is pushWrapped by way of the screen's cells.
func (t *Terminal) pushUnpacked(line []record, cols int, part bool) {
	rows := make([]*row, len(line))
	for i, r := range line {
		rows[i] = t.unpack(r)
	}
	if !part && !(len(rows) == 1 && (rows[0] == nil || len(rows[0].cells) <= cols)) {
		f := reflow{t: t, cols: cols}
		f.line(rows, -1, 0, false)
		rows = f.rows
	}
	for _, r := range rows {
		t.push(r)
	}
}

// forget lets go of what lines of the history had and no screen has, when it has
// become much. No line may be unpacked.
func (t *Terminal) forget() {
	if t.hold > 0 {
		return
	}
	if s := t.styles; s != nil && len(s.free) == 0 && len(s.list) >= s.limit {
		t.collectStyles()
	}
	if c := t.clusters; c != nil && len(c.free) == 0 && len(c.list) >= c.limit {
		t.collectClusters()
	}
	if k := t.links; k != nil && k.size > maxLinks/2 {
		t.collectLinks()
	}
}
