package output

import (
	"strings"
)

// accessLog reads the logs of web servers in the common and the combined format:
// requests that went well are counted by kind, the others shown by kind.
var accessLog = &reader{
	kind:  "access log",
	signs: []string{"* [*:*:*:* *] \"* HTTP/#\" # #*"},
	read:  readAccessLog,
}

// request is a line of an access log.
type request struct {
	method, path string
	status       int
}

// shownOfKind is how many failed requests of one kind are shown.
const shownOfKind = 3

func readAccessLog(p *page) {
	seen := map[string][]int{}
	var order []string
	for i, line := range p.lines {
		r, ok := parseRequest(line)
		if !ok || p.fates[i] != open {
			continue
		}
		key := itoa(r.status) + " " + r.method
		if r.status >= 400 {
			key += " " + pathKind(r.path)
		}
		if seen[key] == nil {
			order = append(order, key)
		}
		seen[key] = append(seen[key], i)
	}
	kinds := 0
	for _, key := range order {
		p.foldRequests(key, seen[key], &kinds)
	}
}

// maxKinds is how many kinds of failed requests are shown with lines of theirs.
const maxKinds = 40

func (p *page) foldRequests(key string, lines []int, kinds *int) {
	show := 1
	if key[0] >= '4' {
		show = shownOfKind
		if *kinds++; *kinds > maxKinds {
			show = 1
		}
	}
	for k, i := range lines {
		switch {
		case k < show:
			p.fates[i] = kept
		default:
			p.fates[i] = retold
		}
	}
	if n := len(lines) - show; n > 0 {
		status, rest, _ := strings.Cut(key, " ")
		method, _, _ := strings.Cut(rest, " ")
		p.count(lines[show-1]+1, "+"+itoa(n)+" "+method+" "+status, lines[show:])
	}
}

// parseRequest reads "METHOD path HTTP/1.1" status.
func parseRequest(line string) (r request, ok bool) {
	_, rest, ok := strings.Cut(line, "] \"")
	if !ok {
		return r, false
	}
	asked, rest, ok := strings.Cut(rest, "\" ")
	if !ok {
		return r, false
	}
	f := strings.Fields(asked)
	if len(f) != 3 || !strings.HasPrefix(f[2], "HTTP/") {
		return r, false
	}
	r.method, r.path = f[0], f[1]
	r.status, _ = number(rest)
	return r, r.status >= 100 && r.status < 600
}

// pathKind is a path without its query and its digits.
func pathKind(s string) string {
	s, _, _ = strings.Cut(s, "?")
	var b strings.Builder
	for i := range len(s) {
		if !isDigit(s[i]) {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
