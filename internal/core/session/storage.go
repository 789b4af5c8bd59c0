package session

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/persistence"
)

// Enforce keeps what is stored within its limits: finished segments are sealed, old
// output of large sessions is evicted, ended sessions go first.
func (m *Manager) Enforce(l persistence.Limits) (persistence.Report, error) {
	l.Live = func(id string) *persistence.Journal {
		for _, s := range m.All() {
			if s.ID() == id {
				return s.journal
			}
		}
		return nil
	}
	if m.even.look(time.Now(), time.Since(m.born)) < settling {
		l.Age = 0
	}
	m.sweep.Do(m.sweepSpares)
	r, err := m.c.Store.Enforce(l)
	if m.c.Index != nil {
		for _, id := range slices.Concat(r.Removed, r.Evicted) {
			m.c.Index.Forget(id)
		}
	}
	return r, err
}

// sweepSpares removes spares that a daemon which was killed has left.
func (m *Manager) sweepSpares() {
	ids, err := m.c.Store.Sessions()
	if err != nil {
		return
	}
	for _, id := range ids {
		if d, err := m.storedMeta(id); err == nil && d.Name == spareName && id < m.ids.began {
			m.c.Store.Remove(id) // else it is removed as an ended session's
		}
	}
}

// Storage reports what each session takes on the disk.
func (m *Manager) Storage() (*api.StorageReport, error) {
	usage, err := m.c.Store.Usage()
	if err != nil {
		return nil, err
	}
	living := map[string]*Session{}
	for _, s := range m.All() {
		living[s.ID()] = s
	}
	r := &api.StorageReport{Sessions: []api.StoredSession{}}
	for _, u := range usage {
		st := api.StoredSession{ID: u.ID, Bytes: u.Bytes, WrittenAt: u.Written.UTC(), State: "ended"}
		var d meta
		data, err := m.c.Store.Meta(u.ID)
		if err == nil && json.Unmarshal(data, &d) == nil {
			if d.Name == spareName {
				continue
			}
			st.Name, st.CreatedAt = d.Name, d.CreatedAt
			if !d.Ended {
				st.State = "lost"
			}
			if d.LastBlock > 0 {
				st.First, st.Last = "@"+api.BlockID(d.FirstBlock), "@"+api.BlockID(d.LastBlock)
			}
		} else if errors.Is(err, persistence.ErrKey) {
			st.State = "no key"
		}
		if s := living[u.ID]; s != nil {
			st.State, st.Name = "living", s.Name()
			st.Encrypted = s.journal.Encrypted()
			if e := s.journal.Evicted(); e != nil {
				st.EvictedBytes = e.To.Offset
			}
		}
		r.TotalBytes += u.Bytes
		r.Sessions = append(r.Sessions, st)
	}
	slices.SortFunc(r.Sessions, func(a, b api.StoredSession) int { return int(b.Bytes - a.Bytes) })
	return r, nil
}

// Stored resolves a session of the store that has ended: its id, by id or name.
func (m *Manager) Stored(target string) (string, error) {
	if s, err := m.Find(target); err == nil && !s.Dead() {
		return "", api.Errorf(api.Busy, "session %s lives", s.Name()).WithHint("ai-session kill %s, then again", s.Name())
	}
	ids, err := m.c.Store.Sessions()
	if err != nil {
		return "", err
	}
	if slices.Contains(ids, target) {
		return target, nil
	}
	d, err := m.storedMeta(target)
	if err != nil {
		return "", err
	}
	return d.ID, nil
}

// settling is for how long the clock must have gone evenly before anything is removed for
// its age: one that is wrong for a while, after a boot say, deletes nothing.
const settling = time.Hour

// evenness is what tells a clock that was set from one that goes.
type evenness struct {
	wall        time.Time     // at the last look
	mono, since time.Duration // of that look, and of the last jump before it
}

// look says for how long the wall clock has kept pace with a monotonic one. A machine that
// slept seems to have jumped, too.
func (e *evenness) look(wall time.Time, mono time.Duration) time.Duration {
	wall = wall.Round(0) // its own monotonic part would hide the jump
	if jump := wall.Sub(e.wall) - (mono - e.mono); jump.Abs() > time.Minute {
		e.since = mono
	}
	e.wall, e.mono = wall, mono
	return mono - e.since
}

// EnforceEvery is how often the limits are looked after.
const EnforceEvery = time.Minute
