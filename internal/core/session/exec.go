package session

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/pty"
	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/failpoint"
	"github.com/ai-session/ai-session/internal/persistence"
)

// execution is an exec between its arming and its end.
type execution struct {
	block     *block
	prepared  shell.Prepared
	shown     []byte // the command as the screen shows it
	outputEnd int64  // where an E mark put the end of output; -1 without one
	reclaimed int64  // where the output was when the end was asked for again; 0 = it was not
	started   chan struct{}
	done      chan struct{} // closed once the block has ended, or err is set
	err       error         // the command was not given to the shell
	retried   bool
	piped     *piped         // nil: at the terminal
	signal    syscall.Signal // to be sent once the command runs; 0 = none
	stopped   time.Time      // when a signal last told it to end; zero = none did
	prompted  bool           // the prompt came while its pipes were being read
	dry       bool           // its pipes have given all that was in them at its end
	exited    *pty.Exit      // the shell's, while the pipes are still being read
	told      *shell.Mark    // the shell's word of its end, while that is not acted upon
	key       string         // the request's; a request that comes again is answered by this one
	view      *api.Report    // of the ended block, made when it ended
	cols      int
	inner     *innerFrame // of a nested command
	editor    bool        // a line editor may draw the trigger, in place of the terminal's echo
	modes     pty.Termios // of the terminal when a shell got it whose editor stays on
}

// Exec runs a command in the session's shell. Ending ctx ends the wait, not the
// command.
func (s *Session) Exec(ctx context.Context, req *api.ExecRequest) (*api.Report, error) {
	if req.Nested {
		return s.execNested(ctx, req)
	}
	text, err := s.commandText(req)
	if err != nil {
		return nil, err
	}
	deadline, stop := timeout(ctx, req.TimeoutMS)
	defer stop()
	if r, ok, err := s.repeat(ctx, deadline, text, req); ok {
		return r, err
	}
	e, err := s.begin(deadline, text, req)
	if api.CodeOf(err) == api.Busy && s.supplanted() {
		return s.execNested(ctx, req)
	}
	if err != nil {
		return nil, err
	}
	return s.follow(ctx, deadline, e, req)
}

// timeout returns a context that ends with ctx or after ms, when ms is given.
func timeout(ctx context.Context, ms api.Millis) (context.Context, context.CancelFunc) {
	if ms <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, ms.Duration())
}

// commandText checks a request and returns the text for the shell.
func (s *Session) commandText(req *api.ExecRequest) (string, error) {
	switch {
	case s.kit == nil:
		return "", api.Errorf(api.UnsupportedProgram, "session %s runs %s, not a shell exec knows", s.Name(), programName(s.c.Shell)).
			WithHint("ai-session send %s TEXT --key Enter", s.Name())
	case req.Command != "" && len(req.Argv) > 0:
		return "", api.Errorf(api.Invalid, "command and argv are both given")
	case req.TimeoutMS < 0:
		return "", api.Errorf(api.Invalid, "timeout_ms %d is negative", req.TimeoutMS)
	case req.MaxTokens < 0:
		return "", api.Errorf(api.Invalid, "max_tokens %d is negative", req.MaxTokens)
	case req.Stdin != nil && req.StdinBase64 != nil:
		return "", api.Errorf(api.Invalid, "stdin and stdin_base64 are both given")
	}
	text := req.Command
	if len(req.Argv) > 0 {
		text = s.kit.Kind().Words(req.Argv)
	}
	if s.c.Charset != nil {
		if _, err := s.encode([]byte(text)); err != nil {
			return "", err
		}
	}
	if i := strings.IndexByte(text, 0); i >= 0 {
		return "", api.Errorf(api.Invalid, "the command has a NUL byte at %d, which no shell can read", i)
	}
	return text, nil
}

// begin waits for the terminal and gives the command to the shell.
func (s *Session) begin(ctx context.Context, text string, req *api.ExecRequest) (*execution, error) {
	e := &execution{
		block:     &block{command: text, state: api.BlockRunning, to: -1, key: req.IdempotencyKey, internal: req.Internal, piped: req.Pipe},
		key:       req.IdempotencyKey,
		outputEnd: -1, started: make(chan struct{}), done: make(chan struct{}),
	}
	if err := s.admit(ctx, e, req.Queue); err != nil {
		return nil, err
	}
	stdin := req.StdinBase64
	if req.Stdin != nil {
		stdin = []byte(*req.Stdin)
	}
	number, err := s.c.NextBlock() // may wait for the disk: not under the mutex
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.tidy() // the prompt may have gone elsewhere
		e.block.number = number
		e.editor = s.human || s.kit.Stale()
		err = s.prepare(e, stdin, stdin != nil)
	}
	if err == nil {
		s.keepPipes(e)
	}
	if err != nil {
		s.retreat(e)
		return nil, api.Errorf(api.NotStarted, "the command's file: %v", err).WithHint("nothing was run").WithCause(err)
	}
	if s.phase == dead {
		s.kit.Discard(e.prepared)
		s.retreat(e)
		return nil, s.deadError()
	}
	if err := s.arm(e); err != nil {
		return nil, err
	}
	return e, nil
}

