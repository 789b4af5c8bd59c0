package daemon

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/session"
)

// eventSlot is the room of one event in an eventLog: a name of 64 characters and then some.
const eventSlot = 512

// eventLog keeps what is in the ring beside the socket, so that the daemon after this one
// goes on where it ended and a watcher sees no seam. An event is written here before
// anybody sees it. The file outlives a daemon and not the machine, and says what happened
// to which block and not what that was: commands stand in the journals alone, which may be
// encrypted.
//
// A file that cannot be written is no reason to wait, or to stop. It is emptied, since what
// it holds must not be taken for the newest, and begun anew by the first event that can be
// written: what a watcher then misses across two daemons is told as a gap.
type eventLog struct {
	path string
	f    *os.File // nil while it cannot be written
	why  error    // the newest event is not in it
	buf  [eventSlot]byte
}

// openEvents opens the log. With follow it returns the newest events that the last daemon
// wrote, without a hole; else the log begins anew. After an error it is one that cannot be
// written for now.
func openEvents(path string, follow bool) (*eventLog, []api.Event, error) {
	l := &eventLog{path: path}
	if !follow {
		l.why = l.begin()
		return l, nil, l.why
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		l.why = err
		return l, nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, eventRing*eventSlot))
	if err != nil {
		l.why = errors.Join(err, f.Close())
		return l, nil, l.why
	}
	l.f = f
	return l, parseEvents(b), nil
}

