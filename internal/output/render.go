package output

import (
	"bytes"
	"io"
	"strings"

	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/tokens"
)

// An output up to wholeRender is drawn on one screen, a longer one in pieces: see flood.
const wholeRender = 1 << 20

// sheet is an output as a terminal showed it.
type sheet struct {
	lines     []string
	num       []int // 1-based numbers of the lines; nil while they are all there
	total     int   // lines in the block
	rawTokens int
	tokens    int      // of the rendered text
	lost      *lost    // what was drawn over; nil for nothing worth a word
	cmd       command  // that wrote it
	lists     bool     // it is of ls
	redrawn   bool     // parts of it were drawn over
	cols      int      // of the terminal
	verbatim  bool     // it is content: a duration in it is not how long something took
	sum       uint64   // of the lines, times and addresses masked unless verbatim
	exact     uint64   // of the lines as they are
	hashes    []uint64 // of the lines, up to maxDigest of them

	ruled    map[*rules][]int16 // of the lines, as far as they were asked for: see ruleOf
	words    [][]wordRef        // of the lines, as far as they were asked for
	wordPool []wordRef          // where they lie
}

func (s *sheet) number(i int) int {
	if s.num == nil {
		return i + 1
	}
	if i >= len(s.num) {
		return s.total + 1
	}
	return s.num[i]
}

func newSheet(in Input) *sheet {
	cmd := parseCommand(in.Command)
	_, lists := cmd.call("ls")
	return &sheet{cmd: cmd, verbatim: cmd.showsContent(), lists: lists}
}

func drawSheet(in Input) *sheet {
	if in.Source != nil && in.Size > wholeRender {
		return drawFlood(in, io.NewSectionReader(in.Source, 0, in.Size), in.Size)
	}
	raw := in.Bytes
	if in.Source != nil {
		raw = make([]byte, in.Size)
		n, _ := in.Source.ReadAt(raw, 0) // what cannot be read is not there
		raw = raw[:n]
	}
	if len(raw) > wholeRender {
		return drawFlood(in, bytes.NewReader(raw), int64(len(raw)))
	}
	text := vt.Render(raw, vt.RenderOptions{Cols: in.Cols, Rows: in.Rows, Newlines: vt.BareNewlines(raw)}).Text
	s := newSheet(in)
	s.lines, s.rawTokens = splitLines(text), sampled(raw, tokens.Estimate[[]byte])
	for i, line := range s.lines {
		if len(line) > 2*in.Cols {
			s.lines[i] = lastRedraw(line, in.Cols)
		}
	}
	if len(s.lines) > 0 {
		s.tokens = sampled(strings.Join(s.lines, "\n")+"\n", in.Tokens)
	}
	s.total = len(s.lines)
	s.knowLog(in)
	for _, line := range s.lines {
		s.hashLine(line)
	}
	s.cols = in.Cols
	if drawsOver(raw) {
		s.redrawn = true
		var o overdrawn
		o.see(raw, 0)
		s.lost = o.lost(s.lines)
	}
	return s
}

// knowLog takes what is shown for a log if it reads as one.
func (s *sheet) knowLog(in Input) {
	if in.readsAsLog(s) {
		s.cmd.log, s.verbatim = true, false
	}
}

// Of a text longer than wholeCount the tokens are counted in windows all over it.
const (
	wholeCount = 256 << 10
	windows    = 8
	window     = 16 << 10
)

func sampled[T string | []byte](text T, count func(T) int) int {
	if len(text) <= wholeCount {
		return count(text)
	}
	n := 0
	for k := range windows {
		at := k * (len(text) - window) / (windows - 1)
		n += count(text[at : at+window])
	}
	return int(float64(n) * float64(len(text)) / (windows * window))
}

func splitLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// lastRedraw is the last of the rows of a line that a progress bar drew one below the
// other because it was a little wider than the terminal.
func lastRedraw(line string, cols int) string {
	runes := []rune(line)
	if len(runes) < 3*cols {
		return line
	}
	last := (len(runes) - 1) / cols * cols
	shape, same := rowShape(runes[:cols]), 0
	for at := cols; at+cols <= len(runes); at += cols {
		if rowShape(runes[at:at+cols]) == shape {
			same++
		}
	}
	if same < 2 || same < (len(runes)/cols-1)*3/4 {
		return line
	}
	if len(runes)-last < cols/2 && rowShape(runes[last-cols:last]) == shape {
		last -= cols
	}
	return strings.TrimRight(string(runes[last:]), " ")
}

// rowShape is a row without what changes as a bar grows.
func rowShape(row []rune) string {
	out := make([]rune, 0, len(row))
	for _, r := range row {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '/' || r == '%' {
			out = append(out, r)
		}
	}
	return string(out)
}
