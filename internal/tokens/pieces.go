package tokens

// The vocabularies split a text into pieces before they look them up: a word with the
// character before it, up to three digits, a run of punctuation, a run of blanks. The
// split is cheap to follow; how many tokens a piece takes is estimated from its kind
// and its length.
type kind uint8

const (
	wordSpaced  kind = iota // with the blank before it
	wordBare                // at the beginning of a line, or behind a longer run of marks
	wordMarked              // with one mark before it, as in _word or .word
	mixedSpaced             // the same three with capitals inside
	mixedBare
	mixedMarked
	code    // letters beside digits, as in a hash
	digits  // one to three
	marks   // punctuation
	spaced  // punctuation with a blank before it
	newline // with the blanks before it
	blanks
	foreign // letters outside ASCII, by bytes
	symbol  // other characters outside ASCII
	kinds
)

// longest is the longest piece that has a weight of its own.
const longest = 24

// pieces calls yield with the kind and the length of every piece of s.
func pieces[T ~string | ~[]byte](s T, yield func(kind, int)) {
	for i := 0; i < len(s); {
		c := s[i]
		lead := 0
		switch {
		case isLetter(c):
		case i+1 < len(s) && isLetter(s[i+1]) && c != '\n' && c != '\r' && !isDigit(c) && c < 0x80:
			lead = 1
		default:
			i = other(s, i, yield)
			continue
		}
		j := i + lead
		upper := 0
		for j < len(s) && isLetter(s[j]) {
			if s[j] < 'a' {
				if j > i+lead && s[j-1] >= 'a' {
					break // a capital behind a small letter begins the next word
				}
				upper++
			}
			j++
		}
		yield(wordKind(s, i, j, lead, upper), j-i)
		i = j
	}
}

// wordKind is the kind of the word from i to j.
func wordKind[T ~string | ~[]byte](s T, i, j, lead, upper int) kind {
	if lead == 0 && i > 0 && isDigit(s[i-1]) || j < len(s) && isDigit(s[j]) {
		return code
	}
	k := wordBare
	switch {
	case lead == 1 && s[i] == ' ':
		k = wordSpaced
	case lead == 1:
		k = wordMarked
	}
	if upper > 1 || upper == 1 && s[i+lead] >= 'a' {
		k += mixedSpaced - wordSpaced
	}
	return k
}

// other reads a piece that is no word and returns where the next begins.
func other[T ~string | ~[]byte](s T, i int, yield func(kind, int)) int {
	j := i
	switch c := s[i]; {
	case isDigit(c):
		for j < len(s) && j < i+3 && isDigit(s[j]) {
			j++
		}
		yield(digits, j-i)
	case isBlank(c):
		return blank(s, i, yield)
	case c >= 0x80:
		for j < len(s) && s[j] >= 0x80 {
			j++
		}
		yield(foreignKind(s[i]), j-i)
	default:
		j = markRun(s, i)
		yield(marks, j-i)
	}
	return j
}

// blank reads blanks: with the line ends in them, or up to the one that belongs to
// what follows.
func blank[T ~string | ~[]byte](s T, i int, yield func(kind, int)) int {
	j, end := i, -1
	for j < len(s) && isBlank(s[j]) {
		if s[j] == '\n' || s[j] == '\r' {
			end = j + 1
		}
		j++
	}
	switch {
	case end > 0:
		yield(newline, end-i)
		return end
	case j == i+1 && j < len(s) && isMark(s[j]):
		j = markRun(s, j)
		yield(spaced, j-i)
		return j
	case j > i+1 && j < len(s):
		yield(blanks, j-1-i)
		return j - 1
	}
	yield(blanks, j-i)
	return j
}

// markRun is the end of a run of punctuation, with the line ends right behind it.
func markRun[T ~string | ~[]byte](s T, i int) int {
	for i < len(s) && isMark(s[i]) {
		i++
	}
	for i < len(s) && (s[i] == '\n' || s[i] == '\r') {
		i++
	}
	return i
}

// foreignKind tells letters from symbols by the first byte: what is above U+2000 and
// below the ideographs is drawn, not spoken.
func foreignKind(c byte) kind {
	if c == 0xe2 || c == 0xf0 || c == 0xef {
		return symbol
	}
	return foreign
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isBlank(c byte) bool  { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }
func isMark(c byte) bool {
	return c > ' ' && c < 0x7f && !isLetter(c) && !isDigit(c) || c < ' ' && !isBlank(c) || c == 0x7f
}
