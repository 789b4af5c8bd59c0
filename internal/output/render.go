package output

import (
	"bytes"
	"io"
	"strings"

	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/tokens"
)

// An output up to wholeRender is drawn on one screen. A longer one is drawn in pieces
// cut behind newlines, and a line is what a newline ends: the numbers are those that
// a session opens references by.
const wholeRender = 1 << 20

// Of a long output the first and the last holdBytes of text are read like any other;
// of what is between, a sieve keeps the lines that stand out.
const holdBytes = 2 << 20

// sheet is an output as a terminal showed it.
type sheet struct {
	lines     []string
	num       []int // 1-based numbers of the lines; nil while they are all there
	total     int   // lines in the block
	rawTokens int
	tokens    int      // of the rendered text
	lost      []string // lines that were drawn over and stand out
	cmd       command  // that wrote it
	verbatim  bool     // it is content: a duration in it is not how long something took
	sum       uint64   // of the lines, times and addresses masked unless verbatim
	exact     uint64   // of the lines as they are
	hashes    []uint64 // of the lines, up to maxDigest of them

	words    [][]wordRef // of the lines, as far as they were asked for
	wordPool []wordRef   // where they lie
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
	return &sheet{cmd: cmd, verbatim: cmd.showsContent()}
}

func drawSheet(in Input) *sheet {
	if in.Source != nil && in.Size > wholeRender {
		return drawPieces(in, io.NewSectionReader(in.Source, 0, in.Size))
	}
	raw := in.Bytes
	if in.Source != nil {
		raw = make([]byte, in.Size)
		n, _ := in.Source.ReadAt(raw, 0) // what cannot be read is not there
		raw = raw[:n]
	}
	if len(raw) > wholeRender {
		return drawPieces(in, bytes.NewReader(raw))
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
	for _, line := range s.lines {
		s.hashLine(line)
	}
	s.lost = drawnOver(raw, s.lines)
	return s
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

// drawPieces draws a long output, and sieves what is far from both of its ends.
func drawPieces(in Input, r io.Reader) *sheet {
	s := newSheet(in)
	s.num = []int{}
	v := newSieve(s)
	buf := make([]byte, 0, wholeRender+wholeRender/2)
	within := false // a line that is longer than a piece: one number, and its beginning
	for end := false; !end; {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		end = err != nil
		cut := bytes.LastIndexByte(buf, '\n') + 1
		if end || cut == 0 {
			cut = len(buf)
		}
		s.rawTokens += sampled(buf[:cut], tokens.Estimate[[]byte])
		for k, line := range pieceLines(buf[:cut], in) {
			s.tokens += tokens.Estimate(line) + 1
			if k > 0 || !within {
				v.add(line)
			}
		}
		within = cut > 0 && buf[cut-1] != '\n'
		buf = append(buf[:0], buf[cut:]...)
	}
	v.close()
	return s
}

// pieceLines draws a piece. Where drawing moved lines together, they are drawn one
// by one, so that a line stays what a newline ends.
func pieceLines(piece []byte, in Input) []string {
	want := bytes.Count(piece, []byte{'\n'})
	if len(piece) > 0 && piece[len(piece)-1] != '\n' {
		want++
	}
	o := vt.RenderOptions{Cols: in.Cols, Rows: in.Rows, Newlines: vt.BareNewlines(piece)}
	lines := splitLines(vt.Render(piece, o).Text)
	if len(lines) == want {
		return lines
	}
	lines = lines[:0]
	for line := range bytes.Lines(piece) {
		lines = append(lines, strings.Join(splitLines(vt.Render(line, o).Text), " "))
	}
	return lines
}

// sieve takes the lines of a long output in turn. The first holdBytes stay, the last
// holdBytes stay, and between them the lines that stand out.
type sieve struct {
	s        *sheet
	head     int // bytes still wanted at the beginning
	ring     []numbered
	ringSize int
	rare     map[uint64]int
	stood    int // bytes of lines that stood out
}

type numbered struct {
	n    int
	line string
}

func newSieve(s *sheet) *sieve {
	return &sieve{s: s, head: holdBytes, rare: map[uint64]int{}}
}

func (v *sieve) add(line string) {
	v.s.total++
	v.s.hashLine(line)
	if v.head > 0 {
		v.head -= len(line) + 1
		v.take(numbered{v.s.total, line})
		return
	}
	v.ring = append(v.ring, numbered{v.s.total, line})
	v.ringSize += len(line) + 1
	for v.ringSize > holdBytes && len(v.ring) > 1 {
		old := v.ring[0]
		v.ring = v.ring[1:]
		v.ringSize -= len(old.line) + 1
		v.middle(old)
	}
}

// middle keeps a line if its shape was seen at most twice, or if it alarms in words
// that were not seen before.
func (v *sieve) middle(l numbered) {
	if v.stood > holdBytes || blank(l.line) {
		return
	}
	key := shapeOf(l.line)
	seen := v.rare[key]
	if seen < 3 && (seen > 0 || len(v.rare) < maxShapes) {
		v.rare[key] = seen + 1
	}
	if seen < 2 && (len(v.rare) < maxShapes || alarm(l.line) > calm) {
		v.stood += len(l.line) + 1
		v.take(l)
	}
}

// maxShapes bounds the shapes a sieve remembers.
const maxShapes = 20000

func (v *sieve) take(l numbered) {
	v.s.lines = append(v.s.lines, strings.Clone(l.line)) // not the whole piece it was cut from
	v.s.num = append(v.s.num, l.n)
}

func (v *sieve) close() {
	for _, l := range v.ring {
		v.take(l)
	}
	v.ring = nil
}
