package api

import (
	"cmp"
	"time"
)

// ExecRequest runs a command in a session's living shell.
type ExecRequest struct {
	Session     string   `json:"session" in:"path" arg:"1" doc:"session to run in"`
	Command     string   `json:"command,omitempty" arg:"2" doc:"the shell text, any length, any number of lines"`
	Argv        []string `json:"argv,omitempty" arg:"rest" doc:"program and arguments in place of shell text"`
	TimeoutMS   Millis   `json:"timeout_ms,omitempty" flag:"timeout,t" doc:"answer by then even if it still runs; it goes on running"`
	MaxTokens   int      `json:"max_tokens,omitempty" flag:"max-tokens" default:"1500" doc:"budget of the text in the answer"`
	Raw         bool     `json:"raw,omitempty" flag:"raw" doc:"the command's own bytes in place of text"`
	Background  bool     `json:"background,omitempty" flag:"background" doc:"answer once it has started"`
	Queue       bool     `json:"queue,omitempty" flag:"queue" doc:"wait for the terminal in place of answering busy"`
	Nested      bool     `json:"nested,omitempty" flag:"nested" doc:"type it to the program that reads the terminal: a shell within the shell, ssh, a REPL"`
	Capture     bool     `json:"capture,omitempty" flag:"capture" doc:"keep the answer in the session's conversation"`
	Pipe        bool     `json:"pipe,omitempty" flag:"pipe" doc:"without a terminal: stdout and stderr apart and byte for byte, many times as fast"`
	Stdin       *string  `json:"stdin,omitempty" in:"stdin" flag:"stdin" doc:"what the command reads from its standard input"`
	StdinBase64 []byte   `json:"stdin_base64,omitempty" doc:"the same, for bytes that are not UTF-8"`

	IdempotencyKey string `json:"idempotency_key,omitempty" doc:"a request that comes again under the same key is answered by the first one's command"`
	Internal       bool   `json:"-"` // ours: not in the history
}

// Repeatable says that the request may be sent again when nobody knows whether it
// arrived: a command is written down under its key before it is typed.
func (r *ExecRequest) Repeatable() bool { return r.IdempotencyKey != "" }

// SetKey names a request that has no key yet.
func (r *ExecRequest) SetKey(key string) { r.IdempotencyKey = cmp.Or(r.IdempotencyKey, key) }

// BlockState says where a command stands.
type BlockState string

// The states of a block.
const (
	BlockDone       BlockState = "done"
	BlockRunning    BlockState = "running"
	BlockNeedsInput BlockState = "needs_input"
	BlockTUI        BlockState = "tui"
	BlockDead       BlockState = "dead" // the shell ended with the command
)

// CauseNestedEnded is the cause of a nested command that ended the program it was typed to.
const CauseNestedEnded = "the nested program ended"

// Block is one command: where it ran, how it ended and which bytes it wrote.
type Block struct {
	ID         string     `json:"id"` // e42, never reused in a store
	Session    string     `json:"session"`
	Command    string     `json:"command"`
	State      BlockState `json:"state"`
	Exit       Exit       `json:"exit"`            // null: unknown or not yet
	Signal     string     `json:"signal"`          // of a status above 128, as the shell reports it
	Pipe       []int      `json:"pipe,omitempty"`  // exit of each command of the last pipeline
	Cwd        string     `json:"cwd"`             // where the shell is after it
	Cause      string     `json:"cause,omitempty"` // of a dead block: exit, errexit, signal; of a nested one, a sentence
	Flags      []string   `json:"flags,omitempty"` // d_lost, respawned, interrupted, gap, ...
	Reset      []string   `json:"reset,omitempty"` // what it left behind that was put right
	Isolated   bool       `json:"isolated,omitempty"`
	Piped      bool       `json:"piped,omitempty"`  // ran without a terminal
	Nested     string     `json:"nested,omitempty"` // program that ran it, in place of the session's shell
	StartedAt  time.Time  `json:"started_at"`
	DurationMS Millis     `json:"duration_ms"`
	Lines      int        `json:"lines"` // of its rendered output
	RawBytes   int64      `json:"raw_bytes"`
	Ref        string     `json:"ref"`
	Input      *Input     `json:"input,omitempty"` // what it waits for
}

