package output

import "strings"

// minSeen is how many lines in a row are worth a reference to where they stand in an
// earlier output.
const minSeen = 12

// seenParts folds what an earlier output showed in the same words: a window into a file
// that has moved a little, with other numbers in front perhaps. Who asks for a small part
// of what was seen before wants to read it.
func (p *page) seenParts() {
	if len(p.in.Recent) == 0 && p.in.Prior == nil || p.in.failed() || len(p.sheet.hashes) != len(p.lines) || len(p.lines) < 2*minSeen {
		return
	}
	bodies := p.bodies()
	if bodies == nil {
		return
	}
	runs := p.seenRuns(bodies)
	seen, whole := 0, 0
	for _, r := range runs {
		seen, whole = seen+r.n, max(whole, r.of)
	}
	if seen > len(p.lines)*7/8 && len(p.lines) < whole*3/4 {
		return
	}
	for _, r := range runs {
		p.note(r.at, r.text)
		last := len(p.notes) - 1
		for i := r.at; i < r.at+r.n; i++ {
			p.fates[i] = retold
			p.notes[last].lines = append(p.notes[last].lines, i)
		}
	}
}

// seenRun is n lines from at on that an earlier output has.
type seenRun struct {
	at, n int
	of    int // lines of that output
	text  string
}

func (p *page) seenRuns(bodies []uint64) []seenRun {
	var earlier []*lookup
	if p.in.Prior != nil && p.in.Prior.shown() {
		earlier = append(earlier, newLookup(p.in.Prior))
	}
	for k := range p.in.Recent {
		if p.in.Recent[k].shown() {
			earlier = append(earlier, newLookup(&p.in.Recent[k]))
		}
	}
	var runs []seenRun
	for i := 0; i < len(bodies); i++ {
		if blank(p.lines[i]) {
			continue
		}
		n, at, in := 0, 0, (*lookup)(nil)
		for _, l := range earlier {
			if m, from := l.longest(bodies[i:]); m > n {
				n, at, in = m, from, l
			}
		}
		for n > 0 && blank(p.lines[i+n-1]) {
			n--
		}
		if n < minSeen {
			continue
		}
		text := "[" + itoa(n) + " lines as " + in.ref + ":" + itoa(at+1) + "-" + itoa(at+n) + p.renumbered(i, n) + "]"
		if p.longerThan(i, i+n, 3*len(text)) {
			continue
		}
		runs = append(runs, seenRun{i, n, len(in.bodies), text})
		i += n - 1
	}
	return runs
}

// renumbered says which numbers lines have here: the earlier output may have others.
func (p *page) renumbered(i, n int) string {
	from, _ := lineNumber(p.lines[i])
	to, _ := lineNumber(p.lines[i+n-1])
	if from == 0 || to == 0 {
		return ""
	}
	return ", numbered " + itoa(from) + "-" + itoa(to)
}

// shown says that all of the output is content, and was in view.
func (r *Prior) shown() bool { return r.comparable() && r.Digest.bodies != nil }

// lookup finds lines in an earlier output.
type lookup struct {
	ref    string
	bodies []uint64 // of what its lines say, numbers in front left out
	at     map[uint64][]int
}

func newLookup(r *Prior) *lookup {
	l := &lookup{ref: r.Ref, bodies: r.Digest.bodies, at: make(map[uint64][]int, len(r.Digest.bodies))}
	for j, h := range l.bodies {
		if len(l.at[h]) < maxPlaces {
			l.at[h] = append(l.at[h], j)
		}
	}
	return l
}

// maxPlaces is how many places of a line are tried: a brace stands everywhere.
const maxPlaces = 4

// longest is the longest run that lines begins with, and where it is.
func (l *lookup) longest(lines []uint64) (n, at int) {
	for _, j := range l.at[lines[0]] {
		m := 1
		for m < len(lines) && j+m < len(l.bodies) && lines[m] == l.bodies[j+m] {
			m++
		}
		if m > n {
			n, at = m, j
		}
	}
	return n, at
}

// lineNumber is the number of a file's line that a tool has put in front, and what
// stands behind it.
func lineNumber(line string) (n int, rest string) {
	n, rest = number(strings.TrimLeft(line, " "))
	switch {
	case n == 0:
		return 0, line
	case rest == "":
		return n, rest
	case strings.IndexByte(":\t|-", rest[0]) >= 0:
		return n, rest[1:]
	case strings.HasPrefix(rest, "  "): // cat -n, its tab drawn
		return n, strings.TrimLeft(rest, " ")
	}
	return 0, line
}

// countsUp says that most lines begin with a number that is one more than the one before.
func countsUp(lines []string) bool {
	n, before := 0, 0
	for k, line := range lines {
		if k == minMined && n < k/2 {
			return false
		}
		at, _ := lineNumber(line)
		if at > 0 && at == before+1 {
			n++
		}
		before = at
	}
	return n*10 >= len(lines)*8
}

// bodies are hashes of the lines' very words, without the numbers in front where they
// count up; nil for what is neither content nor numbered. Nothing is masked in them: a
// duration in a file may be what was edited.
func (p *page) bodies() []uint64 {
	if !countsUp(p.lines) {
		if p.sheet.verbatim && len(p.sheet.hashes) == len(p.lines) {
			return p.sheet.hashes
		}
		return nil
	}
	bodies := make([]uint64, len(p.lines))
	for i, line := range p.lines {
		_, line = lineNumber(line)
		bodies[i] = stableHash(line, true)
	}
	return bodies
}
