package vt

import (
	"encoding/binary"
	"slices"
)

// The snapshot's format is docs/vt-snapshot.md.
const (
	snapshotMagic   = "aivt"
	snapshotVersion = 1
)

const (
	secSize = iota + 1
	secLinks
	secScreens
	secCursor
	secModes
	secParser
	secTabs
	secStrings
	secRare
	secHistory
	secWindow
	secColors
	secPens
	secVT52
)

// Snapshot returns the whole state, history included, for Restore.
func (t *Terminal) Snapshot() []byte { return t.snapshot(true) }

// Checkpoint is Snapshot without the history: what is needed to go on in the
// middle of a stream, in a size that does not grow with what scrolled away.
func (t *Terminal) Checkpoint() []byte { return t.snapshot(false) }

func (t *Terminal) snapshot(history bool) []byte {
	w := &snapshotWriter{t: t}
	w.out = append(w.out, snapshotMagic...)
	w.out = append(w.out, snapshotVersion)
	w.size()
	w.section(secSize)

	// Screens and cursors number the links as they meet them; the links' section
	// comes before theirs.
	w.screens()
	screens := slices.Clone(w.b)
	w.b = w.b[:0]
	w.cursor(&t.cur)
	w.nums(int(t.top), int(t.bottom), int(t.left), int(t.right), int(t.shift), int(t.last))
	cursor := slices.Clone(w.b)
	w.b = w.b[:0]
	w.rare()
	rare := slices.Clone(w.b)
	w.b = w.b[:0]
	w.vt52()
	vt52 := slices.Clone(w.b)
	w.b = w.b[:0]
	if len(w.page.links) > 0 {
		w.links(&w.page)
		w.section(secLinks)
	}
	w.b = append(w.b, screens...)
	w.section(secScreens)
	w.b = append(w.b, cursor...)
	w.section(secCursor)
	w.modes()
	w.parser()
	w.tabs()
	w.str(t.title)
	w.str(t.cwd)
	w.b = binary.AppendUvarint(w.b, t.bells)
	w.section(secStrings)
	if len(rare) > 0 {
		w.b = append(w.b, rare...)
		w.section(secRare)
	}
	if history && t.hist != nil && t.hist.first+uint64(t.hist.lines) > 0 {
		w.history()
		w.section(secHistory)
	}
	if m := t.rare; m != nil && (m.level != 0 || m.window != window{} || len(m.titles) > 0) {
		w.window(m)
		w.section(secWindow)
	}
	if m := t.rare; m != nil && len(m.colors.saved) > 0 {
		w.colorStack(&m.colors)
		w.section(secColors)
	}
	if m := t.rare; m != nil && slices.ContainsFunc(m.penMasks, func(k penMask) bool { return k != wholePen }) {
		w.penMasks(m)
		w.section(secPens)
	}
	if len(vt52) > 0 {
		w.b = append(w.b, vt52...)
		w.section(secVT52)
	}
	return w.out
}

// snapshotWriter writes one section at a time into b, then b to out.
type snapshotWriter struct {
	t     *Terminal
	out   []byte
	b     []byte
	cells []byte // of one row
	page  page   // numbers the links of screens and cursors
}

func (w *snapshotWriter) section(tag byte) {
	w.out = append(w.out, tag)
	w.out = binary.AppendUvarint(w.out, uint64(len(w.b)))
	w.out = append(w.out, w.b...)
	w.b = w.b[:0]
}

func (w *snapshotWriter) nums(v ...int) {
	for _, n := range v {
		w.b = binary.AppendUvarint(w.b, uint64(n))
	}
}

func (w *snapshotWriter) str(s string) {
	w.nums(len(s))
	w.b = append(w.b, s...)
}

func flags(on ...bool) int {
	n := 0
	for i, x := range on {
		if x {
			n |= 1 << i
		}
	}
	return n
}

func (w *snapshotWriter) size() {
	t := w.t
	limit, keep := 0, false
	if t.hist != nil {
		limit, keep = t.hist.max+1, t.hist.keep
	}
	w.nums(t.cols, t.rows, int(t.xpx), int(t.ypx), limit, flags(t.reports, keep, t.resizes))
}

func (w *snapshotWriter) links(p *page) {
	w.nums(len(p.links))
	for _, l := range p.links {
		w.str(l.id)
		w.str(l.uri)
	}
}

func (w *snapshotWriter) screens() {
	t := w.t
	screens := []*screen{&t.main}
	if t.alt != nil {
		screens = append(screens, t.alt)
	}
	w.nums(flags(t.scr != &t.main), len(screens))
	for _, s := range screens {
		for _, r := range s.rows {
			w.row(r)
		}
		w.nums(flags(s.saved != nil))
		if s.saved != nil {
			w.cursor(s.saved)
		}
	}
}

