package session

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/pty"
	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/persistence"
)

// A program that reads commands may run in the session's shell, or in its place: another
// shell, perhaps on another machine, or a REPL. Nothing of ours is there. On request a
// command is typed to it all the same.
//
// To a shell it goes escaped, in lines of at most maxTyped bytes, and the last line has
// its beginning and its end marked as the session's own are: status, folder and output
// are exact. To any other program it goes as it is, or as one expression that holds it;
// it has ended when the prompt of before is back and it is quiet, and its status
// is unknown.

// maxTyped keeps a typed line below what any terminal takes in line mode.
const maxTyped = 900

// maxNested bounds a text that has to be typed.
const maxNested = 128 << 10

// inner is a command that runs in a nested program.
type inner struct {
	e       *execution
	around  *inner // the command that runs the program, if that is nested as well
	program string
	*innerFrame
	held    []byte // what the typed lines were drawn as, until the command begins
	begun   bool
	lastEnd int64 // offset behind the newest line feed
	endedAt int64 // what was written when it ended
	looking bool

	interrupted bool   // a shell forgets the rest of the line then, and with it the end's mark
	reply       string // id of the marks of its answer, once it was asked how the command ended: see ask
	asking      bool   // it has not answered
	elsewhere   bool   // it has: the command has started the shell that reads
	reworded    bool   // it was typed once more, in another shell's language
}

// shellNames are programs that read shell text.
var shellNames = map[string]bool{
	"bash": true, "zsh": true, "sh": true, "dash": true, "ash": true, "ksh": true, "mksh": true, "busybox": true,
	"fish": true,
}

// carriers are programs that hand the terminal on to another; true: to a shell, as a rule.
var carriers = map[string]bool{
	"ssh": true, "docker": true, "podman": true, "kubectl": true, "lxc": true, "su": true, "sudo": true, "script": true,
	"nsenter": true, "unshare": true, "chroot": true, "mosh-client": true, "telnet": true, "machinectl": true,
	"tmux: client": false, "screen": false, "dtach": false, "socat": false, "picocom": false, "minicom": false,
	"expect": false, "unbuffer": false, "asciinema": false, "adb": false, "nerdctl": false, "oc": false, "ai-session": false,
}

// carries says that a program hands the terminal on to another.
func carries(program string) bool {
	_, ok := carriers[program]
	return ok
}

// takesShellText says that what is typed at the program is read by a shell.
func takesShellText(program string) bool { return shellNames[program] || carriers[program] }

// expressions are how a REPL takes text of several lines as one.
var expressions = []struct{ prefix, format string }{
	{"python", `exec(__import__("base64").b64decode("%s").decode())`},
	{"ipython", `exec(__import__("base64").b64decode("%s").decode())`},
	{"node", `eval(Buffer.from("%s","base64").toString())`},
	{"irb", `eval("%s".unpack1("m"))`},
	{"ruby", `eval("%s".unpack1("m"))`},
}

// execNested runs a command in the program that reads the terminal.
func (s *Session) execNested(ctx context.Context, req *api.ExecRequest) (*api.Report, error) {
	text := req.Command
	if len(req.Argv) > 0 {
		text = shell.Bash.Words(req.Argv)
	}
	deadline, stop := timeout(ctx, req.TimeoutMS)
	defer stop()
	if r, ok, err := s.repeat(ctx, deadline, text, req); ok {
		return r, err
	}
	switch {
	case req.Pipe || req.Stdin != nil || req.StdinBase64 != nil:
		return nil, api.Errorf(api.Invalid, "a nested program has the terminal alone: no --pipe and no --stdin")
	case len(text) > maxNested:
		return nil, api.Errorf(api.TooLarge, "%d bytes are too many to type; the most is %d", len(text), maxNested)
	case strings.ContainsRune(text, 0):
		return nil, api.Errorf(api.Invalid, "the command has a NUL byte")
	}
	e, err := s.beginNested(deadline, text, req)
	if err != nil {
		return nil, err
	}
	return s.follow(ctx, deadline, e, req)
}

