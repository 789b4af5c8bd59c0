package vt

import (
	"math"
	"strconv"
	"strings"
)

// Colours that do not depend on a device, and linear intensities, as XParseColor
// takes them (Xlib 6.4 and 6.12): xterm passes whatever a program names to it, so
// suites made for xterm ask for them. The numbers are those of Xlib's default
// screen, its odd scales of CIELab too; colours beyond that screen lose chroma at
// constant lightness and hue until they fit.

// vec is a colour in some space of three coordinates.
type vec [3]float64

// toLinear takes CIE XYZ to the intensities of the default screen; its white is
// whiteX, 1, whiteZ.
var toLinear = [3]vec{
	{3.48340481253539, -1.521763749272852, -0.5592313335404978},
	{-1.071527513061936, 1.965937952043724, 0.03673691339553462},
	{0.06351179790497788, -0.2002050100049648, 0.8107094203164822},
}

const (
	whiteX = 0.949664380300
	whiteZ = 1.406040301999
)

// phosphors are the intensities, in millionths, of red, green and blue at every
// fifth of their 256 levels; dark is the highest level without any.
var phosphors = [3]struct {
	dark  int
	light []uint32
}{
	{9, []uint32{
		936, 1481, 2329, 3529, 5127, 7169, 9699, 12759, 16392, 20637, 25533, 31119, 37431, 44504, 52373,
		61069, 70624, 81070, 92433, 104744, 118026, 132307, 147610, 163958, 181371, 199871, 219475,
		240202, 262069, 285089, 309278, 334647, 361208, 388971, 417945, 448138, 479555, 512202, 546082,
		581199, 617552, 655144, 693971, 734031, 775322, 817837, 861571, 906515, 952662, 1000000,
	}},
	{19, []uint32{
		832, 1998, 3612, 5736, 8428, 11745, 15740, 20463, 25960, 32275, 39449, 47519, 56520, 66484,
		77439, 89409, 102418, 116485, 131625, 147853, 165176, 183604, 203140, 223783, 245533, 268384,
		292327, 317351, 343441, 370580, 398747, 427919, 458068, 489165, 521176, 554067, 587797, 622324,
		657604, 693588, 730225, 767459, 805235, 843491, 882164, 921187, 960490, 1000000,
	}},
	{14, []uint32{
		1341, 2080, 3188, 4729, 6766, 9357, 12559, 16424, 21004, 26344, 32489, 39481, 47357, 56154,
		65903, 76634, 88373, 101145, 114968, 129862, 145841, 162915, 181095, 200386, 220791, 242309,
		264937, 288670, 313499, 339410, 366390, 394421, 423481, 453547, 484592, 516587, 549498, 583291,
		617925, 653361, 689553, 726454, 764013, 802178, 840891, 880093, 919723, 959715, 1000000,
	}},
}

// level is the one of the 256 whose intensity is nearest to v, 0 to 1.
func level(channel int, v float64) uint32 {
	p := &phosphors[channel]
	if v <= 0 {
		return 0
	}
	lo, below := float64(p.dark), 0.0
	for i, n := range p.light {
		hi, light := float64(p.dark+1+5*i), float64(n)/1e6
		if v <= light {
			return uint32(math.Ceil(lo + (hi-lo)*(v-below)/(light-below) - 0.5))
		}
		lo, below = hi, light
	}
	return 255
}

// parseColorSpace reads name:a/b/c.
func parseColorSpace(s string) (uint32, bool) {
	name, spec, _ := strings.Cut(s, ":")
	var v vec
	parts := strings.Split(spec, "/")
	if len(parts) != len(v) {
		return 0, false
	}
	for i, p := range parts {
		f, err := strconv.ParseFloat(p, 64)
		if err != nil || math.IsNaN(f) || math.Abs(f) > 1e6 {
			return 0, false
		}
		v[i] = f
	}
	if name = strings.ToLower(name); name == "rgbi" {
		return quantize(v)
	}
	u, lightness, ok := v.chromaticity(name)
	if !ok || lightness < 0 || lightness > 1 {
		return 0, false
	}
	return quantize(fit(u, lightness))
}

