package output

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// drawing is a page as text.
type drawing struct {
	text   string
	tokens int
	gaps   []api.Gap
	shown  int
	noise  int
}

// A line longer than this is cut; what stands at its beginning is what it is about.
const (
	maxLine      = 600
	maxVitalLine = 2000
	minLine      = 120 // of a line that is cut in a short text
)

// draw writes the page. If the result is not shorter than the terminal's text, that
// text is what is shown: it costs nothing more and lacks nothing.
func (p *page) draw() drawing {
	slices.SortStableFunc(p.notes, func(a, b note) int { return a.at - b.at })
	w := &writer{p: p}
	w.write()
	d := drawing{text: w.b.String(), gaps: w.gaps, shown: w.shown, noise: w.noise}
	d.tokens = sampled(d.text, p.in.Tokens)
	if d.tokens >= p.sheet.tokens && p.sheet.num == nil && p.sheet.lost == nil && (p.in.MaxTokens == 0 || p.sheet.tokens <= p.in.MaxTokens) && !p.mute && p.in.Prior == nil {
		return p.whole()
	}
	return d
}

// whole is the text as the terminal showed it.
func (p *page) whole() drawing {
	text := strings.Join(p.lines, "\n")
	if len(p.lines) > 0 {
		text += "\n"
	}
	return drawing{text: text, tokens: p.sheet.tokens, shown: p.sheet.total}
}

// writer draws a page from top to bottom.
type writer struct {
	p       *page
	b       bytes.Buffer
	gaps    []api.Gap
	gapped  struct{ from, to, at, end int } // the last gap without a reason: its lines, and where it stands in b
	shown   int
	noise   int
	last    int      // the line that was drawn last; lines between it and the next are blank or hidden
	notes   int      // drawn
	notesAt int      // drawn by the time of last
	aside   []int    // lines left out, for each reason
	places  [][2]int // where they are, with what else is not in view between them
	broken  bool     // something is in view behind the last of them
}

func (w *writer) write() {
	p := w.p
	w.aside = make([]int, len(p.reasons))
	for i := 0; i < len(p.lines); {
		w.drawNotes(i)
		if p.gapBefore(i) {
			w.gap(p.number(i-1)+1, p.number(i)-1, "")
		}
		switch p.fates[i] {
		case folded:
			i = w.fold(i)
			continue
		case aside:
			w.count(i)
		case noise, retold:
			w.noise++
		default:
			w.line(i)
		}
		i++
	}
	w.drawNotes(len(p.lines))
	if n := len(p.lines); p.sheet.total > 0 && n > 0 && p.number(n-1) < p.sheet.total {
		w.gap(p.number(n-1)+1, p.sheet.total, "")
	}
	w.footnote()
	w.lostTexts()
}

// gapBefore says whether lines before i are not on the sheet.
func (p *page) gapBefore(i int) bool {
	if p.sheet.num == nil {
		return false
	}
	if i == 0 {
		return false
	}
	return p.number(i) > p.number(i-1)+1
}

func (w *writer) drawNotes(upTo int) {
	for w.notes < len(w.p.notes) && w.p.notes[w.notes].at <= upTo {
		w.b.WriteString(w.p.notes[w.notes].text)
		w.b.WriteByte('\n')
		if lines := w.p.notes[w.notes].lines; lines != nil {
			places := w.p.placesOf(lines)
			w.gaps = append(w.gaps, w.p.gapOf(places, len(lines)))
		}
		w.notes++
	}
}

func (w *writer) line(i int) {
	line := w.p.lines[i]
	if blank(line) {
		return
	}
	if w.shown > 0 && i > w.last+1 && w.p.blankFrom(w.last+1, i) && w.notes == w.notesAt {
		w.b.WriteByte('\n')
	}
	w.last, w.notesAt = i, w.notes
	w.broken = true
	w.b.WriteString(cutLine(line, w.p.longest(w.p.fates[i])))
	w.b.WriteByte('\n')
	w.shown++
}

