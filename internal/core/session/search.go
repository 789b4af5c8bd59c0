package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/persistence"
)

// searchLimit is how many hits are answered by default, and maxSearch at most.
const (
	searchLimit = 50
	maxSearch   = 10000
)

// Search looks through everything that is kept, the newest session first.
func (m *Manager) Search(ctx context.Context, req *api.SearchRequest) (*api.SearchResult, error) {
	f := finder{req: req, limit: min(req.Limit, maxSearch), res: &api.SearchResult{Hits: []api.Hit{}}}
	switch {
	case req.Query == "":
		return nil, api.Errorf(api.Invalid, "an empty text is everywhere")
	case len(req.Query) > 1024 || strings.Contains(req.Query, "\n"):
		return nil, api.Errorf(api.Invalid, "a search is for one line of at most 1024 bytes")
	case req.Limit < 0:
		return nil, api.Errorf(api.Invalid, "limit %d is negative", req.Limit)
	case req.Limit == 0:
		f.limit = searchLimit
	}
	if err := f.compile(); err != nil {
		return nil, err
	}
	if req.SinceMS > 0 {
		f.since = time.Now().Add(-req.SinceMS.Duration())
	}
	ids, err := m.searched(req.Session)
	if err != nil {
		return nil, err
	}
	if err := f.after.parse(req.Cursor); err != nil {
		return nil, err
	}
	ids = f.after.rest(ids)
	known := m.indexedCommands(ctx, &f, ids)
	defer known.stop()
	for _, id := range ids {
		seen := known.has(id)
		if seen {
			f.here = id
			m.known(&f, id, known)
		}
		if seen && req.Commands || f.res.More {
			continue
		}
		if err := m.lookInto(ctx, &f, id, seen); err != nil {
			return f.res, err
		}
	}
	if f.res.More {
		f.res.NextCursor = f.last.String()
	}
	return f.res, nil
}

// lookInto searches one session's journal; its commands too unless they were seen.
func (m *Manager) lookInto(ctx context.Context, f *finder, id string, seen bool) error {
	a, err := m.archive(id)
	if errors.Is(err, errSpare) {
		return nil
	}
	if err != nil {
		m.complain(id, err)
		f.res.Gaps++
		return nil
	}
	defer a.Release()
	f.here = id
	return f.look(ctx, a, seen)
}

// searched are the ids of the sessions to look through, newest first: ids begin with
// the time.
func (m *Manager) searched(session string) ([]string, error) {
	if session == "" {
		ids, err := m.c.Store.Sessions()
		slices.Reverse(ids)
		return ids, err
	}
	if s, err := m.Find(session); err == nil {
		return []string{s.ID()}, nil
	}
	d, err := m.storedMeta(session)
	if err != nil {
		return nil, err
	}
	return []string{d.ID}, nil
}

// archive opens a session by id, living or not.
func (m *Manager) archive(id string) (Archive, error) {
	m.Adopted()
	m.mu.Lock()
	for _, s := range m.sessions {
		if s.ID() == id {
			m.mu.Unlock()
			return s.Archive(), nil
		}
	}
	ending := m.ending[id]
	m.mu.Unlock()
	if ending != nil {
		<-ending // a journal has one writer at a time
	}
	if d, err := m.storedMeta(id); err == nil && d.Name == spareName {
		return Archive{}, errSpare
	}
	return m.OpenArchive(id)
}

// errSpare says that a session is nobody's yet, and its journal another's to write.
var errSpare = errors.New("a spare")

// leave takes a session from the list; what it returns says that its journal is closed.
func (m *Manager) leave(s *Session) func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if name := s.Name(); m.sessions[name] == s {
		delete(m.sessions, name)
	}
	if m.ending[s.ID()] != nil {
		return func() {} // two want it gone
	}
	there := make(chan struct{})
	m.ending[s.ID()] = there
	return func() {
		m.mu.Lock()
		delete(m.ending, s.ID())
		m.mu.Unlock()
		close(there)
	}
}

// finder is one search.
type finder struct {
	req   *api.SearchRequest
	limit int
	since time.Time
	re    *regexp.Regexp // of commands
	res   *api.SearchResult
	after place  // the last hit of the page before
	last  place  // the last hit of this one
	here  string // id of the session that is looked through
}

// place is where a hit stands: within a session commands come before output. Sessions,
// commands and output only come to be in front of a place or far behind it, so a page
// begins where the one before ended, whatever has happened since.
type place struct {
	session string
	command uint64 // number of a command; 0 once they are behind
	offset  int64  // behind a line of output
}

func (p place) String() string {
	if p.command > 0 {
		return fmt.Sprintf("%s.c%d", p.session, p.command)
	}
	return fmt.Sprintf("%s.o%d", p.session, p.offset)
}

func (p *place) parse(cursor string) error {
	if cursor == "" {
		return nil
	}
	session, rest, _ := strings.Cut(cursor, ".")
	kind, number := rest[:min(1, len(rest))], rest[min(1, len(rest)):]
	n, err := strconv.ParseUint(number, 10, 63)
	switch {
	case session == "" || err != nil || kind != "c" && kind != "o" || kind == "c" && n == 0:
		return api.Errorf(api.Invalid, "cursor %q is not of this search", cursor)
	case kind == "c":
		*p = place{session: session, command: n}
	default:
		*p = place{session: session, offset: int64(n)}
	}
	return nil
}

