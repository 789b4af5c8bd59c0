package session

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/persistence"
)

// checkpointState is what a checkpoint frame holds beside the screen. Unknown fields
// are skipped, so that an older daemon can take over from a newer one.
type checkpointState struct {
	Phase   phase    `json:"phase"`
	Size    api.Size `json:"size"`
	Pixels  [2]int   `json:"pixels"`
	Opts    string   `json:"opts,omitempty"`
	Cwd     string   `json:"cwd,omitempty"`
	Dirty   bool     `json:"dirty,omitempty"`
	DirtyBy string   `json:"dirty_by,omitempty"`
	Open    uint64   `json:"open,omitempty"` // block whose exec-start frame is before this one, or is gone
	From    int64    `json:"from,omitempty"`
	End     int64    `json:"end,omitempty"`
	Lines   int      `json:"lines,omitempty"`
	Held    []byte   `json:"held,omitempty"`    // output between trigger and C
	Pending []byte   `json:"pending,omitempty"` // the beginning of what may be a mark
	Glyph   []byte   `json:"glyph,omitempty"`   // the beginning of a character, not in UTF-8

	Runs     []byte      `json:"runs,omitempty"`     // of an open command without a terminal; see encodeRuns
	Told     *shell.Mark `json:"told,omitempty"`     // the shell's word of its end, while that is not acted upon
	To       int64       `json:"to,omitempty"`       // with Told, where its output ends; -1 where its pipes may hold more
	Prompted bool        `json:"prompted,omitempty"` // and its prompt has come
	Prompt   *shell.Mark `json:"prompt,omitempty"`   // one that may stand for an end that is lost
	PromptAt int64       `json:"prompt_at,omitempty"`

	Start   *startFrame `json:"start,omitempty"` // of the open block
	Seq     uint64      `json:"seq,omitempty"`
	Started time.Time   `json:"started,omitzero"`

	Inner []innerState `json:"inner,omitempty"` // nested commands, the topmost first
}

// A checkpoint frame: u32 length of the state's JSON, the JSON, the screen's snapshot.
func (s *Session) encodeCheckpoint() ([]byte, error) {
	st := checkpointState{
		Phase: s.phase, Size: s.size, Pixels: s.pixels, Opts: s.opts, Cwd: s.cwd,
		Dirty: s.dirty.is, DirtyBy: s.dirty.by, Held: s.held, Pending: s.scan.Pending(), Glyph: s.decoder.Pending(),
		Inner: s.innerStates(),
	}
	if s.open != nil && s.phase != arming {
		b := s.open.block
		st.Open, st.From, st.End, st.Lines = b.number, b.from, s.open.outputEnd, b.newlines
		st.Runs, st.Told, st.To, st.Prompted = encodeRuns(b.runs), s.open.told, b.to, s.open.prompted
		start := startOf(s.open)
		st.Start, st.Seq, st.Started = &start, b.startSeq, b.started
		if s.promptMayEnd() {
			st.Prompt, st.PromptAt = &s.lastP, s.lastPAt
		}
	}
	head, err := json.Marshal(st)
	if err != nil {
		return nil, err
	}
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(head)))
	return append(append(b, head...), s.term.Checkpoint()...), nil
}

func decodeCheckpoint(b []byte) (checkpointState, *vt.Terminal, error) {
	var st checkpointState
	if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
		return st, nil, fmt.Errorf("checkpoint frame of %d bytes is cut", len(b))
	}
	n := 4 + int(binary.LittleEndian.Uint32(b))
	if err := json.Unmarshal(b[4:n], &st); err != nil {
		return st, nil, fmt.Errorf("checkpoint state: %w", err)
	}
	term, err := vt.Restore(b[n:])
	return st, term, err
}

// State is what a last checkpoint of the session would hold.
func (s *Session) State() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.encodeCheckpoint()
}

// CheckState says whether this version can go on from a checkpoint.
func CheckState(b []byte) error {
	_, _, err := decodeCheckpoint(b)
	return err
}

