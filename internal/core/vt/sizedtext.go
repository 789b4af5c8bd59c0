package vt

import (
	"bytes"
	"strings"
)

// maxSizedText is the longest text that one OSC 66 may have (kitty, "The text sizing
// protocol").
const maxSizedText = 4096

// textSize is the metadata of OSC 66 that changes which columns and rows text takes.
// Fractions and alignments only change how it is drawn there.
type textSize struct {
	scale int // 1 to 7: rows, and columns a column
	width int // 0 to 7: columns of all the text before scaling, 0 as many as it has
}

// NeedsDrawing tells whether since the last call there was text in an OSC 66, or
// anything in VT52 mode. Few terminals know these, and the others show nothing or
// something else, though the program was told that they are known: what they show has
// to be drawn anew.
func (t *Terminal) NeedsDrawing() bool {
	if t.rare == nil || !t.rare.uncommon {
		return false
	}
	t.rare.uncommon = false
	return true
}

// parseTextSize reads metadata; ok is false if a value is not one of those allowed.
func parseTextSize(s []byte) (size textSize, ok bool) {
	size.scale = 1
	for len(s) > 0 {
		var field []byte
		field, s, _ = bytes.Cut(s, []byte(":"))
		name, value, _ := bytes.Cut(field, []byte("="))
		n, number := atoi(value)
		switch string(name) {
		case "s":
			size.scale = n
			number = number && n >= 1 && n <= 7
		case "w":
			size.width = n
			number = number && n <= 7
		default: // fractions, alignments and what is still to come
			continue
		}
		if !number {
			return size, false
		}
	}
	return size, true
}

// sizedText is OSC 66. Text is kept in the first row of its block, one character a
// column as far as they fit, and blanks are the rest of it. Where kitty has one large
// cell, programs can write into a part of it.
func (t *Terminal) sizedText(s []byte) {
	meta, b, ok := bytes.Cut(s, []byte(";"))
	size, valid := parseTextSize(meta)
	if !ok || !valid || len(b) > maxSizedText {
		return
	}
	text := strings.TrimLeftFunc(clean(b, maxSizedText), func(c rune) bool { return RuneWidth(c) == 0 })
	if text == "" {
		return
	}
	t.more().uncommon = true
	switch {
	case size.width > 0:
		t.printBlock(text, size.width*size.scale, size.scale)
	case size.scale == 1:
		t.plain = t.plain || !t.modes.has(mInsert) // no character set but Unicode
		for _, c := range text {
			t.printRune(c)
		}
	default:
		for text != "" {
			first, rest := cutCluster(text)
			t.printBlock(first, RuneWidth([]rune(first)[0])*size.scale, size.scale)
			text = rest
		}
	}
	t.last = 0
	t.updatePlain()
}

// cutCluster cuts off the first character with the marks behind it.
func cutCluster(s string) (first, rest string) {
	for i, c := range s {
		if i > 0 && RuneWidth(c) > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// printBlock prints text into a block of columns and rows at the cursor, which moves
// past it in the row it is in. A block that does not fit into the line goes to the
// next one, one that does not fit above the bottom margin moves what is above.
func (t *Terminal) printBlock(text string, cols, rows int) {
	if cols > int(t.right-t.left)+1 || rows > int(t.bottom-t.top)+1 || t.belowMargin(rows) {
		return
	}
	if t.cur.wrap {
		t.wrapLine()
	}
	if int(t.cur.col)+cols > t.edge() && t.modes.has(mAutoWrap) {
		t.wrapLine()
	}
	edge := t.edge()
	if t.cur.col = min(t.cur.col, int32(max(edge-cols, 0))); int(t.cur.col)+cols > edge {
		return // the line is of double width
	}
	if t.belowMargin(rows) {
		return // the next line is the last
	}
	if below := int(t.cur.row) + rows - 1 - int(t.bottom); below > 0 && t.cur.row <= t.bottom {
		t.scrollUp(int(t.top), int(t.bottom), below)
		t.cur.row -= int32(below)
	}
	x, y := int(t.cur.col), int(t.cur.row)
	end := x + cols
	for i := range rows {
		t.eraseCells(y+i, x, end)
	}
	t.fillBlock(text, end, edge)
	t.cur.row = int32(y)
	t.advance(end, edge)
}

// belowMargin says that so many rows end below the screen, where nothing moves up for them.
func (t *Terminal) belowMargin(rows int) bool {
	return t.cur.row > t.bottom && int(t.cur.row)+rows > t.rows
}

// fillBlock prints what fits of text up to column end, and blanks behind it.
func (t *Terminal) fillBlock(text string, end, edge int) {
	old := t.modes
	t.modes = t.modes&^(mInsert|mGraphemes) | mAutoWrap
	if end-int(t.cur.col) > 1 {
		t.modes |= mGraphemes // several characters may be one
	}
	at := int(t.cur.col)
	for i, c := range text {
		w := RuneWidth(c)
		switch {
		case w == 0 || i > 0 && t.modes.has(mGraphemes) && t.joins(c):
			t.combine(c)
		case at+w > end:
			continue // no room; a narrower one may follow
		default:
			t.put(c, w, edge)
		}
		if at = int(t.cur.col); t.cur.wrap {
			at++
		}
	}
	t.modes = old
	if at < end {
		r := t.line(int(t.cur.row))
		t.split(r, at, end)
		fill(r.cells[at:end], cell(t.pen())<<inkShift|' ')
		r.touch(end)
	}
}
