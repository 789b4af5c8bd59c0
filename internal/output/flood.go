package output

import (
	"bytes"
	"hash/maphash"
	"io"
	"slices"
	"strings"

	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/tokens"
)

// A long output is read once, in pieces cut behind newlines; a line is what a newline
// ends, and the numbers are those that a session opens references by. The first and the
// last holdBytes are drawn and read like any other output. What is between is looked
// through as bytes, for lines that stand out; only those are drawn.
const (
	pieceSize = 512 << 10
	holdBytes = 2 << 20
)

// flood is a long output that is being read.
type flood struct {
	in   Input
	s    *sheet
	sift *sieve

	at     int64  // where the piece begins
	within bool   // the piece goes on with a line: it has one number, and its beginning
	picked []byte // lines of the middle, as they were written
	nums   []int  // of them
	over   overdrawn
}

func drawFlood(in Input, r io.Reader, size int64) *sheet {
	f := &flood{in: in, s: newSheet(in), sift: newSieve()}
	f.s.num = []int{}
	buf := make([]byte, 0, pieceSize+pieceSize/2)
	for end := false; !end; {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		end = err != nil
		cut := bytes.LastIndexByte(buf, '\n') + 1
		if end || cut == 0 {
			cut = len(buf)
		}
		f.piece(buf[:cut], f.at >= holdBytes && f.at+int64(cut) <= size-holdBytes)
		f.at += int64(cut)
		buf = append(buf[:0], buf[cut:]...)
	}
	f.drawPicked()
	f.s.knowLog(in)
	f.s.lost = f.over.lost(f.s.lines)
	return f.s
}

func (f *flood) piece(piece []byte, middle bool) {
	if middle {
		f.look(piece)
	} else {
		f.drawPicked()
		f.draw(piece)
	}
	f.within = len(piece) > 0 && piece[len(piece)-1] != '\n'
}

// draw takes all lines of a piece at one of the ends.
func (f *flood) draw(piece []byte) {
	s := f.s
	s.rawTokens += sampled(piece, tokens.Estimate[[]byte])
	if drawsOver(piece) {
		s.redrawn, s.cols = true, f.in.Cols
		f.over.see(piece, int(f.at))
	}
	for k, line := range pieceLines(piece, f.in) {
		s.tokens += tokens.Estimate(line) + 1
		if k == 0 && f.within {
			f.goOn(piece)
			continue
		}
		s.total++
		s.hashLine(line)
		s.take(s.total, line)
	}
}

// goOn reads the rest of a line that is longer than a piece. Where it was drawn over and
// over, a terminal shows what was drawn last.
func (f *flood) goOn(piece []byte) {
	line, _, _ := bytes.Cut(piece, []byte{'\n'})
	line = bytes.TrimRight(line, "\r")
	line = line[max(0, len(line)-sampleSize):]
	if bytes.IndexByte(line, '\r') < 0 {
		return
	}
	f.drawPicked()
	s := f.s
	if k := len(s.lines) - 1; k >= 0 && s.num[k] == s.total {
		s.lines[k] = strings.Join(pieceLines(line, f.in), " ")
	}
}

// look counts the lines of a piece in the middle and picks those that stand out.
func (f *flood) look(piece []byte) {
	s := f.s
	h := maphash.Bytes(seed, piece)
	s.sum = (s.sum ^ h) * 0x9e3779b97f4a7c15
	s.exact = (s.exact ^ h) * 0x9e3779b97f4a7c15
	f.weigh(piece)
	text, at := string(piece), int(f.at)
	for goesOn := f.within; len(piece) > 0; goesOn = false {
		n := bytes.IndexByte(piece, '\n')
		if n < 0 {
			n = len(piece) - 1
		}
		line, said := piece[:n+1], text[:n+1]
		piece, text = piece[n+1:], text[n+1:]
		at += len(line)
		if goesOn {
			f.goOn(line)
			continue
		}
		s.total++
		if f.sift.pick(said) {
			if drawsOver(line) {
				f.over.see(line, at-len(line))
			}
			f.picked = append(f.picked, line[:min(len(line), pieceSize/8)]...)
			f.nums = append(f.nums, s.total)
			if line[len(line)-1] != '\n' || len(line) > pieceSize/8 {
				f.picked = append(f.picked, '\n')
			}
		}
	}
}

// sampleSize is how much of a piece of the middle is drawn to know what all of it takes.
const sampleSize = 8 << 10

// weigh adds the tokens of a piece, as a sample of it has them.
func (f *flood) weigh(piece []byte) {
	at := max(0, len(piece)/2-sampleSize/2)
	sample := piece[at:min(len(piece), at+sampleSize)]
	if i := bytes.IndexByte(sample, '\n'); i >= 0 {
		sample = sample[i+1:]
	}
	if len(sample) == 0 {
		return
	}
	times := float64(len(piece)) / float64(len(sample))
	f.s.rawTokens += int(times * float64(tokens.Estimate(sample)))
	shown := 0
	for _, line := range pieceLines(sample, f.in) {
		shown += tokens.Estimate(line) + 1
	}
	f.s.tokens += int(times * float64(shown))
}

// drawPicked draws the lines that were picked in the middle.
func (f *flood) drawPicked() {
	if len(f.nums) == 0 {
		return
	}
	for k, line := range pieceLines(f.picked, f.in) {
		f.s.take(f.nums[min(k, len(f.nums)-1)], line)
	}
	f.picked, f.nums = nil, nil
}

// take puts a line on the sheet, without the whole piece that it was cut from.
func (s *sheet) take(n int, line string) {
	s.lines = append(s.lines, strings.Clone(line))
	s.num = append(s.num, n)
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
	lines = slices.Grow(lines[:0], want)
	for line := range bytes.Lines(piece) {
		lines = append(lines, strings.Join(splitLines(vt.Render(line, o).Text), " "))
	}
	return lines
}
