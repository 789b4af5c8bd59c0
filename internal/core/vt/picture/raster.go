package picture

import (
	"image"
	"image/color"
	"math"
)

// raster collects outlines and turns them into coverage. Every edge adds to the
// cells it crosses the area between it and the right; summed up along a line,
// that is how much of each pixel is inside (non-zero winding of simple outlines).
type raster struct {
	w, h int
	acc  []float32
}

func newRaster(w, h int) *raster { return &raster{w: w, h: h, acc: make([]float32, w*h+w+2)} }

// edge adds a straight line.
func (r *raster) edge(x0, y0, x1, y1 float32) {
	if y0 == y1 {
		return
	}
	dir := float32(1)
	if y0 > y1 {
		x0, y0, x1, y1, dir = x1, y1, x0, y0, -1
	}
	dxdy := (x1 - x0) / (y1 - y0)
	x := x0
	if y0 < 0 {
		x -= y0 * dxdy
		y0 = 0
	}
	for y := int(y0); y < min(r.h, int(math.Ceil(float64(y1)))); y++ {
		dy := min(float32(y+1), y1) - max(float32(y), y0)
		next := x + dxdy*dy
		r.span(y*r.w, min(x, next), max(x, next), dir*dy)
		x = next
	}
}

// span spreads an area d over the pixels between two columns of a line.
func (r *raster) span(at int, x0, x1, d float32) {
	limit := float32(r.w - 1)
	x0, x1 = min(max(x0, 0), limit), min(max(x1, 0), limit)
	first, last := int(x0), int(math.Ceil(float64(x1)))
	if last <= first+1 {
		mid := (x0+x1)/2 - float32(first)
		r.acc[at+first] += d - d*mid
		r.acc[at+first+1] += d * mid
		return
	}
	s := 1 / (x1 - x0)
	before := float32(0)
	for i := first; i < last; i++ {
		// how much of the area lies right of the edge within pixel i
		a, b := max(float32(i), x0), min(float32(i+1), x1)
		full := (b - a) * s * (1 - ((a+b)/2 - float32(i)))
		part := full + before
		r.acc[at+i] += d * part
		before = (b - a) * s * ((a+b)/2 - float32(i))
	}
	r.acc[at+last] += d * before
}

// contour adds a closed contour of lines and quadratics, mapped by f to pixels.
func (r *raster) contour(c []point, f func(point) (x, y float32)) {
	if len(c) < 2 {
		return
	}
	start := c[0]
	if !start.on {
		start = middle(c[0], c[len(c)-1])
	}
	at := start
	var control *point
	to := func(p point) {
		r.curve(at, control, p, f)
		at, control = p, nil
	}
	for i := range c {
		p := c[i]
		switch {
		case p.on:
			to(p)
		case control != nil:
			to(middle(*control, p))
			control = &c[i]
		default:
			control = &c[i]
		}
	}
	to(start)
}

func middle(a, b point) point { return point{(a.x + b.x) / 2, (a.y + b.y) / 2, true} }

// curve adds a line, or a quadratic in eight pieces.
func (r *raster) curve(a point, c *point, b point, f func(point) (x, y float32)) {
	x0, y0 := f(a)
	if c == nil {
		x1, y1 := f(b)
		r.edge(x0, y0, x1, y1)
		return
	}
	const steps = 8
	for i := 1; i <= steps; i++ {
		u := float32(i) / steps
		v := 1 - u
		x1, y1 := f(point{v*v*a.x + 2*u*v*c.x + u*u*b.x, v*v*a.y + 2*u*v*c.y + u*u*b.y, true})
		r.edge(x0, y0, x1, y1)
		x0, y0 = x1, y1
	}
}

// paint draws the coverage with a colour, its left upper corner at x, y.
func (r *raster) paint(img *image.RGBA, x, y int, c color.RGBA) {
	for row := range r.h {
		sum := float32(0)
		for col := range r.w {
			sum += r.acc[row*r.w+col]
			a := sum
			if a < 0 {
				a = -a
			}
			if a > 1.0/512 {
				blend(img, x+col, y+row, c, min(a, 1))
			}
		}
	}
}

func blend(img *image.RGBA, x, y int, c color.RGBA, a float32) {
	if !(image.Point{X: x, Y: y}).In(img.Rect) {
		return
	}
	p := img.Pix[img.PixOffset(x, y):]
	mix := func(old, now uint8) uint8 { return uint8(float32(old) + (float32(now)-float32(old))*a + 0.5) }
	p[0], p[1], p[2] = mix(p[0], c.R), mix(p[1], c.G), mix(p[2], c.B)
}
