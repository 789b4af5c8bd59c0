package session

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/persistence"
)

// The keeper holds our ends of a command's pipes as it holds terminals: while no daemon
// lives, who writes waits for the next one in place of being killed by SIGPIPE.

// PipeKeeper is the part of a Keeper that holds pipes.
type PipeKeeper interface {
	HoldPipe(key string, note []byte, conn syscall.RawConn)
	DropPipe(key string)
}

// pipeStore is where pipes are kept; both parts may be missing.
type pipeStore struct {
	keeper PipeKeeper
	flight *flight
}

// KeptPipe is the reading end of a pipe as a keeper gives it back.
type KeptPipe struct {
	Key  string
	Note []byte
	File *os.File // Adopt's from now on
}

// pipeEnd is one pipe's reading end. It may outlive its command: a process in the
// background writes on.
type pipeEnd struct {
	block  uint64 // whose command it is
	stream int    // 1 stdout, 2 stderr
	path   string
	file   *os.File
	slot   slot

	// Of an adopted one: what the last daemon had read and not written down.
	lost  int64
	doubt bool
}

// pipeNote is what travels with it.
type pipeNote struct {
	Slot int    `json:"slot"` // in the flight record; -1 = none
	Path string `json:"path,omitempty"`
}

func parsePipeNote(b []byte) pipeNote {
	n := pipeNote{Slot: -1}
	if json.Unmarshal(b, &n) != nil {
		return pipeNote{Slot: -1} // of another version
	}
	return n
}

func (p *pipeEnd) note() []byte {
	data, err := json.Marshal(pipeNote{p.slot.index, p.path})
	if err != nil {
		panic("session: a pipe's note is always JSON: " + err.Error())
	}
	return data
}

// key is what the keeper holds it under: SESSION:BLOCK:STREAM.
func (p *pipeEnd) key(session string) string {
	return session + ":" + strconv.FormatUint(p.block, 10) + ":" + strconv.Itoa(p.stream)
}

// SessionOfPipe is the session whose pipe is held under a key.
func SessionOfPipe(key string) string {
	id, _, _ := strings.Cut(key, ":")
	return id
}

// parsePipe reads what key and note say; nil if they say nothing.
func (m *Manager) parsePipe(k KeptPipe) *pipeEnd {
	parts := strings.Split(k.Key, ":")
	if len(parts) != 3 {
		return nil
	}
	block, err := strconv.ParseUint(parts[1], 10, 64)
	stream, err2 := strconv.Atoi(parts[2])
	if err != nil || err2 != nil || stream < 1 || stream > 2 {
		return nil
	}
	n := parsePipeNote(k.Note)
	return &pipeEnd{block: block, stream: stream, path: n.Path, file: k.File, slot: m.flight.slot(n.Slot)}
}

// adoptable reads what a session's pipes were kept with.
func (m *Manager) adoptable(kept []KeptPipe, end int64) (ends []*pipeEnd) {
	for _, k := range kept {
		p := m.parsePipe(k)
		if p == nil {
			k.File.Close()
			continue
		}
		p.lost, p.doubt = p.slot.inHand(end)
		ends = append(ends, p)
	}
	return ends
}

// keepPipes hands an exec's pipes to the keeper, before anything can be written to them.
// It lets go of the mutex meanwhile: the keeper is another process.
func (s *Session) keepPipes(e *execution) {
	if e.piped == nil {
		return
	}
	s.notePipes(e)
	s.mu.Unlock()
	defer s.mu.Lock()
	for _, end := range e.piped.ends {
		s.holdPipe(end)
	}
}

// notePipes gives an exec's pipes their records.
func (s *Session) notePipes(e *execution) {
	for _, end := range e.piped.ends {
		end.block = e.block.number
		if s.c.pipes.flight != nil {
			end.slot = s.c.pipes.flight.take()
		}
		s.pipes = append(s.pipes, end)
	}
}

// dropPipes takes an exec's pipes back: nobody has written to them. It is rare enough to
// tell the keeper under the mutex.
func (s *Session) dropPipes(e *execution) {
	if e.piped == nil {
		return
	}
	e.piped.close()
	for _, end := range e.piped.ends {
		if end != nil && s.forgetPipe(end) {
			s.leavePipe(end)
		}
	}
	e.piped = nil
}

// forgetPipe takes an end out of the session's; false if it was not there any more.
func (s *Session) forgetPipe(end *pipeEnd) bool {
	i := slices.Index(s.pipes, end)
	if i < 0 {
		return false
	}
	s.pipes = slices.Delete(s.pipes, i, i+1)
	return true
}

// leavePipe has nobody hold an end any more.
func (s *Session) leavePipe(end *pipeEnd) {
	if s.c.pipes.flight != nil {
		s.c.pipes.flight.give(end.slot)
	}
	if s.c.pipes.keeper != nil {
		s.c.pipes.keeper.DropPipe(end.key(s.c.ID))
	}
}

func (s *Session) holdPipe(end *pipeEnd) {
	if s.c.pipes.keeper == nil {
		return
	}
	if conn, err := end.file.SyscallConn(); err == nil {
		s.c.pipes.keeper.HoldPipe(end.key(s.c.ID), end.note(), conn)
	}
}

// holdPipes hands every pipe of the session to a new keeper.
func (s *Session) holdPipes() {
	s.mu.Lock()
	ends := slices.Clone(s.pipes)
	s.mu.Unlock()
	for _, end := range ends {
		s.holdPipe(end)
	}
}

// pipeOver lets go of a pipe that nobody reads any more. After Release it is a
// successor's.
func (s *Session) pipeOver(end *pipeEnd) {
	end.file.Close()
	s.mu.Lock()
	ours := s.forgetPipe(end) && !s.released
	s.mu.Unlock()
	if ours {
		s.leavePipe(end)
	}
}

// takeUpPipes goes on with the pipes that the last daemon left: the open command's, and
// those that processes in the background write to.
func (s *Session) takeUpPipes(left []*pipeEnd) {
	var ours []*pipeEnd
	for _, end := range left {
		if n := end.lost; n > 0 || end.doubt {
			s.pipeLost(end.stream, max(n, 1))
		}
		end.slot.done() // not before: a crash between would lose the gap's record
		s.pipes = append(s.pipes, end)
		if e := s.open; e != nil && e.block.piped && e.block.number == end.block {
			ours = append(ours, end)
			continue
		}
		s.readers.Go(func() { s.readLeftPipe(end) })
	}
	if s.open == nil || !s.open.block.piped {
		return
	}
	e := s.open
	if e.piped = adoptPiped(ours); e.piped == nil {
		e.dry = true
		if s.phase != armed {
			e.block.flag("gap") // they ended with the last daemon, and its writers with them
		}
	}
	s.readPipes(e)
}

// resumeEnd goes on with an end that the shell told the last daemon and that was not
// written down yet.
func (s *Session) resumeEnd() {
	e := s.open
	switch {
	case e == nil || e.told == nil || s.phase != ending:
	case e.piped != nil:
		e.piped.end(func() { s.drained(e) })
	default:
		s.settleAfter(fishGrace)
	}
}

// toldEnd keeps an end that is not acted upon at once: a successor is not told again.
func (s *Session) toldEnd(m shell.Mark) {
	s.open.told = &m
	s.append(persistence.Mark, encodeMark(m))
}
