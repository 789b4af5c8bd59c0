package output

import (
	"bytes"
	"fmt"
	"math/rand"
	"regexp"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// check holds what must be true of every report, whatever the bytes.
func check(t *testing.T, in Input) {
	t.Helper()
	in = in.withDefaults()
	s := drawSheet(in)
	target, ceiling := Target, Ceiling
	if in.MaxTokens > 0 {
		target, ceiling = in.MaxTokens, in.MaxTokens
	}
	p := readWithin(in, s, target)
	d := p.draw()
	if d.tokens > ceiling {
		p.clip(ceiling)
		d = p.draw()
	}
	checkKept(t, p, d)
	checkGaps(t, p, d)
	r := Reduce(in)
	for _, e := range r.Entities {
		if all := strings.Join(p.lines, "\n"); !strings.Contains(all, e.Text) {
			t.Errorf("%v is not in the output", e)
		}
	}
	if in.failed() && !saysFailure(r, in) {
		t.Errorf("%q ended with %s and reads:\n%s", in.Command, in.failure(), r.Text)
	}
	if r.Shown+r.Folded+r.Noise != r.Lines || r.Folded < 0 {
		t.Errorf("%d lines: %d shown, %d folded, %d noise", r.Lines, r.Shown, r.Folded, r.Noise)
	}
}

// saysFailure says that a text names the exit or one of the errors found.
func saysFailure(r Report, in Input) bool {
	if strings.Contains(r.Text, in.failure()) {
		return true
	}
	for line := range strings.Lines(r.Text) {
		if alarm(line) == alarmed || diagnostic(strings.TrimSuffix(line, "\n")) {
			return true
		}
	}
	return namesAnError(r, in)
}

// checkKept asks that every line of the text is a line of the page, as it is or cut, or
// one of ours: a note or a gap.
func checkKept(t *testing.T, p *page, d drawing) {
	t.Helper()
	known := map[string]bool{"": true}
	for _, l := range p.lines {
		known[l] = true
		for _, limit := range []int{maxLine, maxVitalLine, maxLine / 3, maxVitalLine / 3, p.longest(kept), p.longest(vital)} {
			known[cutLine(l, limit)] = true
		}
	}
	for _, n := range p.notes {
		for l := range strings.Lines(n.text + "\n") {
			known[strings.TrimSuffix(l, "\n")] = true
		}
	}
	if p.sheet.lost == nil {
		p.sheet.lost = &lost{}
	}
	for _, l := range p.sheet.lost.texts {
		for limit := 24; limit <= maxLine; limit++ {
			known[cutLine(l, limit)] = true
		}
	}
	for l := range strings.Lines(d.text) {
		l = strings.TrimSuffix(l, "\n")
		if known[l] || strings.HasPrefix(l, "[... ") || strings.HasPrefix(l, "[not shown: ") || strings.HasPrefix(l, "[drawn over on the screen") {
			continue
		}
		t.Errorf("line is not one of the output: %q", l)
	}
}

// checkGaps asks that a gap's reference parses, is inside of the block, and opens exactly
// as many lines as were left out, none of which is shown, unless it is said that they are
// among those; and the same of every reference in the text.
func checkGaps(t *testing.T, p *page, d drawing) {
	t.Helper()
	for _, g := range d.gaps {
		opened, most := p.opened(t, g.Ref[strings.LastIndexByte(g.Ref, ':'):])
		switch {
		case most > p.sheet.total, g.Lines > opened, g.Lines < opened && !g.Among:
			t.Errorf("gap %+v of %d lines, opens %d", g, p.sheet.total, opened)
		case !g.Among:
			p.checkHidden(t, g.Ref)
		}
	}
	for line := range strings.Lines(d.text) {
		if m := gapInText.FindStringSubmatch(line); m != nil && m[1] == "" {
			p.checkHidden(t, m[2])
		}
	}
}

var gapInText = regexp.MustCompile(`^\[(?:not shown: |\+\d|\.\.\. \d).*?( in)? (@e1:[0-9,-]+)\]\n$`)

// opened counts the lines that a reference opens, and says which is the last.
func (p *page) opened(t *testing.T, ref string) (lines, last int) {
	t.Helper()
	r, err := api.ParseRef("@e1" + ref[strings.LastIndexByte(ref, ':'):])
	if err != nil || r.Lines == nil {
		t.Errorf("reference %s: %v", ref, err)
		return 0, 0
	}
	for _, x := range append([]api.Range{*r.Lines}, r.More...) {
		lines += int(x.To - x.From + 1)
		last = int(x.To)
	}
	return lines, last
}

// checkHidden asks that no line that the reference opens is shown.
func (p *page) checkHidden(t *testing.T, ref string) {
	t.Helper()
	r, err := api.ParseRef("@e1" + ref[strings.LastIndexByte(ref, ':'):])
	if err != nil {
		t.Errorf("reference %s: %v", ref, err)
		return
	}
	for _, x := range append([]api.Range{*r.Lines}, r.More...) {
		for i := range p.lines {
			if n := int64(p.number(i)); n < x.From || n > x.To {
				continue
			}
			if f := p.fates[i]; f <= vital && !blank(p.lines[i]) {
				t.Errorf("%s opens line %d, which is shown: %q", ref, p.number(i), p.lines[i])
				return
			}
		}
	}
}

func FuzzReduce(f *testing.F) {
	for _, rec := range recordings(f) {
		f.Add(rec.command, rec.exit, rec.raw, 0)
	}
	for _, r := range readers {
		for _, tool := range r.tools {
			f.Add(tool+" x", 1, []byte("a.go:3: error\r\n\x1b[1A\x1b[2Kok\r\n"), 50)
		}
	}
	f.Fuzz(func(t *testing.T, command string, exit int, raw []byte, budget int) {
		exit &= 0xff
		in := Input{Command: command, Exit: &exit, Bytes: raw, Ref: "@e1"}
		check(t, in)
		if budget > 0 {
			in.MaxTokens = max(budget, smallest)
			check(t, in)
		}
	})
}

func FuzzParseCommand(f *testing.F) {
	for _, s := range []string{"cd x && A=1 go test ./... 2>&1 | tail -5", "sudo -u me env X=1 timeout 5 sh -c 'make -j2'", "for f in *; do cat $f; done", "((", "a | b | c; d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := parseCommand(text)
		if len(c.shown()) > len(c.calls) {
			t.Errorf("%q shows more than it calls", text)
		}
	})
}

