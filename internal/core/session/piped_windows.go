package session

import "github.com/ai-session/ai-session/api"

// piped: there are no named pipes that a shell's file can be redirected to here.
type piped struct{ ends [2]*pipeEnd }

func openPiped([2]string) (*piped, error) {
	return nil, api.Errorf(api.Unsupported, "exec --pipe needs named pipes among files, which Windows has not").WithHint("exec without --pipe")
}

func adoptPiped([]*pipeEnd) *piped { return nil }

func (*piped) close()                    {}
func (*piped) end(drained func())        { drained() }
func (s *Session) readPipes(*execution)  {}
func (s *Session) readLeftPipe(*pipeEnd) {}