// longest is how many bytes of a line are shown. In a text that must be short it is less: one
// line may not take the place of all others.
func (p *page) longest(f fate) int {
	limit, least, most := maxLine, minLine, p.in.MaxTokens/2
	if f == vital {
		limit, least, most = maxVitalLine, 2*minLine, 3*p.in.MaxTokens/2
	}
	if p.detail == outline {
		limit /= 3
	}
	if p.clipped && most > 0 {
		limit = min(limit, max(least, most))
	}
	return limit
}

// blankFrom says that nothing but blank lines is there.
func (p *page) blankFrom(from, to int) bool {
	for i := from; i < to; i++ {
		if !blank(p.lines[i]) {
			return false
		}
	}
	return true
}

// cutLine keeps the beginning of a line and says how many bytes are missing.
func cutLine(line string, limit int) string {
	if len(line) <= limit+12 {
		return line
	}
	for limit > 0 && line[limit]&0xc0 == 0x80 {
		limit--
	}
	return line[:limit] + "...[+" + strconv.Itoa(len(line)-limit) + "]"
}

// maxGapText is about as long as the text of a gap gets.
const maxGapText = 80

// fold draws the gap that begins at line i and returns the line after it. A gap takes
// in what is left out next to it. Lines that are shorter than their gap are shown.
func (w *writer) fold(i int) int {
	p := w.p
	j, size, why := i, 0, p.whys[i]
	for j < len(p.lines) && (p.fates[j] > vital || p.fates[j] == open && blank(p.lines[j])) {
		if j > i && (w.notes < len(p.notes) && p.notes[w.notes].at <= j || p.gapBefore(j)) {
			break
		}
		if p.fates[j] == folded && p.whys[j] != why {
			if !p.clipped {
				break
			}
			why = 0 // a text that must be short has one gap for all
		}
		size += len(p.lines[j]) + 1
		j++
	}
	for j > i+1 && p.fates[j-1] != folded {
		j--
		size -= len(p.lines[j]) + 1
	}
	between := p.gapBefore(i) || j < len(p.lines) && p.gapBefore(j)
	if !between && size < maxGapText && size <= len(p.gapText(p.number(i), p.number(j-1), p.reasons[why])) {
		for ; i < j; i++ {
			w.line(i)
		}
		return j
	}
	w.gap(p.number(i), p.number(j-1), p.reasons[why])
	return j
}

// gap draws a gap. Two that touch are one, unless they give reasons; so are two with nothing
// but what is left out between them where the text must be short.
func (w *writer) gap(from, to int, why string) {
	short := w.p.clipped || w.p.sheet.num != nil
	if g := w.gapped; why == "" && g.end > 0 && g.end == w.b.Len() && (short || g.to+1 == from) {
		from = g.from
		w.b.Truncate(g.at)
		w.gaps = w.gaps[:len(w.gaps)-1]
	}
	at := w.b.Len()
	w.b.WriteString(w.p.gapText(from, to, why))
	w.b.WriteByte('\n')
	if why == "" {
		w.gapped.from, w.gapped.to, w.gapped.at, w.gapped.end = from, to, at, w.b.Len()
	}
	w.gaps = append(w.gaps, api.Gap{Lines: to - from + 1, Ref: w.p.ref(from, to)})
}

func (p *page) gapText(from, to int, why string) string {
	what := plural(to-from+1, "line")
	if why != "" {
		what += " of " + why
	}
	return "[... " + what + " " + p.ref(from, to) + "]"
}

// ref is what opens lines of the block.
func (p *page) ref(from, to int) string {
	return p.in.Ref + ":" + strconv.Itoa(from) + "-" + strconv.Itoa(to)
}

func (w *writer) count(i int) {
	w.aside[w.p.whys[i]]++
	n := w.p.number(i)
	if k := len(w.places) - 1; k >= 0 && !w.broken {
		w.places[k][1] = n
	} else {
		w.places = append(w.places, [2]int{n, n})
	}
	w.broken = false
}

