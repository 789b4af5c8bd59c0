package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"github.com/ai-session/ai-session/internal/core/vt"
)

// PNG is a picture of the screen.
func PNG(t *vt.Terminal, o Options) ([]byte, error) {
	f, err := loadFont()
	if err != nil {
		return nil, err
	}
	if o.Scale == 0 {
		o.Scale = 2
	}
	l := layoutOf(t, o)
	s := min(max(o.Scale, 1), 4)
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, l.width*s, l.height*s)), font: f, scale: s}
	_, bg, _ := t.RGB(vt.Style{})
	c.fill(0, 0, l.width, l.height, bg)
	if o.Frame {
		c.frame(l, t.State().Title)
	}
	_, rows := t.Size()
	for y := range rows {
		cells := line(t, y)
		for _, x := range cells { // backgrounds first: characters may reach over
			_, bg, _ := t.RGB(x.Style)
			c.fill(padding+x.Col*cellWidth, l.top+y*cellHeight, x.Width*cellWidth, cellHeight, bg)
		}
		for _, x := range cells {
			c.cell(t, x, padding+x.Col*cellWidth, l.top+y*cellHeight, y)
		}
	}
	var out bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := e.Encode(&out, c.img); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

type canvas struct {
	img   *image.RGBA
	font  *font
	scale int
}

func rgba(c uint32) color.RGBA { return color.RGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), 255} }

func (c *canvas) fill(x, y, w, h int, col uint32) {
	s := c.scale
	draw.Draw(c.img, image.Rect(x*s, y*s, (x+w)*s, (y+h)*s), image.NewUniform(rgba(col)), image.Point{}, draw.Src)
}

// frame is a title bar.
func (c *canvas) frame(l layout, title string) {
	c.fill(0, 0, l.width, barHeight, 0x3a3a3a)
	for i, col := range []uint32{0xff5f56, 0xffbd2e, 0x27c93f} {
		c.dot(18+i*18, barHeight/2, 6, col)
	}
	room := (l.width - 160) / cellWidth
	r := []rune(title)
	r = r[:min(len(r), max(room, 0))]
	x := (l.width - len(r)*cellWidth) / 2
	for i, v := range r {
		c.glyph(v, x+i*cellWidth, (barHeight-cellHeight)/2, 1, 0xd0d0d0, vt.Style{})
	}
}

func (c *canvas) dot(x, y, radius int, col uint32) {
	s := float64(c.scale)
	cx, cy, r := float64(x)*s, float64(y)*s, float64(radius)*s
	for py := int(cy - r - 1); py <= int(cy+r+1); py++ {
		for px := int(cx - r - 1); px <= int(cx+r+1); px++ {
			d := r - math.Hypot(float64(px)+0.5-cx, float64(py)+0.5-cy)
			if a := min(max(d+0.5, 0), 1); a > 0 {
				blend(c.img, px, py, rgba(col), float32(a))
			}
		}
	}
}

// cell draws a character with its lines, and the cursor if it is there.
func (c *canvas) cell(t *vt.Terminal, x vt.Cell, px, py, row int) {
	fg, bg, underline := t.RGB(x.Style)
	w := x.Width * cellWidth
	shape, cursor := cursorAt(t, row, x.Col)
	if cursor && shape == "block" {
		c.fill(px, py, w, cellHeight, fg)
		fg, underline = bg, bg
	}
	for i, v := range x.Text { // marks are drawn over their base
		if v != ' ' && (i == 0 || c.font.index(v) != 0) { // one box a cell
			c.glyph(v, px, py, x.Width, fg, x.Style)
		}
	}
	c.lines(x.Style, px, py, w, fg, underline)
	switch {
	case cursor && shape == "underline":
		c.fill(px, py+cellHeight-2, w, 2, fg)
	case cursor && shape == "bar":
		c.fill(px, py, 2, cellHeight, fg)
	}
}

