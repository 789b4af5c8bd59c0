package vt

import (
	"bytes"
	"strings"
)

// Limits on what strings leave behind.
const (
	maxTitle  = 1024
	maxURI    = 2048
	maxEvents = 64
	maxPath   = 4096
	maxClip   = 16 << 10 // base64 kept for a read of OSC 52
)

// Event is something a program asked of the world around the terminal. The owner
// takes them with Events and decides.
type Event struct {
	Kind EventKind
	// Name is a notification's title, a clipboard's selection ("c", "p") or a
	// prompt mark's letter with its parameters.
	Name string
	Data []byte // the body; a clipboard's content is still base64
}

// EventKind says what an Event is.
type EventKind uint8

// The kinds of Event.
const (
	Notification EventKind = iota + 1 // OSC 9, 99, 777
	Clipboard                         // OSC 52 write
	PromptMark                        // OSC 133
)

// Events returns what programs asked for since the last call, at most 64 and at
// most 1 MiB; later ones were dropped.
func (t *Terminal) Events() []Event {
	if t.rare == nil {
		return nil
	}
	e := t.rare.events
	t.rare.events = nil
	return e
}

func (t *Terminal) event(k EventKind, name, data []byte) {
	m := t.more()
	size := 0
	for _, e := range m.events {
		size += len(e.Data)
	}
	if len(m.events) < maxEvents && size+len(data) <= maxString {
		m.events = append(m.events, Event{k, string(name), bytes.Clone(data)})
	}
}

// oscDispatch executes an operating system command (xterm ctlseqs, "OSC Ps ; Pt").
func (t *Terminal) oscDispatch(s []byte) {
	num, rest, _ := bytes.Cut(s, []byte(";"))
	n, ok := atoi(num)
	if !ok {
		return
	}
	switch n {
	case 0, 1, 2:
		t.setTitles(n, rest)
	case 4, 5:
		t.paletteColors(n, rest)
	case 104, 105:
		t.resetPalette(n, rest)
	case 7:
		t.setCwd(fileURI(clean(rest, maxPath)))
	case 8:
		t.hyperlink(rest)
	case 9:
		t.osc9(rest)
	case 21:
		t.colorControl(rest)
	case 66:
		t.sizedText(rest)
	case 555: // foot: flash the window
		t.bells++
	case 22:
		t.more().pointer = clean(rest, 64)
	case 52:
		t.clipboard(rest)
	case 99, 777:
		t.event(Notification, num, rest)
	case 133:
		t.promptMark(rest)
	case 1337:
		t.iterm(rest)
	case 30001, 30101: // kitty's own numbers for XTPUSHCOLORS and XTPOPCOLORS
		if n == 30001 {
			t.pushColors(0)
		} else {
			t.popColors(0)
		}
	default:
		if n >= 10 && n <= 19 {
			t.dynamicColors(n, rest)
		} else if n >= 110 && n <= 119 && t.rare != nil {
			delete(t.rare.palette, dynamicBase+uint16(n-110))
		}
	}
}

// clean is text fit to be shown and sent back: valid UTF-8, no controls, bounded.
func clean(b []byte, limit int) string {
	s := strings.ToValidUTF8(string(b), "\ufffd")
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, s)
	for len(s) > limit {
		s = s[:limit]
		s = strings.ToValidUTF8(s, "")
	}
	return s
}

// fileURI is the path of file://host/path, percent-decoded; another string is
// taken as a path.
func fileURI(s string) string {
	rest, ok := strings.CutPrefix(s, "file://")
	if !ok {
		return s
	}
	i := strings.IndexByte(rest, '/')
	if i < 0 {
		return ""
	}
	return clean([]byte(unescape(rest[i:])), maxPath)
}

// setCwd takes absolute paths, of unix or with a drive letter; others mean
// nothing without knowing what they are relative to.
func (t *Terminal) setCwd(path string) {
	if path == "" || path[0] == '/' || len(path) > 2 && path[1] == ':' {
		t.cwd = path
	}
}

func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hexDigit(s[i+1]) >= 0 && hexDigit(s[i+2]) >= 0 {
			b = append(b, byte(hexDigit(s[i+1])<<4|hexDigit(s[i+2])))
			i += 2
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

func hexDigit(c byte) int {
	switch {
	case c-'0' <= 9:
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// osc9 is a notification (iTerm2) or, as 9;4, progress (ConEmu).
func (t *Terminal) osc9(s []byte) {
	rest, ok := bytes.CutPrefix(s, []byte("4"))
	if !ok || len(rest) > 0 && rest[0] != ';' {
		t.event(Notification, nil, s)
		return
	}
	rest = bytes.TrimPrefix(rest, []byte(";"))
	st, pc, _ := bytes.Cut(rest, []byte(";"))
	state, _ := atoi(st)
	percent, _ := atoi(pc)
	if state <= 4 {
		t.more().progress = Progress{State: state, Percent: min(percent, 100)}
	}
}

// clipboard is OSC 52. A write becomes an event. A read ("?") is denied in silence,
// or where reports are allowed gives back what this program wrote: nobody else's
// clipboard is ever told.
func (t *Terminal) clipboard(s []byte) {
	sel, data, ok := bytes.Cut(s, []byte(";"))
	switch {
	case !ok || len(sel) >= 16:
	case !bytes.Equal(data, []byte("?")):
		t.event(Clipboard, sel, data)
		if t.reports && len(data) <= maxClip {
			t.more().clip = clean(data, maxClip)
		}
	case t.reports && t.rare != nil:
		if len(sel) == 0 {
			sel = []byte("s0") // xterm's default: the selection, or cut buffer 0
		}
		t.reply("\x1b]52;" + clean(sel, len(sel)) + ";" + t.rare.clip + t.p.terminator())
	}
}

// promptMark is OSC 133 (FinalTerm). A marks its row, which makes rows of prompts
// findable after reflow; what marks mean is core/shell's to say.
func (t *Terminal) promptMark(s []byte) {
	if len(s) > 0 && s[0] == 'A' {
		t.line(int(t.cur.row)).flags |= promptRow
	}
}

// iterm is OSC 1337: the working directory, and images by their size.
func (t *Terminal) iterm(s []byte) {
	if dir, ok := bytes.CutPrefix(s, []byte("CurrentDir=")); ok {
		t.setCwd(clean(dir, maxPath))
	}
	if file, ok := bytes.CutPrefix(s, []byte("File=")); ok {
		t.itermImage(file)
	}
}

// atoi reads up to five digits.
func atoi(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 5 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c-'0' > 9 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
