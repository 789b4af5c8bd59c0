package vt

// TextOptions says what Text returns.
type TextOptions struct {
	History     int  // lines of history above the screen; negative is all
	JoinWrapped bool // lines that the terminal wrapped are one line
	KeepBlank   bool // keep empty lines at the end
}

// HistoryLines is the number of lines above the screen.
func (t *Terminal) HistoryLines() int {
	if t.hist == nil {
		return 0
	}
	return t.hist.lines
}

// Text is what a person would read: the screen, below as much history as was
// asked for, blanks at the end of lines cut.
func (t *Terminal) Text(o TextOptions) string {
	w := textWriter{join: o.JoinWrapped, keep: o.KeepBlank}
	if n := t.historyFrom(o.History); n < t.HistoryLines() {
		t.hist.eachFrom(n, func(r record) {
			w.b = r.appendText(w.b)
			w.end(r.flags&hWrapped != 0)
		})
	}
	for _, r := range t.scr.rows {
		t.appendRow(&w, r)
	}
	return string(w.finish())
}

// historyFrom is the number of the oldest line to show when n are wanted.
func (t *Terminal) historyFrom(n int) int {
	if n < 0 {
		return 0
	}
	return max(t.HistoryLines()-n, 0)
}

// textWriter collects lines.
type textWriter struct {
	b          []byte
	start      int // of the line being written
	text       int // end of the last line that was not empty
	join, keep bool
}

func (w *textWriter) end(wrapped bool) {
	if wrapped && w.join {
		return
	}
	n := len(w.b)
	for n > w.start && w.b[n-1] == ' ' {
		n--
	}
	w.b = w.b[:n]
	if n > w.start {
		w.text = n
	}
	w.b = append(w.b, '\n')
	w.start = len(w.b)
}

func (w *textWriter) finish() []byte {
	if len(w.b) > w.start { // the last row says that it goes on
		w.end(false)
	}
	if w.keep {
		return w.b
	}
	if w.text == 0 {
		return nil
	}
	return w.b[:w.text+1]
}

// appendRow appends the text of a row of the screen.
func (t *Terminal) appendRow(w *textWriter, r *row) {
	if r == nil {
		w.end(false)
		return
	}
	n := r.trimmed()
	if r.flags&wrapped != 0 {
		n = len(r.cells)
	}
	if n == len(r.cells) && r.cells[n-1].part() == spacer {
		n--
	}
	for _, c := range r.cells[:n] {
		if c < 0x80 && c != 0 {
			w.b = append(w.b, byte(c))
		} else {
			w.b = t.appendCell(w.b, c)
		}
	}
	w.end(r.flags&wrapped != 0)
}