// Reopen builds a session from a living terminal and the journal of its past: the
// same screen, the same blocks, and the open command goes on.
func Reopen(p Parts, c Config) (*Session, error) {
	s := build(p, c)
	s.adopted = true
	if err := s.rebuild(); err != nil {
		return nil, err
	}
	s.missed(p.Lost, p.Doubt) // before anything new is read: it belongs to the open command
	s.slot.done()             // not before: a crash between would lose the gap's record
	s.mu.Lock()
	s.takeUpPipes(p.Pipes)
	s.mu.Unlock()
	s.start()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resumeEnd()
	s.resumeExec()
	s.resumeInnermost()
	if len(p.Typed) > 0 {
		s.pump.queue = append(s.pump.queue, p.Typed...)
		s.pump.resume(s)
	}
	return s, nil
}

// rebuild replays the journal from its last checkpoint, and the commands before it.
func (s *Session) rebuild() error {
	from := uint64(0)
	var st checkpointState
	if f, ok := s.journal.Checkpoint(); ok {
		var err error
		if st, s.term, err = decodeCheckpoint(f.Data); err == nil {
			from, s.checkpointAt = f.Seq+1, f.Seq+framesFor(len(f.Data))
		} // else one of a version to come: the journal before it tells the same, at length
	}
	if s.term == nil {
		s.term = s.newTerm()
	}
	for f := range s.framesOf(s.skim(from), from, persistence.ExecStart, persistence.ExecEnd, persistence.Gap) {
		s.replayBlock(f)
	}
	if from > 0 {
		s.resume(st)
	}
	for f, err := range s.journal.Frames(from) {
		if err == nil {
			s.replayBlock(f)
			s.replay(f)
		}
	}
	s.term.Replies() // they were typed when they were new
	s.setLive()
	return nil
}

// framesOf are frames of some kinds from a sequence number up to another. Damage was
// reported when the journal was opened.
func (s *Session) framesOf(from, to uint64, kinds ...persistence.Kind) iter.Seq[persistence.Frame] {
	return func(yield func(persistence.Frame) bool) {
		for f, err := range s.journal.FramesOf(from, kinds...) {
			if err == nil && (f.Seq >= to || !yield(f)) {
				return
			}
		}
	}
}

// skim notes where the commands before a sequence number are and reads none of them: a
// session may have run a hundred thousand. It returns where reading must begin, for the
// ones that stay in memory and the one that is open.
func (s *Session) skim(to uint64) (from uint64) {
	open := -1 // index of the command that has not ended
	for f := range s.framesOf(0, to, persistence.ExecStart, persistence.ExecEnd) {
		number, ok := blockOf(f.Data)
		switch {
		case !ok:
		case f.Kind == persistence.ExecEnd:
			if open >= 0 && s.blocks[open].number == number {
				open = -1
			}
		case open >= 0 && s.blocks[open].number == number: // given to the shell once more
		default:
			s.blocks = append(s.blocks, blockRef{number, f.Seq, bytes.Contains(f.Data, internalField), f.Time})
			if !bytes.Contains(f.Data, nestedField) {
				open = len(s.blocks) - 1
			}
		}
	}
	first := max(0, len(s.blocks)-keepBlocks)
	if open >= 0 {
		first = min(first, open)
	}
	if first == len(s.blocks) {
		return to
	}
	from = s.blocks[first].startSeq
	s.blocks = s.blocks[:first]
	return from
}

// Fields of a startFrame as its JSON has them. In a command's text the quotes would be escaped.
var (
	blockField    = []byte(`{"block":`)
	internalField = []byte(`"internal":true`)
	nestedField   = []byte(`"nested":"`)
)

// blockOf is the number that the frame of a command's start or end begins with.
func blockOf(data []byte) (number uint64, ok bool) {
	rest, ok := bytes.CutPrefix(data, blockField)
	for ; ok && len(rest) > 0 && '0' <= rest[0] && rest[0] <= '9'; rest = rest[1:] {
		number = number*10 + uint64(rest[0]-'0')
	}
	return number, number > 0
}

