package api

import (
	"cmp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// CreateRequest asks for a session.
type CreateRequest struct {
	Name         string   `json:"name,omitempty" arg:"1" flag:"name" doc:"name of the session; by default the smallest free number"`
	Dir          string   `json:"dir,omitempty" flag:"dir,d" doc:"folder to start in; by default the client's"`
	Shell        string   `json:"shell,omitempty" flag:"shell" doc:"shell to run; by default the user's"`
	Argv         []string `json:"argv,omitempty" arg:"rest" doc:"program and arguments in place of a shell"`
	Login        bool     `json:"login,omitempty" flag:"login,l" doc:"run it as a login shell"`
	Env          KV       `json:"env,omitempty" flag:"env,e" doc:"add NAME=VALUE to its environment"`
	BaseEnv      KV       `json:"base_env,omitempty" doc:"the environment to start from; by default the daemon user's login environment"`
	Size         *Size    `json:"size,omitempty" flag:"size" doc:"COLSxROWS; by default the client's terminal, else 120x40"`
	Encoding     string   `json:"encoding,omitempty" flag:"encoding" doc:"character set of its programs, for example latin1, shift_jis, euc-jp, gbk; by default what its locale names, else utf-8"`
	Encrypt      bool     `json:"encrypt,omitempty" flag:"encrypt" doc:"encrypt what is kept of it on disk"`
	AllowReports bool     `json:"allow_reports,omitempty" flag:"allow-reports" doc:"let programs read the screen back through terminal reports"`
	AIContext    bool     `json:"ai_context,omitempty" flag:"ai-context" doc:"remember a conversation: messages, their summary, captured answers"`
	TokenLimit   int      `json:"token_limit,omitempty" flag:"token-limit" default:"4096" doc:"tokens of the conversation beyond which the oldest messages are summarised"`

	IdempotencyKey string `json:"idempotency_key,omitempty" doc:"a request that comes again under the same key is answered by the first one's session"`
}

// Repeatable says that the request may be sent again when nobody knows whether it
// arrived.
func (r *CreateRequest) Repeatable() bool { return r.IdempotencyKey != "" }

// SetKey names a request that has no key yet.
func (r *CreateRequest) SetKey(key string) { r.IdempotencyKey = cmp.Or(r.IdempotencyKey, key) }

// SessionState says what a session is doing, as far as there is evidence.
type SessionState string

// The states of a session.
const (
	Starting   SessionState = "starting"    // no prompt yet
	Ready      SessionState = "ready"       // at its prompt, nothing typed
	Running    SessionState = "running"     // a command or program is running
	NeedsInput SessionState = "needs_input" // a program waits for somebody to type
	TUI        SessionState = "tui"         // a full-screen program has the terminal
	Human      SessionState = "human"       // somebody has typed part of a line
	Unknown    SessionState = "unknown"     // nothing tells
	DeadState  SessionState = "dead"        // its program has ended
)

// Session describes one session.
type Session struct {
	ID           string       `json:"id"`
	Name         string       `json:"name"`
	State        SessionState `json:"state"`
	Evidence     []string     `json:"evidence"`
	AgeMS        Millis       `json:"age_ms"` // how long the state has been so
	PID          int          `json:"pid"`
	Shell        string       `json:"shell"`
	Cwd          string       `json:"cwd"`
	Size         Size         `json:"size"`
	CreatedAt    time.Time    `json:"created_at"`
	Windows      []Window     `json:"windows"`
	Clients      int          `json:"clients"` // attached now
	Title        string       `json:"title,omitempty"`
	Open         string       `json:"open,omitempty"` // the block still running
	Exit         *Exit        `json:"exit,omitempty"` // of the session's own program, once dead
	Signal       string       `json:"signal,omitempty"`
	Blocks       int          `json:"blocks"`
	JournalBytes int64        `json:"journal_bytes"`
	AIContext    bool         `json:"ai_context,omitempty"` // it remembers a conversation
	Encoding     string       `json:"encoding,omitempty"`   // of its programs, where that is not UTF-8
}

// Window is one window of a session.
type Window struct {
	Index  int    `json:"index"`
	Name   string `json:"name"`
	Active bool   `json:"active"`
	Panes  []Pane `json:"panes"`
}

// Pane is one terminal of a window.
type Pane struct {
	Index  int    `json:"index"`
	PID    int    `json:"pid"`
	Active bool   `json:"active"`
	Size   Size   `json:"size"`
	Title  string `json:"title,omitempty"`
}

// RenameRequest gives a session another name.
type RenameRequest struct {
	Session string `json:"session" in:"path" arg:"1" doc:"session to rename"`
	Name    string `json:"name" arg:"2" doc:"its new name"`
}

// DoctorRequest asks what works on this host.
type DoctorRequest struct {
	RebuildIndex bool `json:"rebuild_index,omitempty" in:"query" flag:"rebuild-index" doc:"make the index of commands again from the journals"`
}

// Diagnosis is what works on this host, and what does not.
type Diagnosis struct {
	Checks []Check `json:"checks"`
}

// Check is one thing that was looked at.
type Check struct {
	Name   string `json:"name"`
	Status string `json:"status"` // ok, warn or fail
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"` // what to do about it
}

// ListRequest asks for the sessions.
type ListRequest struct {
	Status string `json:"status,omitempty" in:"query" flag:"status" enum:"starting|ready|running|needs_input|tui|human|unknown|dead" doc:"only sessions in this state"`
	Limit  int    `json:"limit,omitempty" in:"query" flag:"limit,n" doc:"how many; by default all"`
	Cursor string `json:"cursor,omitempty" in:"query" flag:"cursor" doc:"next_cursor of the page before"`
}

// SessionList is a page of the sessions, oldest first.
type SessionList struct {
	Sessions   []Session `json:"sessions"`
	NextCursor string    `json:"next_cursor,omitempty"` // opens the page of younger sessions
}

// SessionRequest names one session.
type SessionRequest struct {
	Session string `json:"session" in:"path" arg:"1" doc:"session: name, name:window or name:window.pane"`
}

// KillRequest ends a session.
type KillRequest struct {
	Session string `json:"session" in:"path" arg:"1" doc:"session to end"`
	Force   bool   `json:"force,omitempty" in:"query" flag:"force,f" doc:"kill at once instead of hanging up first"`
}

// KillResult says what is left of a session's processes: nothing, as a rule.
type KillResult struct {
	Session   string    `json:"session"`
	Survivors []Process `json:"survivors"`
}

// Process names a process.
type Process struct {
	PID  int    `json:"pid"`
	Name string `json:"name"`
}

// ResizeRequest sets a session's size.
type ResizeRequest struct {
	Session string `json:"session" in:"path" arg:"1" doc:"session to resize"`
	Size    Size   `json:"size" arg:"2" doc:"COLSxROWS"`
}

// SignalRequest signals the foreground processes of a session.
type SignalRequest struct {
	Session string `json:"session" in:"path" arg:"1" doc:"session to signal"`
	Signal  string `json:"signal" arg:"2" default:"INT" doc:"signal name or number, as kill takes it"`
}

// DetachRequest sends a session's attached clients away.
type DetachRequest struct {
	Session string `json:"session" in:"path" arg:"1" doc:"session whose clients are detached"`
	All     bool   `json:"all,omitempty" flag:"all" doc:"viewers too, not only those who can type"`
}

// DetachResult counts the clients sent away.
type DetachResult struct {
	Detached int `json:"detached"`
}

// Target is a session, and where given a window and a pane of it.
type Target struct {
	Session      string
	Window, Pane int // -1 when not given
}

// ParseTarget reads name, name:window or name:window.pane.
func ParseTarget(text string) (Target, error) {
	name, rest, split := strings.Cut(text, ":")
	t := Target{Session: name, Window: -1, Pane: -1}
	if name == "" {
		return t, Errorf(Invalid, "no session named").WithHint("ai-session list")
	}
	if !split {
		return t, nil
	}
	window, pane, both := strings.Cut(rest, ".")
	var ok bool
	if t.Window, ok = index(window); !ok {
		return t, Errorf(Invalid, "%q is not a window number", window).WithHint("a target is name, name:window or name:window.pane")
	}
	if !both {
		return t, nil
	}
	if t.Pane, ok = index(pane); !ok {
		return t, Errorf(Invalid, "%q is not a pane number", pane).WithHint("a target is name, name:window or name:window.pane")
	}
	return t, nil
}

// index reads a small decimal number.
func index(text string) (int, bool) {
	n := 0
	for _, r := range text {
		if r < '0' || r > '9' || n > 1<<20 {
			return 0, false
		}
		n = n*10 + int(r-'0')
	}
	return n, text != ""
}

// maxName bounds a name in characters: it is part of one line of `list`.
const maxName = 64

// CheckName refuses a name that cannot be typed as a target or shown on one line.
func CheckName(name string) error {
	refuse := func(why string) error {
		return Errorf(Invalid, "session name %s", why).WithHint("use up to %d letters, digits, - _ and .", maxName)
	}
	switch {
	case name == "":
		return refuse("is empty")
	case !utf8.ValidString(name):
		return refuse("is not UTF-8")
	case utf8.RuneCountInString(name) > maxName:
		return refuse("is longer than 64 characters")
	case name[0] == '-' || name[0] == '.':
		return refuse("begins with " + name[:1])
	}
	for _, r := range name {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`/\:@#"'`, r) {
			return refuse("has a character it may not have: " + strconv.QuoteRune(r))
		}
	}
	return nil
}
