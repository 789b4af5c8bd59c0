package picture

import (
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/ai-session/ai-session/internal/core/vt"
)

// SVG is a picture of the screen that scales. Its font is the viewer's monospace;
// textLength keeps the columns whatever that is.
func SVG(t *vt.Terminal, o Options) []byte {
	l := layoutOf(t, o)
	fg, bg, _ := t.RGB(vt.Style{})
	w := &svgWriter{}
	w.f(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">`+"\n", l.width, l.height, l.width, l.height)
	w.f(`<rect width="100%%" height="100%%" rx="6" fill="#%06x"/>`+"\n", bg)
	if o.Frame {
		w.frame(l, t.State().Title)
	}
	w.f(`<g font-family="'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="%.2f" fill="#%06x" xml:space="preserve">`+"\n", fontSize, fg)
	_, rows := t.Size()
	for y := range rows {
		w.row(t, y, l.top+y*cellHeight)
	}
	w.f("</g>\n</svg>\n")
	return []byte(w.b.String())
}

type svgWriter struct{ b strings.Builder }

func (w *svgWriter) f(format string, args ...any) { fmt.Fprintf(&w.b, format, args...) }

func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return b.String()
}

func (w *svgWriter) frame(l layout, title string) {
	w.f(`<rect width="%d" height="%d" rx="6" fill="#3a3a3a"/>`+"\n", l.width, barHeight)
	for i, c := range []string{"#ff5f56", "#ffbd2e", "#27c93f"} {
		w.f(`<circle cx="%d" cy="%d" r="6" fill="%s"/>`+"\n", 18+i*18, barHeight/2, c)
	}
	w.f(`<text x="%d" y="20" text-anchor="middle" font-family="sans-serif" font-size="13" fill="#d0d0d0">%s</text>`+"\n",
		l.width/2, escape(title))
}

// row draws the runs of one style, and wide or joined characters one by one.
func (w *svgWriter) row(t *vt.Terminal, row, y int) {
	cells := line(t, row)
	for i := 0; i < len(cells); {
		n, text := 1, cells[i].Text
		_, cursor := cursorAt(t, row, cells[i].Col)
		if cells[i].Width == 1 && len(text) == 1 && !cursor {
			for i+n < len(cells) {
				c := cells[i+n]
				if _, at := cursorAt(t, row, c.Col); at || c.Style != cells[i].Style || c.Width != 1 || len(c.Text) != 1 {
					break
				}
				text += c.Text
				n++
			}
		}
		columns := n
		if n == 1 {
			columns = cells[i].Width
		}
		w.run(t, cells[i], text, columns, row, y)
		i += n
	}
}

func (w *svgWriter) run(t *vt.Terminal, c vt.Cell, text string, columns, row, y int) {
	fg, bg, underline := t.RGB(c.Style)
	_, plain, _ := t.RGB(vt.Style{})
	x, width := padding+c.Col*cellWidth, columns*cellWidth
	shape, cursor := cursorAt(t, row, c.Col)
	if cursor && shape == "block" {
		fg, bg, underline = bg, fg, bg
	}
	if bg != plain {
		w.f(`<rect x="%d" y="%d" width="%d" height="%d" fill="#%06x"/>`+"\n", x, y, width, cellHeight, bg)
	}
	if strings.Trim(text, " ") != "" {
		w.f(`<text x="%d" y="%d" textLength="%d" lengthAdjust="spacingAndGlyphs" fill="#%06x"%s>%s</text>`+"\n",
			x, y+15, width, fg, attributes(c.Style), escape(text))
	}
	w.lines(c.Style, x, y, width, fg, underline)
	switch {
	case cursor && shape == "underline":
		w.f(`<rect x="%d" y="%d" width="%d" height="2" fill="#%06x"/>`+"\n", x, y+cellHeight-2, width, fg)
	case cursor && shape == "bar":
		w.f(`<rect x="%d" y="%d" width="2" height="%d" fill="#%06x"/>`+"\n", x, y, cellHeight, fg)
	}
}

func attributes(s vt.Style) string {
	out := ""
	if s.Attr&vt.Bold != 0 {
		out += ` font-weight="bold"`
	}
	if s.Attr&vt.Italic != 0 {
		out += ` font-style="italic"`
	}
	return out
}

func (w *svgWriter) lines(s vt.Style, x, y, width int, fg, underline uint32) {
	stroke := func(y int, c uint32, extra string) {
		w.f(`<path d="M%d %d.5h%d" stroke="#%06x" fill="none"%s/>`+"\n", x, y, width, c, extra)
	}
	base := y + cellHeight - 3
	switch s.Underline {
	case vt.SingleUnderline:
		stroke(base, underline, "")
	case vt.DoubleUnderline:
		stroke(base-1, underline, "")
		stroke(base+1, underline, "")
	case vt.DottedUnderline:
		stroke(base, underline, ` stroke-dasharray="2 2"`)
	case vt.DashedUnderline:
		stroke(base, underline, ` stroke-dasharray="4 2"`)
	case vt.CurlyUnderline:
		w.f(`<path d="M%d %d`, x, base)
		for range width / cellWidth {
			w.f(`q2.5 -4 5 0q2.5 4 5 0`)
		}
		w.f(`" stroke="#%06x" fill="none"/>`+"\n", underline)
	}
	if s.Attr&vt.Strike != 0 {
		stroke(y+11, fg, "")
	}
	if s.Attr&vt.Overline != 0 {
		stroke(y, fg, "")
	}
}
