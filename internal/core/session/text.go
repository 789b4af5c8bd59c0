package session

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/charset"
	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/persistence"
	"github.com/ai-session/ai-session/internal/tokens"
)

// A range of output up to wholeRender is drawn on one screen, so that progress bars
// and cursor movements come out as a person saw them. A longer one is drawn piece by
// piece, cut at newlines: its lines are what newlines end, and memory stays bounded.
const wholeRender = 1 << 20

// defaultTokens is the budget of a text that nobody reduces.
const defaultTokens = 1500

// renderRows is the height of the screen that output is drawn on.
const renderRows = 50

// maxAnswer bounds the text of one answer in bytes; the rest is behind a gap.
const maxAnswer = 8 << 20

// textOptions says what of a block's output an answer carries.
type textOptions struct {
	raw       bool
	maxTokens int
	reduce    Reducer // nil: the end of the text
	charset   *charset.Set
	prior     func(*block) (ref string, digest any, recent []Earlier)
	learn     func(*block, any)
}

// span is a range of a session's output.
type span struct {
	journal  *persistence.Journal
	charset  *charset.Set
	from, to int64
	cols     int
	ref      string // what opens it, without a line range
	base     int64  // where byte 0 of ref is
}

// describe completes a report from the journal.
func describe(j *persistence.Journal, b *block, r *api.Report, cols int, o textOptions) error {
	sp := span{journal: j, charset: o.charset, from: b.from, to: b.to, cols: cols, ref: r.Ref}
	r.Findings, r.Next, r.Gaps = []api.Finding{}, []api.Next{}, []api.Gap{}
	r.Entities = []api.Entity{}
	if o.raw {
		if sp.to-sp.from > api.RawInline {
			r.Gaps = append(r.Gaps, api.Gap{Lines: b.newlines, Ref: r.Ref})
			return nil
		}
		if b.piped {
			var err error
			r.Raw, r.RawStderr, err = sp.split(b.runs)
			return err
		}
		raw, err := sp.bytes()
		r.Raw = raw
		return err
	}
	if o.reduce != nil && (b.state == api.BlockDone || b.state == api.BlockDead) {
		if sp.to == sp.from || sp.reduce(b, r, o) == nil {
			return nil
		}
	}
	budget := o.maxTokens
	if budget == 0 {
		budget = defaultTokens
	}
	return sp.tail(r, b.newlines, budget)
}

// bytes reads the whole span. What the journal lost is skipped: the block's flags
// say that there is a gap.
func (sp span) bytes() ([]byte, error) {
	out := make([]byte, 0, sp.to-sp.from)
	err := sp.each(func(p []byte, _ int64) { out = append(out, p...) })
	return out, err
}

// split reads the whole span stream by stream.
func (sp span) split(runs []stretch) (stdout, stderr []byte, err error) {
	x := splitter{runs: slices.Clone(runs)}
	err = sp.each(x.next)
	return x.into[1], x.into[2], err
}

// each reads the span piece by piece: n bytes, which are in p, or were lost and p is nil.
func (sp span) each(f func(p []byte, n int64)) error {
	r := sp.journal.Reader(sp.from, sp.to)
	buf := make([]byte, min(32<<10, sp.to-sp.from+1))
	for {
		n, err := r.Read(buf)
		if n > 0 {
			f(buf[:n], int64(n))
		}
		var gap *persistence.GapError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &gap):
			f(nil, gap.To-gap.From)
		case err != nil:
			return err
		}
	}
}

// tail writes the end of the span's text into r, as much as the budget allows, with
// a gap for what is before it.
func (sp span) tail(r *api.Report, newlines, budget int) error {
	if sp.to == sp.from {
		return nil
	}
	whole := sp.to-sp.from <= wholeRender
	part := sp
	if !whole {
		part.from = sp.to - wholeRender/4
	}
	raw, err := part.bytes()
	if err != nil {
		return err
	}
	if !whole {
		if i := bytes.IndexByte(raw, '\n'); i >= 0 {
			raw = raw[i+1:]
		}
	}
	text := sp.charset.Text(raw)
	lines := renderLines(text, sp.cols)
	total := len(lines)
	if !whole {
		total = newlines
		if raw[len(raw)-1] != '\n' {
			total++
		}
	}
	r.Lines = total
	r.RawTokens = int(float64(tokens.Estimate(text)) * float64(sp.to-sp.from) / float64(max(1, len(raw))))
	kept := keepTail(lines, budget)
	if left := total - len(kept); left > 0 {
		gap := api.Gap{Lines: left, Ref: fmt.Sprintf("%s:1-%d", sp.ref, left)}
		r.Gaps = append(r.Gaps, gap)
		kept = append([]string{fmt.Sprintf("[... %s %s]", plural(left, "line"), gap.Ref)}, kept...)
	}
	r.Text = joinLines(kept)
	r.Tokens = tokens.Estimate(r.Text)
	return nil
}