// prepare writes the files of an exec and opens its pipes. After an error nothing of it
// is left.
func (s *Session) prepare(e *execution, stdin []byte, hasStdin bool) (err error) {
	b := e.block
	command, err := s.encode([]byte(b.command))
	if err != nil {
		return err
	}
	e.prepared, err = s.kit.Prepare(shell.Exec{
		Command: command, Stdin: stdin, HasStdin: hasStdin, Opts: s.opts, Clean: s.clean, Pipe: b.piped,
	})
	if err != nil {
		return err
	}
	b.isolated = e.prepared.Isolated
	if b.piped {
		if e.piped, err = openPiped(e.prepared.Pipes); err != nil {
			s.kit.Discard(e.prepared)
		}
	}
	return err
}

// announce writes an exec's start into the journal, before its trigger is typed.
func (s *Session) announce(e *execution) (persistence.Position, error) {
	data, err := json.Marshal(startOf(e))
	if err != nil {
		return persistence.Position{}, err
	}
	s.catchUp()
	return s.journal.Append(persistence.ExecStart, data)
}

// retreat gives the terminal back after an exec that was not armed.
func (s *Session) retreat(e *execution) {
	s.dropPipes(e)
	if s.open == e {
		s.open = nil
	}
	if s.phase == arming {
		s.enter(ready)
	}
	s.tell()
}

// arm writes down that the exec begins and types its trigger.
func (s *Session) arm(e *execution) error {
	b := e.block
	b.started = time.Now()
	b.cwd = s.cwd
	pos, err := s.announce(e)
	b.startSeq, b.from = pos.Seq, pos.Offset
	if err != nil {
		s.degraded = err
		s.kit.Discard(e.prepared)
		s.retreat(e)
		return storageError(err)
	}
	if keepsEditor(s.kit.Kind()) {
		e.modes, _ = s.pty.Termios() // without them nothing is put right
	}
	e.shown = []byte("\r\x1b[K") // the next prompt takes this one's line
	if !b.internal {
		e.shown = shownCommand(b.command)
	}
	s.blocks = append(s.blocks, blockRef{b.number, b.startSeq, b.internal, b.started})
	s.setLive()
	s.enter(armed)
	s.readPipes(e)
	failpoint.Here(failpoint.ExecStart)
	s.pump.trigger(s, e.prepared.Trigger)
	s.watchQuiet()
	s.tell()
	return nil
}

// shownLines is how much of a command's text is shown where it was run.
const shownLines = 5

// shownCommand is the text a person sees at the prompt in place of the trigger.
func shownCommand(command string) []byte {
	lines := strings.Split(strings.TrimRight(command, "\n"), "\n")
	more := len(lines) - shownLines
	if more > 0 {
		lines = append(lines[:shownLines], "... +"+plural(more, "line"))
	}
	var out bytes.Buffer
	for _, line := range lines {
		if len(line) > 1000 {
			line = line[:1000] + " ..."
		}
		for _, r := range line {
			if r < ' ' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
				r = '.' // text shows; it never acts
			}
			out.WriteRune(r)
		}
		out.WriteString("\r\n")
	}
	return out.Bytes()
}

// follow waits for an exec's end, for the news that it needs somebody, or for the
// end of the caller's patience.
func (s *Session) follow(ctx, deadline context.Context, e *execution, req *api.ExecRequest) (*api.Report, error) {
	background := (<-chan struct{})(nil)
	if req.Background {
		background = e.started
	}
	for {
		s.mu.Lock()
		concluded := s.conclusion()
		waiting := s.asks(e)
		s.mu.Unlock()
		if waiting {
			return s.report(e, req)
		}
		select {
		case <-e.done:
			return s.report(e, req)
		case <-background:
			return s.report(e, req)
		case <-concluded:
		case <-deadline.Done():
			if ctx.Err() != nil {
				return nil, api.Errorf(api.Cancelled, "the caller left; @%s goes on", e.block.id())
			}
			return s.report(e, req)
		}
	}
}

// report is an exec's answer as things stand.
func (s *Session) report(e *execution, req *api.ExecRequest) (*api.Report, error) {
	if e.ended() && e.err != nil {
		return nil, e.err
	}
	if s.c.SyncAlways {
		if err := s.journal.Sync(); err != nil {
			return nil, storageError(err)
		}
	}
	o := s.textOptions(req.Raw, req.MaxTokens)
	if e.ended() && e.view != nil {
		view := *e.view // the reader of the prompt has the mutex now: do without it
		return &view, describe(s.journal, e.block, &view, e.cols, o)
	}
	s.mu.Lock()
	b := *e.block
	b.runs = slices.Clone(b.runs) // the last one grows
	view := s.viewOpen(&b)
	cols := s.size.Cols
	s.mu.Unlock()
	return view, describe(s.journal, &b, view, cols, o)
}

func (e *execution) ended() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// viewOpen is a block's view, with what is known of it while it runs. It fixes the
// end of a running block's output at what there is now.
func (s *Session) viewOpen(b *block) *api.Report {
	if b.to >= 0 {
		return &api.Report{Block: *b.view(s.name)}
	}
	b.to = s.journal.End().Offset
	if s.asks(s.underWay(b.number)) {
		switch {
		case s.input != nil:
			b.state = api.BlockNeedsInput
		case s.tui:
			b.state = api.BlockTUI
		}
	}
	v := &api.Report{Block: *b.view(s.name)}
	if b.state == api.BlockNeedsInput {
		v.Input = s.input
	}
	return v
}
