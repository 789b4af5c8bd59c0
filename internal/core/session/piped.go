package session

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/persistence"
)

// A command may run without a terminal: its file is read by the living shell with
// stdout and stderr redirected to pipes of ours. The bytes are output like any other,
// with offsets and references, but no terminal ever saw them: a mark before them says
// so, and they are not fed to the screen.

// pipeMark stands before output that came through a pipe.
type pipeMark struct {
	Stream int   `json:"pipe"` // 1 stdout, 2 stderr
	N      int64 `json:"n"`    // bytes of output behind the mark
}

// pipeMarkHead is how its frame begins. The marks of shells are many and begin otherwise:
// a session that is adopted need not read each of them twice.
var pipeMarkHead = []byte(`{"pipe":`)

// stretch is a part of a block's output that came from one stream.
type stretch struct {
	Stream int   `json:"s"` // 0 terminal, 1 stdout, 2 stderr
	N      int64 `json:"n"`
}

// maxRuns bounds how finely stdout and stderr are told apart; the rest of a block that
// changes between them more often counts as stdout, and the block is flagged.
const maxRuns = 1 << 16

// readPipes begins to take in what a piped command writes.
func (s *Session) readPipes(e *execution) {
	if e.piped == nil {
		return
	}
	for stream := range 2 {
		s.readers.Go(func() { s.readPipe(e, stream) })
	}
}

// pipedIn is the way in for what came through a pipe.
func (s *Session) pipedIn(stream int, p []byte) {
	s.lastOutput = time.Now()
	data, err := json.Marshal(pipeMark{stream + 1, int64(len(p))})
	if err != nil {
		panic("session: a pipe mark is always JSON: " + err.Error())
	}
	s.catchUp()
	s.append(persistence.Mark, data)
	if _, err := s.journal.Append(persistence.Output, p); err != nil {
		s.dropped(len(p), err)
	}
	if s.open != nil && s.open.piped != nil {
		s.open.block.newlines += bytes.Count(p, newline)
		s.open.block.addRun(stream+1, int64(len(p)))
	}
	s.watchQuiet()
	if s.grown != nil {
		close(s.grown)
		s.grown = nil
	}
	if s.c.Unsynced != nil {
		s.c.Unsynced(s)
	}
}

func (b *block) addRun(stream int, n int64) {
	last := len(b.runs) - 1
	switch {
	case last >= 0 && b.runs[last].Stream == stream:
		b.runs[last].N += n
	case last+1 == maxRuns:
		b.runs[last].N += n
		b.flag("interleaved")
	default:
		b.runs = append(b.runs, stretch{stream, n})
	}
}

// screened takes what pipes wrote out of a session's output frames: the rest is what a
// terminal showed.
type screened struct{ left int64 }

// mark notes a frame that announces a pipe's bytes.
func (x *screened) mark(f persistence.Frame) bool {
	var m pipeMark
	if f.Kind != persistence.Mark || !bytes.HasPrefix(f.Data, pipeMarkHead) || json.Unmarshal(f.Data, &m) != nil || m.Stream == 0 {
		return false
	}
	x.left = m.N
	return true
}

// shown is the part of an output frame that the terminal got.
func (x *screened) shown(data []byte) []byte {
	n := min(x.left, int64(len(data)))
	x.left -= n
	return data[n:]
}

// split hands a block's bytes to their streams: what was written to stdout, and to
// stderr. Bytes of the terminal itself, written to /dev/tty, belong to neither.
func (b *block) split(raw []byte) (stdout, stderr []byte) {
	for _, r := range b.runs {
		n := min(r.N, int64(len(raw)))
		switch r.Stream {
		case 1:
			stdout = append(stdout, raw[:n]...)
		case 2:
			stderr = append(stderr, raw[:n]...)
		}
		raw = raw[n:]
	}
	return stdout, stderr
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
