package output

import (
	"strings"
	"unicode"

	"github.com/ai-session/ai-session/api"
)

// generic reads what no reader knew: repeats are folded, lines of one shape are
// counted behind the first of them, and when that is still too long, the beginning,
// the end and what alarms remain.
func (p *page) generic() {
	p.looseFrames()
	p.foldRepeats()
	p.foldBlocks()
	p.listedPaths()
	left := p.openLines()
	if len(left) >= minMined && !(p.detail == full && len(left) <= p.most() && p.eachMatters(left)) {
		p.mine(left)
	}
	p.shorten()
}

// eachMatters says that the lines look alike but say something each, as content does and
// what counts, sizes and lists: they are shown while they fit.
func (p *page) eachMatters(left []int) bool {
	if p.document(left) || p.numbered(left) {
		return true
	}
	if p.cmd.showsContent() || p.cmd.showsText() && !timed(p.lines) || p.tally(left) || p.register(left) {
		p.coarsen(brief)
		return true
	}
	return false
}

// setting says that a line is NAME=value or name:value.
func setting(line string) bool {
	name, _, ok := strings.Cut(line, "=")
	if !ok {
		var value string
		name, value, ok = strings.Cut(line, ":")
		ok = ok && value != "" && !strings.Contains(value, " ")
	}
	return ok && name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") == ""
}

// tally says that most lines are a number and a name, as those of wc, du and uniq -c, or
// settings.
func (p *page) tally(left []int) bool {
	n := 0
	for _, i := range left {
		head := p.lines[i][:min(len(p.lines[i]), 200)]
		if setting(head) {
			n++
			continue
		}
		if f := strings.Fields(head); len(f) >= 2 && len(f) <= 5 {
			if _, rest := number(f[0]); rest != f[0] && len(rest) <= 3 {
				n++
			}
		}
	}
	return n*10 >= len(left)*9
}

// register says that the lines are few words each, and that nearly all begin with another
// one: packages with their versions, sums with their files.
func (p *page) register(left []int) bool {
	first := make(map[string]bool, len(left))
	n := 0
	for _, i := range left {
		f := strings.Fields(p.lines[i][:min(len(p.lines[i]), 200)])
		if len(f) < 2 || len(f) > 4 || first[f[0]] {
			continue
		}
		first[f[0]] = true
		n++
	}
	return n*10 >= len(left)*8
}

// shorten leaves the beginning, the end and what alarms, as far as detail asks.
func (p *page) shorten() {
	left := p.openLines()
	if len(left) > headLines+tailLines {
		p.coarsen(max(brief, p.detail+1))
	}
	switch p.detail {
	case brief:
		p.sift(left, 4*headLines, 4*tailLines)
	case outline:
		p.sift(left, headLines, tailLines)
	}
}

// document says that the lines are JSON, XML or YAML over several lines: content whose
// lines look alike, and each of which says something else. While it fits, it is shown.
func (p *page) document(left []int) bool {
	first := strings.TrimLeft(p.lines[left[0]], " ")
	if first != "{" && first != "[" && first != "---" && !strings.HasPrefix(first, "<?xml") && !strings.HasPrefix(first, "<!DOCTYPE") && !strings.HasPrefix(first, "<html") {
		return false
	}
	n := 0
	for _, i := range left {
		if s := strings.TrimLeft(p.lines[i], " "); strings.ContainsAny(s[:1], "{}[]\"<-") || strings.Contains(s, ": ") || strings.HasSuffix(s, ":") {
			n++
		}
	}
	if n*10 < len(left)*8 {
		return false
	}
	p.coarsen(brief)
	return true
}

// listedPaths tells paths that stand one below the other by their directories.
func (p *page) listedPaths() {
	n := 0
	for _, i := range p.openLines() {
		if line := p.lines[i]; strings.Contains(line, "/") && !strings.Contains(line, " ") {
			n++
		}
	}
	if n >= 2*fewPaths && !p.cmd.showsContent() {
		readPaths(p)
	}
}