// quantize gives linear intensities as 0xrrggbb.
func quantize(v vec) (c uint32, ok bool) {
	for i, f := range v {
		if f < 0 || f > 1 {
			return 0, false
		}
		c = c<<8 | level(i, f)
	}
	return c, true
}

// uv is a chromaticity, CIE 1976 u' and v'.
type uv struct{ u, v float64 }

func chromaticityOf(x, y, z float64) (uv, bool) {
	div := x + 15*y + 3*z
	return uv{4 * x / div, 9 * y / div}, div != 0
}

// white is the chromaticity of the default screen's white.
func white() uv {
	w, _ := chromaticityOf(whiteX, 1, whiteZ)
	return w
}

// chromaticity is the colour v of the named space as u', v' and Y.
func (v vec) chromaticity(name string) (c uv, y float64, ok bool) {
	switch name {
	case "cieuvy":
		return uv{v[0], v[1]}, v[2], true
	case "ciexyz":
		c, ok = chromaticityOf(v[0], v[1], v[2])
		return c, v[1], ok
	case "ciexyy":
		c, ok = chromaticityOf(v[0], v[1], 1-v[0]-v[1])
		return c, v[2], ok
	case "cielab":
		x, y, z := v.lab()
		c, ok = chromaticityOf(x, y, z)
		return c, y, ok
	case "cieluv":
		return white().shifted(v[1], v[2], 0.13*v[0]), luminance(v[0]), v[0] > 0
	case "tekhvc":
		w := white()
		h := v[0]*math.Pi/180 + math.Atan((0.4931-w.v)/(0.7127-w.u)) // from Xlib's best red
		return w.shifted(v[2]*math.Cos(h), v[2]*math.Sin(h), 7.50725*v[1]), luminance(v[1]), v[1] > 0 && v[2] >= 0
	}
	return c, 0, false
}

func (c uv) shifted(u, v, scale float64) uv { return uv{c.u + u/scale, c.v + v/scale} }

// lab is CIELab as XYZ.
func (v vec) lab() (x, y, z float64) {
	t := (v[0] + 16) / 116
	if y = t * t * t; y < 0.008856 {
		y = v[0] / 9.03292
		return whiteX * (v[1]/3893.5 + y), y, whiteZ * (y - v[2]/1557.4)
	}
	a, b := t+v[1]/5, t-v[2]/2
	return whiteX * a * a * a, y, whiteZ * b * b * b
}

// luminance is Y of CIE lightness 0 to 100.
func luminance(l float64) float64 {
	if l < 7.99953624 {
		return l / 903.29
	}
	t := (l + 16) / 116
	return t * t * t
}

// linear is a colour as intensities of the default screen; in tells whether it can
// show it.
func (c uv) linear(y, slack float64) (v vec, in bool) {
	if c.v == 0 {
		return v, false
	}
	x := y * 9 * c.u / (4 * c.v)
	z := y * (12 - 3*c.u - 20*c.v) / (4 * c.v)
	in = true
	for i, m := range toLinear {
		v[i] = m[0]*x + m[1]*y + m[2]*z
		in = in && v[i] >= -slack && v[i] <= 1+slack
		v[i] = min(max(v[i], 0), 1)
	}
	return v, in
}

// fit is linear for the colour nearest to c on the way to white that the screen
// can show.
func fit(c uv, y float64) vec {
	if v, in := c.linear(y, 1e-3); in {
		return v
	}
	w := white()
	lo, hi := 0.0, 1.0
	for range 40 {
		mid := (lo + hi) / 2
		if _, in := w.shifted(mid*(c.u-w.u), mid*(c.v-w.v), 1).linear(y, 0); in {
			lo = mid
		} else {
			hi = mid
		}
	}
	v, _ := w.shifted(lo*(c.u-w.u), lo*(c.v-w.v), 1).linear(y, 0)
	return v
}
