package output

import (
	"strings"
)

// gitLog reads histories: git log, with or without --stat or -p, and git show.
var gitLog = &reader{
	kind:   "git log",
	tools:  []string{"git log", "git show", "git reflog", "git whatchanged"},
	read:   readGitLog,
	target: 2500,
}

// commit is one of a log.
type commit struct {
	at, end             int // its lines
	hash, refs          string
	author, date, title string
	changed             string // "3 files changed, ..."
}

func readGitLog(p *page) {
	commits := p.commits()
	if len(commits) == 0 {
		readGitDiff(p)
		return
	}
	p.coarsen(lean)
	p.coarsen(outline)
	if p.detail == full || len(commits) == 1 {
		p.trailers()
		readGitDiff(p)
		p.keepOpen()
		return
	}
	for _, c := range commits {
		p.retell(c)
	}
	readGitDiff(p)
}

func (p *page) commits() []commit {
	var all []commit
	for i, line := range p.lines {
		rest, ok := strings.CutPrefix(line, "commit ")
		if !ok || len(rest) < 40 || !isHex(rest[:40]) {
			continue
		}
		if n := len(all); n > 0 {
			all[n-1].end = i
		}
		all = append(all, commit{at: i, end: len(p.lines), hash: rest[:40], refs: strings.TrimSpace(rest[40:])})
	}
	for k := range all {
		p.readCommit(&all[k])
	}
	return all
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

func (p *page) readCommit(c *commit) {
	for i := c.at + 1; i < c.end; i++ {
		line := p.lines[i]
		switch {
		case strings.HasPrefix(line, "Author: "):
			c.author, _, _ = strings.Cut(line[len("Author: "):], " <")
		case strings.HasPrefix(line, "Date: "):
			c.date = shortDate(line[len("Date: "):])
		case strings.HasPrefix(line, "    ") && c.title == "" && !blank(line):
			c.title = line[4:]
		case c.changed == "" && strings.Contains(line, " changed, ") && indent(line) == 1:
			c.changed = strings.TrimSpace(line)
		}
	}
}

// shortDate is "Oct 18 2024" of "Fri Oct 18 09:11:23 2024 +0800".
func shortDate(s string) string {
	f := strings.Fields(s)
	if len(f) != 6 {
		return strings.TrimSpace(s)
	}
	return f[1] + " " + f[2] + " " + f[4]
}

// retell makes one line of a commit. What is none of a log's lines stays.
func (p *page) retell(c commit) {
	text := c.hash[:7] + " " + c.title
	if p.detail < outline {
		text = c.hash[:7] + " " + c.date + " " + c.author + ": " + c.title
		if c.changed != "" {
			text += " (" + strings.ReplaceAll(c.changed, " changed,", ",") + ")"
		}
	}
	if c.refs != "" {
		text += " " + c.refs
	}
	p.note(c.at, cutLine(text, maxLine))
	p.fates[c.at] = retold
	for i := c.at + 1; i < c.end; i++ {
		line := p.lines[i]
		switch {
		case p.fates[i] != open || blank(line):
		case strings.HasPrefix(line, "diff --git "):
			return
		case strings.HasPrefix(line, "    "):
			p.because(i, aside, "lines of messages")
		case strings.HasPrefix(line, "Author: "), strings.HasPrefix(line, "Date: "), strings.HasPrefix(line, "Merge: "),
			strings.HasPrefix(line, "AuthorDate: "), strings.HasPrefix(line, "Commit: "), strings.HasPrefix(line, "CommitDate: "):
			p.fates[i] = retold
		case statLine(line), indent(line) == 1 && strings.Contains(line, " changed, "):
			p.because(i, aside, "lines of stat")
		}
	}
}

// trailers leaves out who else took part.
func (p *page) trailers() {
	p.each(func(i int, line string) fate {
		s := strings.TrimLeft(line, " ")
		if indent(line) == 4 && (strings.HasPrefix(s, "Co-authored-by: ") || strings.HasPrefix(s, "Signed-off-by: ") || s == "---------") {
			p.whys[i] = p.reason("trailers")
			return aside
		}
		return open
	})
}
