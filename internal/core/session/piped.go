package session

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/persistence"
)

// A command may run without a terminal: its file is read by the living shell with
// stdout and stderr redirected to pipes of ours. The bytes are output like any other,
// with offsets and references, but no terminal ever saw them: a mark before them says
// so, and they are not fed to the screen.

// pipeMark stands before output that came through a pipe, and before a gap where some is
// missing.
type pipeMark struct {
	Stream int   `json:"pipe"` // 1 stdout, 2 stderr
	N      int64 `json:"n"`    // bytes of output behind the mark
	Lost   int64 `json:"lost,omitempty"`
}

// pipeMarkHead is how its frame begins. The marks of shells are many and begin otherwise:
// a session that is adopted need not read each of them twice.
var pipeMarkHead = []byte(`{"pipe":`)

func (m pipeMark) bytes() []byte {
	data, err := json.Marshal(m)
	if err != nil {
		panic("session: a pipe mark is always JSON: " + err.Error())
	}
	return data
}

// stretch is a part of a block's output that came from one stream.
type stretch struct {
	Stream int   `json:"s"` // 0 terminal, 1 stdout, 2 stderr
	N      int64 `json:"n"`
}

// maxRuns bounds how finely stdout and stderr are told apart; the rest of a block that
// changes between them more often counts as stdout, and the block is flagged.
const maxRuns = 1 << 16

// How much of what pipes wrote a rebuild reads again at most, and how many frames of it
// beyond those of a terminal: they are counted, and not drawn.
const (
	pipedCheckpoint = 8 << 20
	pipedFrames     = 8 << 10
)

// pipedIn is the way in for what came through a pipe.
func (s *Session) pipedIn(stream int, p []byte) {
	s.lastOutput = time.Now()
	s.catchUp()
	s.append(persistence.Mark, pipeMark{Stream: stream, N: int64(len(p))}.bytes())
	if _, err := s.journal.Append(persistence.Output, p); err != nil {
		s.dropped(len(p), err)
	}
	if s.open != nil && s.open.block.piped {
		s.open.block.newlines += bytes.Count(p, newline)
		s.open.block.addRun(stream, int64(len(p)))
	}
	s.watchQuiet()
	if s.grown != nil {
		close(s.grown)
		s.grown = nil
	}
	if s.journal.SinceCheckpoint() >= pipedCheckpoint || s.journal.End().Seq >= s.checkpointAt+pipedFrames {
		s.checkpoint()
	}
	if s.c.Unsynced != nil {
		s.c.Unsynced(s)
	}
}

// pipeLost marks what the last daemon had taken out of a pipe and not written down.
func (s *Session) pipeLost(stream int, n int64) {
	s.append(persistence.Mark, pipeMark{Stream: stream, Lost: n}.bytes())
	s.dropped(int(n), nil)
	if s.open != nil && s.open.block.piped {
		s.open.block.addRun(stream, n)
	}
	s.catchUp()
}

func (b *block) addRun(stream int, n int64) {
	last := len(b.runs) - 1
	switch {
	case n <= 0:
	case last >= 0 && b.runs[last].Stream == stream:
		b.runs[last].N += n
	case last+1 == maxRuns:
		b.runs[last].N += n
		b.flag("interleaved")
	default:
		b.runs = append(b.runs, stretch{stream, n})
	}
}

// encodeRuns is what a checkpoint holds of a block's stretches: two numbers each.
func encodeRuns(runs []stretch) (b []byte) {
	for _, r := range runs {
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(r.Stream)), uint64(r.N))
	}
	return b
}

func decodeRuns(b []byte) (runs []stretch) {
	for len(b) > 0 && len(runs) < maxRuns {
		stream, n := binary.Uvarint(b)
		if n <= 0 {
			break
		}
		size, m := binary.Uvarint(b[n:])
		if m <= 0 {
			break
		}
		runs = append(runs, stretch{int(stream & 3), int64(size & (1<<62 - 1))})
		b = b[n+m:]
	}
	return runs
}

// screened takes what pipes wrote out of a session's output frames: the rest is what a
// terminal showed.
type screened struct {
	stream int   // that wrote what is next
	left   int64 // bytes of it
}

// mark notes a frame that announces a pipe's bytes, and one that says that they were lost.
func (x *screened) mark(f persistence.Frame) bool {
	if f.Kind == persistence.Gap {
		x.take(persistence.GapSize(f))
		return false
	}
	var m pipeMark
	if f.Kind != persistence.Mark || !bytes.HasPrefix(f.Data, pipeMarkHead) || json.Unmarshal(f.Data, &m) != nil || m.Stream == 0 {
		return false
	}
	x.stream, x.left = m.Stream, max(0, m.N, m.Lost)
	return true
}

// take is how many of the next n bytes of output came through a pipe, and through which.
func (x *screened) take(n int64) (stream int, taken int64) {
	taken = min(x.left, n)
	x.left -= taken
	return x.stream, taken
}

// shown is the part of an output frame that the terminal got.
func (x *screened) shown(data []byte) []byte {
	_, n := x.take(int64(len(data)))
	return data[n:]
}

// replayRun counts a frame's n bytes for the open block's streams.
func (s *Session) replayRun(n int64) (hidden int64) {
	stream, hidden := s.replayed.take(n)
	if e := s.open; e != nil && e.block.piped && (s.phase == running || s.draining()) {
		e.block.addRun(stream, hidden)
		e.block.addRun(0, n-hidden)
	}
	return hidden
}

// draining says that the command has ended and its pipes may hold more.
func (s *Session) draining() bool {
	return s.phase == ending && s.open != nil && s.open.block.piped && !s.open.dry
}

// splitter hands a block's bytes to their streams: what was written to stdout, and to
// stderr. Bytes of the terminal itself, written to /dev/tty, belong to neither.
type splitter struct {
	runs []stretch
	into [3][]byte
}

// next takes n bytes, which are in p or, where p is nil, were lost.
func (x *splitter) next(p []byte, n int64) {
	for n > 0 && len(x.runs) > 0 {
		r := &x.runs[0]
		part := min(n, r.N)
		if p != nil {
			x.into[r.Stream] = append(x.into[r.Stream], p[:part]...)
			p = p[part:]
		}
		n -= part
		if r.N -= part; r.N == 0 {
			x.runs = x.runs[1:]
		}
	}
}

// streamOf is a block's bytes of one stream, as ranges of the session's output.
func (b *block) streamOf(stream int) (ranges [][2]int64) {
	at := b.from
	for _, r := range b.runs {
		if r.Stream == stream {
			ranges = append(ranges, [2]int64{at, at + r.N})
		}
		at += r.N
	}
	return ranges
}

// copyStream hands out what a piped block wrote to one stream.
func (a Archive) copyStream(sp span, number uint64, stream string, yield func(*api.Chunk) error) error {
	n := map[string]int{"stdout": 1, "stderr": 2}[stream]
	if number == 0 {
		return api.Errorf(api.Invalid, "only a block has streams").WithHint("ai-session output @e42 --raw --stream %s", stream)
	}
	b, err := a.block(number)
	if err != nil {
		return err
	}
	if !b.piped {
		return api.Errorf(api.Invalid, "@%s ran at the terminal, where stdout and stderr are one", b.id()).WithHint("exec --pipe keeps them apart")
	}
	for _, r := range b.streamOf(n) {
		part := sp
		part.from, part.to = max(r[0], sp.from), min(r[1], sp.to)
		if part.from < part.to {
			if err := part.copy(yield); err != nil {
				return err
			}
		}
	}
	return nil
}
