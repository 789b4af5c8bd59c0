package session

import (
	"testing"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/vt"
)

// The fault is that there is no emulator: of none other is known.
func TestAFaultOfTheEmulatorCostsTheScreenAlone(t *testing.T) {
	var faults []error
	s := &Session{size: api.Size{Cols: 30, Rows: 5}, c: Config{Complain: func(err error) { faults = append(faults, err) }}}
	s.draw([]byte("lost"))
	s.draw([]byte("shown"))
	if got := s.term.Text(vt.TextOptions{}); got != "shown\n" || len(faults) != 1 {
		t.Errorf("%q, faults %v", got, faults)
	}
	if cols, rows := s.term.Size(); cols != 30 || rows != 5 {
		t.Errorf("%dx%d", cols, rows)
	}
}
