package session

import (
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/persistence"
	"github.com/ai-session/ai-session/internal/persistence/index"
)

// ManagerConfig is what a Manager works with.
type ManagerConfig struct {
	Store        *persistence.Store
	Scratch      string // folder for the files of running commands
	Socket       string // told to programs as AI_SESSION_SOCKET
	DefaultShell string // "" = the environment's
	JournalInput bool
	SyncAlways   bool
	Notify       func(api.Event)           // told of every session's changes; must not block
	Reduce       Reducer                   // nil: answers carry the end of the text
	Finished     func(*Session, api.Block) // told that a block has ended; must not block
	Keeper       Keeper                    // nil: sessions end with this process
	Stirred      func()                    // nil, or told that a session has written something; must not block
	Complain     func(error)               // told what went wrong without an answer to put it in
	Owner        string                    // mark in the environment of every program; "" = none
	Index        *index.Index              // nil: journals are looked through
}

// Manager holds many sessions and knows their names.
type Manager struct {
	c ManagerConfig

	mu       sync.Mutex // guards what follows; not held while a program is started
	sessions map[string]*Session
	taken    map[string]bool          // names of sessions being created
	ending   map[string]chan struct{} // ids of sessions on their way to the store; closed when they are there
	next     int                      // where the search for a free number begins
	takeover *takeover                // of what the last daemon left; nil if nothing was
	sync     syncer
	flight   *flight

	pool        pool
	sweep       sync.Once
	born        time.Time
	ids         ids
	even        evenness    // Enforce's
	interrupted atomic.Bool // sessions end, and nobody asked for it
}

// KeepForRestore leaves the sessions that end from now on to RestoreLost.
func (m *Manager) KeepForRestore() { m.interrupted.Store(true) }

// NewManager returns a manager without sessions.
func NewManager(c ManagerConfig) *Manager {
	m := &Manager{pool: pool{spares: map[string]*spare{}, asked: map[string]bool{}}, born: time.Now(), c: c, sessions: map[string]*Session{}, taken: map[string]bool{}, ending: map[string]chan struct{}{}, sync: syncer{due: map[*Session]bool{}}}
	m.ids.begin(c.Store)
	var err error
	if m.flight, err = openFlight(c.Scratch); err != nil {
		m.complain("of all", fmt.Errorf("output lost in a crash will not be marked: %w", err))
	}
	return m
}

// Find returns the session a target names, by name or id.
func (m *Manager) Find(target string) (*Session, error) {
	m.Adopted()
	return m.find(target)
}

func (m *Manager) find(target string) (*Session, error) {
	t, err := api.ParseTarget(target)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	s := m.sessions[t.Session]
	if s == nil {
		for _, other := range m.sessions {
			if other.ID() == t.Session {
				s = other
			}
		}
	}
	m.mu.Unlock()
	if s == nil {
		return nil, noSession(t.Session)
	}
	if t.Window > 0 || t.Pane > 0 {
		return nil, api.Errorf(api.NotFound, "no pane %s", target).WithHint("session %s has one window with one pane", t.Session)
	}
	return s, nil
}

func noSession(name string) error {
	none := api.Errorf(api.NotFound, "no session %s", strconv.Quote(name))
	if _, block := api.BlockNumber(name); block {
		return none.WithHint("a block is called @%s", name)
	}
	return none.WithHint("ai-session list")
}

// Rename gives a session another name; the id stays.
func (m *Manager) Rename(target, name string) (*Session, error) {
	if err := api.CheckName(name); err != nil {
		return nil, err
	}
	s, err := m.Find(target)
	if err != nil {
		return nil, err
	}
	if s.Name() == name {
		return s, nil
	}
	name, release, err := m.reserve(name)
	if err != nil {
		return nil, err
	}
	defer release()
	m.mu.Lock()
	s.mu.Lock()
	delete(m.sessions, s.name)
	s.name = name
	m.sessions[name] = s
	d := s.meta()
	s.mu.Unlock()
	m.mu.Unlock()
	s.notify(api.Event{Kind: "renamed"})
	data, err := json.Marshal(d)
	if err == nil {
		err = m.c.Store.SetMeta(d.ID, data)
	}
	if err != nil {
		return nil, storageError(err)
	}
	return s, nil
}

// All returns the sessions, oldest first, once each is taken up that the last daemon left.
func (m *Manager) All() []*Session {
	m.Adopted()
	m.mu.Lock()
	all := make([]*Session, 0, len(m.sessions))
	for _, s := range m.sessions {
		all = append(all, s)
	}
	m.mu.Unlock()
	sort.Slice(all, func(i, j int) bool { return all[i].ID() < all[j].ID() })
	return all
}

// FindBlock returns the living session that has a block.
func (m *Manager) FindBlock(number uint64) (*Session, bool) {
	for _, s := range m.All() {
		if s.HasBlock(number) {
			return s, true
		}
	}
	return nil, false
}
