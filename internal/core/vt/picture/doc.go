// Package picture draws a terminal's screen as a person would see it.
//
// PNG and SVG take a vt.Terminal and give a file's bytes: its colours as the
// program set them, every attribute, the cursor. The font is in the program, so a
// picture is the same on every machine. What the font lacks, ideographs and
// emoji, is a box of their width with the code point in it in a PNG; an SVG leaves
// them to whoever shows it. A font that has them takes megabytes, and one of the
// system would make a picture depend on the machine.
//
// It does not know sessions, and reads nothing but the terminal it is given.
package picture

import "github.com/ai-session/ai-session/internal/core/vt"

// Options says how a picture looks. The zero value is a bare screen.
type Options struct {
	Scale int  // pixels per unit in a PNG, 1 to 4; 0 is 2
	Frame bool // a title bar above
}

// The size of a cell in units. The font's characters are 1233/2048 em wide, so
// fontSize makes them exactly a cell.
const (
	cellWidth  = 10
	cellHeight = 20
	fontSize   = cellWidth * 2048.0 / 1233
	padding    = 12
	barHeight  = 30
)

// layout is where things are, in units.
type layout struct {
	width, height int // of the picture
	top           int // of the first row
}

func layoutOf(t *vt.Terminal, o Options) layout {
	cols, rows := t.Size()
	l := layout{width: cols*cellWidth + 2*padding, height: rows*cellHeight + 2*padding, top: padding}
	if o.Frame {
		l.height += barHeight
		l.top += barHeight
	}
	return l
}

// cursorAt tells whether the cell is where a cursor is to be drawn, and its shape:
// block, underline or bar.
func cursorAt(t *vt.Terminal, row, col int) (shape string, ok bool) {
	s := t.State()
	y, x := t.Cursor()
	if !s.CursorVisible || y != row || x != col {
		return "", false
	}
	return [...]string{"block", "block", "block", "underline", "underline", "bar", "bar"}[s.CursorShape], true
}

// line gives every column of a row a cell: Cells leaves out what is erased.
func line(t *vt.Terminal, row int) []vt.Cell {
	cols, _ := t.Size()
	var cells []vt.Cell
	next := 0
	for c := range t.Cells(row) {
		cells = append(cells, c)
		next = c.Col + c.Width
	}
	for ; next < cols; next++ {
		cells = append(cells, vt.Cell{Col: next, Width: 1, Text: " "})
	}
	return cells
}