// begin opens the file anew.
func (l *eventLog) begin() (err error) {
	l.f, err = os.OpenFile(l.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	return err
}

// parseEvents reads the newest events that follow each other. What is not an event, or not
// in its place, is none.
func parseEvents(b []byte) []api.Event {
	var all []api.Event
	for at := 0; at < len(b); at += eventSlot {
		slot := b[at:min(at+eventSlot, len(b))]
		if e, ok := parseEvent(slot); ok && int(e.Seq%eventRing)*eventSlot == at {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b api.Event) int { return int(a.Seq - b.Seq) })
	for i := len(all) - 1; i > 0; i-- {
		if all[i-1].Seq != all[i].Seq-1 {
			return all[i:]
		}
	}
	return all
}

// appendEvent writes an event as one line: seq, time, kind, state or -, block or -, name.
func appendEvent(b []byte, e *api.Event) []byte {
	state, block := "-", "-"
	if e.State != "" {
		state = string(e.State)
	}
	if e.Block != nil {
		block = e.Block.ID
	}
	return fmt.Appendf(b, "%d %d %s %s %s %s\n", e.Seq, e.At.UnixNano(), e.Kind, state, block, e.Session)
}

func parseEvent(slot []byte) (e api.Event, ok bool) {
	line, _, whole := bytes.Cut(slot, []byte("\n"))
	parts := strings.SplitN(string(line), " ", 6)
	if !whole || len(parts) != 6 {
		return e, false
	}
	var at int64
	if n, err := fmt.Sscanf(parts[0]+" "+parts[1], "%d %d", &e.Seq, &at); n != 2 || err != nil || e.Seq <= 0 {
		return e, false
	}
	e.At, e.Kind, e.Session = time.Unix(0, at).UTC(), parts[2], parts[5]
	if parts[3] != "-" {
		e.State = api.SessionState(parts[3])
	}
	if parts[4] != "-" {
		if _, known := api.BlockNumber(parts[4]); !known {
			return e, false
		}
		e.Block = &api.Block{ID: parts[4], Session: e.Session}
	}
	return e, true
}

// write keeps an event; news says that it begins or ceases to be able to.
func (l *eventLog) write(e *api.Event) (news bool) {
	could := l.why == nil
	if l.why = l.put(e); l.why != nil {
		l.remove()
	}
	return could != (l.why == nil)
}

func (l *eventLog) put(e *api.Event) error {
	line := appendEvent(l.buf[:0], e)
	if len(line) > eventSlot {
		return fmt.Errorf("event %d of %q takes %d bytes", e.Seq, e.Session, len(line))
	}
	if l.f == nil {
		if err := l.begin(); err != nil {
			return err
		}
	}
	_, err := l.f.WriteAt(line, int64(e.Seq%eventRing)*eventSlot)
	return err
}

// remove empties the log: the next daemon has nothing to go on from, and says so.
func (l *eventLog) remove() {
	if l.f == nil {
		return
	}
	l.f.Truncate(0) // where the name cannot be removed
	l.f.Close()
	os.Remove(l.path) // Windows removes no open file
	l.f = nil
}

// recall completes an event of an earlier daemon with its block, as far as that is still
// known: the one that told it had it at hand.
func (d *Daemon) recall(e api.Event) api.Event {
	if e.Block == nil || !e.Block.StartedAt.IsZero() {
		return e
	}
	b, err := d.blockOf(e.Block.ID)
	if err != nil {
		return e
	}
	if len(b.Command) > eventCommand {
		b.Command = shortCommand(b.Command)
	}
	if e.Kind == "exec_start" {
		b = asItBegan(b)
	}
	e.Block = b
	return e
}

// asItBegan is a block as the event of its start tells it.
func asItBegan(b *api.Block) *api.Block {
	return &api.Block{
		ID: b.ID, Session: b.Session, Command: b.Command, State: api.BlockRunning, StartedAt: b.StartedAt, Ref: b.Ref,
		Isolated: b.Isolated, Piped: b.Piped, Nested: b.Nested,
	}
}

// blockOf finds a block in its session, or where that was.
func (d *Daemon) blockOf(id string) (*api.Block, error) {
	number, ok := api.BlockNumber(id)
	if !ok {
		return nil, fmt.Errorf("no block %q", id)
	}
	if s, ok := d.sessions.FindBlock(number); ok {
		_, b, err := s.Archive().Reading(number)
		return b, err
	}
	a, err := d.sessions.ArchiveOf(number)
	if err != nil {
		return nil, err
	}
	defer a.Release()
	_, b, err := a.Reading(number)
	return b, err
}

// catchUp tells what a session's journal knows and the last daemon was killed before
// telling: the beginning or the end of its newest command. Nobody else has the session yet,
// so no newer one can come between. Most have nothing of it, and are not read for that.
func (d *Daemon) catchUp(before told, s *session.Session) {
	info := s.Info()
	if !before.of[info.Name] && before.since(info.CreatedAt) && !d.events.told().of[info.Name] {
		d.events.publish(api.Event{Kind: "created", Session: info.Name, At: time.Now().UTC()})
	}
	n := s.Last()
	if n == 0 || before.kinds["exec_end "+api.BlockID(n)] {
		return
	}
	h, err := s.History(&api.HistoryRequest{Limit: 1})
	if err != nil {
		d.c.Log.Warn("events", "session", info.Name, "err", err)
		return
	}
	for _, b := range h.Blocks {
		if start, end := before.lacks(&b); !start && !end {
			continue
		}
		start, end := d.events.told().lacks(&b) // it may have ended meanwhile, and told so
		if start {
			d.events.publish(api.Event{Kind: "exec_start", Session: b.Session, At: time.Now().UTC(), Block: asItBegan(&b)})
		}
		if end {
			d.events.publish(api.Event{Kind: "exec_end", Session: b.Session, At: time.Now().UTC(), Block: &b})
		}
	}
}

// lacks tells which events of a block are missing.
func (t told) lacks(b *api.Block) (start, end bool) {
	started := t.kinds["exec_start "+b.ID]
	start = !started && t.since(b.StartedAt)
	over := b.State == api.BlockDone || b.State == api.BlockDead
	return start, (start || started) && over && !t.kinds["exec_end "+b.ID]
}

// told is what the ring knows: the kinds of events of each block, and which sessions had
// any.
type told struct {
	kinds  map[string]bool
	of     map[string]bool
	oldest time.Time // zero: nothing has left the ring
}

// since reports whether an event of that time would be in the ring.
func (t told) since(at time.Time) bool { return t.oldest.IsZero() || at.After(t.oldest) }

func (h *hub) told() told {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := told{kinds: map[string]bool{}, of: map[string]bool{}}
	if int64(len(h.ring)) == eventRing {
		t.oldest = h.ring[(h.last-h.base)%eventRing].At
	}
	for i := range h.ring {
		e := &h.ring[i]
		t.of[e.Session] = true
		if e.Block != nil {
			t.kinds[e.Kind+" "+e.Block.ID] = true
		}
	}
	return t
}