// keepTail keeps as many last lines as the budget allows, and of a line that is over
// it alone, its beginning.
func keepTail(lines []string, budget int) []string {
	for i := len(lines) - 1; i >= 0; i-- {
		cost := tokens.Estimate(lines[i]) + 1
		if cost <= budget {
			budget -= cost
			continue
		}
		if i == len(lines)-1 {
			return []string{cutLine(lines[i], budget)}
		}
		return lines[i+1:]
	}
	return lines
}

// cutLine keeps the beginning of a line, and says how many bytes are missing.
func cutLine(line string, budget int) string {
	keep := min(len(line), max(1, budget)*3)
	for keep > 0 && keep < len(line) && line[keep]&0xc0 == 0x80 {
		keep--
	}
	return fmt.Sprintf("%s...[+%d]", line[:keep], len(line)-keep)
}

func joinLines(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// renderLines draws bytes and returns their lines.
func renderLines(raw []byte, cols int) []string {
	text := vt.Render(raw, vt.RenderOptions{Cols: cols, Rows: renderRows, Newlines: vt.BareNewlines(raw)}).Text
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// errStop ends a walk over lines early.
var errStop = errors.New("stop")

// eachLine calls yield for every rendered line, from 1.
func (sp span) eachLine(yield func(n int, line string) error) error {
	if sp.to-sp.from <= wholeRender {
		raw, err := sp.bytes()
		if err != nil {
			return err
		}
		return yieldAll(renderLines(sp.charset.Text(raw), sp.cols), 0, yield)
	}
	n, within := 0, false
	return sp.pieces(func(piece []byte) error {
		lines := sp.pieceLines(sp.charset.Text(piece))
		if within { // a line longer than a piece has one number
			n--
		}
		err := yieldAll(lines, n, yield)
		n += len(lines)
		within = piece[len(piece)-1] != '\n'
		return err
	})
}

func yieldAll(lines []string, before int, yield func(int, string) error) error {
	for i, line := range lines {
		if err := yield(before+i+1, line); err != nil {
			return err
		}
	}
	return nil
}

// pieces cuts the span behind newlines into pieces of about wholeRender; a line
// longer than that is a piece of its own length at most twice as long.
func (sp span) pieces(yield func([]byte) error) error {
	r := sp.journal.Reader(sp.from, sp.to)
	buf := make([]byte, 0, 2*wholeRender)
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		var gap *persistence.GapError
		end := err == io.EOF
		if err != nil && !end && !errors.As(err, &gap) {
			return err
		}
		cut := bytes.LastIndexByte(buf, '\n') + 1
		if end || cut == 0 && len(buf) == cap(buf) {
			cut = len(buf)
		}
		if cut > 0 && (end || len(buf) >= wholeRender) {
			if err := yield(buf[:cut]); err != nil {
				return err
			}
			buf = append(buf[:0], buf[cut:]...)
		}
		if end {
			return nil
		}
	}
}

// pieceLines draws a piece. If drawing moved lines together, its lines are drawn one
// by one: in a long range a line is what a newline ends, so that numbers stay true.
func (sp span) pieceLines(piece []byte) []string {
	want := linesOf(piece)
	lines := renderLines(piece, sp.cols)
	if len(lines) == want {
		return lines
	}
	lines = lines[:0]
	for line := range bytes.Lines(piece) {
		lines = append(lines, strings.Join(renderLines(line, sp.cols), " "))
	}
	return lines
}

// Text reads lines of the span.
func (sp span) text(lines *api.Range, more []api.Range, grep string, budget int) (*api.Output, error) {
	var re *regexp.Regexp
	if grep != "" {
		var err error
		if re, err = regexp.Compile(grep); err != nil {
			return nil, api.Errorf(api.Invalid, "grep %q: %v", grep, err).WithHint("it is a Go regular expression (RE2)")
		}
	}
	c := &collector{ref: sp.ref, want: lines, more: more, re: re}
	if len(more) > 0 {
		c.nums = []int{}
	}
	each := sp.eachLine
	if lines != nil && lines.From < 0 && re == nil && len(more) == 0 {
		each = func(yield func(int, string) error) error { return sp.lastLines(-lines.From, yield) }
	}
	if err := each(c.line); err != nil && err != errStop {
		return nil, err
	}
	return c.output(sp, budget), nil
}

// collector gathers the lines that were asked for.
type collector struct {
	ref   string
	want  *api.Range
	more  []api.Range // behind want
	re    *regexp.Regexp
	lines []string
	nums  []int // of the lines, where they do not follow each other
	first int
	total int
	size  int
	over  int // lines left out because the answer is full
}

func (c *collector) line(n int, line string) error {
	c.total = n
	last := c.want != nil && c.want.From < 0
	switch {
	case c.want != nil && !last && !c.wants(int64(n)):
		return nil
	case c.re != nil && !c.re.MatchString(line):
		return nil
	case c.size > maxAnswer && !last:
		c.over++
		return nil
	}
	if c.first == 0 || last {
		c.first = n
	}
	c.lines = append(c.lines, line)
	if c.scattered() {
		c.nums = append(c.nums, n)
	}
	c.size += len(line) + 1
	if last && int64(len(c.lines)) > -c.want.From {
		c.size -= len(c.lines[0]) + 1
		c.lines = c.lines[1:]
		if c.scattered() {
			c.nums = c.nums[1:]
		}
	}
	return nil
}

// scattered says that the lines need not follow each other.
func (c *collector) scattered() bool { return c.re != nil || c.nums != nil }

// wants says that line n is in one of the ranges. Lines come in order, and so do ranges:
// those that are behind are dropped.
func (c *collector) wants(n int64) bool {
	for c.want.To >= 0 && n > c.want.To && len(c.more) > 0 {
		c.want, c.more = &c.more[0], c.more[1:]
	}
	return n >= c.want.From && (c.want.To < 0 || n <= c.want.To)
}

func (c *collector) output(sp span, budget int) *api.Output {
	if c.want != nil && c.want.From < 0 && c.re == nil {
		c.first = c.total - len(c.lines) + 1
	}
	kept := c.lines
	out := &api.Output{Ref: sp.ref, FirstLine: max(1, c.first), Total: c.total, RawBytes: sp.to - sp.from, Gaps: []api.Gap{}}
	if budget > 0 {
		kept = keepTail(c.lines, budget)
	}
	if left := len(c.lines) - len(kept); left > 0 {
		from, to := out.FirstLine, out.FirstLine+left-1
		out.FirstLine += left
		if len(c.nums) >= left {
			to, out.FirstLine = c.nums[left-1], to+1
			if left < len(c.nums) {
				out.FirstLine = c.nums[left]
			}
		}
		gap := api.Gap{Lines: left, Ref: fmt.Sprintf("%s:%d-%d", sp.ref, from, to), Among: to-from+1 > left}
		out.Gaps = append(out.Gaps, gap)
	}
	if c.over > 0 {
		out.Gaps = append(out.Gaps, api.Gap{Lines: c.over, Ref: fmt.Sprintf("%s:%d-%d", sp.ref, c.total-c.over+1, c.total)})
	}
	out.Text, out.Lines = joinLines(kept), len(kept)
	out.Tokens = tokens.Estimate(out.Text)
	return out
}

// tailStart is the offset where the last n newline-ended lines begin. It reads
// backwards, so its cost is that of the lines, not of the journal.
func (sp span) tailStart(n int64) (int64, error) {
	const step = 64 << 10
	buf := make([]byte, step)
	for end := sp.to; end > sp.from; {
		start := max(sp.from, end-step)
		piece := buf[:end-start]
		if _, err := sp.journal.ReadAt(piece, start); err != nil && err != io.EOF {
			var gap *persistence.GapError
			if errors.As(err, &gap) {
				return gap.To, nil // lines before a gap are not the last n any more
			}
			return 0, err
		}
		for i := len(piece) - 1; i >= 0; i-- {
			if piece[i] != '\n' || start+int64(i) == sp.to-1 {
				continue
			}
			if n--; n == 0 {
				return start + int64(i) + 1, nil
			}
		}
		end = start
	}
	return sp.from, nil
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
