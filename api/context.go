package api

import "time"

// ContextRequest asks what an agent should read next of a session.
type ContextRequest struct {
	Session string `json:"session" in:"path" arg:"1" doc:"session to read of"`
	Lines   int    `json:"lines,omitempty" in:"query" flag:"lines,n" default:"50" doc:"most lines of one command's output"`
	Tokens  int    `json:"tokens,omitempty" in:"query" flag:"tokens" default:"1024" doc:"budget of the text"`
}

// ContextView is what an agent should read next: what happened, old things in a line
// each, and what is open now. Text says it all; its beginning stays the same from one
// reading to the next for as long as it can.
type ContextView struct {
	Session  string       `json:"session"`
	State    SessionState `json:"state"`
	Evidence []string     `json:"evidence"`
	AgeMS    Millis       `json:"age_ms"`
	Cwd      string       `json:"cwd"`
	Git      *GitState    `json:"git,omitempty"`
	Text     string       `json:"text"`
	Tokens   int          `json:"tokens"` // of Text, estimated
	Budget   int          `json:"budget"`
	Commands int          `json:"commands"` // that ended so far, as far as is remembered
	Failures []Failure    `json:"failures"`
	Running  []Program    `json:"running"`
	Next     []Next       `json:"next"`
	Memory   *Memory      `json:"memory,omitempty"` // of a session with a conversation
	Ledger   Tally        `json:"ledger"`
}

// GitState is how a session's folder stands in its repository.
type GitState struct {
	Branch  string  `json:"branch"` // empty: detached
	Head    string  `json:"head"`   // the commit, abbreviated; empty before the first one
	Changed int     `json:"changed"`
	Dirty   []Dirty `json:"dirty"`             // the first of them
	Unknown string  `json:"unknown,omitempty"` // why changes could not be told
	AgeMS   Millis  `json:"age_ms"`            // since it was looked at
}

// Dirty is one changed file, as git status names it.
type Dirty struct {
	Status string `json:"status"`
	Path   string `json:"path"`
}

// Failure is a command whose newest run failed.
type Failure struct {
	Ref      string    `json:"ref"`
	Command  string    `json:"command"`
	Exit     Exit      `json:"exit"`
	Signal   string    `json:"signal,omitempty"`
	Findings []Finding `json:"findings"`
}

// Message is one thing that was said.
type Message struct {
	ID     int       `json:"id"`
	Role   string    `json:"role"` // system, user, assistant or tool
	Text   string    `json:"text"`
	Tokens int       `json:"tokens"` // estimated
	Pinned bool      `json:"pinned,omitempty"`
	Folded bool      `json:"folded,omitempty"` // a summary stands for it in the context
	Ref    string    `json:"ref,omitempty"`    // the output it is about
	At     time.Time `json:"at"`
}

// Memory says how full a session's conversation is.
type Memory struct {
	Messages    int    `json:"messages"`    // ever added
	Live        int    `json:"live"`        // that no summary stands for
	Tokens      int    `json:"tokens"`      // of these and the summary, estimated
	TokenLimit  int    `json:"token_limit"` // beyond which the oldest are summarised
	Approaching bool   `json:"approaching_limit"`
	Summary     string `json:"summary,omitempty"`
}

// MessageRequest adds a message to a session's conversation.
type MessageRequest struct {
	Session string `json:"session" in:"path" arg:"1" doc:"session that was created with ai_context"`
	Text    string `json:"text" arg:"2" doc:"what was said"`
	Role    string `json:"role,omitempty" flag:"role" enum:"system|user|assistant|tool" default:"user" doc:"who said it"`
	Pin     bool   `json:"pin,omitempty" flag:"pin" doc:"never summarise it"`
	Ref     string `json:"ref,omitempty" flag:"ref" doc:"the output it is about, as @e42"`
}

// MessageResult is what became of a message.
type MessageResult struct {
	Message Message `json:"message"`
	Folded  []int   `json:"folded"` // messages that the summary stands for from now on
	Memory  Memory  `json:"memory"`
}

