package picture

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/binary"
	"errors"
	"io"
	"sync"
)

//go:embed mono.ttf.gz
var packedFont []byte

// font is a TrueType font (Apple, "TrueType Reference Manual"). The file is our
// own, so what it holds is taken at its word but never read beyond its end.
type font struct {
	glyf, loca, cmap table
	unitsPerEm       float32
	ascent, descent  float32 // descent is negative
}

// table is a table of the file; reading beyond it gives zeros.
type table []byte

func (t table) u16(i int) int {
	if i < 0 || i+2 > len(t) {
		return 0
	}
	return int(binary.BigEndian.Uint16(t[i:]))
}

func (t table) i16(i int) int { return int(int16(t.u16(i))) }

func (t table) u32(i int) int { return t.u16(i)<<16 | t.u16(i+2) }

// loadFont unpacks the font when the first picture is drawn.
var loadFont = sync.OnceValues(func() (*font, error) {
	z, err := gzip.NewReader(bytes.NewReader(packedFont))
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	return parseFont(b)
})

func parseFont(file table) (*font, error) {
	tables := map[string]table{}
	for i := range file.u16(4) {
		at := 12 + 16*i
		from, n := file.u32(at+8), file.u32(at+12)
		if at+16 > len(file) || from+n > len(file) {
			return nil, errors.New("font is cut short")
		}
		tables[string(file[at:at+4])] = file[from : from+n]
	}
	f := &font{glyf: tables["glyf"], loca: tables["loca"]}
	f.unitsPerEm = float32(tables["head"].u16(18))
	f.ascent, f.descent = float32(tables["hhea"].i16(4)), float32(tables["hhea"].i16(6))
	cmap := tables["cmap"]
	for i := range cmap.u16(2) {
		at := cmap.u32(4 + 8*i + 4)
		if at < len(cmap) && cmap.u16(at) == 12 { // 32-bit groups
			f.cmap = cmap[at:]
		}
	}
	if f.unitsPerEm == 0 || f.cmap == nil || tables["head"].u16(50) != 1 {
		return nil, errors.New("font has not the tables that are expected")
	}
	return f, nil
}

// index is the number of the glyph for c, 0 if there is none (cmap format 12).
func (f *font) index(c rune) int {
	lo, hi := 0, f.cmap.u32(12)
	for lo < hi {
		mid := (lo + hi) / 2
		at := 16 + 12*mid
		switch first, last := f.cmap.u32(at), f.cmap.u32(at+4); {
		case int(c) < first:
			hi = mid
		case int(c) > last:
			lo = mid + 1
		default:
			return f.cmap.u32(at+8) + int(c) - first
		}
	}
	return 0
}

// point is a point of an outline in font units.
type point struct {
	x, y float32
	on   bool // on the curve, else the control point of a quadratic
}

// outline is the closed contours of a glyph.
func (f *font) outline(glyph, depth int) [][]point {
	from, to := f.loca.u32(4*glyph), f.loca.u32(4*glyph+4)
	if from >= to || to > len(f.glyf) || depth > 4 {
		return nil
	}
	g := f.glyf[from:to]
	if n := g.i16(0); n >= 0 {
		return g.simple(n)
	}
	return f.composite(g, depth)
}

// simple reads a glyph of n contours.
func (g table) simple(n int) [][]point {
	points := g.u16(10+2*(n-1)) + 1
	at := 10 + 2*n
	at += 2 + g.u16(at) // instructions
	flags := make([]byte, 0, points)
	for len(flags) < points && at < len(g) {
		f := g[at]
		at++
		repeat := 1
		if f&8 != 0 && at < len(g) {
			repeat += int(g[at])
			at++
		}
		for ; repeat > 0; repeat-- {
			flags = append(flags, f)
		}
	}
	xs, at := g.coordinates(at, flags, 1)
	ys, _ := g.coordinates(at, flags, 2)
	var contours [][]point
	first := 0
	for i := range n {
		last := g.u16(10 + 2*i)
		var c []point
		for j := first; j <= last && j < len(ys) && j < len(xs); j++ {
			c = append(c, point{float32(xs[j]), float32(ys[j]), flags[j]&1 != 0})
		}
		contours = append(contours, c)
		first = last + 1
	}
	return contours
}

// coordinates reads one axis; bit is 1 for x, 2 for y.
func (g table) coordinates(at int, flags []byte, bit uint) (v []int, next int) {
	value := 0
	for _, f := range flags {
		short, same := f>>bit&1 != 0, f>>(bit+3)&1 != 0
		switch {
		case short && at < len(g):
			if d := int(g[at]); same {
				value += d
			} else {
				value -= d
			}
			at++
		case !short && !same:
			value += g.i16(at)
			at += 2
		}
		v = append(v, value)
	}
	return v, at
}

// composite reads a glyph made of others, moved; scaled parts are not in use
// here but are read past.
func (f *font) composite(g table, depth int) [][]point {
	var contours [][]point
	for at, more := 10, true; more && at < len(g); {
		flags, part := g.u16(at), g.u16(at+2)
		more = flags&0x20 != 0
		at += 4
		var dx, dy float32
		if flags&1 != 0 {
			dx, dy = float32(g.i16(at)), float32(g.i16(at+2))
			at += 4
		} else if at+1 < len(g) {
			dx, dy = float32(int8(g[at])), float32(int8(g[at+1]))
			at += 2
		}
		xx, xy, yx, yy := float32(1), float32(0), float32(0), float32(1)
		f2 := func(i int) float32 { return float32(g.i16(i)) / 16384 }
		switch {
		case flags&0x08 != 0:
			xx, yy = f2(at), f2(at)
			at += 2
		case flags&0x40 != 0:
			xx, yy = f2(at), f2(at+2)
			at += 4
		case flags&0x80 != 0:
			xx, xy, yx, yy = f2(at), f2(at+2), f2(at+4), f2(at+6)
			at += 8
		}
		for _, c := range f.outline(part, depth+1) {
			moved := make([]point, len(c))
			for i, p := range c {
				moved[i] = point{p.x*xx + p.y*yx + dx, p.x*xy + p.y*yy + dy, p.on}
			}
			contours = append(contours, moved)
		}
	}
	return contours
}
