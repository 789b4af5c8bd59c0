package session

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/persistence"
)

// RestoreLost brings back sessions that nobody ended: a reboot did, or something that
// took the daemon and its keeper at once. name "" is all of them.
func (m *Manager) RestoreLost(ctx context.Context, name string, rerun bool) (*api.Restored, error) {
	res := &api.Restored{Sessions: []api.Session{}, Failed: []string{}}
	lost, err := m.lost(name)
	if err != nil {
		return nil, err
	}
	snaps, err := m.Snapshots("")
	if err != nil {
		return nil, err
	}
	for _, d := range lost {
		s, err := m.restoreLost(ctx, d, newestOf(snaps, d.ID), rerun)
		if err != nil {
			res.Failed = append(res.Failed, fmt.Sprintf("%s: %v", d.Name, err))
			continue
		}
		d.Ended = true // it goes on under another id
		if data, err := json.Marshal(d); err == nil {
			m.c.Store.SetMeta(d.ID, data) // else it is offered again
		}
		res.Sessions = append(res.Sessions, s.Info())
	}
	return res, nil
}

// lost lists sessions of the store that neither live nor were ended, oldest first.
func (m *Manager) lost(name string) ([]meta, error) {
	ids, err := m.c.Store.Sessions()
	if err != nil {
		return nil, err
	}
	living := map[string]bool{}
	for _, s := range m.All() {
		living[s.ID()] = true
	}
	var lost []meta
	for _, id := range ids {
		var d meta
		data, err := m.c.Store.Meta(id)
		if living[id] || err != nil || json.Unmarshal(data, &d) != nil || d.Ended || d.Name == spareName {
			continue
		}
		if name == "" || d.Name == name || d.ID == name {
			lost = append(lost, d)
		}
	}
	if name != "" && len(lost) == 0 {
		return nil, api.Errorf(api.NotFound, "no session %s was lost", name).WithHint("ai-session list shows those that live")
	}
	return lost, nil
}

// newestOf is the last snapshot of a session; nil if it has none.
func newestOf(list *api.SnapshotList, id string) (newest *api.Snapshot) {
	for i := range list.Snapshots {
		snap := &list.Snapshots[i]
		if snap.SessionID == id && (newest == nil || byOffset(*newest, *snap) <= 0) {
			newest = snap
		}
	}
	return newest
}

// byOffset compares the ages of two snapshots of one session by how much it had written:
// that only grows, while a clock can be set back. Where it wrote nothing, the time decides.
func byOffset(a, b api.Snapshot) int {
	return cmp.Or(cmp.Compare(a.Offset, b.Offset), a.CreatedAt.Compare(b.CreatedAt))
}

func (m *Manager) restoreLost(ctx context.Context, d meta, snap *api.Snapshot, rerun bool) (*Session, error) {
	if snap != nil {
		return m.RestoreSnapshot(ctx, &api.SnapshotRestoreRequest{Name: snap.Name, As: d.Name, Rerun: rerun})
	}
	a, err := m.OpenArchive(d.ID)
	if err != nil {
		return nil, err
	}
	defer a.Release()
	req := &api.CreateRequest{Name: d.Name, Argv: d.Argv, Dir: d.Dir, Size: &d.Size, AllowReports: d.Reports, AIContext: d.AIContext, TokenLimit: d.Limit, Encoding: d.Encoding}
	if len(d.Argv) == 0 {
		req.Shell = d.Shell
	}
	var past []byte
	if term, cwd := a.lastState(); term != nil {
		past = prologue(term, d.CreatedAt)
		if cwd != "" {
			req.Dir = pathOf(a.charset, cwd)
		}
	}
	if info, err := os.Stat(req.Dir); err != nil || !info.IsDir() {
		req.Dir = ""
	}
	s, err := m.create(ctx, req, past)
	if err == nil && d.AIContext {
		m.inherit(s, a)
	}
	return s, err
}

// lastState is the screen and the folder that the journal ends with.
func (a Archive) lastState() (*vt.Terminal, string) {
	anew := func() *vt.Terminal { return emptyTerm(api.Size{Cols: a.Cols, Rows: a.meta.Size.Rows}, false) }
	term, unseen := anew(), func(error) {} // whoever wrote it was told
	from, cwd := uint64(0), ""
	decoder := a.charset.Decoder()
	if f, ok := a.Journal.Checkpoint(); ok {
		if st, t, err := decodeCheckpoint(f.Data); err == nil {
			term, from, cwd = t, f.Seq+1, st.Cwd
			decoder.Resume(st.Glyph)
		}
	}
	var piped screened
	for f, err := range a.Journal.Frames(from) {
		if err != nil {
			continue
		}
		switch f.Kind {
		case persistence.Mark, persistence.Gap:
			piped.mark(f)
		case persistence.Output:
			term = drawOn(term, decoder.Decode(piped.shown(f.Data)), anew, unseen)
		case persistence.Synthetic:
			term = drawOn(term, f.Data, anew, unseen)
		case persistence.Resize:
			if size, ok := resizeOf(f); ok {
				term.Resize(size.Cols, size.Rows)
			}
		case persistence.ExecEnd:
			var ef endFrame
			if json.Unmarshal(f.Data, &ef) == nil && ef.Cwd != "" {
				cwd = ef.Cwd
			}
		}
	}
	return term, cwd
}

// autoPatience bounds what all automatic snapshots of one round take.
const autoPatience = 10 * time.Second

// AutoSnapshots keeps the state of every living session and deletes all but the newest
// of each that were made so.
func (m *Manager) AutoSnapshots(ctx context.Context, keep int) {
	ctx, cancel := context.WithTimeout(ctx, autoPatience)
	defer cancel()
	for _, s := range m.All() {
		if s.Dead() {
			continue
		}
		if _, err := m.SaveSnapshot(ctx, &api.SnapshotSaveRequest{Session: s.ID()}, true); err != nil {
			m.complain(s.ID(), fmt.Errorf("automatic snapshot: %w", err))
			continue
		}
		m.prune(s.ID(), keep)
	}
}

func (m *Manager) prune(id string, keep int) {
	list, err := m.Snapshots(id)
	if err != nil {
		return
	}
	auto := slices.DeleteFunc(list.Snapshots, func(snap api.Snapshot) bool { return !snap.Auto || snap.SessionID != id })
	slices.SortStableFunc(auto, byOffset)
	for _, snap := range auto[:max(0, len(auto)-keep)] {
		if err := m.DeleteSnapshot(snap.Name); err != nil {
			m.complain(id, err)
		}
	}
}
