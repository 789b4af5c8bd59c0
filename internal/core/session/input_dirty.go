package session

import "time"

// dirtiness says whether somebody's half-typed line may be on the terminal.
type dirtiness struct {
	is      bool
	partial bool // typed while a program ran, in line mode, and not ended
	by      string
	since   time.Time
}

// typed takes note of input. A program in raw mode reads every key; in line mode a
// line not ended stays in the terminal for whoever reads next.
func (d *dirtiness) typed(s *Session, b []byte, by string) {
	last := b[len(b)-1]
	ended := last == '\r' || last == '\n' || last == 3 || last == 4 || last == 21 || last == 26 || last == 28
	if s.phase == ready || s.phase == booting {
		if !d.is {
			d.since = time.Now()
		}
		d.is, d.by = true, by
		d.partial = !ended
		return
	}
	modes, err := s.pty.Termios()
	d.partial = !ended && (err != nil || modes.Icanon)
	d.by = by
	if d.partial {
		d.since = time.Now()
	}
}

// prompted is a new prompt: whole lines are done with, a part of one is still there.
func (d *dirtiness) prompted() {
	d.is = d.partial
	d.partial = d.is
}
