package output

import "strings"

// gitBlame reads who wrote which line: whole while it fits, with the commit said once
// for the lines that follow each other, and else as ranges of lines by commit.
var gitBlame = &reader{
	kind:   "git blame",
	tools:  []string{"git blame", "git annotate"},
	read:   readGitBlame,
	target: Ceiling,
}

// blamed is a line of git blame.
type blamed struct {
	commit, author, date, text string
}

func readGitBlame(p *page) {
	p.coarsen(brief)
	last := ""
	ranges := map[string][]string{}
	heads := map[string]string{}
	var order []string
	from := 0
	end := func(to int) {
		if last != "" {
			ranges[last] = append(ranges[last], lineRange(from, to))
		}
	}
	for i, line := range p.lines {
		b, ok := parseBlame(line)
		if !ok || p.fates[i] != open {
			continue
		}
		p.fates[i] = retold
		n := p.number(i)
		if b.commit != last {
			end(n - 1)
			last, from = b.commit, n
			if heads[last] == "" {
				heads[last] = b.commit + " " + b.date + " " + b.author
				order = append(order, last)
			}
			if p.detail == full {
				p.note(i, heads[last])
			}
		}
		if p.detail == full {
			p.note(i, itoa(n)+" "+b.text)
		}
	}
	end(len(p.lines))
	if p.detail == full {
		return
	}
	for _, c := range order {
		p.note(0, heads[c]+": "+strings.Join(ranges[c], " "))
	}
}

func lineRange(from, to int) string {
	if from == to {
		return itoa(from)
	}
	return itoa(from) + "-" + itoa(to)
}

// parseBlame reads "5d54479c path (Author 2026-11-22 21:34:03 +0000  12) text".
func parseBlame(line string) (b blamed, ok bool) {
	hash, rest, ok := strings.Cut(line, " ")
	if !ok || len(hash) < 7 || !isHex(strings.TrimPrefix(hash, "^")) {
		return b, false
	}
	_, rest, ok = strings.Cut(rest, "(")
	if !ok {
		return b, false
	}
	head, text, ok := strings.Cut(rest, ") ")
	if !ok {
		head, ok = strings.CutSuffix(rest, ")")
	}
	f := strings.Fields(head)
	if !ok || len(f) < 4 {
		return b, false
	}
	b = blamed{commit: hash, date: f[len(f)-4], text: text}
	b.author = strings.TrimSpace(head[:strings.Index(head, b.date)])
	return b, strings.Count(b.date, "-") == 2
}
