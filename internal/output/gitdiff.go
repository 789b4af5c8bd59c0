package output

import (
	"fmt"
	"path"
	"strings"
)

// gitDiff reads unified diffs, of git and of diff -u.
var gitDiff = &reader{
	kind:   "diff",
	tools:  []string{"git diff", "git stash show", "git format-patch", "diff", "gh pr diff", "interdiff"},
	read:   readGitDiff,
	target: 4000,
}

// change is what a diff says of one file.
type change struct {
	at, end    int
	name, kind string // kind is empty, new, deleted or renamed
	plus       int
	minus      int
}

func readGitDiff(p *page) {
	changes := p.changes()
	if len(changes) == 0 {
		p.retellStats()
		return
	}
	p.coarsen(p.detail + 1)
	for _, c := range changes {
		p.retellChange(c)
	}
}

// changes finds the files of a diff and counts their lines.
func (p *page) changes() []change {
	var all []change
	for i := 0; i < len(p.lines); i++ {
		line := p.lines[i]
		switch {
		case p.fates[i] != open:
			continue
		case strings.HasPrefix(line, "diff --git "), strings.HasPrefix(line, "diff --cc "):
			all = endChange(all, i)
			all = append(all, change{at: i, name: diffName(line)})
		case strings.HasPrefix(line, "--- ") && i+1 < len(p.lines) && strings.HasPrefix(p.lines[i+1], "+++ ") &&
			(len(all) == 0 || all[len(all)-1].end > 0 || all[len(all)-1].plus+all[len(all)-1].minus > 0):
			all = endChange(all, i)
			name, _, _ := strings.Cut(p.lines[i+1][4:], "\t")
			all = append(all, change{at: i, name: strings.TrimPrefix(name, "b/")})
		case len(all) == 0:
		case strings.HasPrefix(line, "commit ") && len(line) >= 47 && isHex(line[7:47]):
			all = endChange(all, i)
		default:
			all[len(all)-1].count(line)
		}
	}
	return endChange(all, len(p.lines))
}

func endChange(all []change, at int) []change {
	if n := len(all); n > 0 && all[n-1].end == 0 {
		all[n-1].end = at
	}
	return all
}

func (c *change) count(line string) {
	if c.end > 0 {
		return
	}
	switch {
	case strings.HasPrefix(line, "new file mode"):
		c.kind = "new"
	case strings.HasPrefix(line, "deleted file mode"):
		c.kind = "deleted"
	case strings.HasPrefix(line, "rename to "):
		c.kind = "renamed"
	case strings.HasPrefix(line, "+++ "), strings.HasPrefix(line, "--- "):
	case strings.HasPrefix(line, "+"):
		c.plus++
	case strings.HasPrefix(line, "-"):
		c.minus++
	}
}

// diffName is the path in "diff --git a/x b/x".
func diffName(line string) string {
	if i := strings.LastIndex(line, " b/"); i >= 0 {
		return line[i+3:]
	}
	return line[strings.LastIndexByte(line, ' ')+1:]
}

func (c change) String() string {
	text := fmt.Sprintf("%s +%d -%d", c.name, c.plus, c.minus)
	if c.kind != "" {
		text += " " + c.kind
	}
	return text
}

// retellChange shows a file's changes: as they are, without context, as heads of
// hunks, or as a count.
func (p *page) retellChange(c change) {
	if p.detail == full {
		p.diffNoise(c)
		return
	}
	p.note(c.at, c.String())
	inHunk := false
	for i := c.at; i < c.end; i++ {
		line := p.lines[i]
		switch {
		case p.fates[i] != open || line == "":
		case strings.HasPrefix(line, "@@ "):
			p.hunkHead(i, c)
			inHunk = true
		case !inHunk && diffHead(line):
			p.fates[i] = retold
		case line[0] == '+' || line[0] == '-':
			if p.detail == lean && c.kind != "deleted" {
				p.fates[i] = kept
			} else {
				p.because(i, aside, "changed lines")
			}
		case line[0] == ' ', line[0] == '\\':
			p.because(i, aside, "lines of context")
		}
	}
}

// hunkHead shows where a hunk is: the new line number and what it is in.
func (p *page) hunkHead(i int, c change) {
	if p.detail == outline || c.kind == "deleted" || c.kind == "new" {
		p.fates[i] = retold
		return
	}
	if p.detail == lean {
		p.fates[i] = kept
		return
	}
	p.fates[i] = retold
	_, rest, _ := strings.Cut(p.lines[i][3:], "@@")
	_, at, _ := strings.Cut(p.lines[i], "+")
	n, _ := number(at)
	p.note(i, cutLine(" @"+itoa(n)+rest, 60))
}

func diffHead(line string) bool {
	for _, s := range []string{"diff --git ", "index ", "--- ", "+++ ", "new file mode ", "deleted file mode ", "old mode ", "new mode ",
		"similarity index ", "dissimilarity index ", "rename from ", "rename to ", "copy from ", "copy to ", "diff -"} {
		if strings.HasPrefix(line, s) {
			return true
		}
	}
	return strings.HasPrefix(line, "Binary files ")
}

// diffNoise leaves out what the head of a file says twice; within hunks every line
// counts.
func (p *page) diffNoise(c change) {
	head := strings.HasPrefix(p.lines[c.at], "diff --git ")
	for i := c.at; i < c.end; i++ {
		if p.fates[i] != open {
			continue
		}
		line := p.lines[i]
		head = head && !strings.HasPrefix(line, "@@ ")
		p.fates[i] = kept
		if head && (strings.HasPrefix(line, "index ") || strings.HasPrefix(line, "--- ") || strings.HasPrefix(line, "+++ ")) {
			p.fates[i] = noise
		}
	}
}

// retellStats tells a long diffstat by directories, with the lines changed of each file.
func (p *page) retellStats() {
	var stats []int
	for i, line := range p.lines {
		if p.fates[i] == open && statLine(line) {
			stats = append(stats, i)
		}
	}
	if len(stats) < 2*fewPaths {
		return
	}
	p.coarsen(max(brief, p.detail+1))
	known := map[string]*directory{}
	var all []*directory
	for k, i := range stats {
		if k > 0 && stats[k-1] != i-1 {
			known = map[string]*directory{} // another commit's
		}
		p.fates[i] = retold
		file, change, _ := strings.Cut(p.lines[i], " | ")
		dir, name := path.Split(strings.TrimSpace(file))
		n, _, _ := strings.Cut(strings.TrimSpace(change), " ")
		d := known[dir]
		if d == nil {
			d = &directory{at: i, name: dir}
			known[dir] = d
			all = append(all, d)
		}
		d.names = append(d.names, quoteName(name)+" "+n)
	}
	for _, d := range all {
		p.note(d.at, d.text(p.detail))
	}
}
