package session

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ai-session/ai-session/internal/core/pty"
	"github.com/ai-session/ai-session/internal/core/vt"
)

// stillness is how much processor time a program that only waits may take in the second
// in which it is looked at.
const stillness = 100 * time.Millisecond

// cpuOf is what the members of the terminal have worked until now.
func cpuOf(p pty.Probe) (sum time.Duration) {
	for _, m := range p.Members {
		sum += m.CPU
	}
	return sum
}

// still says that the members did next to nothing since the first look of this silence.
func (s *Session) still(p pty.Probe) bool { return cpuOf(p)-s.watch.cpu <= stillness }

// classifyRaw is about programs that take keys one by one, after a second of silence. Many
// of these listen while they work, and those that hand a terminal on always do; so one of
// them waits only if it shows that on the screen, and is still.
func (s *Session) classifyRaw(p pty.Probe, v *verdict, reading bool) bool {
	line, col := lineOf(s.term)
	after := line != "" && col >= utf8.RuneCountInString(line)
	visible := s.term.State().CursorVisible // a menu hides it, a question does not
	why := ""
	switch {
	case after && asksSecret(line):
		v.kind, why = "password", "cursor behind a question for a secret"
	case after && asksYesNo(line):
		v.kind, why = "yesno", "cursor behind a question"
	case after && visible && strings.HasPrefix(strings.TrimSpace(line), "? "):
		v.kind, why = "line", "cursor behind a question" // as libraries of prompts mark theirs
	case promptLike(line, col):
		v.kind, why = "repl", "cursor after a prompt"
	case !s.still(p):
		return false
	case s.namesKeys():
		v.kind, why = "key", "names the keys that it takes"
	case passesOn(p):
		return false
	case !visible:
		v.tui, why = true, "hides the cursor"
	case reading:
		v.kind, why = "key", "does nothing else"
	default:
		return false
	}
	v.evidence = append(v.evidence, "raw mode", why)
	return true
}

// passesOn: who listens hands the keys on, and reads whatever is done with them. A menu
// that sudo started listens itself.
func passesOn(p pty.Probe) bool {
	passes := false
	for _, m := range p.Members {
		if !m.ReadingTTY && !m.PollingTTY {
			continue
		}
		if passes = carries(m.Name); !passes {
			return false
		}
	}
	return passes
}

// lineOf is the line that the cursor is in, and the column of the cursor.
func lineOf(t *vt.Terminal) (line string, col int) {
	row, col := t.Cursor()
	lines := strings.Split(t.Text(vt.TextOptions{KeepBlank: true}), "\n")
	if row < len(lines) {
		line = strings.TrimRight(lines[row], " ")
	}
	return line, col
}

// lastLines are the lines of the screen to the last that has text.
func (s *Session) lastLines() []string {
	return strings.Split(strings.TrimRight(s.term.Text(vt.TextOptions{}), "\n "), "\n")
}

// namesKeys: the last lines say which key to press, as in "press q to quit". Servers that
// name ^C do not wait for it.
func (s *Session) namesKeys() bool {
	lines := s.lastLines()
	for _, line := range lines[max(0, len(lines)-4):] {
		words := strings.FieldsFunc(strings.ToLower(line), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for i, w := range words[:max(0, len(words)-1)] {
			if (w == "press" || w == "hit" || w == "strike") && isKey(words[i+1]) {
				return true
			}
		}
	}
	return false
}

func isKey(word string) bool {
	switch word {
	case "any", "enter", "return", "space", "spacebar", "esc", "escape", "tab":
		return true
	}
	return utf8.RuneCountInString(word) == 1
}

// tail is the end of the last line that has text: usually the question.
func (s *Session) tail() string {
	lines := s.lastLines()
	text := lines[len(lines)-1]
	const most = 200
	for len(text) > most {
		_, n := utf8.DecodeRuneInString(text)
		text = text[n:]
	}
	return text
}

// asksYesNo knows the ways programs put a yes-or-no question.
func asksYesNo(tail string) bool {
	t := strings.ToLower(strings.TrimRight(tail, " :?>"))
	for _, end := range []string{"y/n", "[y/n]", "(y/n)", "(yes/no)", "[yes/no]", "yes/no", "(y/n/q)", "(yes/no/[fingerprint])", "[y/n/q]", "y or n", "(y or n)"} {
		if strings.HasSuffix(t, end) {
			return true
		}
	}
	return false
}

// asksSecret knows the ways a password is asked for where the terminal's modes do not tell,
// because the one that matters is at the other end of a connection.
func asksSecret(line string) bool {
	line, ends := strings.CutSuffix(strings.ToLower(line), ":")
	if !ends {
		return false
	}
	words := strings.FieldsFunc(line, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, w := range words {
		switch w {
		case "password", "passphrase", "passcode":
			return true
		}
	}
	return false
}

// promptLike reports whether a cursor in that column of a line stands behind something
// like a prompt.
func promptLike(line string, col int) bool {
	if col == 0 {
		return false
	}
	for _, end := range []string{">", "$", "#", "%", ":", "?", "»", "❯", ")", "]"} {
		if strings.HasSuffix(line, end) {
			return true
		}
	}
	return false
}