// readerGrace is how long a nested program may take to come back to its terminal: one
// that has just answered is on its way to read.
const readerGrace = time.Second

// awaitReader looks until a nested program reads the terminal.
func (s *Session) awaitReader(ctx context.Context) (pty.Probe, error) {
	patience := time.NewTimer(readerGrace)
	defer patience.Stop()
	for {
		probe, err := s.pty.Probe()
		s.mu.Lock()
		reader, reads := s.nestedReader(probe)
		someone := reads && !s.unread() && s.opensTo(reader) && s.drawn()
		candidate := s.foreign() || s.open != nil || s.kit == nil || s.phase == booting
		grown := s.growth()
		s.mu.Unlock()
		if err != nil || someone || !candidate {
			return probe, err
		}
		look := time.NewTimer(firstLook / 10)
		select {
		case <-grown:
		case <-look.C:
		case <-patience.C:
			return probe, nil
		case <-ctx.Done():
			return probe, nil
		}
		look.Stop()
	}
}

func (s *Session) beginNested(deadline context.Context, text string, req *api.ExecRequest) (*execution, error) {
	number, err := s.c.NextBlock() // may wait for the disk: not under the mutex
	if err != nil {
		return nil, storageError(err)
	}
	probe, err := s.awaitReader(deadline)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && !s.closed && s.phase != dead {
		return nil, err
	}
	reader, err := s.takesCommand(probe)
	if err != nil {
		return nil, err
	}
	frame := &innerFrame{Prompt: s.cursorLine(), PID: reader.PID, Fish: s.speaksFish(reader)}
	n := s.newInner(startFrame{
		Block: number, Command: text, Key: req.IdempotencyKey, Nested: s.behind(reader, frame.Prompt), Inner: frame,
	}, time.Now(), s.journal.End().Offset)
	n.e.block.cwd = s.cwd
	encoded, err := s.encode([]byte(text))
	if err != nil {
		return nil, err
	}
	typed, err := s.encode(n.lay(text, string(encoded), s.term))
	if err != nil {
		return nil, err
	}
	pos, err := s.announce(n.e)
	if err != nil {
		return nil, storageError(err)
	}
	n.e.block.startSeq = pos.Seq
	s.blocks = append(s.blocks, blockRef{number, pos.Seq, false, n.e.block.started})
	s.inner = n
	s.setLive()
	s.input, s.tui = nil, false
	if !s.pump.add(s, typed) {
		s.endInner(api.BlockDead, "the program does not read")
	}
	s.tell()
	return n.e, nil
}

// nestedReader is the program that reads the terminal in place of the session's own.
func (s *Session) nestedReader(p pty.Probe) (m pty.Member, ok bool) {
	for _, m := range p.Members {
		if m.PID == s.pty.Pid() && !s.replaced(m) || !m.ReadingTTY && !m.PollingTTY {
			continue
		}
		return m, true
	}
	return pty.Member{}, false
}

// supplanted says that the rc files put another shell in our shell's place, which waits
// for a command: it is the session's shell, though it has no hook before it is typed to.
func (s *Session) supplanted() bool {
	probe, err := s.pty.Probe()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || s.phase != booting || s.input == nil || s.kit == nil {
		return false
	}
	for _, m := range probe.Members {
		if m.PID == s.pty.Pid() {
			return s.replaced(m) && takesShellText(m.Name)
		}
	}
	return false
}

// replaced says that our process is another program by now, as where an rc file ends with
// exec zsh. At a prompt of ours it is the shell, whatever it is called.
func (s *Session) replaced(m pty.Member) bool {
	if s.kit == nil {
		return true
	}
	return (s.phase == booting || s.phase == running) && m.Name != programName(s.c.Shell)
}

