package persistence

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
)

// matcher finds the first match in some lines.
type matcher struct {
	text []byte // what each match contains; empty: nothing is known
	fold bool   // text is in lower case, and case does not count
	re   *regexp.Regexp

	trigrams []uint32 // of text, hashed; none: all chunks are read
}

// maybe says whether a chunk's output holds the text or a part of it that w is
// for: its end at the edge, its begin if it is open, or all but two bytes. low is
// a buffer, which is returned.
func (m *matcher) maybe(data []byte, w want, low []byte) (bool, []byte) {
	if m.fold {
		low = appendLower(low[:0], data)
		data = low
	}
	if bytes.Contains(data, m.text) {
		return true, low
	}
	for n := 1; n < len(m.text); n++ {
		ends := w&open != 0 || len(m.text)-n <= 2
		if w&edge != 0 && bytes.HasPrefix(data, m.text[n:]) || ends && bytes.HasSuffix(data, m.text[:n]) {
			return true, low
		}
	}
	return false, low
}

func newMatcher(q Query) (*matcher, error) {
	if q.Text == "" || len(q.Text) > maxQuery {
		return nil, fmt.Errorf("%w of %d bytes, want 1 to %d", ErrQuery, len(q.Text), maxQuery)
	}
	if !q.Regexp {
		m := &matcher{text: []byte(q.Text), fold: q.IgnoreCase}
		if bytes.IndexByte(m.text, '\n') >= 0 {
			return nil, fmt.Errorf("%w with a line feed", ErrQuery)
		}
		if m.fold {
			m.text = appendLower(nil, m.text)
		}
		m.contains(q.Text)
		return m, nil
	}
	text := q.Text
	if q.IgnoreCase {
		text = "(?i)" + text
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrQuery, err)
	}
	m := &matcher{re: re, fold: true}
	if tree, err := syntax.Parse(text, syntax.Perl); err == nil {
		known := requiredText(tree.Simplify())
		m.text = appendLower(nil, []byte(known))
		m.contains(known)
	}
	return m, nil
}

func (m *matcher) contains(text string) {
	for i := 2; i < len(text); i++ {
		m.trigrams = append(m.trigrams, trigram(uint32(lower[text[i-2]])<<16|uint32(lower[text[i-1]])<<8|uint32(lower[text[i]])))
	}
}

// requiredText is the longest text that every match contains, but for ASCII case.
func requiredText(re *syntax.Regexp) (longest string) {
	switch re.Op {
	case syntax.OpLiteral:
		begin := 0
		for i, r := range re.Rune {
			// Letters that have other forms outside ASCII: U+017F, U+212A.
			if re.Flags&syntax.FoldCase != 0 && (r >= 0x80 || r == 'k' || r == 'K' || r == 's' || r == 'S') {
				longest = longer(longest, string(re.Rune[begin:i]))
				begin = i + 1
			}
		}
		return longer(longest, string(re.Rune[min(begin, len(re.Rune)):]))
	case syntax.OpConcat, syntax.OpCapture, syntax.OpPlus:
		for _, sub := range re.Sub {
			longest = longer(longest, requiredText(sub))
		}
	case syntax.OpRepeat:
		if re.Min > 0 {
			return requiredText(re.Sub[0])
		}
	}
	return longest
}

func longer(a, b string) string {
	if len(b) > len(a) {
		return b
	}
	return a
}

func appendLower(b, p []byte) []byte {
	for _, c := range p {
		b = append(b, lower[c])
	}
	return b
}

// head is how many trigrams from the first on, tail how many up to the last, the
// filter has; both are all of them if the text may be there as a whole.
func (m *matcher) head(f *filter) (n int) {
	for n < len(m.trigrams) && f.has(m.trigrams[n]) {
		n++
	}
	return n
}

func (m *matcher) tail(f *filter) (n int) {
	for n < len(m.trigrams) && f.has(m.trigrams[len(m.trigrams)-1-n]) {
		n++
	}
	return n
}
