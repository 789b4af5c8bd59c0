package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// Bounds of what an answer names: so many of a kind, out of the first so many bytes
// of what is in view, none longer than maxEntity.
const (
	maxEntities   = 20
	entityBytes   = 32 << 10
	maxEntity     = 300
	maxEntityWord = 1 << 10 // a longer word is data
)

// entities are what the text names: the files of the findings first, then what stands
// in the lines that are shown, then in those that a note tells. What was left out is
// behind a reference, and no answer's matter.
func (p *page) entities() []api.Entity {
	n := &namer{found: []api.Entity{}, seen: map[api.Entity]bool{}, left: entityBytes}
	for _, f := range p.findings {
		if !p.placed[f.File] {
			n.add("path", f.File)
		}
	}
	for _, in := range []func(fate) bool{
		func(f fate) bool { return f <= vital },
		func(f fate) bool { return f == retold },
	} {
		n.column = -1
		for i, f := range p.fates {
			if in(f) && n.left > 0 {
				n.line(p.lines[i])
			}
		}
	}
	return n.found
}

// namer collects what lines name.
type namer struct {
	found  []api.Entity
	seen   map[api.Entity]bool
	counts [5]int // of each kind
	left   int    // bytes still to be read
	column int    // in which a table says the pid; -1 outside of one
}

// entityKinds are all there are.
var entityKinds = [...]string{"path", "url", "port", "pid", "version"}

func (n *namer) add(kind, text string) {
	e := api.Entity{Kind: kind, Text: text}
	if text == "" || len(text) > maxEntity || n.seen[e] {
		return
	}
	for k, name := range entityKinds {
		if name != kind {
			continue
		}
		if n.counts[k]++; n.counts[k] > maxEntities {
			return
		}
	}
	n.seen[e] = true
	n.found = append(n.found, e)
}

// line reads one line.
func (n *namer) line(line string) {
	line = line[:min(len(line), n.left)]
	n.left -= len(line) + 1
	before, col, pids := "", 0, false
	for word := range strings.FieldsSeq(line) {
		switch {
		case word == "PID":
			n.column, pids = col, true
		case col == n.column && !pids && isNumber(word):
			n.add("pid", word)
		case col == n.column && !pids:
			n.column = -1 // the table has ended
		case len(word) <= maxEntityWord && tells(word):
			n.word(word, before)
		}
		before, col = word, col+1
	}
	if col <= n.column {
		n.column = -1
	}
}

// quotes are what stands around words.
const quotes = "\"'`,;()[]{}<>="

var isQuote = asciiTable(quotes)

// unquote is a word without what stands around it.
func unquote(word string) string {
	for word != "" && isQuote[word[0]] {
		word = word[1:]
	}
	for word != "" && isQuote[word[len(word)-1]] {
		word = word[:len(word)-1]
	}
	if word != "" && word[0] >= 0x80 {
		word = strings.Trim(word, "‘’“”")
	}
	return word
}

// telling are the bytes of which every name that is looked for has one.
var telling = asciiTable("0123456789/.:\\")

func asciiTable(set string) (table [256]bool) {
	for i := range len(set) {
		table[set[i]] = true
	}
	return table
}

func tells(word string) bool {
	for i := range len(word) {
		if telling[word[i]] {
			return true
		}
	}
	return false
}

// word reads a word, by its form and by the word before it. Of name=value both say
// something.
func (n *namer) word(word, before string) {
	if n.pid(word) {
		return
	}
	word = unquote(word)
	if name, value, ok := strings.Cut(word, "="); ok && value != "" && !strings.Contains(name, "://") {
		word, before = unquote(value), name
	}
	switch before = label(before); {
	case strings.Contains(word, "://"):
		n.url(word)
	case isNumber(strings.TrimRight(word, ".:")):
		n.number(strings.TrimRight(word, ".:"), before)
	case n.version(word, before), n.port(word, before):
	default:
		n.path(word)
	}
}

// label is a word as a name for what follows it: --Port: is port.
func label(word string) string {
	word = strings.TrimLeft(word, quotes+"-")
	if len(word) > maxLabel {
		return ""
	}
	return strings.ToLower(strings.TrimRight(word, quotes+":#"))
}

const maxLabel = 24

func isNumber(s string) bool {
	return s != "" && len(s) <= 10 && strings.Trim(s, "0123456789") == ""
}

// number reads a number that the word before it names.
func (n *namer) number(word, before string) {
	switch {
	case before == "port" || before == "ports" || strings.HasSuffix(before, "_port") || strings.HasSuffix(before, "-port"):
		n.add("port", word)
	case before == "pid" || before == "process" || before == "ppid":
		n.add("pid", word)
	}
}

// pid reads name[4711]: as system logs write it, and ==4711== as checkers of memory do.
func (n *namer) pid(word string) bool {
	if s, ok := strings.CutPrefix(word, "=="); ok {
		if s, ok = strings.CutSuffix(s, "=="); ok && isNumber(s) {
			n.add("pid", s)
			return true
		}
	}
	s, ok := strings.CutSuffix(word, "]:")
	if at := strings.LastIndexByte(s, '['); ok && at > 0 && isNumber(s[at+1:]) && !strings.ContainsAny(s[:at], "[]./=") {
		n.add("pid", s[at+1:])
		return true
	}
	return false
}

