package output

import (
	"strings"
)

// grep reads search results: the file is said once, and what is found below it.
var grep = &reader{
	kind:  "search",
	tools: []string{"grep", "egrep", "fgrep", "rg", "ag", "ack", "git grep"},
	whole: true,
	read:  readGrep,
}

// match is a line of a search result.
type match struct {
	line int // of the page
	file string
	n    int // number in the file, 0 if it was not asked for
	text string
}

func readGrep(p *page) {
	found, files := p.matches()
	if len(found) < fewPaths {
		return
	}
	p.coarsen(p.detail + 1)
	word := p.cmd.searched()
	byFile := map[string][]match{}
	for _, m := range found {
		if word != "" && !holdsFold(m.text, word) && !holdsFold(m.file, word) {
			continue // not what was looked for: it stays
		}
		byFile[m.file] = append(byFile[m.file], m)
	}
	for _, f := range files {
		p.retellMatches(f, byFile[f])
	}
}

// matches reads file:line:text and file:text. Context lines and separators are open.
func (p *page) matches() (found []match, files []string) {
	known := map[string]bool{}
	heading := ""
	for i, line := range p.lines {
		if p.fates[i] != open || blank(line) {
			heading = ""
			continue
		}
		m := match{line: i}
		n, text := number(line)
		if p.heads(i) {
			heading = line
			p.fates[i] = retold
			continue
		}
		if heading != "" && n > 0 && strings.HasPrefix(text, ":") {
			m.file, m.n, m.text = heading, n, text[1:]
		} else if heading != "" {
			continue // context, or what is none of the search
		} else if d, ok := parsePlace(line); ok && d.file != "" {
			at := strings.Index(line, d.file+":"+itoa(d.line)+":")
			if at < 0 {
				continue
			}
			m.file, m.n = d.file, d.line
			m.text = line[at+len(d.file)+len(itoa(d.line))+2:]
		} else if file, text, ok := strings.Cut(line, ":"); ok && fileLike(file) && !strings.HasPrefix(text, "//") {
			m.file, m.text = file, text
		} else {
			continue
		}
		if !known[m.file] {
			known[m.file] = true
			files = append(files, m.file)
		}
		found = append(found, m)
	}
	return found, files
}

// heads says that line i is the file that rg puts above what it found there.
func (p *page) heads(i int) bool {
	line := p.lines[i]
	if i+1 >= len(p.lines) || i > 0 && !blank(p.lines[i-1]) && !strings.HasPrefix(p.lines[i-1], "[") || strings.ContainsAny(line, ": \t") {
		return false
	}
	n, text := number(p.lines[i+1])
	return n > 0 && (strings.HasPrefix(text, ":") || strings.HasPrefix(text, "-"))
}

// searched is the word that grep looks for, if it is one: the longest run of letters
// in the pattern, when the pattern has no alternatives.
func (c command) searched() string {
	for _, x := range c.calls {
		switch x.name {
		case "grep", "egrep", "fgrep", "rg", "ag", "ack", "git":
			args := x.plain()
			if x.name == "git" && len(args) > 0 {
				args = args[1:]
			}
			if len(args) == 0 || x.has("-v", "-e", "-f", "--invert-match") || strings.ContainsAny(args[0], "|?*") || x.inverts() {
				return ""
			}
			return longestWord(args[0])
		}
	}
	return ""
}

// inverts says that -v is among the short flags.
func (c call) inverts() bool {
	for _, a := range c.args {
		if strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.ContainsAny(a, "vef") {
			return true
		}
	}
	return false
}

func longestWord(s string) string {
	best := ""
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && (isLetter(s[j]) || isDigit(s[j]) || s[j] == '_') {
			j++
		}
		escaped := i > 0 && s[i-1] == '\\'
		if j-i > len(best) && !escaped {
			best = s[i:j]
		}
		i = max(j, i+1)
	}
	if len(best) < 3 {
		return ""
	}
	return best
}

func holdsFold(s, word string) bool {
	return strings.Contains(s, word) || strings.Contains(strings.ToLower(s), strings.ToLower(word))
}

// retellMatches says a file with what was found in it: every line, the first line
// with the numbers of the others, or the numbers.
func (p *page) retellMatches(file string, ms []match) {
	if len(ms) == 0 {
		return
	}
	for _, m := range ms {
		p.fates[m.line] = retold
	}
	at := ms[0].line
	switch {
	case p.detail == full:
		p.note(at, file)
		for _, m := range ms {
			p.note(at, " "+numbered0(m.n)+cutLine(strings.TrimSpace(m.text), maxLine/3))
		}
	case p.detail == lean && ms[0].n > 0:
		p.note(at, file+":"+itoa(ms[0].n)+": "+cutLine(strings.TrimSpace(ms[0].text), 100)+numbersOf(ms[1:]))
	case p.detail <= brief && ms[0].n > 0:
		p.note(at, file+":"+numbersOf(ms))
	default:
		p.note(at, file+": "+itoa(len(ms)))
	}
}

func numbered0(n int) string {
	if n == 0 {
		return ""
	}
	return itoa(n) + ": "
}

// numbersShown is how many line numbers are listed of one file.
const numbersShown = 40

func numbersOf(ms []match) string {
	var b strings.Builder
	for k, m := range ms {
		if k == numbersShown {
			b.WriteString(" +" + itoa(len(ms)-k))
			break
		}
		b.WriteString(" " + itoa(m.n))
	}
	return b.String()
}