// cursorLine is the text before the cursor.
func (s *Session) cursorLine() string {
	line, col := lineOf(s.term)
	text := []rune(line)
	return strings.TrimSpace(string(text[:min(col, len(text))]))
}

// setLive says which marks are believed.
func (s *Session) setLive() {
	var live []string
	if s.kit != nil {
		live = s.kit.Live()
	}
	for n := range s.nested() {
		for _, token := range []string{n.Token, n.reply} {
			if token != "" {
				live = append(live, token)
			}
		}
	}
	s.scan.SetLive(live...)
}

// lay is what to type. A shell's text is typed byte for byte, as the shell reads it.
func (n *inner) lay(text, encoded string, term *vt.Terminal) []byte {
	if takesShellText(n.program) {
		return n.layShell(encoded)
	}
	text = strings.TrimRight(text, "\n")
	if !strings.Contains(text, "\n") {
		n.Echoes = 1
		return []byte(text + "\r")
	}
	for _, x := range expressions {
		if strings.HasPrefix(n.program, x.prefix) {
			n.Echoes = 1
			return []byte(fmt.Sprintf(x.format, base64.StdEncoding.EncodeToString([]byte(text))) + "\r")
		}
	}
	if term.State().BracketedPaste {
		n.Echoes = 1
		return append(term.EncodePaste([]byte(text)), '\r')
	}
	n.Echoes = strings.Count(text, "\n") + 1
	return []byte(strings.ReplaceAll(text, "\n", "\r") + "\r")
}

// appendEscaped writes a byte for printf %b, inside single quotes: no program but the
// shell is needed to read it back.
func appendEscaped(b []byte, c byte) []byte {
	if c < ' ' || c > '~' || c == '\'' || c == '\\' || c == '!' {
		return fmt.Appendf(b, `\0%03o`, c)
	}
	return append(b, c)
}

// innerOutput gets what a nested program wrote; true if it was taken.
func (s *Session) innerOutput(b []byte) bool {
	n := s.inner
	if n == nil || n.begun && !n.asking {
		return false
	}
	n.held = append(n.held, b...)
	if len(n.held) > maxHeld {
		if n.Token == "" {
			s.innerBegins(n.held)
			return true
		}
		n.held = append([]byte(nil), n.held[len(n.held)-maxHeld/2:]...) // the echo of a long text
	}
	s.innerGrew()
	if n.Token == "" && bytes.Count(n.held, newline) >= n.Echoes {
		// Behind the echo of what was typed, what comes is the answer.
		rest := n.held
		for range n.Echoes {
			rest = rest[bytes.IndexByte(rest, '\n')+1:]
		}
		s.innerBegins(rest)
	}
	return true
}

// innerBegins: from here on output is the command's.
func (s *Session) innerBegins(rest []byte) {
	n := s.inner
	s.synthetic(n.e.shown)
	s.append(persistence.Mark, encodeMark(shell.Mark{Kind: shell.CommandStart, Token: n.Token}))
	n.begins(s.journal.End().Offset, time.Now())
	s.notify(api.Event{Kind: "exec_start", Block: n.e.block.view(s.name)})
	s.emit(rest)
	s.innerGrew()
}

// innerGrew is called behind output: it may have been a prompt.
func (s *Session) innerGrew() {
	if n := s.inner; n != nil && !n.looking {
		n.looking = true
		s.watch.after(s, innerQuiet, func() { s.innerLook(n) })
	}
}

// innerQuiet is how long a REPL's prompt must stand, and innerLong anything that looks
// like a prompt.
const (
	innerQuiet = 60 * time.Millisecond
	innerLong  = 500 * time.Millisecond
)

