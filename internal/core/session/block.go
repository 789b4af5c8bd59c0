package session

import (
	"encoding/json"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/persistence"
)

// block is one command's range of output and how it ended.
type block struct {
	number   uint64
	command  string
	state    api.BlockState
	exit     api.Exit
	signal   string
	pipe     []int
	cwd      string
	cause    string
	flags    []string
	reset    []string
	isolated bool
	from, to int64 // output offsets; to is -1 while it runs
	newlines int   // newlines in its output
	started  time.Time
	ended    time.Time
	startSeq uint64    // of its exec-start frame
	key      string    // of the request
	piped    bool      // without a terminal
	nested   string    // program that ran it in place of the session\'s shell
	runs     []stretch // of a piped one: which stream wrote what
	internal bool      // ours, not the user's: not in his history
}

// blockRef finds a block's frames again.
type blockRef struct {
	number   uint64
	startSeq uint64
	internal bool
	begun    time.Time // when it was given to the shell
}

// keepBlocks is how many ended blocks stay in memory; older ones are read from the
// journal, whose frames hold all of it.
const keepBlocks = 16

// keepCommands is how many bytes of command text they may have, the newest block apart:
// a command may be megabytes.
const keepCommands = 256 << 10

func (b *block) id() string { return api.BlockID(b.number) }

func (b *block) flag(name string) {
	if !slices.Contains(b.flags, name) {
		b.flags = append(b.flags, name)
	}
}

// view is the block as callers see it, without its text.
func (b *block) view(session string) *api.Block {
	v := &api.Block{
		ID: b.id(), Session: session, Command: b.command, State: b.state,
		Exit: b.exit, Signal: b.signal, Pipe: b.pipe, Cwd: b.cwd, Cause: b.cause,
		Flags: b.flags, Reset: b.reset, Isolated: b.isolated, Piped: b.piped, Nested: b.nested,
		StartedAt: b.started.UTC(), Lines: b.newlines, Ref: "@" + b.id(),
	}
	end := b.ended
	if end.IsZero() {
		end = time.Now()
	}
	v.DurationMS = api.MillisOf(end.Sub(b.started))
	if b.to > b.from {
		v.RawBytes = b.to - b.from
	}
	return v
}

// startFrame is what an exec-start frame holds: enough to finish the block after a
// crash in the middle of it.
type startFrame struct {
	Block    uint64 `json:"block"`
	Command  string `json:"command"`
	Token    string `json:"token"`
	Isolated bool   `json:"isolated,omitempty"`
	Key      string `json:"key,omitempty"`
	Internal bool   `json:"internal,omitempty"`
	Piped    bool   `json:"piped,omitempty"`
	Nested   string `json:"nested,omitempty"`

	Inner *innerFrame `json:"inner,omitempty"` // of a nested command
}

// endFrame is what an exec-end frame holds.
type endFrame struct {
	Block      uint64         `json:"block"`
	From       int64          `json:"from"`
	To         int64          `json:"to"`
	State      api.BlockState `json:"state"`
	Exit       api.Exit       `json:"exit"`
	Signal     string         `json:"signal,omitempty"`
	Pipe       []int          `json:"pipe,omitempty"`
	Cwd        string         `json:"cwd,omitempty"`
	Cause      string         `json:"cause,omitempty"`
	Flags      []string       `json:"flags,omitempty"`
	Reset      []string       `json:"reset,omitempty"`
	Newlines   int            `json:"newlines"`
	Started    time.Time      `json:"started"`
	DurationUS int64          `json:"duration_us"`
	Runs       []stretch      `json:"runs,omitempty"`
}

func (b *block) endFrame() []byte {
	data, err := json.Marshal(endFrame{
		Block: b.number, From: b.from, To: b.to, State: b.state, Exit: b.exit,
		Signal: b.signal, Pipe: b.pipe, Cwd: b.cwd, Cause: b.cause, Flags: b.flags,
		Reset: b.reset, Newlines: b.newlines, Started: b.started,
		DurationUS: b.ended.Sub(b.started).Microseconds(), Runs: b.runs,
	})
	if err != nil {
		panic("session: an end frame is always JSON: " + err.Error())
	}
	return data
}

