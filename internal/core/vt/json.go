package vt

// Screen is the visible screen for programs.
type Screen struct {
	Cols   int          `json:"cols"`
	Rows   int          `json:"rows"`
	Cursor ScreenCursor `json:"cursor"`
	Alt    bool         `json:"alt"`
	Title  string       `json:"title"`
	Cwd    string       `json:"cwd,omitempty"`
	Lines  []ScreenLine `json:"lines"`
}

// ScreenCursor is the cursor, counted from 0.
type ScreenCursor struct {
	Row     int    `json:"row"`
	Col     int    `json:"col"`
	Visible bool   `json:"visible"`
	Shape   string `json:"shape"` // block, underline or bar
	Blink   bool   `json:"blink"`
}

// ScreenLine is one row: runs of equal style. Blanks at the end are left out.
type ScreenLine struct {
	Wrapped bool  `json:"wrapped,omitempty"` // it goes on in the next row
	Runs    []Run `json:"runs"`
}

// Run is text of one style. A colour is empty (default), an index "0" to "255" or
// "#rrggbb".
type Run struct {
	Text           string `json:"text"`
	Fg             string `json:"fg,omitempty"`
	Bg             string `json:"bg,omitempty"`
	Bold           bool   `json:"bold,omitempty"`
	Faint          bool   `json:"faint,omitempty"`
	Italic         bool   `json:"italic,omitempty"`
	Underline      string `json:"underline,omitempty"` // single, double, curly, dotted or dashed
	UnderlineColor string `json:"underline_color,omitempty"`
	Blink          bool   `json:"blink,omitempty"`
	Reverse        bool   `json:"reverse,omitempty"`
	Conceal        bool   `json:"conceal,omitempty"`
	Strike         bool   `json:"strike,omitempty"`
	Overline       bool   `json:"overline,omitempty"`
	Link           string `json:"link,omitempty"`
}

// JSON returns the screen as a struct that encoding/json can write.
func (t *Terminal) JSON() Screen {
	shapes := [...]string{"block", "block", "block", "underline", "underline", "bar", "bar"}
	s := Screen{
		Cols: t.cols, Rows: t.rows, Alt: t.scr != &t.main, Title: t.title, Cwd: t.cwd,
		Cursor: ScreenCursor{
			Row: int(t.cur.row), Col: int(t.cur.col),
			Visible: t.modes.has(mCursorVisible),
			Shape:   shapes[t.look], Blink: t.look&1 == 1 || t.look == 0 && t.modes.has(mCursorBlink),
		},
		Lines: make([]ScreenLine, t.rows),
	}
	for y, r := range t.scr.rows {
		s.Lines[y].Runs = []Run{}
		if r != nil {
			s.Lines[y].Wrapped = r.flags&wrapped != 0
			s.Lines[y].Runs = t.runs(r)
		}
	}
	return s
}

// runs cuts a row into runs of one style.
func (t *Terminal) runs(r *row) []Run {
	runs := []Run{}
	cells := r.cells[:r.trimmed()]
	for n := len(cells); n > 0 && (cells[n-1]&^' ' == 0 || cells[n-1] == spacer); n-- {
		cells = cells[:n-1]
	}
	for len(cells) > 0 {
		id := cells[0].ink()
		var b []byte
		n := 0
		for n < len(cells) && t.sameStyle(cells[n].ink(), id) {
			b = t.appendCell(b, cells[n])
			n++
		}
		run := t.run(t.styleOf(id))
		run.Text = string(b)
		runs = append(runs, run)
		cells = cells[n:]
	}
	return runs
}

func (t *Terminal) run(s Style) Run {
	lines := [...]string{"", "single", "double", "curly", "dotted", "dashed"}
	return Run{
		Fg: s.Fg.String(), Bg: s.Bg.String(), UnderlineColor: s.Line.String(),
		Underline: lines[s.Underline],
		Bold:      s.Attr&Bold != 0, Faint: s.Attr&Faint != 0, Italic: s.Attr&Italic != 0,
		Blink: s.Attr&(Blink|RapidBlink) != 0, Reverse: s.Attr&Reverse != 0,
		Conceal: s.Attr&Conceal != 0, Strike: s.Attr&Strike != 0, Overline: s.Attr&Overline != 0,
		Link: t.Link(s),
	}
}

// String is the colour as JSON has it.
func (c Color) String() string {
	switch c & colorKind {
	case colorIndexed:
		return itoa(int(c & 0xff))
	case colorRGB:
		const digits = "0123456789abcdef"
		b := []byte("#000000")
		for i := range 6 {
			b[1+i] = digits[c>>(20-4*i)&15]
		}
		return string(b)
	}
	return ""
}
