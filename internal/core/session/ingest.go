package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/pty"
	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/failpoint"
	"github.com/ai-session/ai-session/internal/persistence"
)

// chunkSize is the most output taken in under one hold of the mutex. The kernel
// gives a pty's output in pieces of 4 KiB; sixteen of them make the journal's
// write(2) and the wake-ups cheap, and delay a key stroke by less than a millisecond.
const chunkSize = 64 << 10

// chunks are shared by all sessions: an idle one holds no buffer.
var chunks = sync.Pool{New: func() any { b := make([]byte, chunkSize); return &b }}

// maxHeld bounds what is held back while a trigger's echo is looked for. An echo is
// a hundred bytes; with a line editor drawing, a thousand.
const maxHeld = 16 << 10

// checkpointEvery is how much output a rebuild replays at most.
const checkpointEvery = 256 << 10

// framesFor is how many frames a rebuild replays at most behind a checkpoint of a size: a
// session of many short commands has more to read in its marks than in its output. A
// screen that is large to write down is written down more rarely, so that checkpoints
// stay a small part of the journal.
func framesFor(size int) uint64 { return uint64(max(512, size/16)) }

// read takes output in until the terminal is closed. The end of the program is
// known by waitpid; the pty says so once all that the program wrote has been read.
func (s *Session) read() {
	var buf *[]byte
	take := func() []byte {
		s.inHand.Store(true)
		s.slot.begin(s.journal.End().Offset)
		buf = chunks.Get().(*[]byte)
		return *buf
	}
	got := func(p []byte) {
		ended := len(p) > 0 && s.takeIn(p)
		if s.Degraded() == nil {
			s.slot.done()
		} else {
			s.slot.owe() // a successor must know that there is something to ask
		}
		s.inHand.Store(false)
		chunks.Put(buf)
		buf = nil
		if ended {
			runtime.Gosched() // who waits for the end goes on here; to wake another thread takes longer
		}
		s.tidyAtPrompt()
	}
	for {
		switch err := s.pty.Read(take, got); {
		case err == nil || err == io.EOF:
		case errors.Is(err, pty.ErrDrained):
			s.mu.Lock()
			s.died(s.pty.Exit())
			s.mu.Unlock()
		default:
			return
		}
	}
}

// takeIn takes a piece of output in; ended says that an exec ended with it.
func (s *Session) takeIn(p []byte) (ended bool) {
	failpoint.Here(failpoint.Read)
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.open
	s.ingest(p)
	return open != nil && s.open != open
}

// tidyAtPrompt tidies unless the files are a successor's by now.
func (s *Session) tidyAtPrompt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase == ready && !s.closed {
		s.tidy()
	}
}

// unread reports whether there is output that has not been taken in: then what a look
// at the processes shows is later than what is known of the session. On a busy machine
// a shell may be at its next prompt while the end of its command waits to be read.
func (s *Session) unread() bool {
	if s.inHand.Load() {
		return true
	}
	waits, err := s.pty.QueuedOutput()
	return err == nil && waits
}

// ingest is the one way in for what the program wrote.
func (s *Session) ingest(p []byte) {
	s.lastOutput = time.Now()
	s.scan.Scan(p, s.output, s.mark)
	s.innerGrew()
	s.answer()
	s.watchQuiet()
	if s.grown != nil {
		close(s.grown)
		s.grown = nil
	}
	if s.journal.SinceCheckpoint() >= checkpointEvery || s.journal.End().Seq >= s.checkpointAt {
		s.checkpoint()
	}
	if s.c.Unsynced != nil {
		s.c.Unsynced(s)
	}
}

// output gets what is not a mark of ours.
func (s *Session) output(b []byte) {
	if s.innerOutput(b) {
		return
	}
	// A piped command's last bytes may still be on their way when its prompt comes.
	draining := s.phase == ending && s.open != nil && s.open.piped != nil && !s.open.dry
	if s.phase != armed && !s.rearmed && !draining {
		s.emit(b)
		return
	}
	s.held = append(s.held, b...)
	switch {
	case len(s.held) <= maxHeld:
	case s.phase == armed && s.doubt: // no echo is so long: the crash has eaten C
		s.beganUnseen()
	default:
		s.release()
	}
}

// release gives up looking for an echo: what was held is output.
func (s *Session) release() {
	held := s.held
	s.held = nil
	s.emit(held)
}

// emit appends output to the journal, then shows it to everybody else.
func (s *Session) emit(b []byte) {
	if len(b) == 0 {
		return
	}
	s.catchUp()
	if _, err := s.journal.Append(persistence.Output, b); err != nil {
		s.dropped(len(b), err)
	}
	failpoint.Here(failpoint.Appended)
	if s.open != nil && (s.phase == running || s.phase == ending && s.open.block.to < 0) {
		s.open.block.newlines += bytes.Count(b, newline)
		if s.open.piped != nil {
			s.open.block.addRun(0, int64(len(b)))
		}
	}
	for n := range s.nested() {
		n.grew(b, s.journal.End().Offset)
	}
	s.show(s.decoder.Decode(b))
}

var newline = []byte{'\n'}

// dropped notes output that the journal did not take.
func (s *Session) dropped(n int, why error) {
	s.lost += int64(n)
	s.degraded = why
	if s.open != nil && s.phase != arming {
		s.open.block.flag("gap")
	}
}

