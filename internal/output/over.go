package output

import (
	"bytes"
	"strings"
)

// drawnOver finds lines that a program wrote and then drew over, as live displays of
// tests and downloads do, and that look like a complaint: what flashed by is not lost.
func drawnOver(raw []byte, lines []string) []string {
	if !drawsOver(raw) {
		return nil
	}
	var lost []string
	seen := map[uint64]bool{}
	var shown map[uint64]bool
	looked := 0
	for line := range bytes.Lines(raw) {
		for _, text := range drawnTexts(line) {
			if len(text) < 8 || alarm(text) == calm && !diagnostic(text) {
				continue
			}
			key := shapeOf(text)
			if seen[key] {
				continue
			}
			seen[key] = true
			if shown == nil {
				shown = shapes(lines)
			}
			if len(lost) == maxLost || shown[key] || looked == maxLooked {
				continue
			}
			if looked++; !within(lines, text) {
				lost = append(lost, text)
			}
		}
	}
	return lost
}

// drawsOver says that an output moves or erases: a carriage return within a line, or a
// sequence that does not only colour.
func drawsOver(raw []byte) bool {
	for i := 0; i < len(raw); {
		n := bytes.IndexAny(raw[i:], "\r\x1b")
		if n < 0 {
			return false
		}
		i += n
		if raw[i] == '\r' {
			for i < len(raw) && raw[i] == '\r' {
				i++
			}
			if i < len(raw) && raw[i] != '\n' {
				return true
			}
			continue
		}
		n = sequence(raw[i:])
		if n > 2 && raw[i+1] == '[' && raw[i+n-1] != 'm' {
			return true
		}
		i += max(n, 1)
	}
	return false
}

// maxLost is how many lines that were drawn over are shown: a display that says
// "1 failed" counts through many.
const maxLost = 8

// maxLooked is how many are looked for within the lines shown: each time all of them are
// read.
const maxLooked = 64

func shapes(lines []string) map[uint64]bool {
	s := make(map[uint64]bool, len(lines))
	for _, l := range lines {
		s[shapeOf(strings.TrimSpace(l))] = true
	}
	return s
}

// within says whether a text is part of a line. A line may hold it behind more text,
// with its blanks drawn as the terminal spaces them.
func within(lines []string, text string) bool {
	for _, l := range lines {
		if len(l) >= len(text) && strings.Contains(l, text) {
			return true
		}
	}
	squeezed := strings.Join(strings.Fields(text), " ")
	for _, l := range lines {
		if len(l) >= len(squeezed) && strings.Contains(strings.Join(strings.Fields(l), " "), squeezed) {
			return true
		}
	}
	return false
}

// drawnTexts are the texts that a line draws one over the other or beside each other:
// what stands between carriage returns and sequences that move or erase. Colours are
// dropped. ECMA-48 5.3 to 5.6.
func drawnTexts(b []byte) []string {
	var texts []string
	out := make([]byte, 0, len(b))
	end := func() {
		if text := strings.TrimSpace(string(out)); text != "" {
			texts = append(texts, text)
		}
		out = out[:0]
	}
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == 0x1b:
			n := sequence(b[i:])
			if n > 2 && b[i+1] == '[' && b[i+n-1] != 'm' {
				end()
			}
			i += n - 1
		case c == '\r':
			end()
		case c == '\t':
			out = append(out, ' ')
		case c >= ' ' && c != 0x7f:
			out = append(out, c)
		}
	}
	end()
	return texts
}

// sequence is the length of the escape sequence that b begins with.
func sequence[T ~string | ~[]byte](b T) int {
	if len(b) < 2 {
		return len(b)
	}
	switch b[1] {
	case '[':
		for i := 2; i < len(b); i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				return i + 1
			}
		}
		return len(b)
	case ']', 'P', 'X', '^', '_':
		for i := 2; i < len(b); i++ {
			if b[i] == 7 {
				return i + 1
			}
			if b[i] == 0x1b && i+1 < len(b) && b[i+1] == '\\' {
				return i + 2
			}
		}
		return len(b)
	}
	for i := 1; i < len(b); i++ {
		if b[i] < 0x20 || b[i] > 0x2f {
			return i + 1
		}
	}
	return len(b)
}
