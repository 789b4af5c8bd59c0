package output

import "strings"

// jsFrame reads a frame of a JavaScript stack: at name (place), at place, or the
// arrow of vitest. It returns the text that names the place.
func jsFrame(line string) (where string, ok bool) {
	from := indent(line)
	rest, ok := strings.CutPrefix(line[from:], "at ")
	if !ok {
		return "", false
	}
	rest = strings.TrimSuffix(rest, " {") // behind the last, what else the error has
	if strings.HasSuffix(rest, ")") {
		if i := strings.LastIndexByte(rest, '('); i >= 0 {
			rest = rest[i+1 : len(rest)-1]
		}
	}
	rest = strings.TrimPrefix(rest, "async ")
	if rest == "<anonymous>" || rest == "native" || strings.HasPrefix(rest, "node:") {
		return "node:" + rest, true
	}
	return rest, hasPosition(rest)
}

// hasPosition says that a text ends in :12 or :12:3.
func hasPosition(s string) bool {
	n := len(s)
	for n > 0 && isDigit(s[n-1]) {
		n--
	}
	return n < len(s) && n > 1 && s[n-1] == ':'
}

// looseFrames decides about frames that no reader looked for, as bundlers and formatters
// write them behind what went wrong: one of a library is enough.
func (p *page) looseFrames() {
	if p.sheet.verbatim {
		return
	}
	n := 0
	for i, line := range p.lines {
		if p.fates[i] != open || line == "" || line[0] != ' ' {
			continue
		}
		if _, ok := jsFrame(line); ok {
			n++
		}
	}
	if n >= minFrames {
		p.framesAmong(0, len(p.lines), p.frames(1))
	}
}

// minFrames is how many frames make a stack trace.
const minFrames = 3

// jsFrames decides about the frames among the lines that are open.
func (p *page) jsFrames(from, to int) { p.framesAmong(from, to, p.frames(6)) }

func (p *page) framesAmong(from, to int, fr *frames) {
	inTrace := false
	for i := from; i < to; i++ {
		where, ok := jsFrame(p.lines[i])
		if !ok {
			if !blank(p.lines[i]) && strings.TrimSpace(p.lines[i]) != "----" {
				inTrace = false
			}
			continue
		}
		if !inTrace {
			fr.trace()
			inTrace = true
		}
		if p.fates[i] == open {
			fr.frame(i, i+1, where)
		}
	}
}

// quotes leaves out quoted source: "  12 | text", "   | ^^^" and the line that is
// meant, "> 12 | text", which is shown as long as there are few.
func (p *page) quotes(few *int) {
	p.each(func(i int, line string) fate {
		marked, ok := quoted(line)
		if !ok {
			return open
		}
		if marked && *few > 0 && p.detail == full {
			*few--
			return kept
		}
		p.whys[i] = p.reason("quoted lines")
		return aside
	})
}

// quoted says that a line is source quoted with its number, or the mark below it.
func quoted(line string) (marked, ok bool) {
	s := strings.TrimLeft(line, " ")
	if rest, is := strings.CutPrefix(s, "> "); is {
		marked, s = true, strings.TrimLeft(rest, " ")
	}
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	s = strings.TrimLeft(s[n:], " ")
	if !strings.HasPrefix(s, "|") && !strings.HasPrefix(s, "│") {
		return false, false
	}
	if n == 0 {
		rest := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(s, "|"), "│"), " ")
		return false, strings.Trim(rest, "^~ -|") == "" || rest[0] == '^' || rest[0] == '~'
	}
	return marked, indent(line) < 8
}
