package session

import (
	"context"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/charset"
	"github.com/ai-session/ai-session/internal/core/pty"
	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/persistence"
)

// Parts are what a session is built from.
type Parts struct {
	PTY     *pty.PTY
	Journal *persistence.Journal
	Kit     *shell.Kit // nil: a program without a hook
	Slot    slot       // where it is noted what is in hand

	Prologue []byte // shown before what the program writes
	Typed    []byte // input that the last daemon did not get rid of

	// What the last daemon had read and not written down; see missed.
	Lost  int64
	Doubt bool
	Pipes []*pipeEnd // of its commands without a terminal
}

// Config says what the parts do not.
type Config struct {
	ID           string
	Name         string
	Shell        string // the program, for people
	Argv         []string
	Key          string // of the request that made it
	Dir          string // where it was started
	Size         api.Size
	AllowReports bool
	CreatedAt    time.Time
	JournalInput bool    // keep the text of input while the terminal echoes it
	SyncAlways   bool    // a finished block survives power loss
	Reduce       Reducer // nil: answers carry the end of the text

	Charset *charset.Set // of what its programs write and read; nil = UTF-8

	AIContext  bool // it has a conversation
	TokenLimit int  // of the conversation

	Finished  func(*Session, api.Block) // told that a block has ended, under the mutex; must not block
	NextBlock func() (uint64, error)    // numbers are never reused in a store
	Notify    func(api.Event)           // told of changes; must not block
	Unsynced  func(*Session)            // told when the journal has something to sync; must not block
	Ended     func(*Session)            // told when its program has ended; must not block
	Told      func(id string)           // told when a command's end is in the journal; must not block
	Complain  func(error)               // told of a fault of ours that has no answer to be put in

	pipes pipeStore // where the pipes of commands without a terminal outlive this process
}

// phase is where a hooked shell stands. See the drawing in the package doc.
type phase uint8

const (
	booting phase = iota
	ready
	arming // the command's files are being written
	armed
	running
	ending
	dead
	unhooked // a program whose phases nothing marks
)

// Session is one running terminal.
type Session struct {
	c       Config
	pty     *pty.PTY
	kit     *shell.Kit
	journal *persistence.Journal
	slot    slot
	adopted bool            // from another daemon
	life    context.Context // ends with the session
	end     context.CancelFunc
	inHand  atomic.Bool    // the reader has output that it has not taken in
	readers sync.WaitGroup // goroutines that Close waits for

	killing sync.Mutex // held by who ends the session

	mu         sync.Mutex // guards everything below; nobody waits under it
	name       string
	term       *vt.Terminal
	size       api.Size
	pixels     [2]int
	decoder    *charset.Decoder // of output, for the screen; nil = UTF-8
	scan       shell.Scanner
	phase      phase
	since      time.Time // when the phase began
	opts       string    // the shell's options as it last told
	clean      bool      // its last status was 0
	cwd        string    // as it last told
	human      bool      // somebody is attached and can type: line editing is on
	rearmed    bool      // the next prompt answers a re-arm of ours
	rearmLine  []byte    // as it was typed
	rearmTries int       // since the last prompt

	open      *execution      // the exec between arming and its end
	inner     *inner          // the command in a nested program; nil without one
	lastInner *inner          // the one that ended last, its program still there
	ended     *shell.Prepared // the last exec, while its files are still there
	pipes     []*pipeEnd      // that somebody may still write to
	held      []byte          // output between trigger and C, until the echo is found in it
	queue     []*ticket       // execs waiting for their turn
	blocks    []blockRef      // every block of this session, oldest first
	recent    []*block        // the newest few, as they ended
	priors    []prior         // of the newest commands, for comparison
	lastP     shell.Mark      // the prompt that may stand for a lost end
	lastPAt   int64           // where the output was at it
	exit      pty.Exit        // valid in phase dead
	replayed  screened        // of a rebuild: what in the journal no terminal saw
	pump      inputPump
	answers   []byte // of the terminal to queries, not typed yet
	dirty     dirtiness
	watch     quietWatch
	input     *api.Input // what a program is known to wait for
	tui       bool       // a full-screen program is known to have the terminal
	reader    int        // process that input, or tui, is about, where it is not the session's own
	evid      []string   // what the present state is told from
	stateAt   time.Time  // when state() last changed
	told      api.SessionState

	lastOutput   time.Time
	doubt        bool   // adopted, and what the shell last said may be lost: it is to be asked
	checkpointAt uint64 // the sequence number from which on there is to be another
	atPrompt     string // of an adopted session: token of the command that ended last
	lost         int64  // output bytes that could not be journalled, not yet marked as a gap
	degraded     error
	owed         [][]byte // exec-end frames that the journal did not take

	changed   chan struct{} // closed at a change of state; nil while nobody waits
	grown     chan struct{} // closed when output arrived; nil while nobody waits
	concluded chan struct{} // closed when it is seen what the program waits for; nil while nobody waits

	clients map[*client]struct{}
	active  *client // the client that typed last
	closed  bool
	// released: the terminal, and the pipes, are a successor's.
	released bool
}