// catchUp writes down what the journal could not take, once it can again: that there
// is a gap, and how commands ended meanwhile.
func (s *Session) catchUp() {
	if s.lost == 0 && s.degraded == nil {
		return
	}
	if s.lost > 0 {
		if _, err := s.journal.Append(persistence.Gap, persistence.GapPayload(s.lost)); err != nil {
			s.degraded = err
			return
		}
		s.lost = 0
	}
	for len(s.owed) > 0 {
		if _, err := s.journal.Append(persistence.ExecEnd, s.owed[0]); err != nil {
			s.degraded = err
			return
		}
		s.owed = s.owed[1:]
	}
	s.owed, s.degraded = nil, nil
}

// synthetic shows text of our own, which the journal keeps beside the output.
func (s *Session) synthetic(b []byte) {
	if len(b) == 0 {
		return
	}
	s.append(persistence.Synthetic, b)
	s.show(b)
}

// append writes a frame that is not output. A journal that cannot take it degrades
// the session; the program runs on.
func (s *Session) append(kind persistence.Kind, data []byte) uint64 {
	s.catchUp()
	pos, err := s.journal.Append(kind, data)
	if err != nil {
		s.degraded = err
		if kind == persistence.ExecEnd {
			s.owed = append(s.owed, data)
		}
	}
	return pos.Seq
}

// show draws bytes on the screen and on every attached terminal.
func (s *Session) show(b []byte) {
	if len(b) == 0 {
		return
	}
	s.draw(b)
	if s.c.AllowReports {
		s.followTerminal()
	}
	anew := s.term.NeedsDrawing()
	for c := range s.clients {
		c.offer(b)
		if anew {
			c.redraw()
		}
	}
}

// followTerminal takes over a size that the program asked for. It has no frame of its
// own: the output that asked is in the journal.
func (s *Session) followTerminal() {
	cols, rows := s.term.Size()
	if size := (api.Size{Cols: cols, Rows: rows}); size != s.size {
		s.size = size
		s.pty.Resize(pty.Size{Cols: uint16(cols), Rows: uint16(rows)})
		for c := range s.clients {
			c.resized(size)
		}
	}
}

// mark gets the shell's own words, and those of shells that are not ours.
func (s *Session) mark(m shell.Mark) {
	m.Cwd = s.decodeText(m.Cwd)
	switch m.Kind {
	case shell.OutputEnd, shell.Prompt:
		s.append(persistence.Mark, encodeMark(m))
		s.apply(m)
	case shell.CommandStart, shell.CommandEnd: // written down with what they begin and end
		s.apply(m)
	case shell.ForeignFolder:
		s.cwd = m.Cwd
	}
	s.tell()
}

func encodeMark(m shell.Mark) []byte {
	b, err := json.Marshal(m)
	if err != nil {
		panic("session: a mark is always JSON: " + err.Error())
	}
	return b
}

// checkpoint writes down what a rebuild needs to start from here.
func (s *Session) checkpoint() {
	b, err := s.encodeCheckpoint()
	if err == nil {
		_, err = s.journal.Append(persistence.Checkpoint, b)
	}
	s.checkpointAt = s.journal.End().Seq + framesFor(len(b))
	if err != nil {
		s.degraded = err
	}
}

func exitOf(e pty.Exit) api.Exit {
	switch {
	case !e.Known:
		return api.Exit{}
	case e.Signal != 0:
		return api.ExitCode(128 + int(e.Signal))
	}
	return api.ExitCode(e.Code)
}

// storageError is what a request is answered while the journal cannot be written.
func storageError(err error) error {
	if errors.Is(err, persistence.ErrFull) {
		return api.Errorf(api.StorageDegraded, "the disk is full: %v", err).WithHint("free space, then try again; running programs go on")
	}
	if exhausted(err) {
		return unavailable("open the journal", err)
	}
	return api.Errorf(api.StorageDegraded, "the journal cannot be written: %v", err)
}

// leave puts right what a program left on, and names it.
func (s *Session) leave() []string {
	var left []string
	before := s.term.State()
	if before.AltScreen {
		left = append(left, "alternate screen")
	}
	if before.BracketedPaste && !s.human {
		left = append(left, "bracketed paste")
	}
	if before.MouseMode != 0 {
		left = append(left, "mouse reports")
	}
	if before.VT52 {
		left = append(left, "VT52 mode")
	}
	if len(left) > 0 {
		s.synthetic(clearSequence(before))
	}
	return left
}

// clearSequence leaves what before shows to be on, in the terminal's own words, so
// that the journal, the screen and every client take the same step.
func clearSequence(before vt.State) []byte {
	var b []byte
	if before.VT52 {
		b = append(b, "\x1b<"...) // first: nothing else is read in it
	}
	if before.MouseMode != 0 {
		b = append(b, "\x1b[?9;1000;1002;1003l\x1b[?1005;1006;1015;1016l"...)
	}
	if before.BracketedPaste {
		b = append(b, "\x1b[?2004l"...)
	}
	if before.AltScreen {
		b = append(b, "\x1b[?1049l"...)
	}
	return append(b, "\x1b[?25h"...)
}
