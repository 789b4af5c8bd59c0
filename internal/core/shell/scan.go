package shell

import "bytes"

// maxHeld bounds what is held back while a mark is incomplete. A D mark carries a
// path of up to PATH_MAX bytes in which each byte may be escaped to three.
const maxHeld = 16 << 10

const (
	esc = 0x1b
	bel = 0x07
)

// prefixes of the sequences the scanner looks at; the number stands between "ESC ]"
// and ';'.
var prefixes = [...][]byte{[]byte("\x1b]7701;"), []byte("\x1b]133;"), []byte("\x1b]7;")}

// Scanner takes our marks out of a byte stream. The zero value knows no token, so
// it takes out nothing. It is not safe for concurrent use.
type Scanner struct {
	live []string
	held []byte // a sequence that began in an earlier Scan, from its ESC on
	id   [tokenLen]byte
}

// SetLive replaces the tokens that are believed.
func (s *Scanner) SetLive(tokens ...string) { s.live = append(s.live[:0], tokens...) }

// Pending is what is held back because it may become a mark; valid until the next Scan.
func (s *Scanner) Pending() []byte { return s.held }

// Flush gives the held bytes out as output: nothing more will come.
func (s *Scanner) Flush(out func([]byte)) {
	if len(s.held) > 0 {
		out(s.held)
		s.held = s.held[:0]
	}
}

// Scan reads the next piece of the stream. It calls out for each run of output and
// mark for each mark, in the order of the stream; a foreign mark is reported behind
// its own bytes, which stay output. Slices are valid only during the call.
func (s *Scanner) Scan(p []byte, out func(output []byte), mark func(Mark)) {
	if len(s.held) > 0 {
		p = s.resume(p, out, mark)
	}
	from := 0 // p[from:] has not been given out
	for at := 0; ; {
		i := bytes.IndexByte(p[at:], esc)
		if i < 0 {
			break
		}
		at += i
		n, verdict := match(p[at:], 0)
		switch verdict {
		case skip:
			at += n
		case more:
			s.emit(p[from:at], out)
			s.held = append(s.held[:0], p[at:]...)
			return
		case whole:
			m, keep, ok := s.read(p[at : at+n])
			if ok {
				end := at
				if keep {
					end += n
				}
				s.emit(p[from:end], out)
				from = at + n
				mark(m)
			}
			at += n
		}
	}
	s.emit(p[from:], out)
}

func (s *Scanner) emit(b []byte, out func([]byte)) {
	if len(b) > 0 {
		out(b)
	}
}

// resume continues the held sequence with p and returns what is left of p.
func (s *Scanner) resume(p []byte, out func([]byte), mark func(Mark)) []byte {
	seen, at := len(s.held), 0 // p[:at] is in held
	for {
		n, verdict := match(s.held, seen)
		switch verdict {
		case more:
			if at == len(p) {
				return nil
			}
			seen = len(s.held)
			k := nextStop(p[at:])
			s.held = append(s.held, p[at:at+k]...)
			at += k
		case skip:
			i := bytes.IndexByte(s.held[n:], esc)
			if i < 0 {
				s.Flush(out)
				return p[at:]
			}
			out(s.held[:n+i])
			s.held = append(s.held[:0], s.held[n+i:]...)
			seen = 0
		case whole:
			at -= len(s.held) - n
			m, keep, ok := s.read(s.held[:n])
			if keep {
				out(s.held[:n])
			}
			s.held = s.held[:0]
			if ok {
				mark(m)
			}
			return p[at:]
		}
	}
}

// nextStop is the length of p up to and with its first control character.
func nextStop(p []byte) int {
	for i, c := range p {
		if c < 0x20 {
			return i + 1
		}
	}
	return len(p)
}

type verdict int

const (
	skip  verdict = iota // the first n bytes are no mark
	more                 // it may become one
	whole                // the first n bytes are a complete sequence
)

// match looks at b, which begins with ESC. The body's first seen bytes hold no
// terminator, as an earlier call found.
func match(b []byte, seen int) (int, verdict) {
	if len(b) > 1 && b[1] != ']' {
		return 1, skip
	}
	for _, lead := range prefixes {
		if len(b) < len(lead) {
			if bytes.HasPrefix(lead, b) {
				return 0, more
			}
		} else if bytes.HasPrefix(b, lead) {
			return matchBody(b, max(len(lead), seen-1))
		}
	}
	return 1, skip
}

// matchBody finds the end of an OSC: BEL or ESC \. Any other control character means
// that it is none (ECMA-48 8.3.89 allows only printable characters in it).
func matchBody(b []byte, from int) (int, verdict) {
	n := from + nextStop(b[from:])
	if n > maxHeld {
		return n - 1, skip
	}
	switch last := b[n-1]; {
	case n == len(b) && last >= 0x20:
		return 0, more
	case last == bel:
		return n, whole
	case last == esc && n == len(b):
		return 0, more
	case last == esc && b[n] == '\\':
		return n + 1, whole
	}
	return n - 1, skip
}

// read judges a complete sequence: is it a mark, and do its bytes stay output?
func (s *Scanner) read(b []byte) (m Mark, keep, ok bool) {
	body := bytes.TrimSuffix(bytes.TrimSuffix(b, []byte{bel}), []byte("\x1b\\"))
	number, body, _ := bytes.Cut(body[len("\x1b]"):], []byte{';'})
	if string(number) != "7701" {
		m, ok = parseForeign(number, body)
		return m, true, ok
	}
	m, token, ok := parseOwn(body)
	if !ok {
		return m, true, false
	}
	m.Token, ok = s.verify(token)
	return m, !ok, ok
}

// verify returns the live id whose secret a mark has shown.
func (s *Scanner) verify(secret []byte) (string, bool) {
	id := appendID(s.id[:0], secret)
	for _, live := range s.live {
		if live == string(id) {
			return live, true
		}
	}
	return "", false
}