// MessagesRequest reads a session's conversation.
type MessagesRequest struct {
	Session string `json:"session" in:"path" arg:"1" doc:"session whose messages to read"`
	Query   string `json:"query,omitempty" in:"query" arg:"2" doc:"only messages with this text, in upper or lower case"`
	Role    string `json:"role,omitempty" in:"query" flag:"role" enum:"system|user|assistant|tool" doc:"only what they said"`
	Limit   int    `json:"limit,omitempty" in:"query" flag:"limit,n" default:"50" doc:"how many, newest last"`
	Before  int    `json:"before,omitempty" in:"query" flag:"before" doc:"only messages before this one"`
}

// MessageList is a page of a conversation, oldest first; the newest page comes first.
type MessageList struct {
	Messages []Message `json:"messages"`
	Before   int       `json:"before,omitempty"` // opens the page of older ones
	Memory   Memory    `json:"memory"`
}

// SummarizeRequest folds the oldest messages of a conversation into its summary.
type SummarizeRequest struct {
	Session string `json:"session" in:"path" arg:"1" doc:"session whose oldest messages to summarise"`
}

// SummarizeResult says what was folded.
type SummarizeResult struct {
	Folded  []int  `json:"folded"`
	Outside string `json:"outside,omitempty"` // why the configured summariser was not used
	Memory  Memory `json:"memory"`
}

// AnalyzeRequest asks what a command's output says, or a session's newest ones.
type AnalyzeRequest struct {
	Ref   string `json:"ref" in:"query" arg:"1" doc:"session, or a block as @e42 or @last"`
	Limit int    `json:"limit,omitempty" in:"query" flag:"limit,n" default:"5" doc:"of a session, how many of the newest commands"`
}

// Analysis is what outputs say: kinds, findings, what they name, and what fits next.
type Analysis struct {
	Session  string         `json:"session"`
	Patterns []Pattern      `json:"patterns"` // one for each command, oldest first
	Findings []BlockFinding `json:"findings"`
	Entities []Entity       `json:"entities"`
	Next     []Next         `json:"next"`
}

// Pattern is what kind of output a command wrote.
type Pattern struct {
	Ref     string `json:"ref"`
	Command string `json:"command"`
	Kind    string `json:"kind"`
	Exit    Exit   `json:"exit"`
	Errors  int    `json:"errors"`
	Lines   int    `json:"lines"`
}

// BlockFinding is a finding with the command it is of.
type BlockFinding struct {
	Ref string `json:"ref"`
	Finding
}

// Entity is something that an output names.
type Entity struct {
	Kind string `json:"kind"` // path, url, port, pid, version
	Text string `json:"text"`
	Ref  string `json:"ref,omitempty"` // in an analysis: the command that named it first
}

// LedgerRequest asks what answers have saved.
type LedgerRequest struct {
	Session string `json:"session,omitempty" in:"query" arg:"1" doc:"only this session"`
}

// LedgerResult is the tally of each session and of all.
type LedgerResult struct {
	Total    Tally   `json:"total"`
	Sessions []Tally `json:"sessions"`
}

// Tally counts tokens, by estimate.
type Tally struct {
	ID             string  `json:"id,omitempty"`
	Session        string  `json:"session"`
	Estimated      bool    `json:"estimated"`
	Answers        int     `json:"answers"`         // commands that were answered
	RawTokens      int     `json:"raw_tokens"`      // of their bytes
	RenderedTokens int     `json:"rendered_tokens"` // of what a terminal showed
	AnsweredTokens int     `json:"answered_tokens"` // of the answers, header and next steps too
	Expansions     int     `json:"expansions"`      // readings by reference, and answers given again
	ExpandedTokens int     `json:"expanded_tokens"`
	Contexts       int     `json:"contexts"` // readings of the context
	ContextTokens  int     `json:"context_tokens"`
	Negatives      int     `json:"negatives"`       // answers that took more than the terminal showed
	NegativeTokens int     `json:"negative_tokens"` // how much more
	SavedPercent   float64 `json:"saved_percent"`   // answered and expanded, against rendered
}