func (s *Session) innerLook(n *inner) {
	if s.inner != n || n.asking {
		return
	}
	quiet := time.Since(s.lastOutput)
	if !n.begun {
		s.innerRefused(n, quiet)
		return
	}
	line := s.cursorLine()
	back := !n.elsewhere && (line == n.Prompt && line != "" || n.interrupted && promptsShell(line) && replOf(line) == "")
	switch {
	case quiet < innerQuiet:
		s.watch.after(s, innerQuiet-quiet, func() { s.innerLook(n) })
		return
	case back && n.Token == "" && s.somebodyReads(0):
		s.innerEnds()
		return
	case back && quiet >= innerLong && s.somebodyReads(n.PID):
		if !s.ask(n, line) {
			s.innerEnds()
		}
		return
	case n.Token == "" && quiet >= innerLong && promptLike(lineOf(s.term)) && s.somebodyReads(0):
		s.innerEnds()
		return
	case quiet < innerLong:
		s.watch.after(s, innerLong-quiet, func() { s.innerLook(n) })
		return
	}
	n.looking = false // it computes: the next output is looked at
}

// innerRefused looks whether what was typed met a program that did not run it: it is back
// at a prompt, and nothing has begun.
func (s *Session) innerRefused(n *inner, quiet time.Duration) {
	if quiet < lateLook {
		s.watch.after(s, lateLook-quiet, func() { s.innerLook(n) })
		return
	}
	n.looking = false
	drawn := drawOn(s.newTerm(), n.held, s.newTerm, func(error) {})
	if n.Token == "" || !promptLike(lineOf(drawn)) || !s.somebodyReads(0) {
		return
	}
	if !s.inOtherWords(n) {
		s.endInner(api.BlockDead, "what reads the terminal did not run it; it is neither a shell of POSIX nor fish")
	}
}

// somebodyReads says that a program beside the session's own waits for the terminal: any,
// or the one with a number.
func (s *Session) somebodyReads(pid int) bool {
	p, err := s.pty.Probe()
	m, ok := s.nestedReader(p)
	return err == nil && !s.unread() && ok && (pid == 0 || m.PID == pid)
}

// innerEnds ends a REPL's answer in front of its prompt.
func (s *Session) innerEnds() {
	if s.inner.Token != "" {
		s.inner.e.block.flag("d_lost") // a syntax error ends the whole line in some shells
	}
	s.inner.e.block.to = max(s.inner.e.block.from, s.inner.lastEnd)
	s.endInner(api.BlockDone, "")
}

// innerMark takes the marks of a nested shell's command; true if it was one.
func (s *Session) innerMark(m shell.Mark) bool {
	n := s.markedBy(m.Token)
	if n == nil {
		return false
	}
	switch {
	case m.Kind == shell.CommandStart && n == s.inner && !n.begun:
		s.innerBegins(nil)
	case m.Kind == shell.OutputEnd && n.asking:
		s.runsAnother(n)
	case m.Kind == shell.CommandEnd && n.asking:
		s.answered(n, m)
	case m.Kind == shell.CommandEnd && n.begun:
		for s.inner != n { // the program that it ran has ended around them
			s.endInner(api.BlockDead, api.CauseNestedEnded)
		}
		n.e.block.setEnd(m)
		n.e.block.to = s.journal.End().Offset
		s.endInner(api.BlockDone, "")
	}
	return true
}

// endInner ends the nested command.
func (s *Session) endInner(state api.BlockState, cause string) {
	n := s.inner
	s.inner = n.around
	if state == api.BlockDone {
		s.lastInner, n.endedAt = n, s.journal.End().Offset
	}
	b := n.e.block
	b.state, b.cause, b.ended = state, cause, time.Now()
	if !n.begun {
		s.emit(n.held)
		b.from = s.journal.End().Offset
	}
	if b.to < 0 {
		b.to = s.journal.End().Offset
	}
	s.append(persistence.ExecEnd, b.endFrame())
	s.remember(b)
	s.setLive()
	n.e.view = &api.Report{Block: *b.view(s.name)}
	close(n.e.done)
	s.notify(api.Event{Kind: "exec_end", Block: b.view(s.name)})
	if s.inner != nil {
		s.inner.looking = false // it looked away while another ran in it
		s.innerGrew()
	}
	s.tell()
}
