package api

import (
	"strconv"
	"strings"
	"time"
)

// ScreenRequest asks what a person would see.
type ScreenRequest struct {
	Session string `json:"session" in:"path" arg:"1" doc:"session to look at"`
	Format  string `json:"format,omitempty" in:"query" flag:"format" enum:"text|ansi|json|svg|png" default:"text" doc:"how to write it; svg and png are pictures"`
	History int    `json:"history,omitempty" in:"query" flag:"history" doc:"lines of scrollback above it, in text and ansi; -1 for all"`
}

// Screen is a terminal's visible state.
type Screen struct {
	Session string `json:"session"`
	Size    Size   `json:"size"`
	Cursor  Cursor `json:"cursor"`
	Alt     bool   `json:"alt"` // the alternate screen, as full-screen programs use
	Title   string `json:"title"`
	Offset  int64  `json:"offset"` // output bytes it is made of
	Format  string `json:"format"`
	Content string `json:"content,omitempty"` // text, ansi or svg
	Cells   any    `json:"cells,omitempty"`   // json
	Image   []byte `json:"image,omitempty"`   // png, in base64
}

// Cursor is where the next character goes, from 0.
type Cursor struct {
	Row     int  `json:"row"`
	Col     int  `json:"col"`
	Visible bool `json:"visible"`
}

// OutputRequest reads what was written, rendered as lines.
type OutputRequest struct {
	Ref       string `json:"ref" in:"query" arg:"1" doc:"session, @e42, @last, @e42:3-9 (lines) or @e42#100-200 (bytes)"`
	Lines     string `json:"lines,omitempty" in:"query" flag:"lines,n" doc:"line range a-b, or -n for the last n (-0: all)"`
	Grep      string `json:"grep,omitempty" in:"query" flag:"grep" doc:"only lines that match this regular expression"`
	MaxTokens int    `json:"max_tokens,omitempty" in:"query" flag:"max-tokens" doc:"budget of the text; without it everything asked for"`
}

// Output is text read by reference.
type Output struct {
	Ref       string `json:"ref"`
	Session   string `json:"session"`
	Text      string `json:"text"`
	FirstLine int    `json:"first_line"` // 1-based number of the text's first line
	Lines     int    `json:"lines"`      // in the text
	Total     int    `json:"total_lines"`
	RawBytes  int64  `json:"raw_bytes"`
	Tokens    int    `json:"tokens"`
	Gaps      []Gap  `json:"gaps"`

	// Of a whole block, which is reduced to what matters.
	RawTokens int       `json:"raw_tokens,omitempty"`
	Kind      string    `json:"kind,omitempty"`
	Findings  []Finding `json:"findings,omitempty"`
	Next      []Next    `json:"next,omitempty"`
	Entities  []Entity  `json:"entities,omitempty"`
}

// RawRequest reads bytes exactly as they were written.
type RawRequest struct {
	Ref    string `json:"ref" in:"query" arg:"1" doc:"session, @e42, @last or @e42#100-200 (bytes)"`
	Lines  string `json:"lines,omitempty" in:"query" flag:"lines,n" doc:"line range a-b, or -n for the last n (-0: all), of newline-ended lines"`
	Follow bool   `json:"follow,omitempty" in:"query" flag:"follow,f" doc:"go on with what comes"`
	Stream string `json:"stream,omitempty" in:"query" flag:"stream" enum:"stdout|stderr" doc:"of a command that ran with --pipe, what it wrote to one of them"`
}

// Past is the request for what comes behind a piece; nil where the reference does not
// name bytes, or may come to name others.
func (r *RawRequest) Past(item any) any {
	chunk, _ := item.(*Chunk)
	if chunk == nil {
		chunk = &Chunk{}
	}
	ref, err := ParseRef(r.Ref)
	if err != nil || r.Lines != "" || r.Stream != "" || ref.Block == "last" || ref.Lines != nil {
		return nil
	}
	at := Range{To: -1}
	if ref.Bytes != nil {
		at = *ref.Bytes
	}
	from := at.From + int64(len(chunk.Data))
	if at.From < 0 || at.To >= 0 && from > at.To {
		return nil
	}
	rest := *r
	head, _, _ := strings.Cut(r.Ref, "#")
	rest.Ref = head + "#" + strconv.FormatInt(from, 10) + "-"
	if at.To >= 0 {
		rest.Ref += strconv.FormatInt(at.To, 10)
	}
	return &rest
}

// Chunk is a piece of raw output. It travels as bytes, not as JSON.
type Chunk struct {
	Data []byte
}

// HistoryRequest asks for a session's blocks.
type HistoryRequest struct {
	Session string `json:"session" in:"path" arg:"1" doc:"session whose commands to list"`
	Limit   int    `json:"limit,omitempty" in:"query" flag:"limit,n" default:"50" doc:"how many, newest last"`
	Failed  bool   `json:"failed,omitempty" in:"query" flag:"failed" doc:"only commands that did not end with 0"`
	Grep    string `json:"grep,omitempty" in:"query" flag:"grep" doc:"only commands that match this regular expression"`
	SinceMS Millis `json:"since_ms,omitempty" in:"query" flag:"since" doc:"only commands that began this long ago or later"`
	Cursor  string `json:"cursor,omitempty" in:"query" flag:"cursor" doc:"next_cursor of the page before"`
}

// History is a page of blocks, oldest first; the newest page comes first.
type History struct {
	Blocks     []Block `json:"blocks"`
	NextCursor string  `json:"next_cursor,omitempty"` // opens the page of older blocks
}