const (
	minMined  = 24 // fewer lines are read as fast as a template
	headLines = 15
	tailLines = 25 // the end says how it went
)

func (p *page) openLines() []int {
	var left []int
	for i, f := range p.fates {
		if f == open && !blank(p.lines[i]) {
			left = append(left, i)
		}
	}
	return left
}

// foldRepeats folds a line that is said three times or more in a row.
func (p *page) foldRepeats() {
	for i := 0; i < len(p.lines); {
		j := i + 1
		for j < len(p.lines) && p.lines[j] == p.lines[i] && p.fates[j] == open {
			j++
		}
		if j-i >= 3 && p.fates[i] == open && !blank(p.lines[i]) {
			for k := i + 1; k < j; k++ {
				p.because(k, folded, "the same")
			}
		}
		i = j
	}
}

// minBlock is how many lines in a row make a block that is worth a reference to where
// it stands above.
const minBlock = 3

// foldBlocks folds what was said above in the same words over several lines.
func (p *page) foldBlocks() {
	first := make(map[string]int, len(p.openLines()))
	for i := 0; i < len(p.lines); {
		if p.fates[i] != open || blank(p.lines[i]) {
			i++
			continue
		}
		at, seen := first[p.lines[i]]
		if !seen {
			first[p.lines[i]] = i
			i++
			continue
		}
		n := p.sameFrom(at, i)
		if n < minBlock {
			i++
			continue
		}
		text := "[" + itoa(n) + " lines as " + p.ref(p.number(at), p.number(at+n-1)) + "]"
		if p.longerThan(i, i+n, 3*len(text)) {
			i++
			continue
		}
		p.note(i, text)
		p.mark(i, i+n, retold)
		i += n
	}
}

// longerThan says that limit bytes are more than the words of the lines take.
func (p *page) longerThan(from, to, limit int) bool {
	n := 0
	for _, line := range p.lines[from:to] {
		n += len(line) - indent(line) + 1
	}
	return limit > n
}

// sameFrom is how many lines from b on are those from a on.
func (p *page) sameFrom(a, b int) int {
	n := 0
	for b+n < len(p.lines) && a+n < b && p.lines[a+n] == p.lines[b+n] && p.fates[b+n] == open {
		n++
	}
	for n > 0 && blank(p.lines[b+n-1]) {
		n--
	}
	return n
}

// standOut says that line i is out of the ordinary, when there are few lines left to compare.
func (p *page) standOut(i int) {
	if p.rare == nil {
		p.rare = map[int]bool{}
	}
	p.rare[i] = true
}

// maxOdd is how many lines that alarm nobody are kept for their opening alone.
const maxOdd = 12

// maxRare is how many lines of rare kinds are kept for that alone: more are values that
// happen to differ.
const maxRare = 40

// sift keeps the first lines, the last, and those between that alarm or begin as few do.
func (p *page) sift(left []int, head, tail int) {
	if len(left) <= head+tail {
		return
	}
	alarms := map[uint64]int{}
	o := newOpenings()
	for _, i := range left {
		o.see(p.lines[i])
	}
	odd, few := 0, len(p.rare) <= maxRare
	for _, i := range left[head : len(left)-tail] {
		if few && p.rare[i] {
			continue
		}
		if odd < maxOdd && o.odd(p.lines[i]) {
			odd++
			p.standOut(i)
			continue
		}
		if alarm(p.lines[i]) > calm {
			key := shapeOf(p.lines[i])
			alarms[key]++
			if alarms[key] <= 2 {
				continue
			}
		}
		p.fates[i] = folded
	}
	p.foldCounts()
}

// foldCounts leaves out the counts of lines whose first is not shown: they would stand
// below nothing. What they count goes behind the gap with it.
func (p *page) foldCounts() {
	keep := p.notes[:0]
	for _, n := range p.notes {
		if n.lines == nil || n.at == 0 || p.fates[n.at-1] != folded {
			keep = append(keep, n)
			continue
		}
		for _, i := range n.lines {
			p.fates[i] = folded
		}
	}
	p.notes = keep
}

