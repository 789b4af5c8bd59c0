package session

import (
	"context"
	"encoding/json"
	"errors"
	"iter"

	"github.com/ai-session/ai-session/internal/persistence"
	"github.com/ai-session/ai-session/internal/persistence/index"
)

// touch tells the index that a session's journal has something new.
func (m *Manager) touch(id string) {
	if m.c.Index != nil {
		m.c.Index.Touch(id)
	}
}

// Past is the manager as the index sees it.
type Past struct{ Manager *Manager }

// Sessions are the ids of all sessions that are kept.
func (p Past) Sessions() ([]string, error) { return p.Manager.c.Store.Sessions() }

// Past tells what a session's journal says of its commands.
func (p Past) Past(id string, from uint64) (index.Past, error) {
	a, err := p.Manager.archive(id)
	if errors.Is(err, errSpare) {
		return index.Past{Events: func(func(index.Event) bool) {}, Close: func() {}}, nil
	}
	if err != nil {
		return index.Past{}, err
	}
	end := a.Journal.End()
	return index.Past{
		Events: events(a.Journal, from), Next: end.Seq, Ended: a.live == nil,
		Encrypted: a.Journal.Encrypted(), Bytes: a.Journal.Bytes(), Close: a.Release,
	}, nil
}

// events are the begins and ends of commands as the index takes them. Damage was
// reported when the journal was opened; what lies behind it is told.
func events(j *persistence.Journal, from uint64) iter.Seq[index.Event] {
	return func(yield func(index.Event) bool) {
		for f, err := range j.FramesOf(from, persistence.ExecStart, persistence.ExecEnd) {
			if err != nil {
				continue
			}
			if e, ok := event(f); ok && !yield(e) {
				return
			}
		}
	}
}

func event(f persistence.Frame) (index.Event, bool) {
	if f.Kind == persistence.ExecStart {
		var sf startFrame
		err := json.Unmarshal(f.Data, &sf)
		return index.Event{
			Block: sf.Block, Seq: f.Seq, Command: sf.Command, Internal: sf.Internal, At: f.Time, From: f.Offset,
		}, err == nil
	}
	var ef endFrame
	err := json.Unmarshal(f.Data, &ef)
	var b block
	b.apply(ef)
	e := index.Event{
		Block: ef.Block, Seq: f.Seq, End: true, At: b.started, From: b.from, To: b.to,
		State: string(b.state), Exit: -1, Cwd: b.cwd, Lasted: b.ended.Sub(b.started),
	}
	if code, known := b.exit.Code(); known {
		e.Exit = code
	}
	return e, err == nil
}

// indexedBlock opens the stored session that has a block, if the index knows it.
func (m *Manager) indexedBlock(number uint64) (Archive, bool) {
	if m.c.Index == nil {
		return Archive{}, false
	}
	id, seq, ok := m.c.Index.SessionOf(context.Background(), number)
	if !ok {
		return Archive{}, false
	}
	a, err := m.archive(id)
	if err != nil {
		return Archive{}, false
	}
	if _, err := readBlock(a.Journal, number, seq); err != nil {
		a.Release()
		return Archive{}, false
	}
	a.at = blockRef{number: number, startSeq: seq}
	return a, true
}

// indexed walks over the commands that the index finds, session by session in the order
// of a search.
type indexed struct {
	whole map[string]bool
	next  func() (index.Command, error, bool)
	stop  func()
	ahead *index.Command
}

// indexedCommands asks the index. Sessions that live are not asked for: the last of what
// they ran may not have arrived there yet.
func (m *Manager) indexedCommands(ctx context.Context, f *finder, ids []string) *indexed {
	k := &indexed{stop: func() {}}
	if m.c.Index == nil {
		return k
	}
	if k.whole = m.c.Index.Whole(ctx); len(k.whole) == 0 {
		return k
	}
	for _, s := range m.All() {
		delete(k.whole, s.ID())
	}
	session, text := "", f.req.Query
	if f.req.Session != "" {
		session = ids[0]
	}
	if f.req.Regexp {
		text = ""
	}
	k.next, k.stop = iter.Pull2(m.c.Index.Commands(ctx, session, text, f.since))
	return k
}

// has reports whether the index has all commands of a session. What it cannot read any
// more is found in the journals.
func (k *indexed) has(id string) bool {
	if !k.whole[id] {
		return false
	}
	for k.ahead == nil || k.ahead.Session > id {
		c, err, ok := k.next()
		if err != nil {
			k.whole = nil
			return false
		}
		if !ok {
			c = index.Command{} // "" is behind every id
		}
		if k.ahead = &c; !ok {
			break
		}
	}
	return true
}

// known adds what the index knows of a session's commands.
func (m *Manager) known(f *finder, id string, k *indexed) {
	var d meta
	if k.ahead.Session == id {
		if data, err := m.c.Store.Meta(id); err == nil {
			json.Unmarshal(data, &d) // a session without a name is found all the same
		}
	}
	for k.ahead.Session == id {
		if !f.command(d.Name, k.ahead.Block, k.ahead.Text, k.ahead.Started) {
			return
		}
		c, err, ok := k.next()
		if err != nil {
			f.res.Gaps++
			k.whole = nil
		}
		if err != nil || !ok {
			c = index.Command{}
		}
		k.ahead = &c
	}
}