// url reads an address, and the port of one on this machine.
func (n *namer) url(word string) {
	at := strings.Index(word, "://")
	from := at
	for from > 0 && (isLetter(word[from-1]) || from < at && (word[from-1] == '+' || isDigit(word[from-1]))) {
		from--
	}
	end := at + 3
	for end < len(word) && word[end] > ' ' && !strings.ContainsRune("\"'<>`|\\^", rune(word[end])) {
		end++
	}
	address := strings.TrimRight(word[from:end], ".,:;!?)]}")
	if from == at || len(address) <= at-from+3 {
		return
	}
	n.add("url", address)
	host, _, _ := strings.Cut(address[at-from+3:], "/")
	if port, ok := hostPort(host); ok {
		n.add("port", port)
	}
}

// port reads localhost:8080, 127.0.0.1:8080, [::1]:8080, :8080 and 8080/tcp, and the
// left of 0.0.0.0:8080->80/tcp.
func (n *namer) port(word, before string) bool {
	word, _, _ = strings.Cut(word, "->")
	if number, protocol, ok := strings.Cut(word, "/"); ok && isNumber(number) && (protocol == "tcp" || protocol == "udp") {
		n.add("port", number)
		return true
	}
	word = strings.TrimRight(word, ".:")
	port, ok := hostPort(word)
	if !ok && strings.HasPrefix(word, ":") && isPort(word[1:]) {
		port, ok = word[1:], len(word) > 3 || before == "tcp" || before == "udp" || before == "on"
	}
	if ok {
		n.add("port", port)
	}
	return ok
}

// hostPort is the port behind a name or an address of this machine, or any address.
func hostPort(word string) (port string, ok bool) {
	i := strings.LastIndexByte(word, ':')
	if i <= 0 || !isPort(word[i+1:]) {
		return "", false
	}
	switch host := strings.Trim(word[:i], "[]"); {
	case host == "localhost", host == "::1", host == "::", host == "*", isAddress(host):
		return word[i+1:], true
	}
	return "", false
}

func isPort(s string) bool {
	return isNumber(s) && len(s) >= 2 && len(s) <= 5 && (len(s) < 5 || s <= "65535")
}

// isAddress reads 127.0.0.1.
func isAddress(s string) bool {
	return strings.Count(s, ".") == 3 && len(s) <= 15 && strings.Trim(s, "0123456789.") == ""
}

// version reads 1.2.3, v1.2, go1.26.1, name@1.2.3 and name==1.2.3, and 3.11 where the
// word before says that it is one.
func (n *namer) version(word, before string) bool {
	word = strings.TrimRight(word, ".:")
	s := word
	if at := strings.LastIndexByte(word, '@'); at > 0 {
		s = word[at+1:]
	}
	digits := strings.TrimLeft(s, "abcdefghijklmnopqrstuvwxyz")
	named := len(s)-len(digits) == 1 && s[0] == 'v'
	if len(s)-len(digits) > 6 || digits == "" || isAddress(digits) {
		return false
	}
	head, _, _ := strings.Cut(digits, "-")
	head, _, _ = strings.Cut(head, "+")
	parts := 0
	for part := range strings.SplitSeq(head, ".") {
		if part == "" || len(part) > 8 || !isDigit(part[0]) || strings.ContainsAny(part, "/:%*") {
			return false
		}
		parts++
	}
	if parts < 2 || parts > 5 || parts == 2 && !named && before != "version" || strings.ContainsAny(digits, "/:\\") {
		return false
	}
	n.add("version", word)
	return true
}

// path reads a word with a place behind it, or one that looks like a path from
// anywhere: with a root, or with a name that has an extension below a folder.
func (n *namer) path(word string) {
	if d, ok := parsePlace(word + ":"); ok {
		n.add("path", d.file)
		return
	}
	word = strings.TrimRight(word, ".:!?")
	if len(word) < 3 || !fileLike(word) || strings.HasPrefix(word, "//") || strings.ContainsAny(word, "*?$^()@%:") || strings.Trim(word, "./\\-_") == "" {
		return
	}
	last := word[strings.LastIndexByte(word, '/')+1:]
	rooted := word[0] == '/' || strings.HasPrefix(word, "./") || strings.HasPrefix(word, "../") || strings.HasPrefix(word, "~/")
	if rooted && strings.Contains(word[1:], "/") || rooted && hasExtension(last) || len(last) < len(word) && hasExtension(last) {
		n.add("path", word)
	}
}

// hasExtension says that a name ends like that of a file: main.go, .env, a.tar.gz.
func hasExtension(name string) bool {
	i := strings.LastIndexByte(name, '.')
	ext := name[i+1:]
	return i >= 0 && ext != "" && len(ext) <= 10 && !isDigit(ext[0]) && strings.IndexFunc(ext, func(r rune) bool {
		return r >= 0x80 || !isLetter(byte(r)) && !isDigit(byte(r)) && r != '_' && r != '-'
	}) < 0
}
