package output

import "strings"

// Entity is something that an output names.
type Entity struct {
	Kind string `json:"kind"` // path, url, port, pid, version
	Text string `json:"text"`
}

// maxEntities bounds an answer; they are taken in the order of the text.
const maxEntities = 40

// entities are read out of what is shown: what was left out is no answer's matter.
func (p *page) entities(text string) []Entity {
	found := []Entity{}
	seen := map[Entity]bool{}
	add := func(kind, text string) {
		e := Entity{kind, text}
		if text != "" && !seen[e] && len(found) < maxEntities {
			seen[e] = true
			found = append(found, e)
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "[") {
			continue // ours
		}
		before := ""
		for word := range strings.FieldsSeq(line) {
			word = strings.Trim(word, "\"'`,;()[]{}<>‘’")
			classify(word, strings.ToLower(strings.Trim(before, ":=")), add)
			before = word
		}
	}
	return found
}

// classify says what a word names, by its form and the word before it.
func classify(word, before string, add func(kind, text string)) {
	number := word != "" && strings.Trim(word, "0123456789") == ""
	switch {
	case strings.Contains(word, "://"):
		add("url", strings.TrimRight(word, ".:"))
	case number && (before == "port" || before == "listening on port"):
		add("port", word)
	case number && (before == "pid" || before == "process"):
		add("pid", word)
	case number:
	case isVersion(word):
		add("version", strings.TrimRight(word, ".:"))
	case isHostPort(word):
		add("port", word[strings.LastIndexByte(word, ':')+1:])
	default:
		addPath(word, add)
	}
}

// addPath takes a word with a slash, or with a place behind it, for a path.
func addPath(word string, add func(kind, text string)) {
	if d, ok := parsePlace(word + ":"); ok {
		add("path", d.file)
		return
	}
	word = strings.TrimRight(word, ".:")
	if len(word) > 2 && strings.Contains(word, "/") && fileLike(word) && !strings.HasPrefix(word, "//") && strings.Trim(word, "./") != "" {
		add("path", word)
	}
}

// isVersion reads 1.2.3 and v1.2.
func isVersion(word string) bool {
	s, v := strings.CutPrefix(word, "v")
	s = strings.TrimRight(s, ".:")
	dots := strings.Count(s, ".")
	if s == "" || !isDigit(s[0]) || dots == 0 || dots == 1 && !v {
		return false
	}
	head, _, _ := strings.Cut(s, "-")
	for part := range strings.SplitSeq(head, ".") {
		if part == "" || !isDigit(part[0]) {
			return false
		}
	}
	return !strings.Contains(s, "/") && !strings.Contains(s, ":") && (dots == 2 || v)
}

// isHostPort reads localhost:8080, 127.0.0.1:8080 and [::1]:8080.
func isHostPort(word string) bool {
	i := strings.LastIndexByte(word, ':')
	if i <= 0 || i+2 >= len(word) || strings.Trim(word[i+1:], "0123456789") != "" {
		return false
	}
	host := strings.Trim(word[:i], "[]")
	return host == "localhost" || host == "::1" || host == "::" || host == "*" || strings.Count(host, ".") == 3 && strings.Trim(host, "0123456789.") == ""
}
