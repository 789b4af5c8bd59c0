package session

import (
	"bytes"
)

// withoutEcho takes the trigger's echo out of what came before C. A line editor
// draws instead of echoing: then everything but its mode switches goes.
func withoutEcho(held, echo []byte, editor bool) []byte {
	line := bytes.TrimRight(echo, "\r\n")
	i := bytes.Index(held, line)
	if i < 0 || len(line) == 0 {
		if editor {
			return modeSwitches(held)
		}
		return held
	}
	end := i + len(line)
	for _, tail := range []string{"\r\r\n", "\r\n", "\n"} {
		if bytes.HasPrefix(held[end:], []byte(tail)) {
			end += len(tail)
			break
		}
	}
	rest := held[end:]
	if editor {
		rest = modeSwitches(rest) // its own way of ending the line moves the cursor
	}
	return append(append([]byte{}, held[:i]...), rest...)
}

// strangersEcho takes a typed line of ours out of held output when only the last
// daemon knew its words.
func strangersEcho(held []byte) []byte {
	i := bytes.Index(held, []byte("__ais_"))
	if i < 0 {
		return held
	}
	from := bytes.LastIndexByte(held[:i], '\n') + 1
	to := len(held)
	if n := bytes.IndexByte(held[i:], '\n'); n >= 0 {
		to = i + n + 1
	}
	return append(append([]byte{}, held[:from]...), held[to:]...)
}

// modeSwitches keeps the private mode sequences (CSI ? ... h or l) of a line
// editor's drawing: those change how the terminal talks, not what it shows.
func modeSwitches(b []byte) []byte {
	var kept []byte
	for {
		i := bytes.Index(b, []byte("\x1b[?"))
		if i < 0 {
			return kept
		}
		b = b[i:]
		n := 3
		for n < len(b) && (b[n] >= '0' && b[n] <= '9' || b[n] == ';') {
			n++
		}
		if n < len(b) && (b[n] == 'h' || b[n] == 'l') {
			kept = append(kept, b[:n+1]...)
		}
		b = b[n:]
	}
}