// resume puts back what the checkpoint says beside the screen.
func (s *Session) resume(st checkpointState) {
	if st.Phase == arming {
		st.Phase = ready // the command was not given to the shell
	}
	s.phase, s.size, s.pixels, s.opts, s.cwd = st.Phase, st.Size, st.Pixels, st.Opts, st.Cwd
	s.dirty.is, s.dirty.by = st.Dirty, st.DirtyBy
	s.held = st.Held
	s.resumeInner(st.Inner)
	s.decoder.Resume(st.Glyph)
	s.scan.Scan(st.Pending, func([]byte) {}, func(shell.Mark) {})
	if s.open == nil && st.Start != nil { // the beginning of a long session goes when there is no room
		s.openOf(*st.Start, st.Seq, st.Started)
	}
	if s.open != nil && s.open.block.number == st.Open {
		b := s.open.block
		b.from, s.open.outputEnd, b.newlines = st.From, st.End, st.Lines
		b.runs = decodeRuns(st.Runs)
		if st.Phase == running || st.Phase == ending {
			close(s.open.started)
		}
		if st.Told != nil {
			s.open.told, s.open.prompted = st.Told, st.Prompted
			b.setEnd(*st.Told)
			b.to = st.To
		}
		if st.Prompt != nil {
			s.lastP, s.lastPAt = *st.Prompt, st.PromptAt
		}
	}
}

// openOf takes up the command of a start frame.
func (s *Session) openOf(sf startFrame, seq uint64, at time.Time) {
	b := &block{
		number: sf.Block, command: sf.Command, isolated: sf.Isolated, state: api.BlockRunning,
		started: recent(at), startSeq: seq, to: -1, key: sf.Key, internal: sf.Internal, piped: sf.Piped,
	}
	s.open = &execution{block: b, outputEnd: -1, started: make(chan struct{}), done: make(chan struct{}), shown: shownCommand(b.command), key: sf.Key}
	s.open.prepared.Token = sf.Token
	i, there := slices.BinarySearchFunc(s.blocks, b.number, func(r blockRef, n uint64) int { return cmp.Compare(r.number, n) })
	if !there {
		s.blocks = slices.Insert(s.blocks, i, blockRef{b.number, seq, b.internal, at})
	}
}

// replayBlock takes the frames that tell of commands.
func (s *Session) replayBlock(f persistence.Frame) {
	switch f.Kind {
	case persistence.ExecStart:
		var sf startFrame
		if json.Unmarshal(f.Data, &sf) != nil {
			return
		}
		if sf.Nested != "" {
			s.blocks = append(s.blocks, blockRef{sf.Block, f.Seq, false, f.Time})
			if sf.Inner != nil { // else an earlier version's: nothing tells how it goes on
				s.inner = s.newInner(sf, recent(f.Time), f.Offset)
				s.inner.e.block.startSeq = f.Seq
			}
			return
		}
		if s.open != nil && s.open.block.number == sf.Block {
			s.open.prepared.Token, s.phase, s.doubt = sf.Token, armed, false // given to the shell once more
			return
		}
		s.openOf(sf, f.Seq, f.Time)
		s.open.block.from = f.Offset
		s.phase = armed
	case persistence.Gap:
		if s.open != nil {
			s.open.block.flag("gap")
			s.doubt = true // of a daemon that may have died before the shell could tell
		}
	case persistence.ExecEnd:
		var ef endFrame
		if json.Unmarshal(f.Data, &ef) != nil || s.replayInnerEnd(ef) || s.open == nil || s.open.block.number != ef.Block {
			return
		}
		s.inner = nil
		s.open.block.apply(ef)
		s.cwd = ef.Cwd
		s.remember(s.open.block)
		close(s.open.done)
		s.atPrompt = s.open.prepared.Token
		s.open, s.doubt = nil, false
		s.phase = ending
	}
}

// replay takes one frame behind the checkpoint, without typing or telling anything.
func (s *Session) replay(f persistence.Frame) {
	switch f.Kind {
	case persistence.Output:
		shown := f.Data[s.replayRun(int64(len(f.Data))):]
		s.draw(s.decoder.Decode(shown))
		if cols, rows := s.term.Size(); s.c.AllowReports {
			s.size = api.Size{Cols: cols, Rows: rows}
		}
		if s.open != nil && (s.phase == running || s.draining()) {
			for _, c := range f.Data {
				if c == '\n' {
					s.open.block.newlines++
				}
			}
		}
		for n := range s.nested() {
			n.grew(f.Data, f.Offset+int64(len(f.Data)))
		}
	case persistence.Gap:
		s.replayRun(persistence.GapSize(f))
	case persistence.Synthetic:
		s.draw(f.Data)
	case persistence.Resize:
		var size [4]int
		if json.Unmarshal(f.Data, &size) == nil && size[0] > 0 && size[1] > 0 {
			s.size, s.pixels = api.Size{Cols: size[0], Rows: size[1]}, [2]int{size[2], size[3]}
			s.term.Resize(size[0], size[1])
			s.term.SetPixels(size[2], size[3])
		}
	case persistence.Input:
		var in inputFrame
		if json.Unmarshal(f.Data, &in) == nil && s.phase == ready {
			s.dirty.is, s.dirty.by, s.dirty.since = true, in.Client, recent(f.Time)
		}
	case persistence.Mark:
		if s.replayed.mark(f) {
			return
		}
		var m shell.Mark
		if json.Unmarshal(f.Data, &m) == nil {
			s.replayMark(m, f)
		}
	}
}

