package vt

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// archive finds shared/vt/alacritty-ref.tar.gz beside a folder above this one.
func archive(t *testing.T) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		f := filepath.Join(dir, "shared", "vt", "alacritty-ref.tar.gz")
		if _, err := os.Stat(f); err == nil {
			return f
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skip("no shared/vt/alacritty-ref.tar.gz above this folder: the recordings are not part of the project")
		}
		dir = up
	}
}

// recordings reads the archive: folder -> file -> content.
func recordings(t *testing.T) map[string]map[string][]byte {
	f, err := os.Open(archive(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		dir, name := path.Split(h.Name)
		if name == "" {
			continue
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		dir = path.Base(dir)
		if all[dir] == nil {
			all[dir] = map[string][]byte{}
		}
		all[dir][name] = b
	}
}

// refCell is a cell of the recordings; rows keep them as they are written, since
// most look like one that was read before.
type refCell struct {
	C     string
	Fg    any
	Bg    any
	Flags string
	Extra *struct {
		Zerowidth []string
		Underline any `json:"underline_color"`
	}
}

type refGrid struct {
	Raw struct {
		Inner []struct {
			Inner []json.RawMessage
		}
		Zero    int
		Visible int `json:"visible_lines"`
		Len     int
	}
}

// refColor spells a colour of the recordings as Color.String does.
func refColor(v any) string {
	m, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	switch n := m["Named"].(type) {
	case string:
		names := "Black Red Green Yellow Blue Magenta Cyan White BrightBlack BrightRed BrightGreen " +
			"BrightYellow BrightBlue BrightMagenta BrightCyan BrightWhite"
		for i, x := range strings.Fields(names) {
			if x == n {
				return itoa(i)
			}
		}
		return ""
	}
	if n, ok := m["Indexed"].(float64); ok {
		return itoa(int(n))
	}
	if s, ok := m["Spec"].(map[string]any); ok {
		return fmt.Sprintf("#%02x%02x%02x", int(s["r"].(float64)), int(s["g"].(float64)), int(s["b"].(float64)))
	}
	if s, ok := m["Spec"].(string); ok {
		return s
	}
	return fmt.Sprint(v)
}

// look is everything a cell shows, in words.
func (c refCell) look() string {
	text := c.C
	if text == "\t" {
		text = " "
	}
	var flags []string
	for f := range strings.SplitSeq(c.Flags, " | ") {
		if f != "" && f != "WRAPLINE" {
			flags = append(flags, f)
		}
	}
	line := ""
	if c.Extra != nil {
		text += strings.Join(c.Extra.Zerowidth, "")
		line = refColor(c.Extra.Underline)
	}
	return fmt.Sprintf("%q fg=%s bg=%s ul=%s %s", text, refColor(c.Fg), refColor(c.Bg), line, strings.Join(flags, "|"))
}

func (t *Terminal) cellLook(c cell) string {
	text := string(t.appendCell(nil, c))
	if c.part() == wideTail {
		text = " "
	}
	s := t.styleOf(c.ink())
	var flags []string
	add := func(on bool, name string) {
		if on {
			flags = append(flags, name)
		}
	}
	add(s.Attr&Reverse != 0, "INVERSE")
	add(s.Attr&Bold != 0, "BOLD")
	add(s.Attr&Italic != 0, "ITALIC")
	add(s.Underline == SingleUnderline, "UNDERLINE")
	add(c.part() == wideHead, "WIDE_CHAR")
	add(c.part() == wideTail, "WIDE_CHAR_SPACER")
	add(s.Attr&Faint != 0, "DIM")
	add(s.Attr&Conceal != 0, "HIDDEN")
	add(s.Attr&Strike != 0, "STRIKEOUT")
	add(c.part() == spacer, "LEADING_WIDE_CHAR_SPACER")
	add(s.Underline == DoubleUnderline, "DOUBLE_UNDERLINE")
	add(s.Underline == CurlyUnderline, "UNDERCURL")
	add(s.Underline == DottedUnderline, "DOTTED_UNDERLINE")
	add(s.Underline == DashedUnderline, "DASHED_UNDERLINE")
	return fmt.Sprintf("%q fg=%s bg=%s ul=%s %s", text, s.Fg, s.Bg, s.Line, strings.Join(flags, "|"))
}

// looks tells what cells show, and remembers it.
type looks struct {
	t   *testing.T
	tm  *Terminal
	ref map[string]string
	own map[cell]string
}

func (l *looks) recorded(raw json.RawMessage) string {
	s, ok := l.ref[string(raw)]
	if !ok {
		var c refCell
		if err := json.Unmarshal(raw, &c); err != nil {
			l.t.Fatal(err)
		}
		s = c.look()
		l.ref[string(raw)] = s
	}
	return s
}

func (l *looks) shown(c cell) string {
	s, ok := l.own[c]
	if !ok {
		s = l.tm.cellLook(c)
		l.own[c] = s
	}
	return s
}

// otherwise names what we do not do as alacritty does, and why.
var otherwise = map[string]string{
	"selective_erasure": "alacritty ignores DECSED and DECSEL; we erase what DECSCA does not protect, as the VT220 and " +
		"xterm do: TestSelectiveEraseRecording has the screen that should be",
}

func TestAlacrittyRecordings(t *testing.T) {
	n := 0
	for name, files := range recordings(t) {
		if files["grid.json"] == nil {
			continue
		}
		n++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if reason := otherwise[name]; reason != "" {
				t.Skip(reason)
			}
			replayRecording(t, files)
		})
	}
	if n != 43 {
		t.Errorf("%d usable recordings, want 43", n)
	}
}

