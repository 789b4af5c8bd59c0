package shell

import (
	"bytes"
	"strconv"
)

// Flags say what is unusual about an end.
type Flags uint8

// Flags of a D mark.
const (
	Isolated  Flags = 1 << iota // ran in a subshell because of errexit or nounset
	Respawned                   // the shell replaced itself by a new one in the same process
	StateLost                   // isolated, and the subshell's state could not be read back
	Aborted                     // the shell threw the rest of the line away: ^C, or an error that aborts
	Lost                        // written by the prompt's hook: the command had removed what writes it
)

// flagLetters is how a hook spells Flags, in the order of the bits.
const flagLetters = "irsbl"

// String spells f as a hook does.
func (f Flags) String() string {
	var b []byte
	for i := range len(flagLetters) {
		if f&(1<<i) != 0 {
			b = append(b, flagLetters[i])
		}
	}
	return string(b)
}

// Kinds of marks. Ours carry a token that was verified; the foreign ones are
// reported and stay in the output.
const (
	CommandStart = 'C'
	CommandEnd   = 'D'
	OutputEnd    = 'E'
	Prompt       = 'P'

	ForeignPrompt = 'a' // OSC 133;A
	ForeignInput  = 'b' // OSC 133;B
	ForeignStart  = 'c' // OSC 133;C
	ForeignEnd    = 'd' // OSC 133;D, with a status if it had one
	ForeignFolder = '7' // OSC 7, Cwd is the path of its URL
)

// Mark is one mark as read from the output.
type Mark struct {
	Kind      byte
	Token     string // the exec's token; "" for foreign marks
	Status    int
	HasStatus bool
	Pipe      []int  // status of each part of the last pipeline, when the shell knows
	Cwd       string // absolute; D and ForeignFolder
	Opts      string // `$-`, with e and u added when the hook holds them back; D and P
	Flags     Flags
}

// parseOwn reads the body of OSC 7701, "K;token;...", as far as it has the shape of
// a mark. The token is returned as it stood there, unverified.
func parseOwn(body []byte) (m Mark, token []byte, ok bool) {
	if len(body) < 2+tokenLen || body[1] != ';' {
		return m, nil, false
	}
	m.Kind, token = body[0], body[2:2+tokenLen]
	rest := body[2+tokenLen:]
	if len(rest) > 0 {
		if rest[0] != ';' {
			return m, nil, false
		}
		rest = rest[1:]
	}
	switch m.Kind {
	case CommandStart, OutputEnd:
		return m, token, len(rest) == 0
	case Prompt:
		status, opts, _ := bytes.Cut(rest, []byte{';'})
		m.setStatus(status)
		m.Opts = string(opts)
		return m, token, m.HasStatus
	case CommandEnd:
		return m, token, m.parseEnd(rest)
	}
	return m, nil, false
}

// parseEnd reads "status;pipes;opts;flags;cwd". The cwd is last, so it may hold ';'.
func (m *Mark) parseEnd(rest []byte) bool {
	f := bytes.SplitN(rest, []byte{';'}, 5)
	if len(f) != 5 || !m.setStatus(f[0]) {
		return false
	}
	for _, p := range bytes.Fields(f[1]) {
		n, err := strconv.Atoi(string(p))
		if err != nil {
			return false
		}
		m.Pipe = append(m.Pipe, n)
	}
	m.Opts = string(f[2])
	for _, c := range f[3] {
		if i := bytes.IndexByte([]byte(flagLetters), c); i >= 0 {
			m.Flags |= 1 << i
		}
	}
	m.Cwd = string(unescape(f[4]))
	return true
}

// setStatus takes a decimal status; false and no change for anything else.
func (m *Mark) setStatus(b []byte) bool {
	n, err := strconv.Atoi(string(b))
	if err != nil {
		return false
	}
	m.Status, m.HasStatus = n, true
	return true
}

// parseForeign reads OSC 133 and OSC 7 of other hooks. What it does not understand
// is no mark.
func parseForeign(number, body []byte) (m Mark, ok bool) {
	if string(number) == "7" {
		m.Kind = ForeignFolder
		m.Cwd = string(unescape(folderOf(body)))
		return m, m.Cwd != ""
	}
	if len(body) == 0 || body[0] < 'A' || body[0] > 'D' || len(body) > 1 && body[1] != ';' {
		return m, false
	}
	m.Kind = body[0] | 0x20
	if m.Kind == ForeignEnd && len(body) > 2 {
		status, _, _ := bytes.Cut(body[2:], []byte{';'})
		m.setStatus(status)
	}
	return m, true
}

// folderOf takes the path out of "file://host/path"; nil for other URLs.
func folderOf(url []byte) []byte {
	rest, ok := bytes.CutPrefix(url, []byte("file://"))
	if !ok {
		return nil
	}
	i := bytes.IndexByte(rest, '/')
	if i < 0 {
		return nil
	}
	return rest[i:]
}

// unescape decodes %XX (RFC 3986 2.1); a '%' that starts no escape stays.
func unescape(b []byte) []byte {
	if bytes.IndexByte(b, '%') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '%' && i+2 < len(b) {
			if n, err := strconv.ParseUint(string(b[i+1:i+3]), 16, 8); err == nil {
				out = append(out, byte(n))
				i += 2
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}