// rest are the sessions, newest first, that a search from here looks through.
func (p place) rest(ids []string) []string {
	if p.session == "" {
		return ids
	}
	return slices.DeleteFunc(ids, func(id string) bool { return id > p.session })
}

// commandsTo is the number of the last command of a session that is behind; all of
// them are once output has been shown.
func (p place) commandsTo(session string) uint64 {
	switch {
	case p.session != session:
		return 0
	case p.command > 0:
		return p.command
	}
	return math.MaxUint64
}

func (f *finder) compile() (err error) {
	text := f.req.Query
	if !f.req.Regexp {
		text = regexp.QuoteMeta(text)
	}
	if f.req.IgnoreCase {
		text = "(?i)" + text
	}
	if f.re, err = regexp.Compile(text); err != nil {
		return api.Errorf(api.Invalid, "query %q: %v", f.req.Query, err).WithHint("it is a Go regular expression (RE2)")
	}
	return nil
}

// look searches one session; its commands too unless they were seen.
func (f *finder) look(ctx context.Context, a Archive, seen bool) error {
	blocks := sync.OnceValue(a.ranges)
	if !seen {
		for _, b := range blocks() {
			if !b.internal && !f.command(a.meta.Name, b.number, b.command, b.started) {
				return nil
			}
		}
	}
	if f.req.Commands {
		return nil
	}
	q, possible := f.queryOf(a.charset)
	if !possible {
		return nil
	}
	if f.after.session == f.here {
		q.FromOffset = f.after.offset
	}
	for h, err := range a.Journal.Search(ctx, q) {
		var gap *persistence.GapError
		switch {
		case errors.As(err, &gap):
			f.res.Gaps++
			continue
		case ctx.Err() != nil:
			return api.Errorf(api.Cancelled, "the caller left")
		case err != nil:
			return err
		}
		end := place{session: f.here, offset: h.LineOffset + int64(len(h.Line))}
		b := blockAt(blocks(), h.Offset)
		if b != nil && h.LineOffset < b.from { // the prompt before the first line is not the command's
			h.Line, h.LineOffset = h.Line[b.from-h.LineOffset:], b.from
		}
		text := a.charset.Text(h.Line)
		if a.charset != nil && !f.re.Match(text) {
			continue
		}
		line := vt.Render(text, vt.RenderOptions{Cols: 4096, Rows: 2}).Text
		hit := api.Hit{Kind: "output", Session: a.meta.Name, Line: strings.TrimSpace(line), At: h.Time.UTC()}
		from, to := h.LineOffset, h.LineOffset+int64(len(h.Line))
		hit.Ref = fmt.Sprintf("%s#%d-%d", a.meta.ID, from, to)
		if b != nil {
			hit.Ref = fmt.Sprintf("@%s#%d-%d", b.id(), from-b.from, to-b.from)
		}
		if !f.add(hit, end) {
			return nil
		}
	}
	return nil
}

// command adds a command if it is one that is looked for; false ends the search.
func (f *finder) command(session string, number uint64, text string, started time.Time) bool {
	if number <= f.after.commandsTo(f.here) || started.Before(f.since) || !f.re.MatchString(text) {
		return true
	}
	hit := api.Hit{Kind: "command", Session: session, Ref: "@" + api.BlockID(number), Line: firstMatch(f.re, text), At: started.UTC()}
	return f.add(hit, place{session: f.here, command: number})
}

func (f *finder) add(h api.Hit, at place) bool {
	if len(f.res.Hits) == f.limit {
		f.res.More = true
		return false
	}
	f.res.Hits, f.last = append(f.res.Hits, h), at
	return true
}

// firstMatch is the first line of a command that matches.
func firstMatch(re *regexp.Regexp, command string) string {
	for line := range strings.SplitSeq(command, "\n") {
		if re.MatchString(line) {
			return line
		}
	}
	return command
}

// ranges are the session's blocks by offset.
func (a Archive) ranges() []*block {
	var all []*block
	var open *block
	for f, err := range a.Journal.FramesOf(0, persistence.ExecStart, persistence.ExecEnd) {
		if err != nil {
			continue
		}
		switch f.Kind {
		case persistence.ExecStart:
			var sf startFrame
			if json.Unmarshal(f.Data, &sf) == nil {
				open = &block{
					number: sf.Block, command: sf.Command, internal: sf.Internal, isolated: sf.Isolated, piped: sf.Piped,
					started: f.Time, startSeq: f.Seq, from: f.Offset, to: -1,
				}
				all = append(all, open)
			}
		case persistence.ExecEnd:
			var ef endFrame
			if json.Unmarshal(f.Data, &ef) == nil && open != nil && ef.Block == open.number {
				open.apply(ef)
				open = nil
			}
		}
	}
	return all
}

// blockAt is the block that wrote the byte at an offset; nil if it was between two.
func blockAt(blocks []*block, offset int64) *block {
	i := sort.Search(len(blocks), func(i int) bool { return blocks[i].from > offset })
	if i == 0 {
		return nil
	}
	if b := blocks[i-1]; b.to < 0 || offset < b.to {
		return b
	}
	return nil
}
