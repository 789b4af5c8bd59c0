package vt

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
)

// Images are measured and forgotten: the raw bytes reach clients that draw, and
// this screen only moves its cursor as they do.

// imageMeter measures a sixel image while its data passes by (VT340 programmer's
// reference, chapter 14).
type imageMeter struct {
	active        bool
	cmd           byte   // '"', '!' or '#' while its numbers are read
	num           uint32 // the number being read
	field         uint8
	x, width      uint32
	bands, height uint32
	drawn         bool // something in the current band
}

func (m *imageMeter) begin(q *parser) {
	*m = imageMeter{active: q.kind == 'q' && q.ninter == 0 && q.prefix == 0}
}

// maxPixels bounds what an image can claim to be.
const maxPixels = 1 << 16

func (m *imageMeter) feed(p []byte) {
	for _, b := range p {
		switch {
		case b-'0' <= 9:
			m.num = min(m.num*10+uint32(b-'0'), maxPixels)
		case b == ';':
			m.endField()
			m.field++
		case b == '"' || b == '!' || b == '#':
			m.endField()
			m.cmd, m.field = b, 0
		case b == '$' || b == '-':
			m.endField()
			m.cmd, m.x = 0, 0
			if b == '-' {
				m.bands = min(m.bands+1, maxPixels/6)
				m.drawn = false
			}
		case b >= '?' && b <= '~':
			n := uint32(1)
			if m.cmd == '!' {
				n = max(m.num, 1)
			} else {
				m.endField()
			}
			m.cmd, m.num = 0, 0
			m.x = min(m.x+n, maxPixels)
			m.width, m.drawn = max(m.width, m.x), true
		}
	}
}

// endField takes a number of the raster attributes: Pan;Pad;Ph;Pv.
func (m *imageMeter) endField() {
	if m.cmd == '"' {
		switch m.field {
		case 2:
			m.width = max(m.width, m.num)
		case 3:
			m.height = m.num
		}
	}
	m.num = 0
}

// size is the image's in pixels.
func (m *imageMeter) size() (w, h int) {
	m.endField()
	bands := m.bands
	if m.drawn {
		bands++
	}
	return int(m.width), int(max(m.height, bands*6))
}

// cellSize is the size of a cell in pixels; a usual one if nobody told us.
func (t *Terminal) cellSize() (w, h int) {
	if t.xpx == 0 || t.ypx == 0 {
		return 10, 20
	}
	return max(int(t.xpx)/t.cols, 1), max(int(t.ypx)/t.rows, 1)
}

// placeImage moves the cursor to the line of the last row of a sixel image, in
// the same column (VT340).
func (t *Terminal) placeImage(w, h int) {
	_, ch := t.cellSize()
	t.lineFeeds((h+ch-1)/ch - 1)
}

// lineFeeds moves down as an image of that many more rows does; more than a
// screenful changes nothing that could be seen.
func (t *Terminal) lineFeeds(n int) {
	for n = min(n, t.rows); n > 0; n-- {
		t.index()
	}
}

// kittyImage is an APC G string (kitty, "Terminal graphics protocol"): keys
// before ';', then base64. An image that is displayed moves the cursor to the
// column after its last row, unless C=1.
func (t *Terminal) kittyImage(s []byte) {
	control, data, _ := bytes.Cut(s, []byte(";"))
	v := map[byte]int{}
	action, more := byte('t'), false
	for kv := range bytes.SplitSeq(control, []byte(",")) {
		if len(kv) < 3 || kv[1] != '=' {
			continue
		}
		if kv[0] == 'a' {
			action = kv[2]
		}
		n, _ := atoi(kv[2:])
		v[kv[0]] = n
	}
	more = v['m'] == 1
	m := t.rare
	if action == 'T' || action == 'p' {
		w, h := v['s'], v['v']
		if v['f'] == 100 {
			w, h = pictureSize(data)
		}
		m = t.more()
		m.image = kittyPlacement{cols: v['c'], rows: v['r'], w: w, h: h, stay: v['C'] == 1, open: true}
	}
	if m == nil || !m.image.open || more {
		return
	}
	m.image.open = false
	if p := m.image; !p.stay {
		cw, ch := t.cellSize()
		cols, rows := p.cols, p.rows
		if cols == 0 {
			cols = (p.w + cw - 1) / cw
		}
		if rows == 0 {
			rows = (p.h + ch - 1) / ch
		}
		t.afterImage(cols, rows)
	}
}

// kittyPlacement is an image whose data may still be coming in pieces.
type kittyPlacement struct {
	cols, rows, w, h int
	stay, open       bool
}

// afterImage puts the cursor right of the last row of an image.
func (t *Terminal) afterImage(cols, rows int) {
	if cols <= 0 || rows <= 0 {
		return
	}
	t.lineFeeds(rows - 1)
	t.forward(min(cols, t.cols))
}

// itermImage is OSC 1337;File=: keys, ':' and base64 (iTerm2, "Inline Images").
func (t *Terminal) itermImage(s []byte) {
	args, data, _ := bytes.Cut(s, []byte(":"))
	inline := false
	w, h := pictureSize(data)
	cw, ch := t.cellSize()
	cols, rows := (w+cw-1)/cw, (h+ch-1)/ch
	auto := w > 0 && h > 0
	for kv := range bytes.SplitSeq(args, []byte(";")) {
		k, v, _ := bytes.Cut(kv, []byte("="))
		switch string(k) {
		case "inline":
			inline = string(v) == "1"
		case "width":
			if n, ok := imageCells(v, cw, t.cols); ok {
				if auto { // the shape is kept
					rows = max((n*cw*h/w+ch-1)/ch, 1)
				}
				cols = n
			}
		case "height":
			if n, ok := imageCells(v, ch, t.rows); ok {
				rows = n
			}
		}
	}
	if inline {
		t.afterImage(min(cols, t.cols), rows)
	}
}

// imageCells reads N cells, Npx or N%.
func imageCells(v []byte, unit, all int) (int, bool) {
	if px, ok := bytes.CutSuffix(v, []byte("px")); ok {
		n, ok := atoi(px)
		return (n + unit - 1) / unit, ok
	}
	if pc, ok := bytes.CutSuffix(v, []byte("%")); ok {
		n, ok := atoi(pc)
		return min(n, 100) * all / 100, ok
	}
	return atoi(v)
}

// pictureSize reads the size of a PNG or GIF from the beginning of its base64.
func pictureSize(data []byte) (w, h int) {
	var b [36]byte
	n, _ := base64.StdEncoding.Decode(b[:], data[:min(len(data)&^3, 48)])
	p := b[:n]
	switch {
	case bytes.HasPrefix(p, []byte("\x89PNG\r\n\x1a\n")) && n >= 24:
		w, h = int(binary.BigEndian.Uint32(p[16:])), int(binary.BigEndian.Uint32(p[20:]))
	case bytes.HasPrefix(p, []byte("GIF8")) && n >= 10:
		w, h = int(binary.LittleEndian.Uint16(p[6:])), int(binary.LittleEndian.Uint16(p[8:]))
	}
	if w <= 0 || h <= 0 || w > maxPixels || h > maxPixels {
		return 0, 0
	}
	return w, h
}