// SearchRequest looks for text in everything that was ever written or run.
type SearchRequest struct {
	Query      string `json:"query" in:"query" arg:"1" doc:"text to look for"`
	Session    string `json:"session,omitempty" in:"query" flag:"session,s" doc:"only in this session, living or ended"`
	SinceMS    Millis `json:"since_ms,omitempty" in:"query" flag:"since" doc:"only what was written this long ago or later"`
	Regexp     bool   `json:"regexp,omitempty" in:"query" flag:"regexp,e" doc:"the text is a regular expression (RE2)"`
	IgnoreCase bool   `json:"ignore_case,omitempty" in:"query" flag:"ignore-case,i" doc:"upper and lower case are the same"`
	Commands   bool   `json:"commands,omitempty" in:"query" flag:"commands" doc:"only in the commands that were run"`
	Limit      int    `json:"limit,omitempty" in:"query" flag:"limit,n" default:"50" doc:"how many, newest session first"`
	Cursor     string `json:"cursor,omitempty" in:"query" flag:"cursor" doc:"next_cursor of the page before"`
}

// SearchResult is what was found.
type SearchResult struct {
	Hits []Hit `json:"hits"`
	More bool  `json:"more"`           // there are more than the limit
	Gaps int   `json:"gaps,omitempty"` // ranges that could not be searched: lost, evicted or damaged

	NextCursor string `json:"next_cursor,omitempty"` // opens the page behind this one
}

// Hit is a line with a match.
type Hit struct {
	Kind    string    `json:"kind"` // output or command
	Session string    `json:"session"`
	Ref     string    `json:"ref"` // opens it
	Line    string    `json:"line"`
	At      time.Time `json:"at"`
}

// EventsRequest watches one session, or all.
type EventsRequest struct {
	Session string `json:"session,omitempty" in:"query" arg:"1" doc:"only this session"`
	Follow  bool   `json:"follow,omitempty" in:"query" flag:"follow,f" doc:"go on with what happens; without it the present state alone"`
	After   int64  `json:"after,omitempty" in:"query" doc:"go on behind the event with this seq, in place of the present state"`
}

// Past is the request for what happens behind an event. Where none has come yet, nobody
// knows how many were missed, and that is what will be told.
func (r *EventsRequest) Past(item any) any {
	if !r.Follow {
		return nil
	}
	rest := *r
	if e, _ := item.(*Event); e != nil && e.Seq != 0 {
		rest.After = e.Seq
	}
	if rest.After == 0 {
		rest.After = -1 // of no daemon
	}
	return &rest
}

// Event is something that happened in a session. Events tell of a change. They outlive the
// daemon: a watcher goes on where it was with the next one. One that fell behind, or comes
// back too late, gets an event of kind gap that says how many were missed, and then the
// present states.
type Event struct {
	Seq     int64        `json:"seq,omitempty"` // grows; of the present states told at the beginning the last one alone has it, to go on from
	Kind    string       `json:"kind"`          // state, exec_start, exec_end, created, ended, gap
	Session string       `json:"session"`
	At      time.Time    `json:"at"`
	State   SessionState `json:"state,omitempty"`
	Block   *Block       `json:"block,omitempty"`
	Missed  int          `json:"missed,omitempty"` // of a gap: how many events are lost, -1 unknown
}

// StatusRequest asks how the daemon is.
type StatusRequest struct{}

// Status describes the daemon.
type Status struct {
	PID        int     `json:"pid"`
	Version    string  `json:"version"`
	UptimeMS   Millis  `json:"uptime_ms"`
	Generation int     `json:"generation"` // daemons over this store so far
	Sessions   int     `json:"sessions"`
	Socket     string  `json:"socket"`
	Storage    Storage `json:"storage"`

	Keeper     *Keeper    `json:"keeper,omitempty"` // absent: sessions end with the daemon
	Recovered  *Recovered `json:"recovered,omitempty"`
	RolledBack string     `json:"rolled_back,omitempty"` // why the last upgrade was taken back

	EventsUnkept string `json:"events_unkept,omitempty"` // why the newest event would not outlive this daemon: a watcher will be told of a gap
}

// Keeper is the process that holds the terminals while no daemon does.
type Keeper struct {
	PID int `json:"pid"`
}

// Recovered says what this daemon took over from the one before.
type Recovered struct {
	Sessions int    `json:"sessions"`
	Gaps     int    `json:"gaps"`   // of them, sessions that lost output; it is marked in them
	Failed   int    `json:"failed"` // terminals that could not be taken over; the log says why
	TookMS   Millis `json:"took_ms"`
}

// UpgradeRequest replaces the daemon's binary.
type UpgradeRequest struct {
	Program string `json:"program,omitempty" arg:"1" doc:"the new ai-sessiond; by default the file the running one was started from"`
}

// UpgradeResult says what was begun. The new daemon answers the next request.
type UpgradeResult struct {
	Program    string `json:"program"`
	From       string `json:"from"`
	To         string `json:"to"` // the new binary's version
	Generation int    `json:"generation"`
	Sessions   int    `json:"sessions"`
}

// Storage says where sessions are kept.
type Storage struct {
	Dir          string `json:"dir"`
	RuntimeDir   string `json:"runtime_dir"`
	JournalBytes int64  `json:"journal_bytes"`
	Degraded     string `json:"degraded,omitempty"` // why writing fails, while it does
}

// StopRequest ends the daemon.
type StopRequest struct{}

// StopResult says what ended.
type StopResult struct {
	PID      int `json:"pid"`
	Sessions int `json:"sessions"` // ended with it
}

// LogsRequest reads the daemon's log.
type LogsRequest struct {
	Lines  int  `json:"lines,omitempty" in:"query" flag:"lines,n" default:"50" doc:"how many of the last lines"`
	Follow bool `json:"follow,omitempty" in:"query" flag:"follow,f" doc:"go on with what is logged"`
}