// glyph draws one code point in a cell. Box drawing and blocks are stretched to
// meet the cells around them.
func (c *canvas) glyph(v rune, px, py, width int, col uint32, s vt.Style) {
	f := c.font
	n := f.index(v)
	if n == 0 {
		c.missing(v, px, py, width, col)
		return
	}
	scale := float32(c.scale)
	unit := float32(fontSize) / f.unitsPerEm * scale
	yUnit, base := unit, float32(15)*scale
	if v >= 0x2500 && v <= 0x259f {
		yUnit = cellHeight * scale / (f.ascent - f.descent)
		base = f.ascent * yUnit
	}
	slant := float32(0)
	if s.Attr&vt.Italic != 0 {
		slant = 0.2
	}
	margin := cellWidth / 2 * c.scale // characters may reach out of their cell
	draws := []float32{0}
	if s.Attr&vt.Bold != 0 {
		draws = []float32{-0.25 * scale, 0.35 * scale}
	}
	for _, shift := range draws {
		r := newRaster(width*cellWidth*c.scale+2*margin, (cellHeight+8)*c.scale)
		for _, k := range f.outline(n, 0) {
			r.contour(k, func(p point) (float32, float32) {
				return (p.x+p.y*slant)*unit + shift + float32(margin), base - p.y*yUnit + 4*scale
			})
		}
		r.paint(c.img, px*c.scale-margin, (py-4)*c.scale, rgba(col))
	}
}

// missing is a box for what the font does not have, with the code point in it in
// hexadecimal, in two lines; marks are left out.
func (c *canvas) missing(v rune, px, py, width int, col uint32) {
	if vt.RuneWidth(v) == 0 {
		return
	}
	w := width*cellWidth - 2
	c.fill(px+1, py+2, w, 1, col)
	c.fill(px+1, py+17, w, 1, col)
	c.fill(px+1, py+2, 1, 16, col)
	c.fill(px+w, py+2, 1, 16, col)
	digits := fmt.Sprintf("%04X", v)
	if v > 0xffff {
		digits = fmt.Sprintf("%06X", v)
	}
	half := len(digits) / 2
	step := min(float32(w-3)/float32(half), cellWidth*0.5)
	left := float32(px) + (float32(width*cellWidth)-step*float32(half))/2
	for i, d := range digits {
		c.digit(d, left+float32(i%half)*step, float32(py)+9+7*float32(i/half), step/cellWidth, col)
	}
}

// digit draws a small character; base is where its foot is.
func (c *canvas) digit(v rune, x, base, size float32, col uint32) {
	scale := float32(c.scale)
	unit := float32(fontSize) / c.font.unitsPerEm * scale
	r := newRaster(cellWidth*c.scale, cellHeight*c.scale)
	left, top := int(x*scale), int((base-cellHeight/2)*scale)
	for _, k := range c.font.outline(c.font.index(v), 0) {
		r.contour(k, func(p point) (float32, float32) {
			return p.x*unit*size + x*scale - float32(left), base*scale - p.y*unit*min(size*1.2, 0.5) - float32(top)
		})
	}
	r.paint(c.img, left, top, rgba(col))
}

// lines draws underlines, strike and overline.
func (c *canvas) lines(s vt.Style, px, py, w int, fg, underline uint32) {
	y := py + cellHeight - 3
	switch s.Underline {
	case vt.SingleUnderline:
		c.fill(px, y, w, 1, underline)
	case vt.DoubleUnderline:
		c.fill(px, y-1, w, 1, underline)
		c.fill(px, y+1, w, 1, underline)
	case vt.CurlyUnderline:
		for x := range w * c.scale {
			wave := math.Sin(float64(px*c.scale+x) * 2 * math.Pi / float64(cellWidth*c.scale))
			at := float64(y*c.scale) + wave*1.5*float64(c.scale)
			for k := range c.scale {
				blend(c.img, px*c.scale+x, int(at)+k, rgba(underline), 1)
			}
		}
	case vt.DottedUnderline, vt.DashedUnderline:
		on := 2
		if s.Underline == vt.DashedUnderline {
			on = 3
		}
		for x := 0; x < w; x += on + 2 {
			c.fill(px+x, y, min(on, w-x), 1, underline)
		}
	}
	if s.Attr&vt.Strike != 0 {
		c.fill(px, py+11, w, 1, fg)
	}
	if s.Attr&vt.Overline != 0 {
		c.fill(px, py, w, 1, fg)
	}
}