func replayRecording(t *testing.T, files map[string][]byte) {
	var size struct {
		Columns int
		Lines   int `json:"screen_lines"`
	}
	var config struct {
		History int `json:"history_size"`
	}
	var grid refGrid
	for f, v := range map[string]any{"size.json": &size, "config.json": &config, "grid.json": &grid} {
		if err := json.Unmarshal(files[f], v); err != nil {
			t.Fatal(f, err)
		}
	}
	tm := New(Config{Cols: size.Columns, Rows: size.Lines, Scrollback: 16 << 20})
	tm.Write(files["alacritty.recording"])

	l := &looks{t, tm, map[string]string{}, map[cell]string{}}
	inner := grid.Raw.Inner
	at := func(i int) []json.RawMessage { // visible line i; history is negative
		k := (size.Lines - 1 - i + grid.Raw.Zero) % len(inner)
		return inner[k].Inner
	}
	bad := 0
	for y, r := range tm.scr.rows {
		if r == nil {
			r = &row{cells: make([]cell, tm.cols)}
		}
		for x, ref := range at(y) {
			if got, want := l.shown(r.cells[x]), l.recorded(ref); got != want {
				if bad++; bad < 8 {
					t.Errorf("row %d col %d: %s, want %s", y, x, got, want)
				}
			}
		}
	}
	compareHistory(l, at, min(config.History, max(grid.Raw.Len, len(inner))-size.Lines))
}

// compareHistory compares the lines above the screen, which alacritty keeps by
// number and we by bytes.
func compareHistory(l *looks, at func(int) []json.RawMessage, want int) {
	var got [][]string
	l.tm.hist.eachFrom(0, func(r record) {
		var line []string
		r.each(l.tm, func(g glyph) {
			line = append(line, l.glyph(g)...)
		})
		got = append(got, line)
	})
	bad := 0
	for i := range want {
		var line []string // the recordings pad a short history with blank lines
		if i < len(got) {
			line = got[len(got)-1-i]
		}
		for x, ref := range at(-1 - i) {
			look, want := l.shown(0), l.recorded(ref)
			if x < len(line) {
				look = line[x]
			}
			if look != want {
				if bad++; bad < 4 {
					l.t.Errorf("history %d col %d: %s, want %s", i, x, look, want)
				}
			}
		}
	}
}

// glyph is shown for the columns of an unpacked cell.
func (l *looks) glyph(g glyph) []string {
	id := cell(l.tm.inkOf(&g.style)) << inkShift
	c := cell(l.tm.clusterID(g.text)) | clusterBit | id
	if len(g.text) == 1 {
		c = cell(g.text[0]) | id
	}
	switch {
	case g.space:
		return []string{l.shown(spacer | id)}
	case g.wide:
		return []string{l.shown(c | wideHead), l.shown(wideTail | id)}
	}
	return []string{l.shown(c)}
}