func (s *Session) replayMark(m shell.Mark, f persistence.Frame) {
	switch {
	case s.replayInnerMark(m, f):
	case m.Kind == shell.CommandStart && s.phase == armed && s.open != nil:
		s.phase = running
		s.open.block.from, s.open.block.started = f.Offset, recent(f.Time)
		select {
		case <-s.open.started:
		default:
			close(s.open.started)
		}
	case m.Kind == shell.OutputEnd && s.ours(m) && s.open.outputEnd < 0:
		s.open.outputEnd = f.Offset
	case m.Kind == shell.CommandEnd && s.ours(m):
		s.replayEnd(m, f.Offset)
	case m.Kind == shell.Prompt && s.ours(m):
		s.lastP, s.lastPAt = m, f.Offset
	case m.Kind == shell.Prompt && s.phase == ending && s.open != nil:
		s.open.prompted = true
	case m.Kind == shell.Prompt && (s.phase == booting || s.phase == ending || s.phase == ready):
		s.phase, s.opts = ready, m.Opts
		s.dirty.is = false
	}
	s.since = recent(f.Time)
}

// replayEnd is an end that was told, and not acted upon at once: see toldEnd.
func (s *Session) replayEnd(m shell.Mark, at int64) {
	e := s.open
	e.told, s.phase = &m, ending
	s.opts, s.cwd = m.Opts, m.Cwd
	e.block.setEnd(m)
	switch {
	case e.block.piped:
		e.block.to = -1 // its pipes may hold more
	case e.outputEnd >= 0:
		e.block.to = e.outputEnd
	default:
		e.block.to = at
	}
}

// recent is a moment under an earlier daemon as this one measures time from it: never in
// the future, where a clock that was set back since has it, and the same whatever becomes
// of the clock from now on.
func recent(t time.Time) time.Time {
	now := time.Now()
	return now.Add(-max(0, now.Sub(t)))
}

// Release lets go of a living terminal without ending it: everything known goes into
// a last checkpoint, and the parts may be built into a session again. What the
// program has not read of its input is returned: it is in memory alone, for a journal
// must not hold what may be a password.
func (s *Session) Release() (typed []byte, err error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, nil
	}
	s.closed, s.released = true, true
	s.checkpoint()
	err = s.degraded
	ours := s.pump.writing && (s.phase == armed || s.rearmed)
	s.mu.Unlock()
	s.stop()
	if ours {
		return nil, err // a line of ours comes first, which the successor types itself
	}
	return s.pump.queue, err
}

// Close ends the session's goroutines and closes its terminal and journal. The
// program is not told; see Manager.Kill.
func (s *Session) Close() error {
	s.mu.Lock()
	s.closed = true
	for c := range s.clients {
		c.finish("killed")
	}
	s.tell()
	s.mu.Unlock()
	s.stop()
	s.mu.Lock()
	if e := s.open; e != nil {
		e.dry = true // nobody reads any more
	}
	s.died(s.pty.Exit()) // if the reader had not come to it: somebody may wait for the end
	s.mu.Unlock()
	if s.kit != nil {
		s.kit.Close()
	}
	return s.journal.Close()
}

// stop waits for the session's goroutines.
func (s *Session) stop() {
	s.end()
	s.pty.Close()
	s.readers.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watch.timer != nil {
		s.watch.timer.Stop()
	}
	if s.grown != nil {
		close(s.grown)
		s.grown = nil
	}
}