// Report is a block with what its reader needs of its output: the answer to exec.
type Report struct {
	Block
	Text      string    `json:"text"`
	Raw       []byte    `json:"raw,omitempty"`        // base64; asked for with raw, up to RawInline bytes
	RawStderr []byte    `json:"raw_stderr,omitempty"` // of a piped command; Raw is its stdout then
	Tokens    int       `json:"tokens"`               // of Text, estimated
	RawTokens int       `json:"raw_tokens"`           // of the raw bytes, estimated
	Findings  []Finding `json:"findings"`
	Next      []Next    `json:"next"`
	Gaps      []Gap     `json:"gaps"`
	Entities  []Entity  `json:"entities"`                  // what the text names, at most 20 of a kind
	Kind      string    `json:"kind,omitempty"`            // of output, as its reader calls it: go test, gcc, listing, ...
	Rendered  int       `json:"rendered_tokens,omitempty"` // of the text as a terminal showed it, estimated
}

// RawInline is how many raw bytes an exec answer carries; more are read by reference.
const RawInline = 256 << 10

// Input is what a program waits for, with what it was told from.
type Input struct {
	Kind     string   `json:"kind"` // password, yesno, line, key, pager, repl, editor
	Tail     string   `json:"tail"` // the end of what it wrote, usually its question
	Evidence []string `json:"evidence"`
	Maybe    bool     `json:"maybe_prompt,omitempty"` // may be a bare prompt of a shell that lost its marks
}

// Finding is one fact read out of a command's output.
type Finding struct {
	Kind     string `json:"kind"`
	Severity string `json:"severity"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Col      int    `json:"col,omitempty"`
	Name     string `json:"name,omitempty"`
	Message  string `json:"message"`
}

// Next is a command that fits what happened.
type Next struct {
	Command string `json:"command"`
	Reason  string `json:"reason"`
}

// Gap is what was left out of a text, with the reference that opens it: exactly those
// lines, or, if they are scattered over many places, the lines among which they are.
type Gap struct {
	Lines int    `json:"lines"`
	Ref   string `json:"ref"`
	Among bool   `json:"among,omitempty"`
}

// WaitRequest waits for something to happen in a session.
type WaitRequest struct {
	Session   string `json:"session" in:"path" arg:"1" doc:"session, or a block as @e42"`
	For       string `json:"for,omitempty" flag:"for" enum:"exit|prompt|input|quiet|text" doc:"what to wait for; by default that the open command ends or, as with exec, needs somebody"`
	Match     string `json:"match,omitempty" flag:"match" doc:"regular expression that new output must match; means --for text"`
	QuietMS   Millis `json:"quiet_ms,omitempty" flag:"quiet" default:"100ms" doc:"how long no output makes it quiet; means --for quiet"`
	TimeoutMS Millis `json:"timeout_ms,omitempty" flag:"timeout,t" doc:"give up after this long"`
	MaxTokens int    `json:"max_tokens,omitempty" flag:"max-tokens" default:"1500" doc:"budget of the text in the answer"`
}

// Repeatable says that waiting twice does no more than waiting once.
func (r *WaitRequest) Repeatable() bool { return true }

// WaitResult is what was waited for.
type WaitResult struct {
	Reason  string       `json:"reason"` // exit, prompt, input, tui, quiet, text, dead or timeout
	State   SessionState `json:"state"`
	Block   *Report      `json:"block,omitempty"`
	Match   string       `json:"match,omitempty"`
	Input   *Input       `json:"input,omitempty"`
	Exit    *Exit        `json:"exit,omitempty"` // of the session's program, once it has ended
	Signal  string       `json:"signal,omitempty"`
	AgeMS   Millis       `json:"age_ms"`
	Session string       `json:"session"`
}

// Until is what send waits for after the input is delivered.
type Until struct {
	For       string `json:"for,omitempty"`
	Match     string `json:"match,omitempty"`
	QuietMS   Millis `json:"quiet_ms,omitempty"`
	TimeoutMS Millis `json:"timeout_ms,omitempty"`
}

// SendRequest types into a session.
type SendRequest struct {
	Session string   `json:"session" in:"path" arg:"1" doc:"session to type into"`
	Text    string   `json:"text,omitempty" arg:"2" doc:"text, typed as it is"`
	Keys    []string `json:"keys,omitempty" flag:"key,k" doc:"key after the text, as tmux spells it: Enter, C-c, Up, F5; may be repeated"`
	Paste   bool     `json:"paste,omitempty" flag:"paste" doc:"deliver the text as a paste"`
	Until   *Until   `json:"until,omitempty" doc:"what to wait for afterwards"`
}

// SendResult says what was delivered and, with until, what came of it.
type SendResult struct {
	Bytes     int         `json:"bytes"`
	Delivered bool        `json:"delivered"` // the terminal took all of it
	Wait      *WaitResult `json:"wait,omitempty"`
}