// tailOfFailure is how many last lines are shown of a failure that nobody explains.
const (
	tailOfFailure = 20
	tailLooked    = 400 // for what explains it
)

// explainFailure sees to it that a failed command never reads as a success. If no
// reader found an error, the last line in the shape of a complaint is taken for it; if
// there is none, the exit is said, and the end of the output is shown as it is.
func (p *page) explainFailure() {
	if !p.in.failed() || p.failed {
		return
	}
	if !p.sheet.verbatim && len(p.findings) == 0 && p.blameColumns() {
		return
	}
	if i := p.lastLine(func(line string) bool { return diagnostic(line) && !warns(line) && !closing(line) }); i >= 0 {
		p.blame(i)
		return
	}
	if !p.sheet.verbatim && p.blameMarked() {
		return
	}
	p.mute = true
	p.vitalNote(0, p.in.failure())
	if p.warned() {
		p.find(api.Finding{Kind: "exit", Severity: "error", Message: p.in.failure()})
		return
	}
	p.unfoldTail()
	loud := func(line string) bool { return alarm(line) == alarmed && !isFrame(line) }
	i := p.lastLine(func(line string) bool { return loud(line) && !strings.HasSuffix(line, ":") })
	if i < 0 {
		if i = p.lastLine(loud); i > 0 && strings.HasPrefix(p.lines[i], "stack trace") {
			i-- // what it heads tells how, the line above what
		}
	}
	if i < 0 {
		i = p.lastLine(func(line string) bool { d, ok := placeBehind(line); return ok && d.message != "" })
	}
	if i >= 0 {
		p.blame(i)
		return
	}
	p.find(api.Finding{Kind: "exit", Severity: "error", Message: p.in.failure()})
}

// closing says that a line tells where to read on, not what is wrong.
func closing(line string) bool { return strings.Contains(line, "A complete log of this run ") }

// warned says that a linter has found something: that is why it failed.
func (p *page) warned() bool {
	for _, f := range p.findings {
		if f.Kind == "lint" {
			return true
		}
	}
	return false
}

// maxMarked is how many lines with the mark of a failure become findings.
const maxMarked = 5

// blameMarked makes findings of the lines that begin with the mark of a failure.
func (p *page) blameMarked() bool {
	n := 0
	for i, line := range p.lines {
		if p.fates[i] != retold && n < maxMarked && failureMark(line) {
			p.blame(i)
			n++
		}
	}
	return n > 0
}

// failureMark says that a line begins as programs mark what failed, and names it.
func failureMark(line string) bool {
	s := strings.TrimLeft(line, " ")
	if s == "" || s[0] < 0xe2 && s[0] != '[' {
		return false
	}
	for _, mark := range []string{"✘ ", "✗ ", "✖ ", "× ", "❌ ", "⨯ ", "[!] ", "[FAIL] ", "[FAILED] "} {
		if rest, ok := strings.CutPrefix(s, mark); ok {
			return strings.ContainsFunc(rest, unicode.IsLetter)
		}
	}
	return false
}

// warns says that a line is a warning, or less.
func warns(line string) bool {
	if d, ok := parseDiagnostic(line); ok && d.severity != "error" {
		return true
	}
	s := strings.TrimLeft(line, " *#!=->[⚠▲️")
	return len(s) > 4 && strings.EqualFold(s[:4], "warn") || warnsAbroad(line)
}

// isFrame says that a line is a frame of a stack trace.
func isFrame(line string) bool {
	if _, ok := jsFrame(line); ok {
		return true
	}
	return strings.HasPrefix(strings.TrimLeft(line, " "), "File \"")
}

// lastLine is the last of the last lines that is as wanted; -1 if there is none.
func (p *page) lastLine(wanted func(string) bool) int {
	for i := len(p.lines) - 1; i >= 0 && i >= len(p.lines)-tailLooked; i-- {
		if p.fates[i] != retold && wanted(p.lines[i]) {
			return i
		}
	}
	return -1
}

