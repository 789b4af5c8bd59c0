package persistence

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// defaultSegment is where a journal starts a new file. Smaller costs a file
	// per few screens, larger delays deletion by age, which works on whole
	// files, and slows Open, which reads the last one.
	defaultSegment = 4 << 20

	// stride is the file distance between entries of the table that finds an
	// offset: 64 entries of 12 bytes in a full segment, and about one read of
	// scanBuffer to get from an entry to any byte.
	stride = 64 << 10
)

// Options of a journal. The zero value works for Open; Create needs Session.
type Options struct {
	Session     string           // id, 1 to 64 bytes; Open refuses another session's files
	SegmentSize int              // bytes; 0 = 4 MiB
	Now         func() time.Time // nil = time.Now

	// Keys opens what is encrypted. With Encrypt, what is written from now on is,
	// and what Seal puts into its place; without, a journal stays what it was.
	Keys    Keys
	Encrypt bool

	wrap func(segmentFile) segmentFile // tests put failing disks here
	fail func(point string) error      // and failing steps here

	passed func(from, to time.Time) time.Duration // and clocks that are set; nil = Time.Sub
}

// segmentFile is what the writer needs of a file.
type segmentFile interface {
	WriteAt(p []byte, off int64) (int, error)
	Truncate(size int64) error
	Close() error
}

// Position is a place in the journal: the sequence number of a frame, and how
// many output bytes came before it.
type Position struct {
	Seq    uint64
	Offset int64
}

// Frame is one record. Time is wall time as the journal's own clock saw it: it
// never runs backwards within a segment.
type Frame struct {
	Seq    uint64
	Offset int64 // output offset before this frame
	Time   time.Time
	Kind   Kind
	Data   []byte
}

// segment is what is remembered of a file; the rest is read when needed.
type segment struct {
	number uint32
	size   uint32
	offset int64
	seq    uint64

	sealed  bool
	damaged bool // sealing found damage and left it as it lies
}

// entry finds a frame: its file position, and sequence and offset relative to
// its segment's.
type entry struct{ pos, seq, offset uint32 }

// Journal is one session's frames. One goroutine at a time may call Append;
// everything else may be called by any number at the same time.
type Journal struct {
	dir  string
	opts Options
	wall time.Time // when mono was base; carries Go's monotonic reading
	base int64

	// The writer's own: touched by Append, Create and Open only.
	file  segmentFile // nil: the next frame begins a segment
	head  header      // of the last segment
	guard guard       // and what proves its frames
	tries uint32      // writes of the next frame that failed
	last  int64       // the highest monotonic time written
	key   *sessionKey // nil: plain. Never changes once the journal is open

	mu     sync.Mutex // guards what follows; never held during I/O
	segs   []segment  // by number; the last one is written to
	table  []entry    // of the last segment
	older  []entry    // of segment olderN, the last other one that was read
	olderN uint32
	end    Position
	grave  *tombstone // nil: nothing was evicted
	ckpt   place
	ckptAt int64 // offset of that checkpoint
	bytes  int64 // of all segments but the last
	closed bool

	tending sync.Mutex // held by Seal and Evict for their whole length

	syncing sync.Mutex   // held for the length of an fsync, by Sync alone
	synced  uint64       // sequence number that everything below is synced; guarded by syncing
	syncedN uint32       // segment holding it; guarded by syncing
	birth   func() error // what else the first Sync makes durable; nil = nothing; guarded by syncing
}

// Create starts a journal in dir, which is made if need be and must not hold one.
func Create(dir string, o Options) (*Journal, error) {
	if len(o.Session) < 1 || len(o.Session) > maxSession {
		return nil, fmt.Errorf("create journal in %s: session id of %d bytes", dir, len(o.Session))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	names, err := segmentNumbers(dir)
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		return nil, fmt.Errorf("create journal in %s: %w", dir, ErrExists)
	}
	j := newJournal(dir, o)
	j.end = Position{Seq: 1}
	if o.Encrypt {
		if j.key, err = newKey(o.Keys, dir, o.Session); err != nil {
			return nil, fmt.Errorf("create journal in %s: %w", dir, err)
		}
	}
	if err := j.startSegment(1); err != nil {
		return nil, err
	}
	return j, nil
}

func newJournal(dir string, o Options) *Journal {
	if o.SegmentSize <= 0 {
		o.SegmentSize = defaultSegment
	}
	o.SegmentSize = min(o.SegmentSize, 1<<30) // positions are 32 bits
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.passed == nil {
		o.passed = func(from, to time.Time) time.Duration { return to.Sub(from) }
	}
	return &Journal{dir: dir, opts: o, wall: o.Now()}
}

// clock is the journal's own time: it goes on where the last frame left it.
func (j *Journal) clock(now time.Time) int64 {
	j.last = max(j.last, j.base+int64(j.opts.passed(j.wall, now)))
	return j.last
}

