package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/persistence"
)

// Files of a snapshot's folder.
const (
	snapshotFile = "snapshot.json"
	screenFile   = "screen" // core/vt's snapshot, history included
	envFile      = "env.json"
	stateFile    = "state" // the shell's own state as its commands
)

// SaveSnapshot keeps a session's state under a name.
func (m *Manager) SaveSnapshot(ctx context.Context, req *api.SnapshotSaveRequest, auto bool) (*api.Snapshot, error) {
	s, err := m.Find(req.Session)
	if err != nil {
		return nil, err
	}
	snap, files, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	snap.Name, snap.Note, snap.Auto = req.Name, req.Note, auto
	if snap.Name == "" {
		snap.Name = snap.Session + "-" + snap.CreatedAt.Format("20060102-150405.000")
	}
	if files[snapshotFile], err = json.Marshal(snap); err != nil {
		return nil, err
	}
	store := m.c.Store.Snapshots()
	if err := store.Save(snap.Name, files, s.journal.Encrypted()); err != nil {
		return nil, snapshotError(snap.Name, err)
	}
	snap.Bytes = store.Size(snap.Name)
	return snap, nil
}

func snapshotError(name string, err error) error {
	switch {
	case errors.Is(err, persistence.ErrBadID):
		return api.Errorf(api.Invalid, "%q is no name for a snapshot", name).WithHint("1 to 64 of A-Z a-z 0-9 . _ -")
	case errors.Is(err, persistence.ErrExists):
		return api.Errorf(api.Exists, "snapshot %s is there already", name).WithHint("ai-session snapshot delete %s", name)
	case errors.Is(err, persistence.ErrFull):
		return storageError(err)
	case errors.Is(err, fs.ErrNotExist):
		return api.Errorf(api.NotFound, "no snapshot %s", name).WithHint("ai-session snapshot list")
	}
	return err
}

// snapshot gathers a session's state.
func (s *Session) snapshot(ctx context.Context) (*api.Snapshot, map[string][]byte, error) {
	files := map[string][]byte{}
	env := environmentOf(s.pty.Pid())
	state, why := s.shellState(ctx)
	snap := &api.Snapshot{State: "full", Why: why, CreatedAt: time.Now().UTC(), Running: s.programs()}
	switch {
	case state != nil:
		files[stateFile] = state
	case len(env) > 0:
		snap.State = "environment"
	default:
		snap.State = "none"
	}
	data, err := json.Marshal(env)
	if err != nil {
		return nil, nil, err
	}
	files[envFile] = data
	s.mu.Lock()
	defer s.mu.Unlock()
	snap.Session, snap.SessionID, snap.Shell, snap.Argv = s.name, s.c.ID, s.c.Shell, s.c.Argv
	snap.Cwd, snap.Size, snap.Title = s.workingDir(), s.size, s.term.State().Title
	snap.Offset, snap.Blocks, snap.Lines = s.journal.End().Offset, len(s.blocks), s.term.HistoryLines()
	files[screenFile] = s.term.Snapshot()
	return snap, files, nil
}

// Snapshot returns a snapshot's description.
func (m *Manager) Snapshot(name string) (*api.Snapshot, error) {
	store := m.c.Store.Snapshots()
	data, err := store.Read(name, snapshotFile)
	if err != nil {
		return nil, snapshotError(name, err)
	}
	snap := &api.Snapshot{}
	if err := json.Unmarshal(data, snap); err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", name, err)
	}
	snap.Name, snap.Bytes = name, store.Size(name)
	return snap, nil
}

// Snapshots lists them by age; session "" is all.
func (m *Manager) Snapshots(session string) (*api.SnapshotList, error) {
	names, err := m.c.Store.Snapshots().Names()
	if err != nil {
		return nil, err
	}
	list := &api.SnapshotList{Snapshots: []api.Snapshot{}}
	for _, name := range names {
		snap, err := m.Snapshot(name)
		if err != nil {
			m.complain(name, err)
			continue
		}
		if session == "" || snap.Session == session || snap.SessionID == session {
			list.Snapshots = append(list.Snapshots, *snap)
		}
	}
	slices.SortStableFunc(list.Snapshots, func(a, b api.Snapshot) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return list, nil
}

// ShowSnapshot returns a snapshot with what is in it.
func (m *Manager) ShowSnapshot(name string) (*api.SnapshotDetail, error) {
	snap, err := m.Snapshot(name)
	if err != nil {
		return nil, err
	}
	d := &api.SnapshotDetail{Snapshot: *snap, Env: api.KV{}}
	store := m.c.Store.Snapshots()
	if b, err := store.Read(name, envFile); err == nil {
		json.Unmarshal(b, &d.Env) // what cannot be read is shown as absent
	}
	if b, err := store.Read(name, stateFile); err == nil {
		d.ShellState = strings.ToValidUTF8(string(b), "\ufffd")
	}
	term, err := m.snapshotScreen(name)
	if err != nil {
		return nil, err
	}
	d.Screen = term.Text(vt.TextOptions{})
	return d, nil
}

func (m *Manager) snapshotScreen(name string) (*vt.Terminal, error) {
	b, err := m.c.Store.Snapshots().Read(name, screenFile)
	if err != nil {
		return nil, snapshotError(name, err)
	}
	t, err := vt.Restore(b)
	if err != nil {
		return nil, api.Errorf(api.Internal, "the screen of snapshot %s: %v", name, err)
	}
	return t, nil
}

// DeleteSnapshot removes a snapshot.
func (m *Manager) DeleteSnapshot(name string) error {
	if err := m.c.Store.Snapshots().Delete(name); err != nil {
		return snapshotError(name, err)
	}
	return nil
}
