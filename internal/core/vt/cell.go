package vt

import "unicode/utf8"

// cell is one column of one row, without pointers so that the garbage collector
// never looks inside a row.
//
//	63             24 23  22 21       20        0
//	+----------------+------+---------+----------+
//	| ink            | part | cluster | content  |
//	+----------------+------+---------+----------+
//
// The content is a code point or, with the cluster bit, an index into the cluster
// table. Content 0 is an erased cell. The zero cell is erased in default style.
type cell uint64

const (
	contentMask cell = 1<<21 - 1
	clusterBit  cell = 1 << 21
	partShift        = 22
	partMask    cell = 3 << partShift
	glyphMask   cell = 1<<24 - 1 // everything but the style
	inkShift         = 24
)

// A cell's part in a wide character.
const (
	narrow   cell = 0
	wideHead cell = 1 << partShift
	wideTail cell = 2 << partShift
	// spacer marks the last column of a row whose wide character did not fit
	// and went to the next row: blank to look at, nothing to reflow.
	spacer cell = 3 << partShift
)

func (c cell) part() cell      { return c & partMask }
func (c cell) ink() ink        { return ink(c >> inkShift) }
func (c cell) isCluster() bool { return c&clusterBit != 0 }
func (c cell) content() uint32 { return uint32(c & contentMask) }

// isBlank tells whether the cell is erased, whatever the background.
func (c cell) isBlank() bool { return c&glyphMask == 0 }

// row flags.
const (
	wrapped     uint8 = 1 << iota // the line goes on in the next row
	doubleWide                    // DECDWL
	doubleTop                     // DECDHL, upper half
	doubleBelow                   // DECDHL, lower half
	promptRow                     // OSC 133 A was received here
	sizeFlags   = doubleWide | doubleTop | doubleBelow
)

// row is one line of the screen. used is an upper bound: cells from it on are
// the zero cell. A nil *row is a line that was never written.
type row struct {
	cells []cell
	seq   uint64 // Terminal.seq of the last change
	used  int32
	flags uint8
}

// touch makes columns below n count as used.
func (r *row) touch(n int) {
	if int32(n) > r.used {
		r.used = int32(n)
	}
}

// wipe sets every cell to blank.
func (r *row) wipe(blank cell) {
	if blank == 0 {
		clear(r.cells[:r.used])
		r.used = 0
	} else {
		fill(r.cells, blank)
		r.used = int32(len(r.cells))
	}
	r.flags = 0
}

// trimmed is the number of cells up to the last that is not the zero cell.
func (r *row) trimmed() int {
	n := int(r.used)
	for n > 0 && r.cells[n-1] == 0 {
		n--
	}
	r.used = int32(n)
	return n
}

func fill(s []cell, c cell) {
	for i := range s {
		s[i] = c
	}
}

// appendCell appends what a cell shows; erased cells are spaces, and the second
// half of a wide character is nothing.
func (t *Terminal) appendCell(b []byte, c cell) []byte {
	switch {
	case c.part() == wideTail:
		return b
	case c.isCluster():
		return append(b, t.clusters.at(c.content())...)
	case c.content() == 0:
		return append(b, ' ')
	}
	return utf8.AppendRune(b, rune(c.content()))
}
