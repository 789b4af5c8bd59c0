package vt

// Color is a colour as the program named it: its kind in the top byte, then an
// index (0-255) or 24 bits of RGB. The zero Color is the terminal's default.
type Color uint32

const (
	colorIndexed Color = 1 << 24
	colorRGB     Color = 2 << 24
	colorKind    Color = 0xff << 24
)

// Indexed is colour i of the 256-colour palette.
func Indexed(i uint8) Color { return colorIndexed | Color(i) }

// RGB is a direct colour.
func RGB(r, g, b uint8) Color {
	return colorRGB | Color(r)<<16 | Color(g)<<8 | Color(b)
}

// Index returns the palette index, if c is one.
func (c Color) Index() (uint8, bool) { return uint8(c), c&colorKind == colorIndexed }

// RGB returns the components, if c is a direct colour.
func (c Color) RGB() (r, g, b uint8, ok bool) {
	return uint8(c >> 16), uint8(c >> 8), uint8(c), c&colorKind == colorRGB
}

// Attr is a set of character attributes.
type Attr uint16

// The attributes of SGR (ECMA-48 8.3.117), and the protection of DECSCA.
const (
	Bold Attr = 1 << iota
	Faint
	Italic
	Blink
	RapidBlink
	Reverse
	Conceal
	Strike
	Overline
	Protected // DECSCA or SPA: spared by DECSED and DECSEL; see Terminal.guard
	guarded   // only in snapshots of older versions: SPA
	attrEnd   // first bit that means nothing
)

// Underline is the shape of an underline, numbered as in SGR 4:n.
type Underline uint8

// The shapes of SGR 4:0 to 4:5.
const (
	NoUnderline Underline = iota
	SingleUnderline
	DoubleUnderline
	CurlyUnderline
	DottedUnderline
	DashedUnderline
)

// Style is how a cell looks. The zero Style is the default.
type Style struct {
	Fg, Bg    Color
	Line      Color // of the underline
	link      uint32
	Attr      Attr
	Underline Underline
}

func (s *Style) hash() uint32 {
	h := uint64(s.Fg)*0x9e3779b97f4a7c15 ^ uint64(s.Bg)*0xc2b2ae3d27d4eb4f ^
		uint64(s.Line)*0x165667b19e3779f9 ^ uint64(s.link)*0x27d4eb2f165667c5 ^
		(uint64(s.Attr)|uint64(s.Underline)<<16)*0xff51afd7ed558ccd
	h ^= h >> 29
	h *= 0x9e3779b97f4a7c15
	return uint32(h >> 32)
}

// styleTable gives each style in use a small number. Id 0 is the zero Style and
// needs no table. Ids of styles nobody uses are found by marking the screen when
// the table reaches limit; history does not hold ids.
type styleTable struct {
	list  []Style  // by id
	index []uint32 // open addressing, id+1, 0 is free; at most half full
	free  []uint32 // ids to be given again
	next  transitions
	limit int // of len(list): beyond it the owner collects first
}

func (s *styleTable) find(st *Style) (uint32, bool) {
	mask := uint32(len(s.index) - 1)
	for h := st.hash() & mask; ; h = (h + 1) & mask {
		id := s.index[h]
		if id == 0 {
			return 0, false
		}
		if s.list[id-1] == *st {
			return id - 1, true
		}
	}
}

func (s *styleTable) insert(st *Style) uint32 {
	var id uint32
	if n := len(s.free); n > 0 {
		id = s.free[n-1]
		s.free = s.free[:n-1]
		s.list[id] = *st
	} else {
		id = uint32(len(s.list))
		s.list = append(s.list, *st)
	}
	if 2*len(s.list) > len(s.index) {
		s.reindex(nil)
	} else {
		s.put(id)
	}
	return id
}

func (s *styleTable) put(id uint32) {
	mask := uint32(len(s.index) - 1)
	h := s.list[id].hash() & mask
	for s.index[h] != 0 {
		h = (h + 1) & mask
	}
	s.index[h] = id + 1
}

// reindex builds the index anew, of the ids that are live; nil is all.
func (s *styleTable) reindex(live []uint64) {
	size := 16
	for size < 2*len(s.list) {
		size *= 2
	}
	if size != len(s.index) {
		s.index = make([]uint32, size)
	} else {
		clear(s.index)
	}
	for id := range s.list {
		if live == nil || live[id>>6]&(1<<(id&63)) != 0 {
			s.put(uint32(id))
		}
	}
}

// styleID is the id of st in the table, made if need be.
func (t *Terminal) styleID(st *Style) uint32 {
	if *st == (Style{}) {
		return 0
	}
	s := t.styles
	if s == nil {
		s = &styleTable{list: make([]Style, 1, 8), limit: 256}
		s.reindex(nil)
		t.styles = s
	}
	if id, ok := s.find(st); ok {
		return id
	}
	if len(s.free) == 0 && len(s.list) >= s.limit && t.hold == 0 {
		t.collectStyles()
	}
	return s.insert(st)
}

// collectStyles frees the ids that no cell has. The limit then grows with what
// is alive and with the size of the screen, so that the work stays a constant
// number of cells per style that was asked for. It returns which ids are alive, a
// bit each.
func (t *Terminal) collectStyles() []uint64 {
	s := t.styles
	live := make([]uint64, len(s.list)/64+1)
	live[0] = 1
	mark := func(id uint32) { live[id>>6] |= 1 << (id & 63) }
	cells, alive := 0, 0
	t.eachRow(func(r *row) {
		cells += len(r.cells)
		for _, c := range r.cells[:r.used] {
			mark(c.ink().id())
		}
	})
	mark(t.penInk.id())
	mark(t.blankCell.ink().id())
	s.free = s.free[:0]
	for id := range s.list {
		if live[id>>6]&(1<<(id&63)) != 0 {
			alive++
		} else {
			s.free = append(s.free, uint32(id))
		}
	}
	s.next.forget()
	s.limit = max(256, 2*alive, cells/16)
	s.reindex(live)
	return live
}

// pen returns the ink of the current style.
func (t *Terminal) pen() ink {
	if !t.penOK {
		t.penInk = t.inkOf(&t.cur.pen)
		t.penOK = true
	}
	return t.penInk
}

// blank is the cell that erasing leaves: only the background is kept (BCE, as
// xterm and the VT525 do).
func (t *Terminal) blank() cell {
	if bg := t.cur.pen.Bg; bg != t.blankBg {
		t.blankCell = cell(t.inkOf(&Style{Bg: bg})) << inkShift
		t.blankBg = bg
	}
	return t.blankCell
}

func (t *Terminal) eachRow(f func(*row)) {
	for _, s := range []*screen{&t.main, t.alt} {
		if s == nil {
			continue
		}
		for _, r := range s.rows {
			if r != nil {
				f(r)
			}
		}
	}
}
