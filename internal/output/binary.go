package output

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// noText folds what a terminal cannot show: an image, a program, random bytes. A line
// that can be read stays, wherever it stands; where most is garbled, only one of words.
func (p *page) noText() {
	bad := 0
	for _, line := range p.lines {
		if strings.Contains(line, "\ufffd") && letteringOf(line) == garbled {
			bad++
		}
	}
	if bad < 2 {
		return
	}
	readable := wordless
	if bad*4 >= len(p.lines) {
		readable = worded
	}
	from, end := -1, 0
	fold := func() {
		if from >= 0 && end-from > 1 {
			for i := from; i < end; i++ {
				p.because(i, folded, "no text")
			}
		}
		from = -1
	}
	for i, line := range p.lines {
		is := letteringOf(line)
		switch {
		case p.fates[i] != open || is >= readable:
			fold()
		case is == garbled:
			if from < 0 {
				from = i
			}
			end = i + 1
		}
	}
	fold()
}

// lettering is how much of a text a line is.
type lettering uint8

const (
	garbled  lettering = iota
	scrap              // so short that between garbled lines it says nothing
	wordless           // no two words
	worded
)

// letteringOf takes a line for garbled if an eighth of it, and not one character alone,
// is bytes that are no text: in another character set than the session's a letter here
// and there is.
func letteringOf(line string) lettering {
	bad, all, words, letters := 0, 0, 0, 0
	for _, r := range line {
		switch {
		case r == ' ':
			letters = 0
			continue
		case r == utf8.RuneError:
			bad++
		case unicode.IsLetter(r):
			if letters++; letters == 3 {
				words++
			}
		default:
			letters = 0
		}
		all++
	}
	switch {
	case bad > 1 && bad*8 >= all:
		return garbled
	case all < 8:
		return scrap
	case words < 2:
		return wordless
	}
	return worded
}