// New starts reading a fresh session.
func New(p Parts, c Config) (*Session, error) {
	s := build(p, c)
	s.term = s.newTerm()
	if _, err := s.journal.Append(persistence.Resize, resizeFrame(c.Size, 0, 0)); err != nil {
		return nil, err
	}
	s.synthetic(p.Prologue)
	s.start()
	return s, nil
}

func build(p Parts, c Config) *Session {
	s := &Session{
		c: c, pty: p.PTY, kit: p.Kit, journal: p.Journal, slot: p.Slot,
		name: c.Name, size: c.Size, cwd: c.Dir, checkpointAt: framesFor(0), since: time.Now(), stateAt: time.Now(),
		told: api.Starting, clients: map[*client]struct{}{},
	}
	s.pty.SetCount(s.slot.count())
	s.decoder = c.Charset.Decoder()
	s.life, s.end = context.WithCancel(context.Background())
	if s.kit == nil {
		s.phase, s.told = unhooked, api.Running
	} else {
		s.setLive()
	}
	return s
}

func (s *Session) start() {
	s.readers.Go(s.read)
	s.mu.Lock()
	s.watchQuiet()
	s.mu.Unlock()
}

// ID is the session's own id; it is never reused.
func (s *Session) ID() string { return s.c.ID }

// Name is what people call it.
func (s *Session) Name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.name
}

// Adopted says whether another daemon started it.
func (s *Session) Adopted() bool { return s.adopted }

// Dead reports whether the session's program has ended.
func (s *Session) Dead() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phase == dead
}

// Journal gives the readers of what was written.
func (s *Session) Journal() *persistence.Journal { return s.journal }

// Degraded says why the journal cannot be written, while it cannot.
func (s *Session) Degraded() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.degraded
}

// Info describes the session. It never waits.
func (s *Session) Info() api.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	state, evidence := s.state()
	info := api.Session{
		ID: s.c.ID, Name: s.name, State: state, Evidence: evidence,
		AgeMS: api.MillisOf(time.Since(s.stateAt)), PID: s.pty.Pid(), Shell: s.c.Shell,
		Cwd: s.workingDir(), Size: s.size, CreatedAt: s.c.CreatedAt.UTC(),
		Clients: len(s.clients), Title: s.term.State().Title,
		Blocks: len(s.blocks), JournalBytes: s.journal.Bytes(), AIContext: s.c.AIContext,
		Encoding: encodingName(s.c.Charset),
	}
	if s.open != nil {
		info.Open = s.open.block.id()
	}
	if s.phase == dead {
		exit := exitOf(s.exit)
		info.Exit, info.Signal = &exit, signalName(s.exit.Signal)
	}
	pane := api.Pane{PID: info.PID, Active: true, Size: s.size, Title: info.Title}
	info.Windows = []api.Window{{Name: programName(s.c.Shell), Active: true, Panes: []api.Pane{pane}}}
	return info
}

// workingDir asks the kernel where it can, since a person's cd tells nobody.
func (s *Session) workingDir() string {
	if s.phase != dead {
		if dir, err := os.Readlink("/proc/" + strconv.Itoa(s.pty.Pid()) + "/cwd"); err == nil {
			return s.decodeText(dir)
		}
	}
	return s.cwd
}

// state says what the session is doing and what that is told from.
func (s *Session) state() (api.SessionState, []string) {
	switch {
	case s.phase == dead:
		return api.DeadState, []string{"waitpid"}
	case s.input != nil:
		return api.NeedsInput, s.input.Evidence
	case s.tui:
		return api.TUI, s.evid
	case s.phase == booting:
		return api.Starting, []string{"no prompt yet"}
	case s.phase == arming || s.phase == armed || s.phase == running:
		return api.Running, []string{"exec " + s.open.block.id()}
	case s.phase == unhooked:
		return api.Running, append([]string{"no prompt marks from " + programName(s.c.Shell)}, s.evid...)
	case s.foreign():
		return api.Running, []string{"another program has the terminal"}
	case s.dirty.is:
		return api.Human, []string{"typed by " + s.dirty.by}
	}
	return api.Ready, []string{"prompt mark"}
}

// foreign reports whether a program that no exec started has the terminal.
func (s *Session) foreign() bool {
	group, err := s.pty.Foreground()
	return err == nil && group != 0 && group != s.pty.Pid()
}

// tell wakes everybody who waits for a change and notifies the daemon of a new state.
func (s *Session) tell() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
	state, _ := s.state()
	if state == s.told {
		return
	}
	s.told, s.stateAt = state, time.Now()
	s.notify(api.Event{Kind: "state", State: state})
}

func (s *Session) notify(e api.Event) {
	if s.c.Notify == nil {
		return
	}
	e.Session, e.At = s.name, time.Now().UTC()
	s.c.Notify(e)
}

// change returns a channel that is closed at the next change of state.
func (s *Session) change() <-chan struct{} {
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

// growth returns a channel that is closed when more output has come.
func (s *Session) growth() <-chan struct{} {
	if s.grown == nil {
		s.grown = make(chan struct{})
	}
	return s.grown
}

func (s *Session) enter(p phase) {
	s.phase, s.since = p, time.Now()
}