// apply takes over what an exec-end frame says.
func (b *block) apply(e endFrame) {
	b.from, b.to, b.state, b.exit, b.signal = e.From, e.To, e.State, e.Exit, e.Signal
	b.pipe, b.cwd, b.cause, b.flags, b.reset = e.Pipe, e.Cwd, e.Cause, e.Flags, e.Reset
	b.newlines, b.started, b.runs = e.Newlines, e.Started, e.Runs
	b.ended = e.Started.Add(time.Duration(e.DurationUS) * time.Microsecond)
}

// setEnd takes over what a D mark says.
func (b *block) setEnd(m shell.Mark) {
	if m.HasStatus {
		b.exit = api.ExitCode(m.Status)
		b.signal = signalOf(m.Status)
	}
	b.pipe, b.cwd = m.Pipe, m.Cwd
	if len(b.pipe) < 2 {
		b.pipe = nil
	}
	if m.Flags&shell.Isolated != 0 {
		b.isolated = true
	}
	for _, f := range []struct {
		flag shell.Flags
		name string
	}{
		{shell.Respawned, "respawned"}, {shell.StateLost, "state_lost"},
		{shell.Aborted, "aborted"}, {shell.Lost, "d_lost"},
	} {
		if m.Flags&f.flag != 0 {
			b.flag(f.name)
		}
	}
}

// remember keeps an ended block in memory for a while.
func (s *Session) remember(b *block) {
	if len(s.recent) == keepBlocks {
		s.recent = slices.Delete(s.recent, 0, 1)
	}
	s.recent = append(s.recent, b)
	size := 0
	for i := len(s.recent) - 2; i >= 0; i-- {
		if size += len(s.recent[i].command); size > keepCommands {
			s.recent = slices.Delete(s.recent, 0, i+1)
			break
		}
	}
}

// find returns a block by number; the open one too.
func (s *Session) find(number uint64) (*block, error) {
	s.mu.Lock()
	if e := s.underWay(number); e != nil {
		b := *e.block
		b.runs = slices.Clone(b.runs) // the last one grows
		b.to = s.journal.End().Offset
		s.mu.Unlock()
		return &b, nil
	}
	for _, b := range s.recent {
		if b.number == number {
			s.mu.Unlock()
			return b, nil
		}
	}
	i := sort.Search(len(s.blocks), func(i int) bool { return s.blocks[i].number >= number })
	if i == len(s.blocks) || s.blocks[i].number != number {
		s.mu.Unlock()
		return nil, noBlock(number)
	}
	seq := s.blocks[i].startSeq
	s.mu.Unlock()
	return readBlock(s.journal, number, seq)
}

func noBlock(number uint64) error {
	return api.Errorf(api.NotFound, "no block @%s", api.BlockID(number)).WithHint("ai-session history SESSION")
}

// readBlock reads a block from its frames.
func readBlock(j *persistence.Journal, number, seq uint64) (*block, error) {
	b := &block{number: number, to: -1, state: api.BlockRunning}
	started := false
	for f, err := range j.FramesOf(seq, persistence.ExecStart, persistence.ExecEnd) {
		if err != nil {
			continue // a damaged frame costs itself; the end may still be there
		}
		switch f.Kind {
		case persistence.ExecStart:
			var sf startFrame
			if json.Unmarshal(f.Data, &sf) != nil || sf.Block != number {
				continue
			}
			b.command, b.isolated, b.started, b.startSeq = sf.Command, sf.Isolated, f.Time, f.Seq
			b.internal, b.piped, b.nested, b.from = sf.Internal, sf.Piped, sf.Nested, f.Offset
			started = true
		case persistence.ExecEnd:
			var ef endFrame
			if json.Unmarshal(f.Data, &ef) == nil && ef.Block == number {
				b.apply(ef)
				return b, nil
			}
		}
	}
	if !started {
		return nil, noBlock(number)
	}
	// It never ended: what was written from its start on is all there is of it.
	b.state, b.to = api.BlockDead, j.End().Offset
	b.cause = "the session ended"
	return b, nil
}

// signals names what a status above 128 stands for, as shells report it. The
// numbers up to SIGTERM, and these names, are the same on every unix we run on.
var signals = map[int]string{
	1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 8: "FPE",
	9: "KILL", 11: "SEGV", 13: "PIPE", 14: "ALRM", 15: "TERM",
}

func signalOf(status int) string {
	if status <= 128 || status > 128+64 {
		return ""
	}
	if name, ok := signals[status-128]; ok {
		return name
	}
	return strconv.Itoa(status - 128)
}
