package vt

import "encoding/binary"

func (r *snapshotReader) modes() {
	t := r.t
	t.modes, t.savedModes = modes(r.u64()), modes(r.u64())
	t.look = uint8(r.num(6))
	r.check(t.modes < modesEnd && !t.modes.has(elsewhere) && t.savedModes < modesEnd)
}

func (r *snapshotReader) parser() {
	q := &r.t.p
	q.state, q.prefix = r.byte(), r.byte()
	q.inter[0], q.inter[1] = r.byte(), r.byte()
	q.ninter, q.n = r.byte(), r.byte()
	r.check(q.state <= vt52Place && q.n <= maxParams+1 && len(r.b) >= 4)
	if r.bad {
		return
	}
	q.sub = binary.LittleEndian.Uint32(r.b)
	r.b = r.b[4:]
	for i := range q.count() {
		q.param[i] = uint16(r.num(0xffff))
	}
	f := r.num(3)
	q.over, q.esc = f&1 != 0, f&2 != 0
	q.kind = r.byte()
	q.nutf = uint8(copy(q.utf[:3], r.bytes(3)))
	if s := r.bytes(maxString); len(s) > 0 {
		q.str = append([]byte(nil), s...)
	}
	r.check(q.nutf == 0 || partialRune(q.utf[:q.nutf]) && q.state == ground)
	r.imageMeter(&q.img)
}

// partialRune tells whether b is the beginning of a character and no more.
func partialRune(b []byte) bool {
	t := New(Config{Cols: 1, Rows: 1, Scrollback: -1})
	t.Write(b)
	return int(t.p.nutf) == len(b)
}

func (r *snapshotReader) imageMeter(m *imageMeter) {
	f := r.num(3)
	m.active, m.drawn = f&1 != 0, f&2 != 0
	m.cmd, m.num, m.field = uint8(r.num(255)), uint32(r.num(maxPixels)), uint8(r.num(255))
	m.x, m.width = uint32(r.num(maxPixels)), uint32(r.num(maxPixels))
	m.bands, m.height = uint32(r.num(maxPixels)), uint32(r.num(maxPixels))
}

func (r *snapshotReader) tabs() {
	t := r.t
	t.tabs = make([]uint64, (t.cols+63)/64)
	for i := range t.tabs {
		t.tabs[i] = r.u64()
	}
}

func (r *snapshotReader) strings() {
	r.t.title = r.text(maxTitle)
	r.t.cwd = r.text(maxPath)
	r.t.bells = uint64(r.num(1 << 62))
}

func (r *snapshotReader) rare() {
	m := r.t.more()
	m.progress = Progress{State: r.num(4), Percent: r.num(100)}
	m.iconName, m.pointer = r.text(maxTitle), r.text(64)
	for range r.num(maxStack) {
		m.titles = append(m.titles, savedTitle{title: r.text(maxTitle)})
	}
	for range r.num(maxStack) {
		m.pens = append(m.pens, r.style())
		m.penMasks = append(m.penMasks, wholePen)
	}
	m.palette = r.palette()
	for i := range m.kitty {
		m.kitty[i].flags = uint8(r.num(kittyAll))
		if s := r.bytes(kittyDepth); len(s) > 0 {
			for _, f := range s {
				r.check(f <= kittyAll)
			}
			m.kitty[i].stack = append([]byte(nil), s...)
		}
	}
	m.modKeys, m.rectMode = uint8(r.num(2)), uint8(r.num(2))
	f := r.num(3)
	m.scheme, m.guards = uint8(f&1), f&2 != 0
	i := &m.image
	i.cols, i.rows, i.w, i.h = r.num(1<<17), r.num(1<<17), r.num(1<<17), r.num(1<<17)
	f = r.num(3)
	i.stay, i.open = f&1 != 0, f&2 != 0
}

// palette is nil if no colour is set.
func (r *snapshotReader) palette() map[uint16]uint32 {
	n := r.num(specialBase + specials)
	if n == 0 {
		return nil
	}
	p := map[uint16]uint32{}
	for range n {
		k := r.num(specialBase + specials - 1)
		p[uint16(k)] = uint32(r.num(0xffffff))
	}
	return p
}

func (r *snapshotReader) colorStack() {
	c := &r.t.more().colors
	c.used = r.num(maxStack)
	c.saved = make([]map[uint16]uint32, r.num(maxStack))
	r.check(c.used <= len(c.saved))
	for i := range c.saved {
		if r.num(1) == 0 {
			r.check(i >= c.used)
			continue
		}
		if c.saved[i] = r.palette(); c.saved[i] == nil {
			c.saved[i] = map[uint16]uint32{}
		}
	}
}

func (r *snapshotReader) vt52() {
	t := r.t
	a := &ansiState{cursor: r.cursor(), modes: modes(r.u64()), shift: uint8(r.num(3))}
	c := a.cursor
	r.check(a.modes&^vt52Off == 0 && a.shift != 1 && c.row == 0 && c.col == 0 && !c.wrap && !c.origin)
	r.check(!t.modes.has(vt52Off) && !t.cur.origin && t.shift == 0)
	t.ansi = a
}

// window is what later versions of this program added to rare.
func (r *snapshotReader) window() {
	m := r.t.more()
	m.level = uint8(r.num(maxLevel))
	f := r.num(7)
	m.window = window{x: uint16(r.num(0xffff)), y: uint16(r.num(0xffff)),
		iconified: f&1 != 0, hexSet: f&2 != 0, hexQuery: f&4 != 0}
	n := r.num(maxStack)
	r.check(n == 0 || n == len(m.titles))
	for i := range n {
		icon := r.text(maxTitle)
		if r.bad {
			return
		}
		m.titles[i].icon = icon
	}
	if len(r.b) > 0 {
		m.window.checksum = uint8(r.num(maxChecksum))
	}
}

func (r *snapshotReader) history() {
	h := r.t.hist
	r.check(h != nil)
	if r.bad {
		return
	}
	h.first = uint64(r.num(1 << 62))
	for range r.num(len(r.b)) {
		p := &page{links: r.linkList()}
		p.lines = r.num(len(r.b))
		p.data = append([]byte(nil), r.bytes(len(r.b))...)
		r.check(p.lines > 0 && p.valid())
		if r.bad {
			return
		}
		h.pages = append(h.pages, p)
		h.lines += p.lines
		h.size += p.cost()
	}
	h.trim()
}

// valid tells whether a page of unknown origin holds the lines it should.
func (p *page) valid() bool {
	b := p.data
	for range p.lines {
		v, n := binary.Uvarint(b)
		if n <= 0 || v>>4 > uint64(len(b)-n) {
			return false
		}
		size := int(v >> 4)
		line := b[n : n+size]
		b = b[n+size:]
		switch {
		case v&15 > hWrapped|hCoded|hPrompt:
			return false
		case v&hCoded == 0 && printable(line) != size:
			return false
		case v&hCoded != 0 && !validCells(line, len(p.links)):
			return false
		}
	}
	return len(b) == 0
}
