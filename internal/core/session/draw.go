package session

import (
	"fmt"
	"runtime/debug"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/vt"
)

// draw has the session's emulator take output. A fault of the emulator costs the screen,
// which begins anew, and nothing else: the bytes are in the journal, other sessions go on,
// and the next daemon, which reads the same bytes, starts.
func (s *Session) draw(b []byte) {
	s.term = drawOn(s.term, b, s.newTerm, func(fault error) {
		if s.c.Complain != nil {
			s.c.Complain(fault)
		}
	})
}

// newTerm is an empty screen of the session's size.
func (s *Session) newTerm() *vt.Terminal { return emptyTerm(s.size, s.c.AllowReports) }

func emptyTerm(size api.Size, reports bool) *vt.Terminal {
	return vt.New(vt.Config{Cols: size.Cols, Rows: size.Rows, AllowReports: reports, AllowResize: reports})
}

// drawOn has a terminal take output and returns it, or what anew makes where that failed.
func drawOn(t *vt.Terminal, b []byte, anew func() *vt.Terminal, failed func(error)) (after *vt.Terminal) {
	defer func() {
		if p := recover(); p != nil {
			failed(fmt.Errorf("the emulator failed, its screen begins anew: %v\n%s", p, debug.Stack()))
			after = anew()
		}
	}()
	t.Write(b)
	return t
}