// jumpSlack is how far the wall clock may move away from the journal's own before the
// journal follows it. The two are read one after the other, and a busy machine may do
// something else in between.
const jumpSlack = 10 * time.Second

// follow sets the journal's clock by the wall clock where that has jumped: somebody set
// it, or the machine slept, when no monotonic clock runs. Ahead the journal's leaps along.
// Backwards it cannot go: the next frame needs a segment with an anchor of its own.
func (j *Journal) follow(now time.Time) (back bool) {
	wall := j.head.mono + now.UnixNano() - j.head.wall // as the journal's clock would have it
	switch jump := time.Duration(wall - j.clock(now)); {
	case jump > jumpSlack:
		j.base += int64(jump)
	case jump < -jumpSlack:
		j.wall, j.base = now, j.last
		return true
	}
	return false
}

// startSegment makes file number n the one that is written to.
func (j *Journal) startSegment(n uint32) error {
	now := j.opts.Now()
	h := header{
		number: n, offset: j.end.Offset, seq: j.end.Seq, session: j.opts.Session,
		wall: now.UnixNano(), mono: j.clock(now), checkpoint: j.ckpt,
	}
	if len(j.segs) > 0 {
		h.previous = j.lastSegment().size
	}
	rand.Read(h.salt[:]) // never fails: crypto/rand
	j.protect(&h)
	g, err := j.guardOf(&h)
	if err != nil {
		return j.failed(n, err)
	}
	f, err := j.openWriter(n, os.O_CREATE|os.O_EXCL)
	if err != nil {
		return j.failed(n, err)
	}
	if _, err := f.WriteAt(h.encode(), 0); err != nil {
		return errors.Join(j.failed(n, err), f.Close(), os.Remove(j.path(n)))
	}
	old := j.file
	j.file, j.head, j.guard, j.tries = f, h, g, 0

	j.mu.Lock()
	if len(j.segs) > 0 {
		j.bytes += int64(j.segs[len(j.segs)-1].size)
		j.older, j.olderN = j.table, j.segs[len(j.segs)-1].number
	}
	j.segs = append(j.segs, segment{number: n, size: headerSize, offset: h.offset, seq: h.seq})
	j.table = nil
	j.mu.Unlock()

	if old == nil {
		return nil
	}
	return old.Close()
}

func (j *Journal) openWriter(n uint32, flag int) (segmentFile, error) {
	f, err := os.OpenFile(j.path(n), os.O_RDWR|flag, 0o600)
	if err != nil {
		return nil, err
	}
	if j.opts.wrap != nil {
		return j.opts.wrap(f), nil
	}
	return f, nil
}

func (j *Journal) path(n uint32) string { return filepath.Join(j.dir, segmentName(n)) }

func segmentName(n uint32) string { return fmt.Sprintf("%04d.seg", n) }

// fail lets a test fail at a named step. Elsewhere it costs a comparison.
func (j *Journal) fail(point string) error {
	if j.opts.fail == nil {
		return nil
	}
	return j.opts.fail(point)
}

// segmentNumbers lists the segments of dir in order.
func segmentNumbers(dir string) ([]uint32, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var ns []uint32
	for _, e := range entries {
		base, ok := strings.CutSuffix(e.Name(), ".seg")
		n, err := strconv.ParseUint(base, 10, 32)
		if ok && err == nil && n > 0 && segmentName(uint32(n)) == e.Name() {
			ns = append(ns, uint32(n))
		}
	}
	// ReadDir sorts by name: 10000.seg comes before 9999.seg.
	slices.Sort(ns)
	return ns, nil
}

// End is the position of the next frame.
func (j *Journal) End() Position {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.end
}

// Bytes is the size of the journal on disk.
func (j *Journal) Bytes() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.segs) == 0 {
		return 0
	}
	return j.bytes + int64(j.segs[len(j.segs)-1].size)
}

// SinceCheckpoint is the number of output bytes behind the last checkpoint, or
// behind the session's birth if there is none.
func (j *Journal) SinceCheckpoint() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.end.Offset - j.ckptAt
}

// Close ends writing; it does not sync. What was read before stays readable
// through readers that are already open. A second Close does nothing.
func (j *Journal) Close() error {
	j.mu.Lock()
	closed := j.closed
	j.closed = true
	j.mu.Unlock()
	if closed || j.file == nil {
		return nil
	}
	return j.file.Close()
}

// Remove deletes the journal in dir: its segments, and dir if nothing else is there.
func Remove(dir string) error {
	ns, err := segmentNumbers(dir)
	if err != nil {
		return err
	}
	for _, n := range ns {
		if err := os.Remove(filepath.Join(dir, segmentName(n))); err != nil {
			return err
		}
	}
	rest, err := os.ReadDir(dir)
	if err != nil || len(rest) > 0 {
		return err
	}
	return os.Remove(dir)
}

// Encrypted says that what is written is.
func (j *Journal) Encrypted() bool { return j.key != nil }
