package output

import (
	"fmt"
	"hash/maphash"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// Prior is what an earlier run of the same command said.
type Prior struct {
	Ref    string // what opens it
	Digest *Digest
}

// Digest is what a report keeps of an output for the comparison with a later run: the
// hashes of its lines, and its findings. It is a few bytes a line.
type Digest struct {
	exit     string
	kind     string
	sum      uint64   // of all lines
	exact    uint64   // the same without times and addresses masked
	lines    []uint64 // hashes; nil for an output that is too long
	bodies   []uint64 // of the lines' very words, numbers in front left out; nil unless all were shown
	text     []string // of a short output: what is gone of it can be shown
	shown    bool     // all of them, or nearly: what a later output may be told by
	total    int
	findings []api.Finding
	next     []api.Next
	entities []api.Entity
}

// maxDigest is how many lines are remembered one by one.
const maxDigest = 16 << 10

func (p *page) digest() *Digest {
	d := &Digest{exit: p.in.failure(), kind: p.kind, sum: p.sheet.sum, exact: p.sheet.exact, total: p.sheet.total, findings: p.findings, next: p.steps, entities: p.entities()}
	if p.sheet.num == nil && len(p.sheet.lines) <= maxDigest {
		d.lines = p.sheet.hashes
		d.shown = p.shows() >= len(p.lines)*9/10
		if d.isContent() {
			d.text = p.keptText()
		}
		if d.shown {
			d.bodies = p.bodies()
		}
	}
	return d
}

// maxKeptText is how many bytes of an output may have whose lines are remembered as they are.
const maxKeptText = 8 << 10

func (p *page) keptText() []string {
	n := 0
	for _, line := range p.lines {
		n += len(line)
	}
	if n > maxKeptText {
		return nil
	}
	return strings.Split(strings.Join(p.lines, "\n"), "\n") // of its own, so that it keeps nothing else
}

// unchanged answers an output that is the same as the one before with a line.
func unchanged(in Input, s *sheet) (Report, bool) {
	if in.Prior == nil || in.Prior.Digest == nil || s.total < 2 {
		return Report{}, false
	}
	d := in.Prior.Digest
	if d.sum != s.sum || d.total != s.total || d.exit != in.failure() {
		return Report{}, false
	}
	text := "[same as " + in.Prior.Ref
	if d.exact != s.exact {
		text += " except times"
	}
	if f := strings.Trim(in.failure(), "[]"); f != "" {
		text += ": " + f
	}
	text += ", " + plural(s.total, "line") + namesOfErrors(d.findings) + "]\n"
	r := Report{
		Text: text, Kind: d.kind, Tokens: in.Tokens(text), RawTokens: s.rawTokens, RenderedTokens: s.tokens, Lines: s.total, Folded: s.total,
		Findings: d.findings, Next: d.next, Entities: d.entities, Digest: d,
		Gaps: []api.Gap{{Lines: s.total, Ref: fmt.Sprintf("%s:1-%d", in.Ref, s.total)}},
	}
	if r.Tokens >= s.tokens {
		return Report{}, false // saying it takes more than showing it
	}
	if r.Findings == nil {
		r.Findings = []api.Finding{}
	}
	if r.Next == nil {
		r.Next = []api.Next{}
	}
	return r, true
}

// shownNames is how many names a comparison lists.
const shownNames = 12

func namesOfErrors(findings []api.Finding) string {
	var names []string
	for _, f := range findings {
		if f.Severity == "error" {
			names = append(names, nameOf(f))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; still: " + list(names)
}

func list(names []string) string {
	more := ""
	if len(names) > shownNames {
		more = fmt.Sprintf(" and %d more", len(names)-shownNames)
		names = names[:shownNames]
	}
	return strings.Join(names, ", ") + more
}

// nameOf is what a finding is called in a comparison.
func nameOf(f api.Finding) string {
	switch {
	case f.Kind == "test" && f.Name != "":
		return f.Name
	case f.File != "":
		return f.File + ":" + itoa(f.Line) + " " + cutLine(f.Message, 80)
	}
	return cutLine(f.Message, 80)
}

// key is what makes two findings the same in two runs: lines move.
func key(f api.Finding) string {
	if f.Kind == "test" && f.Name != "" {
		return "test\x00" + f.Name
	}
	return f.Kind + "\x00" + f.File + "\x00" + f.Message
}

// compare says what changed since the run before: what got fixed, what broke, and what
// still fails.
func (p *page) compare() {
	if p.in.Prior == nil || p.in.Prior.Digest == nil {
		return
	}
	before := map[string]api.Finding{}
	for _, f := range p.in.Prior.Digest.findings {
		if f.Severity == "error" && f.Kind != "exit" {
			before[key(f)] = f
		}
	}
	var broke, still, fixed []string
	news := p.newWarnings()
	for _, f := range p.findings {
		k := key(f)
		_, known := before[k]
		switch {
		case f.Severity != "error" || f.Kind == "exit":
		case known:
			still = append(still, nameOf(f))
			delete(before, k)
		case len(p.in.Prior.Digest.findings) < maxFindings:
			broke = append(broke, nameOf(f))
		}
	}
	for _, f := range p.in.Prior.Digest.findings { // in their order
		if _, gone := before[key(f)]; gone {
			fixed = append(fixed, nameOf(f))
			delete(before, key(f))
		}
	}
	var parts []string
	for _, c := range []struct {
		what  string
		names []string
	}{{"fixed", fixed}, {"broke", broke}, {"still failing", still}} {
		if len(c.names) > 0 {
			parts = append(parts, c.what+": "+list(c.names))
		}
	}
	if news != "" {
		parts = append(parts, news)
	}
	if len(fixed)+len(broke) == 0 && news == "" && p.sheet.total <= fewLines {
		return // it says so itself
	}
	if len(fixed)+len(still) > 0 || news != "" {
		p.vitalNote(-1, "[since "+p.in.Prior.Ref+": "+strings.Join(parts, "; ")+"]")
	}
}

// fewLines are as short as saying that they are the same.
const fewLines = 3

// newWarnings says which warnings of many are new, and how many are gone.
func (p *page) newWarnings() string {
	before := map[string]int{}
	for _, f := range p.in.Prior.Digest.findings {
		if f.Severity != "error" {
			before[key(f)]++
		}
	}
	stay := 0
	var names []string
	for _, f := range p.findings {
		switch k := key(f); {
		case f.Severity == "error":
		case before[k] > 0:
			before[k]--
			stay++
		default:
			names = append(names, nameOf(f))
		}
	}
	gone := 0
	for _, n := range before {
		gone += n
	}
	if stay < 2 || len(names)+gone == 0 || len(p.findings) >= maxFindings || len(p.in.Prior.Digest.findings) >= maxFindings {
		return ""
	}
	var parts []string
	if len(names) > 0 {
		parts = append(parts, "new: "+list(names))
	}
	if gone > 0 {
		parts = append(parts, plural(gone, "warning")+" gone")
	}
	return strings.Join(parts, "; ") + "; " + plural(stay, "warning") + " as before"
}

// isContent says that of a second look the difference is shown: what it lists is the answer. So
// it is with what any tool lists, nothing wrong, and all of it in view.
func (d *Digest) isContent() bool { return content[d.kind] || d.shown && len(d.findings) == 0 }

// content are the kinds of output of which a second look shows the difference.
var content = map[string]bool{
	"file": true, "listing": true, "search": true, "diff": true, "git log": true, "git status": true, "table": true,
	"text": true, "container": true, "kubernetes": true, "access log": true, "log": true, "git blame": true,
}

// difference shows what is not as it was in the run before, if that is the lesser part.
// What is gone is named by its reference in that run.
func (p *page) difference() bool {
	if p.sheet.num != nil || len(p.sheet.hashes) != len(p.lines) || len(p.lines) < 2*fewPaths || p.in.failed() {
		return false
	}
	prior := p.in.Prior
	if prior == nil || !prior.comparable() {
		if prior = p.seenBefore(); prior == nil {
			return false
		}
	}
	added, gone := p.changed(prior.Digest.lines)
	if len(added) > len(p.lines)/2 {
		return false
	}
	p.kind = prior.Digest.kind
	p.note(-1, fmt.Sprintf("[since %s: +%d -%d of %s]", prior.Ref, len(added), len(gone), plural(len(p.lines), "line")))
	p.mark(0, len(p.lines), folded)
	for _, i := range added {
		p.fates[i] = kept
	}
	for i := range p.lines {
		if p.fates[i] == folded {
			p.because(i, folded, "what was there")
		}
	}
	p.noteGone(prior, gone)
	return true
}

// How much is told of what is gone: lines as they were, if they are few and known, else
// where they were.
const (
	shownGone = 4
	maxRanges = 8
)

func (p *page) noteGone(prior *Prior, gone []int) {
	if len(gone) == 0 {
		return
	}
	if text := prior.Digest.text; len(gone) <= shownGone && len(text) == len(prior.Digest.lines) {
		for _, j := range gone {
			p.note(len(p.lines), fmt.Sprintf("[gone: %s:%d %s]", prior.Ref, j+1, cutLine(strings.TrimSpace(text[j]), 120)))
		}
		return
	}
	var b strings.Builder
	rs := ranges(gone)
	for k, r := range rs[:min(len(rs), maxRanges)] {
		b.WriteByte(":,"[min(k, 1)])
		b.WriteString(itoa(r[0] + 1))
		if r[1] > r[0] {
			b.WriteString("-" + itoa(r[1]+1))
		}
	}
	more := ""
	if len(rs) > maxRanges {
		more = fmt.Sprintf(" and %d more lines all over it", countIn(rs[maxRanges:]))
	}
	p.note(len(p.lines), "[gone: "+prior.Ref+b.String()+more+"]")
}

func countIn(ranges [][2]int) int {
	n := 0
	for _, r := range ranges {
		n += r[1] - r[0] + 1
	}
	return n
}

// comparable says that an output like it is best told by the difference.
func (r *Prior) comparable() bool {
	return r.Digest != nil && r.Digest.lines != nil && r.Digest.isContent()
}

// seenBefore is the newest output of another command that is nearly this one: a file
// shown again by what has edited it. An output that is a small part of an earlier one is
// none: who asks for ten lines of a file wants to read them.
func (p *page) seenBefore() *Prior {
	var here map[uint64]int
	for k := range p.in.Recent {
		r := &p.in.Recent[k]
		n := len(p.lines)
		if !r.comparable() || !r.Digest.shown || r.Digest.total > n*4/3 || r.Digest.total < n*3/4 {
			continue
		}
		if here == nil {
			here = make(map[uint64]int, n)
			for _, h := range p.sheet.hashes {
				here[h]++
			}
		}
		if same := sameLines(here, r.Digest.lines); same*5 >= max(n, r.Digest.total)*4 {
			return r
		}
	}
	return nil
}

// sameLines is how many of the lines are among those that are here, each once.
func sameLines(here map[uint64]int, lines []uint64) int {
	seen, n := make(map[uint64]int, len(lines)), 0
	for _, h := range lines {
		if seen[h] < here[h] {
			seen[h]++
			n++
		}
	}
	return n
}

// shows is how many lines are in view, blank ones taken for it.
func (p *page) shows() int {
	n := 0
	for i, f := range p.fates {
		if f <= vital || f == retold || blank(p.lines[i]) {
			n++
		}
	}
	return n
}

// changed are the lines that are new, and the numbers of those that are gone. Lines
// are matched by what they say, each once.
func (p *page) changed(before []uint64) (added, gone []int) {
	at := map[uint64][]int{}
	for j, h := range before {
		at[h] = append(at[h], j)
	}
	left := make([]bool, len(before))
	for i, line := range p.lines {
		h := p.sheet.hashes[i]
		if js := at[h]; len(js) > 0 {
			left[js[0]] = true
			at[h] = js[1:]
			continue
		}
		if !blank(line) {
			added = append(added, i)
		}
	}
	for j, stayed := range left {
		if !stayed {
			gone = append(gone, j)
		}
	}
	return added, gone
}

// ranges joins numbers that follow each other.
func ranges(numbers []int) [][2]int {
	var out [][2]int
	for _, n := range numbers {
		if k := len(out) - 1; k >= 0 && out[k][1] == n-1 {
			out[k][1] = n
			continue
		}
		out = append(out, [2]int{n, n})
	}
	return out
}

// seed makes hashes comparable within this process, where digests live.
var seed = maphash.MakeSeed()

// stableHash is a line without what differs from run to run though nothing changed:
// durations, times of day, addresses. Verbatim nothing is left out.
func stableHash(line string, verbatim bool) uint64 {
	h, from := uint64(1), 0
	for i := 0; i < len(line) && !verbatim; {
		if !isDigit(line[i]) {
			i++
			continue
		}
		j := i + 1
		for j < len(line) && (isDigit(line[j]) || (line[j] == '.' || line[j] == ':') && j+1 < len(line) && isDigit(line[j+1])) {
			j++
		}
		if n := volatile(line, i, j); n > 0 {
			h = (h ^ maphash.String(seed, line[from:i])) * 0x9e3779b97f4a7c15
			from, j = i+n, i+n
		}
		i = j
	}
	return (h ^ maphash.String(seed, line[from:])) * 0x9e3779b97f4a7c15
}

// volatile is the length of a duration, a time of day or an address that begins with
// the number from i to j; 0 if it is none.
func volatile(s string, i, j int) int {
	if i > 0 && (isLetter(s[i-1]) || s[i-1] == '_') || j == len(s) && j-i < 7 {
		return 0
	}
	if j < len(s) && s[j] == 'x' && j == i+1 && s[i] == '0' {
		for j++; j < len(s) && (isDigit(s[j]) || s[j]|0x20 >= 'a' && s[j]|0x20 <= 'f'); j++ {
		}
		return j - i
	}
	if j-i >= 7 && j-i <= 15 && strings.Count(s[i:j], ":") == 2 {
		return j - i
	}
	return unitAfter(s, i, j)
}

// unitAfter is the length of the number and a unit of time behind it.
func unitAfter(s string, i, j int) int {
	if j == len(s) {
		return 0
	}
	k := j
	if s[k] == ' ' && k+1 < len(s) {
		k++
	}
	switch rest := s[k:]; {
	case strings.HasPrefix(rest, "ms"), strings.HasPrefix(rest, "ns"):
		k += 2
	case strings.HasPrefix(rest, "µs"):
		k += len("µs")
	case strings.HasPrefix(rest, "seconds"):
		k += len("seconds")
	case strings.HasPrefix(rest, "sec"):
		k += len("sec")
	case rest[0] == 's':
		k++
	default:
		return 0
	}
	if k < len(s) && (isLetter(s[k]) || isDigit(s[k])) {
		return 0
	}
	return k - i
}

// hashLine adds a line to the sums of a sheet.
func (s *sheet) hashLine(line string) {
	h := stableHash(line, s.verbatim)
	if _, rest := number(strings.TrimPrefix(line, "total ")); s.lists && rest == "" && len(line) > len("total ") {
		h = 0 // blocks that ls adds up: what has changed is in the lines below
	}
	s.sum = (s.sum ^ h) * 0x9e3779b97f4a7c15
	s.exact = (s.exact ^ maphash.String(seed, line)) * 0x9e3779b97f4a7c15
	if s.total <= maxDigest {
		s.hashes = append(s.hashes, h)
	}
}
