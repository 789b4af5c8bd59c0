package aicontext

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/tokens"
)

// item is one thing that happened: a command that ended, or a message.
type item struct {
	block    api.Block // number 0 for a message
	number   uint64
	message  int // its id, 0 for a command
	role     string
	read     bool // the text is known
	text     string
	findings []api.Finding
	next     []api.Next

	stub       string
	stubTokens int

	// full is how the item was shown last, for a limit on its lines and tokens.
	full       string
	fullTokens int
	fullFor    limit
}

// limit bounds the text of one item.
type limit struct{ lines, tokens int }

// stubText is how much of a command or a message its one line shows.
const stubText = 80

// Header is the line that a command is known by: how it ended, where, and what opens it.
func Header(b *api.Block) string {
	end := "exit=" + b.Exit.String()
	if b.State != api.BlockDone {
		end = string(b.State)
		if code, known := b.Exit.Code(); known {
			end += fmt.Sprintf(" exit=%d", code)
		}
	}
	lines := "lines"
	if b.Lines == 1 {
		lines = "line"
	}
	return fmt.Sprintf("[%s %s %s cwd=%s %d %s ref=%s]", b.ID, end, seconds(b.DurationMS), b.Cwd, b.Lines, lines, b.Ref)
}

// seconds writes a duration as people read it.
func seconds(ms api.Millis) string {
	switch d := ms.Duration(); {
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}

// line is the item in one line, with the reference that opens the rest.
func (it *item) line() (string, int) {
	if it.stub != "" {
		return it.stub, it.stubTokens
	}
	if it.message != 0 {
		it.stub = fmt.Sprintf("#%d %s: %s\n", it.message, it.role, firstLine(it.text, stubText))
	} else {
		it.stub = it.commandLine()
	}
	it.stubTokens = tokens.Estimate(it.stub)
	return it.stub, it.stubTokens
}

func (it *item) commandLine() string {
	b := &it.block
	verdict := "ok"
	if Failed(b) {
		verdict = "exit=" + b.Exit.String()
		if b.Signal != "" {
			verdict += " " + b.Signal
		}
		if f := firstError(it.findings); f != "" {
			verdict += ": " + f
		}
	} else if _, known := b.Exit.Code(); !known {
		verdict = "exit unknown"
	}
	return fmt.Sprintf("%s %s -> %s, %d lines\n", b.Ref, firstLine(b.Command, stubText), verdict, b.Lines)
}

// Failed reports whether a command is known not to have succeeded.
func Failed(b *api.Block) bool {
	code, known := b.Exit.Code()
	return known && code != 0 || b.Signal != ""
}

func firstError(findings []api.Finding) string {
	for _, f := range findings {
		if f.Severity == "error" && f.Kind != "exit" {
			return firstLine(describeFinding(f), stubText)
		}
	}
	return ""
}

// whole is the item with its text, within l.
func (it *item) whole(l limit) (string, int) {
	if it.full != "" && it.fullFor == l {
		return it.full, it.fullTokens
	}
	head, ref := "", ""
	if it.message != 0 {
		head = fmt.Sprintf("#%d %s:\n", it.message, it.role)
		ref = fmt.Sprintf("message %d", it.message)
	} else {
		head = Header(&it.block) + "\n$ " + firstLine(it.block.Command, 4*stubText) + "\n"
		ref = it.block.Ref
		if !it.read && it.block.Lines > 0 {
			head += fmt.Sprintf("[... %s %s]\n", plural(it.block.Lines, "line"), ref)
		}
	}
	cost := tokens.Estimate(head)
	body, bodyTokens := clip(it.text, limit{l.lines, max(16, l.tokens-cost)}, ref)
	it.full, it.fullTokens, it.fullFor = head+body, cost+bodyTokens, l
	return it.full, it.fullTokens
}

// clip keeps both ends of a text within l, with a gap between that names what opens the
// rest.
func clip(text string, l limit, ref string) (string, int) {
	text = strings.TrimRight(text, "\n")
	if text == "" {
		return "", 0
	}
	if total := tokens.Estimate(text); total <= l.tokens && strings.Count(text, "\n") < l.lines {
		return text + "\n", total + 1
	}
	lines := strings.Split(text, "\n")
	const gapTokens = 16
	budget, spare := l.tokens-gapTokens, l.lines
	front, back, spent := 0, len(lines), 0
	for front < back && spare > 0 {
		i := front
		if (front+len(lines)-back)%2 == 1 {
			i = back - 1
		}
		cost := tokens.Estimate(lines[i]) + 1
		if spent+cost > budget {
			if front == 0 { // the first line alone is too long
				lines[0] = cutLine(lines[0], max(1, budget))
				spent, front = spent+tokens.Estimate(lines[0])+1, 1
			}
			break
		}
		spent, spare = spent+cost, spare-1
		if i == front {
			front++
		} else {
			back--
		}
	}
	var out strings.Builder
	for _, line := range lines[:front] {
		out.WriteString(line + "\n")
	}
	if left := back - front; left > 0 {
		fmt.Fprintf(&out, "[... %s more here; all: %s]\n", plural(left, "line"), ref)
	}
	for _, line := range lines[back:] {
		out.WriteString(line + "\n")
	}
	return out.String(), spent + gapTokens
}

// cutLine keeps the beginning of a line, and says how many bytes are missing.
func cutLine(line string, budget int) string {
	keep := min(len(line), budget*3)
	for keep > 0 && keep < len(line) && !utf8.RuneStart(line[keep]) {
		keep--
	}
	if keep == len(line) {
		return line
	}
	return fmt.Sprintf("%s...[+%d]", line[:keep], len(line)-keep)
}

// firstLine is the beginning of a text, on one line.
func firstLine(s string, most int) string {
	s, rest, more := strings.Cut(strings.TrimSpace(s), "\n")
	s = strings.TrimRight(s, "\r")
	if len(s) > most {
		for most > 0 && !utf8.RuneStart(s[most]) {
			most--
		}
		s, more = s[:most], true
	}
	if more || rest != "" {
		s += " ..."
	}
	return s
}

// describeFinding is a finding in one line.
func describeFinding(f api.Finding) string {
	var b strings.Builder
	if f.File != "" && !strings.HasPrefix(f.Message, f.File) {
		b.WriteString(f.File)
		if f.Line > 0 {
			fmt.Fprintf(&b, ":%d", f.Line)
		}
		if f.Col > 0 {
			fmt.Fprintf(&b, ":%d", f.Col)
		}
		b.WriteString(": ")
	}
	if f.Name != "" && !strings.Contains(f.Message, f.Name) {
		b.WriteString(f.Name + ": ")
	}
	b.WriteString(firstLine(f.Message, 2*stubText))
	return strings.TrimSuffix(b.String(), ": ")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
