package session

import (
	"slices"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/persistence"
)

// A note is a record that somebody above keeps with the session: it is in its journal,
// so it is sealed, encrypted, exported and evicted as its output is. The session does
// not read it.
const noteFrame = persistence.Kind(10)

// Note keeps a record.
func (s *Session) Note(data []byte) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return s.deadError()
	}
	_, err := s.journal.Append(noteFrame, data)
	if err != nil {
		s.degraded = err
	} else if s.c.Unsynced != nil {
		s.c.Unsynced(s)
	}
	s.mu.Unlock()
	if err == nil && s.c.SyncAlways {
		err = s.journal.Sync()
	}
	if err != nil {
		return storageError(err)
	}
	return nil
}

// Notes are the records that are kept, oldest first.
func (a Archive) Notes() [][]byte {
	var notes [][]byte
	for f, err := range a.Journal.FramesOf(0, noteFrame) {
		if err == nil && f.Kind == noteFrame { // a damaged one costs itself
			notes = append(notes, slices.Clone(f.Data))
		}
	}
	return notes
}

// inherit gives a session that was made of another one its records.
func (m *Manager) inherit(s *Session, a Archive) {
	for _, note := range a.Notes() {
		if err := s.Note(note); err != nil {
			m.complain(s.ID(), err)
			return
		}
	}
}

// Remembers says whether the session was made with a conversation, and its limit in
// tokens, 0 for the usual one.
func (s *Session) Remembers() (limit int, on bool) { return s.c.TokenLimit, s.c.AIContext }

// Programs are those that run in the session's foreground beside its shell.
func (s *Session) Programs() []api.Program { return s.programs() }

// Reading is a block as the reducer reads it, with its description.
func (a Archive) Reading(number uint64) (Reading, *api.Block, error) {
	b, err := a.block(number)
	if err != nil {
		return Reading{}, nil, err
	}
	cp := *b
	if cp.to < 0 {
		cp.to = a.Journal.End().Offset
	}
	sp := span{journal: a.Journal, charset: a.charset, from: cp.from, to: cp.to, cols: a.Cols, ref: "@" + cp.id()}
	return sp.reading(&cp, sp.ref), cp.view(a.Name), nil
}