// footnote says what was left out all over the page.
func (w *writer) footnote() {
	var what []string
	for why, n := range w.aside {
		if name := w.p.reasons[why]; n > 0 && name != "" {
			what = append(what, numberOf(n, name))
		}
	}
	if len(w.places) == 0 {
		return
	}
	if len(what) > 0 {
		ref, _ := w.p.refTo(w.places)
		fmt.Fprintf(&w.b, "[not shown: %s %s]\n", strings.Join(what, ", "), ref)
	}
	n := 0
	for _, p := range w.places {
		n += p[1] - p[0] + 1
	}
	w.gaps = append(w.gaps, w.p.gapOf(w.places, n))
}

// numberOf is a number of what a reason names: 1 stack frame, 2 stack frames.
func numberOf(n int, names string) string {
	if n == 1 {
		if rest, ok := strings.CutPrefix(names, "lines "); ok {
			return "1 line " + rest
		}
		if strings.HasPrefix(names, "more of ") {
			return "1 " + names
		}
		names = strings.TrimSuffix(names, "s")
	}
	return strconv.Itoa(n) + " " + names
}

// How many places a reference names one by one: in the text, where each costs tokens,
// and in the list of gaps. More are said to be among the lines from the first to the
// last.
const (
	placesInText = 3
	placesInGap  = 24
)

// refTo is what opens places; exact says that it opens nothing else.
func (p *page) refTo(places [][2]int) (ref string, exact bool) {
	if len(places) > placesInText {
		return "in " + p.ref(places[0][0], places[len(places)-1][1]), false
	}
	return p.refsTo(places), true
}

func (p *page) refsTo(places [][2]int) string {
	var b strings.Builder
	b.WriteString(p.in.Ref)
	for k, r := range places {
		b.WriteByte(":,"[min(k, 1)])
		b.WriteString(strconv.Itoa(r[0]))
		if r[1] > r[0] {
			b.WriteByte('-')
			b.WriteString(strconv.Itoa(r[1]))
		}
	}
	return b.String()
}

// gapOf is the gap of n lines at places.
func (p *page) gapOf(places [][2]int, n int) api.Gap {
	if len(places) > placesInGap {
		return api.Gap{Lines: n, Ref: p.ref(places[0][0], places[len(places)-1][1]), Among: true}
	}
	return api.Gap{Lines: n, Ref: p.refsTo(places)}
}

// placesOf joins the numbers of lines that follow each other.
func (p *page) placesOf(lines []int) [][2]int {
	var places [][2]int
	for k, i := range lines {
		n := p.number(i)
		if last := len(places) - 1; k > 0 && places[last][1] == n-1 {
			places[last][1] = n
			continue
		}
		places = append(places, [2]int{n, n})
	}
	return places
}

// lostTexts are those that were drawn over and complain, and what opens all that were and
// say more than how far something is.
func (w *writer) lostTexts() {
	lost := w.p.sheet.lost
	if lost == nil {
		return
	}
	w.b.WriteString(w.p.lostHead(lost))
	limit := maxLine
	if most := w.p.in.MaxTokens; most > 0 && len(lost.texts) > 0 { // a third of it for all: three bytes are a token
		limit = min(limit, max(24, most/len(lost.texts)))
	}
	for _, text := range lost.texts {
		w.b.WriteString(cutLine(text, limit))
		w.b.WriteByte('\n')
	}
}

func (p *page) lostHead(lost *lost) string {
	ref := ""
	if !p.in.Decoded {
		ref = fmt.Sprintf(" %s#%d-%d", p.in.Ref, lost.from, lost.to)
	}
	switch {
	case len(lost.texts) == lost.count:
		return "[drawn over on the screen" + ref + ":]\n"
	case len(lost.texts) > 0:
		return "[drawn over on the screen: " + plural(lost.count, "text") + ref + ", among them:]\n"
	}
	return "[drawn over on the screen: " + plural(lost.count, "text") + ref + "]\n"
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}
