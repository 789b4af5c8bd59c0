package output

import (
	"fmt"
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
	total    int
	findings []api.Finding
	next     []Next
}

// maxDigest is how many lines are remembered one by one.
const maxDigest = 16 << 10

func (p *page) digest() *Digest {
	d := &Digest{exit: p.in.failure(), kind: p.kind, sum: p.sheet.sum, exact: p.sheet.exact, total: p.sheet.total, findings: p.findings, next: p.steps}
	if p.sheet.num == nil && len(p.sheet.lines) <= maxDigest {
		d.lines = make([]uint64, len(p.sheet.lines))
		for i, line := range p.sheet.lines {
			d.lines[i] = stableHash(line)
		}
	}
	return d
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
		Findings: d.findings, Next: d.next, Entities: []Entity{}, Digest: d,
		Gaps: []api.Gap{{Lines: s.total, Ref: fmt.Sprintf("%s:1-%d", in.Ref, s.total)}},
	}
	if r.Tokens >= s.tokens {
		return Report{}, false // saying it takes more than showing it
	}
	if r.Findings == nil {
		r.Findings = []api.Finding{}
	}
	if r.Next == nil {
		r.Next = []Next{}
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
	if len(fixed)+len(still) > 0 {
		p.vitalNote(-1, "[since "+p.in.Prior.Ref+": "+strings.Join(parts, "; ")+"]")
	}
}

// content are the kinds of output of which a second look shows the difference.
var content = map[string]bool{
	"file": true, "listing": true, "search": true, "diff": true, "git log": true, "git status": true, "table": true,
	"text": true, "container": true, "kubernetes": true, "access log": true,
}

// difference shows what is not as it was in the run before, if that is the lesser part.
// What is gone is named by its reference in that run.
func (p *page) difference() bool {
	prior := p.in.Prior
	if prior == nil || prior.Digest == nil || prior.Digest.lines == nil || !content[prior.Digest.kind] || p.sheet.num != nil || p.in.failed() {
		return false
	}
	added, gone := p.changed(prior.Digest.lines)
	if len(added) > len(p.lines)/2 || len(p.lines) < 2*fewPaths {
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
	for _, r := range ranges(gone) {
		p.note(len(p.lines), fmt.Sprintf("[gone: %s:%d-%d]", prior.Ref, r[0]+1, r[1]+1))
	}
	return true
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
		h := stableHash(line)
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

// ranges joins numbers that follow each other. There are at most maxRanges; the last
// reaches over the rest.
func ranges(numbers []int) [][2]int {
	const maxRanges = 8
	var out [][2]int
	for _, n := range numbers {
		if k := len(out) - 1; k >= 0 && (out[k][1] == n-1 || len(out) == maxRanges) {
			out[k][1] = n
			continue
		}
		out = append(out, [2]int{n, n})
	}
	return out
}

// stableHash is a line without what differs from run to run though nothing changed:
// durations, times of day, addresses.
func stableHash(line string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(line); {
		if n := volatile(line[i:], i > 0 && (isLetter(line[i-1]) || isDigit(line[i-1]) || line[i-1] == '.' || line[i-1] == '_')); n > 0 {
			h = (h ^ 0xff) * 1099511628211
			i += n
			continue
		}
		h = (h ^ uint64(line[i])) * 1099511628211
		i++
	}
	return h
}

// volatile is the length of a duration, a time of day or an address that s begins with.
func volatile(s string, inside bool) int {
	if inside || !isDigit(s[0]) {
		return 0
	}
	n := 0
	for n < len(s) && (isDigit(s[n]) || n > 0 && (s[n] == '.' || s[n] == ':') && n+1 < len(s) && isDigit(s[n+1])) {
		n++
	}
	if n == 1 && s[0] == '0' && len(s) > 6 && s[1] == 'x' {
		for n = 2; n < len(s) && strings.IndexByte("0123456789abcdefABCDEF", s[n]) >= 0; n++ {
		}
		return n
	}
	if strings.Count(s[:n], ":") == 2 && n >= 7 && n <= 15 {
		return n
	}
	for _, unit := range []string{"ms", "µs", "ns", "s", " ms", " s", " sec", " seconds"} {
		if strings.HasPrefix(s[n:], unit) {
			end := n + len(unit)
			if end == len(s) || !isLetter(s[end]) && !isDigit(s[end]) {
				return end
			}
		}
	}
	return 0
}

// hashLine adds a line to the sums of a sheet.
func (s *sheet) hashLine(line string) {
	s.sum = (s.sum ^ stableHash(line)) * 1099511628211
	h := s.exact
	for i := range len(line) {
		h = (h ^ uint64(line[i])) * 1099511628211
	}
	s.exact = (h ^ '\n') * 1099511628211
}
