package session

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/persistence"
)

// ArchiveOf opens the stored session that has a block. The index knows it; without one,
// sessions that were ended in order know the range of their blocks, and of others the
// journal is looked through.
func (m *Manager) ArchiveOf(number uint64) (Archive, error) {
	if a, ok := m.indexedBlock(number); ok {
		return a, nil
	}
	ids, err := m.c.Store.Sessions()
	if err != nil {
		return Archive{}, err
	}
	for _, id := range ids {
		var d meta
		data, err := m.c.Store.Meta(id)
		if err != nil || json.Unmarshal(data, &d) != nil || d.LastBlock != 0 && (number < d.FirstBlock || number > d.LastBlock) {
			continue
		}
		a, err := m.OpenArchive(id)
		if err != nil {
			continue
		}
		if _, err := a.block(number); err == nil {
			return a, nil
		}
		a.Release()
	}
	return Archive{}, noBlock(number)
}

// retire notes in the store which blocks an ended session has.
func (m *Manager) retire(s *Session) {
	s.mu.Lock()
	d := s.meta()
	d.Ended = !m.interrupted.Load()
	if n := len(s.blocks); n > 0 {
		d.FirstBlock, d.LastBlock = s.blocks[0].number, s.blocks[n-1].number
	}
	s.mu.Unlock()
	if data, err := json.Marshal(d); err == nil {
		m.c.Store.SetMeta(d.ID, data) // without it the journal is looked through
	}
	m.touch(d.ID)
}

// OpenArchive opens what a session wrote that is not in memory any more, by its id or as
// the newest one of a name. The caller releases it.
func (m *Manager) OpenArchive(target string) (Archive, error) {
	d, err := m.storedMeta(target)
	if err != nil {
		return Archive{}, err
	}
	j, _, err := m.c.Store.Open(d.ID, persistence.Options{Session: d.ID})
	if err != nil {
		return Archive{}, fmt.Errorf("journal of %s: %w", d.ID, err)
	}
	return Archive{Name: d.ID, Journal: j, Cols: d.Size.Cols, reduce: m.c.Reduce, meta: d, charset: d.charset()}, nil
}

func (m *Manager) storedMeta(target string) (meta, error) {
	var d meta
	if data, err := m.c.Store.Meta(target); err == nil {
		return d, json.Unmarshal(data, &d)
	}
	ids, err := m.c.Store.Sessions()
	if err != nil {
		return d, err
	}
	for _, id := range slices.Backward(ids) {
		data, err := m.c.Store.Meta(id)
		if err == nil && json.Unmarshal(data, &d) == nil && d.Name == target {
			return d, nil
		}
	}
	none := api.Errorf(api.NotFound, "no session %s is stored", strconv.Quote(target))
	if _, block := api.BlockNumber(target); block {
		return meta{}, none.WithHint("a block is called @%s", target)
	}
	return meta{}, none.WithHint("ai-session list")
}