func FuzzPattern(f *testing.F) {
	f.Add("a*b#c", "axxb12c")
	f.Add("~x*", "   xyz")
	f.Add(`\* *`, "* a")
	f.Fuzz(func(t *testing.T, p, s string) {
		if len(p) > 60 {
			return
		}
		pattern(p).match(s)
		if !strings.ContainsAny(p, `*#~\`) && pattern(p).match(s) != (p == s) {
			t.Errorf("%q and %q", p, s)
		}
	})
}

// Every reader, on the outputs of every tool, mixed and cut: they see what is not
// theirs all the time.
func TestReadersStandOutputsThatAreNotTheirs(t *testing.T) {
	all := recordings(t)
	rnd := rand.New(rand.NewSource(1))
	unlike := []struct { // a word that only the shell knows is empty
		args   string
		budget int
	}{{" ./...", 0}, {` "$X" '' -e ""`, 0}, {" ./...", 150}, {` "$X" '' -e ""`, 150}}
	for _, r := range readers {
		for k, tool := range append([]string{"x"}, r.tools...) {
			rec := all[rnd.Intn(len(all))]
			lines := bytes.SplitAfter(rec.raw, []byte("\n"))
			rnd.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			exit := rnd.Intn(2)
			for j, u := range unlike {
				if k == 0 || j == k%len(unlike) { // all for one, and one for each of its tools
					check(t, Input{Command: tool + u.args, Exit: &exit, Bytes: bytes.Join(lines, nil), Ref: "@e1", MaxTokens: u.budget})
				}
			}
		}
	}
}

// A line that no rule can know, put anywhere into any output, is read.
func TestPlantedLinesSurvive(t *testing.T) {
	rnd := rand.New(rand.NewSource(7))
	planted := []func(mark string) string{
		func(m string) string { return "src/" + m + ".c:12: error: unexpected condition in frobnicate" },
		func(m string) string { return "FATAL: frobnicator " + m + " gave up after 3 attempts" },
		func(m string) string { return "2026-01-02T03:04:05Z ERROR db: connection " + m + " refused" },
		func(m string) string { return "kernel: Out of memory: Killed process 4242 (" + m + ")" },
		func(m string) string { return "rm: cannot remove '/srv/" + m + "': Permission denied" },
	}
	for _, rec := range recordings(t) {
		lines := bytes.SplitAfter(rec.raw, []byte("\n"))
		for k, make := range planted {
			mark := fmt.Sprintf("Q%04dZ", rnd.Intn(10000))
			at := rnd.Intn(len(lines))
			raw := bytes.Join(lines[:at], nil)
			raw = append(raw, make(mark)+"\r\n"...)
			raw = append(raw, bytes.Join(lines[at:], nil)...)
			in := rec.input()
			in.Bytes = raw
			if r := Reduce(in); !strings.Contains(r.Text, mark) {
				t.Errorf("%s: lost %q, planted before line %d of %d (kind %d)\n%s", rec.name, make(mark), at+1, len(lines), k, r.Text)
			}
		}
	}
}