// blame makes line i the finding that explains the failure.
func (p *page) blame(i int) {
	line := p.lines[i]
	p.fates[i] = vital
	f := api.Finding{Kind: kindOf(line), Severity: "error", Message: trimmed(line)}
	d, ok := placeBehind(line)
	if !ok {
		d, ok = p.placeBelow(i)
	}
	if ok {
		f.File, f.Line, f.Col = d.file, d.line, d.col
	}
	p.find(f)
}

// traceBelow is how far below a complaint the place is looked for.
const traceBelow = 6

// placeBelow is where the trace below line i begins in code of one's own: the lines indented below
// it name places behind "from", "at" or "in", or in parentheses at the end; as may the line itself.
func (p *page) placeBelow(i int) (place, bool) {
	for j := i; j < len(p.lines) && j <= i+traceBelow; j++ {
		line := p.lines[j]
		if j > i && indent(line) <= indent(p.lines[i]) {
			break
		}
		if fromLibrary(line) || strings.Contains(line, "/lib/") {
			continue
		}
		if at := strings.LastIndexByte(line, '('); at >= 0 {
			if inner, _, closed := strings.Cut(line[at+1:], ")"); closed {
				if d, ok := parsePlace(inner + ":"); ok {
					return d, true
				}
			}
		}
		word, rest, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
		if j > i && (word == "from" || word == "at" || word == "in") {
			rest, _, _ = strings.Cut(rest, " ")
			if d, ok := parsePlace(rest + ":"); ok {
				return d, true
			}
		}
	}
	return place{}, false
}

// blameColumns makes findings of the lines that name a file, a line and a column, as compilers do:
// nothing else does.
func (p *page) blameColumns() bool {
	var at []int
	for i, line := range p.lines {
		if p.fates[i] == retold {
			continue
		}
		if d, ok := parsePlace(line); ok && d.col > 0 && d.message != "" {
			at = append(at, i)
		}
	}
	if len(at) > maxColumns {
		return false
	}
	for _, i := range at {
		d, ok := parseDiagnostic(p.lines[i])
		if !ok {
			d, _ = parsePlace(p.lines[i])
			d.severity = "error"
		}
		p.fates[i] = p.foundAt("build", d)
	}
	return p.failed
}

// maxColumns is how many such lines are taken for what a compiler says; more are a list.
const maxColumns = 40

// placeBehind reads a place, or one behind the name of a program: "lua: a.lua:2: text".
func placeBehind(line string) (place, bool) {
	if d, ok := parsePlace(line); ok {
		return d, true
	}
	name, rest, ok := strings.Cut(line, ": ")
	if !ok || name == "" || strings.Contains(name, " ") {
		return place{}, false
	}
	return parsePlace(rest)
}

// kindOf says what sort of failure the words of a line name.
func kindOf(line string) string {
	for _, k := range []struct{ words, kind string }{
		{"command not found", "missing"}, {"No such file", "missing"}, {"not found", "missing"}, {"does not exist", "missing"}, {"no such", "missing"},
		{"ermission denied", "refused"}, {"onnection refused", "refused"}, {"ccess denied", "refused"}, {"not permitted", "refused"},
		{"egmentation fault", "crash"}, {"core dumped", "crash"}, {"panic", "crash"}, {"Traceback", "crash"}, {"Killed", "crash"},
		{"address already in use", "busy"}, {"timed out", "timeout"}, {"No space left", "full"}, {"conflict", "conflict"},
	} {
		if strings.Contains(line, k.words) {
			return k.kind
		}
	}
	if kind := endsAbroad(line); kind != "" {
		return kind
	}
	return "error"
}

func (p *page) unfoldTail() {
	shown := 0
	for i := len(p.lines) - 1; i >= 0 && shown < tailOfFailure; i-- {
		if blank(p.lines[i]) {
			continue
		}
		shown++
		if p.fates[i] != retold {
			p.fates[i] = vital
		}
	}
}

func trimmed(line string) string { return cutLine(line[indent(line):], maxLine) }
