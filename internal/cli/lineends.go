package cli

import "io"

// lineEnds writes the lines of a terminal as lines of a file: the CR that the terminal
// puts before each LF is left out, everything else stays as it is.
type lineEnds struct {
	w    io.Writer
	held bool // a CR whose successor has not come yet
}

func (l *lineEnds) Write(b []byte) (int, error) {
	out := make([]byte, 0, len(b)+1)
	for _, c := range b {
		if l.held && c != '\n' {
			out = append(out, '\r')
		}
		if l.held = c == '\r'; !l.held {
			out = append(out, c)
		}
	}
	if _, err := l.w.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}

// flush writes what a successor was awaited for.
func (l *lineEnds) flush() error {
	if !l.held {
		return nil
	}
	l.held = false
	_, err := l.w.Write([]byte{'\r'})
	return err
}