func (w *snapshotWriter) row(r *row) {
	if r == nil {
		w.nums(0)
		return
	}
	e := encoder{t: w.t, b: w.cells[:0], page: &w.page, exact: true}
	e.cells(r.cells[:r.trimmed()])
	w.cells = e.b
	w.nums(len(e.b)<<5 | int(r.flags))
	w.b = append(w.b, e.b...)
}

func (w *snapshotWriter) style(s Style) {
	e := encoder{t: w.t, b: w.b, page: &w.page}
	e.style(&s)
	w.b = e.b
}

func (w *snapshotWriter) cursor(c *cursor) {
	w.nums(int(c.row), int(c.col), flags(c.wrap, c.origin), int(c.gl), int(c.gr))
	for _, g := range c.gset {
		w.nums(int(g))
	}
	w.style(c.pen)
}

func (w *snapshotWriter) modes() {
	w.b = binary.LittleEndian.AppendUint64(w.b, uint64(w.t.modes))
	w.b = binary.LittleEndian.AppendUint64(w.b, uint64(w.t.savedModes))
	w.nums(int(w.t.look))
	w.section(secModes)
}

func (w *snapshotWriter) parser() {
	q := &w.t.p
	if q.state == ground {
		q = &parser{nutf: q.nutf, utf: q.utf} // what is left of the last sequence means nothing
	}
	var over, esc bool // of strings only, as is the kind
	var kind byte
	if q.state >= dcsIgnore && q.state <= text || q.state == osc {
		over, esc, kind = q.over, q.esc, q.kind
	}
	inter := [2]byte{}
	copy(inter[:], q.inter[:min(q.ninter, 2)])
	w.b = append(w.b, q.state, q.prefix, inter[0], inter[1], q.ninter, q.n)
	w.b = binary.LittleEndian.AppendUint32(w.b, q.sub)
	for _, p := range q.param[:q.count()] {
		w.nums(int(p))
	}
	w.nums(flags(over, esc))
	w.b = append(w.b, kind)
	w.str(string(q.utf[:q.nutf]))
	w.str(string(q.str))
	m := &q.img
	w.nums(flags(m.active, m.drawn), int(m.cmd), int(m.num), int(m.field), int(m.x), int(m.width),
		int(m.bands), int(m.height))
	w.section(secParser)
}

func (w *snapshotWriter) tabs() {
	if w.t.tabs == nil {
		return
	}
	for _, v := range w.t.tabs {
		w.b = binary.LittleEndian.AppendUint64(w.b, v)
	}
	w.section(secTabs)
}

func (w *snapshotWriter) rare() {
	m := w.t.rare
	if m == nil {
		return
	}
	w.nums(m.progress.State, m.progress.Percent)
	w.str(m.iconName)
	w.str(m.pointer)
	w.nums(len(m.titles))
	for _, s := range m.titles {
		w.str(s.title)
	}
	w.nums(len(m.pens))
	for _, s := range m.pens {
		w.style(s)
	}
	w.palette(m.palette)
	for _, k := range m.kitty {
		w.nums(int(k.flags), len(k.stack))
		w.b = append(w.b, k.stack...)
	}
	w.nums(int(m.modKeys), int(m.rectMode), flags(m.scheme == 1, m.guards))
	i := &m.image
	w.nums(i.cols, i.rows, i.w, i.h, flags(i.stay, i.open))
}

func (w *snapshotWriter) vt52() {
	a := w.t.ansi
	if a == nil {
		return
	}
	w.cursor(&a.cursor)
	w.b = binary.LittleEndian.AppendUint64(w.b, uint64(a.modes))
	w.nums(int(a.shift))
}

func (w *snapshotWriter) window(m *rare) {
	v := m.window
	w.nums(int(m.level), flags(v.iconified, v.hexSet, v.hexQuery), int(v.x), int(v.y), len(m.titles))
	for _, s := range m.titles {
		w.str(s.icon)
	}
	if v.checksum != 0 {
		w.nums(int(v.checksum))
	}
}

func (w *snapshotWriter) palette(p map[uint16]uint32) {
	w.nums(len(p))
	for _, n := range sortedKeys(p) {
		w.nums(int(n), int(p[n]))
	}
}

func (w *snapshotWriter) colorStack(c *colorStack) {
	w.nums(c.used, len(c.saved))
	for _, p := range c.saved {
		w.nums(flags(p != nil))
		if p != nil {
			w.palette(p)
		}
	}
}

func sortedKeys(m map[uint16]uint32) []uint16 {
	keys := make([]uint16, 0, len(m))
	for n := range m {
		keys = append(keys, n)
	}
	slices.Sort(keys)
	return keys
}

func (w *snapshotWriter) history() {
	h := w.t.hist
	w.b = binary.AppendUvarint(w.b, h.first)
	w.nums(len(h.pages))
	for _, p := range h.pages {
		w.links(p)
		w.nums(p.lines)
		w.str(string(p.data))
	}
}
