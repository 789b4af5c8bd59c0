package persistence

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"sync"
)

// mostFrame is the longest output frame; a tag is made behind it and then moved.
const mostFrame = tagSize + rest + maxOutput + tagSize

// maxTries is how often a frame's number can be made different.
const maxTries = 1<<24 - 1

// frameBuffers hold a frame while it is written: header and payload leave in one
// write, and what the caller passed may change as soon as Append returns.
var frameBuffers = sync.Pool{New: func() any {
	b := make([]byte, 0, mostFrame)
	return &b
}}

// Append adds a frame and returns its position; output longer than 64 KiB
// becomes several frames, and the position is the first one's. What Append
// returned survives a crash of the process. After an error (ErrFull among them)
// the journal ends behind the last whole frame, as End tells: the caller goes on
// with a gap frame for what is missing.
//
// A gap's payload is GapPayload's, with anything behind it.
func (j *Journal) Append(k Kind, p []byte) (Position, error) {
	if err := j.appendable(k, p); err != nil {
		return Position{}, fmt.Errorf("append to journal %s: %w", j.dir, err)
	}
	at := j.end // only this goroutine changes it
	for first := true; first || len(p) > 0; first = false {
		n := len(p)
		if k == Output {
			n = min(n, maxOutput)
		}
		if err := j.appendOne(k, p[:n]); err != nil {
			return at, err
		}
		p = p[n:]
	}
	return at, nil
}

func (j *Journal) appendable(k Kind, p []byte) error {
	j.mu.Lock()
	closed := j.closed
	j.mu.Unlock()
	switch {
	case closed:
		return ErrClosed
	case k == 0 || k == footer:
		return fmt.Errorf("%s is not for appending", k)
	case k != Output && len(p) > MaxPayload:
		return fmt.Errorf("%w: %s of %d bytes", ErrTooLong, k, len(p))
	case k == Output && int64(len(p)) > math.MaxInt64-j.end.Offset:
		return fmt.Errorf("output beyond the last offset")
	case k == Gap:
		if _, ok := gapSize(p, j.end.Offset); !ok {
			return fmt.Errorf("gap without a size that fits")
		}
	}
	return nil
}

func (j *Journal) appendOne(k Kind, p []byte) error {
	seg := j.lastSegment()
	need := uint32(j.guard.head() + len(p))
	now := j.opts.Now()
	if j.file == nil || j.follow(now) || seg.size > headerSize && seg.size+need > uint32(j.opts.SegmentSize) {
		if err := j.startSegment(seg.number + 1); err != nil {
			return err
		}
		seg = j.lastSegment()
	}
	if j.tries >= maxTries {
		return j.failed(seg.number, errors.New("too many failed writes under one key"))
	}
	f := frameHeader{kind: k, extra: j.tries, seq: j.end.Seq, offset: j.end.Offset, time: j.clock(now), size: len(p)}

	buf := frameBuffers.Get().(*[]byte)
	b := j.guard.put((*buf)[:0], f, frameNonce(f), p)
	n := len(b)
	_, err := j.file.WriteAt(b, int64(seg.size))
	if cap(b) <= mostFrame {
		*buf = b
		frameBuffers.Put(buf)
	}
	if err == nil {
		err = j.fail("append: written")
	}
	if err != nil {
		// Should this fail too, the rest lies behind the end: the next frame
		// overwrites it, or Open cuts it. It may have reached the disk, so the
		// next frame must not have its nonce.
		j.file.Truncate(int64(seg.size))
		if j.guard.aead != nil {
			j.tries++
		}
		return j.failed(seg.number, err)
	}
	j.tries = 0
	j.publish(f, p, seg, uint32(n))
	return nil
}

// lastSegment is the one that is written to.
func (j *Journal) lastSegment() segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.segs[len(j.segs)-1]
}

// publish lets readers see a frame that is on its way to the disk.
func (j *Journal) publish(f frameHeader, p []byte, seg segment, size uint32) {
	whole := frame{frameHeader: f, data: p}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.table = extend(j.table, seg, int64(seg.size), f)
	j.segs[len(j.segs)-1].size += size
	j.end = Position{Seq: f.seq + 1, Offset: whole.end()}
	if f.kind == Checkpoint {
		j.ckpt, j.ckptAt = place{seg.number, seg.size}, f.offset
	}
}

// extend adds an entry if the frame at pos is a stride beyond the last one. An
// offset too far from its segment's (behind a huge gap) is left out: it is
// reached from the entry before.
func extend(t []entry, seg segment, pos int64, f frameHeader) []entry {
	before := int64(headerSize)
	if len(t) > 0 {
		before = int64(t[len(t)-1].pos)
	}
	if pos-before < stride || f.offset-seg.offset > math.MaxUint32 {
		return t
	}
	if len(t) == cap(t) { // append would double: exact steps keep idle journals small
		t = slices.Grow(t, 8)[: len(t) : len(t)+8]
	}
	return append(t, entry{uint32(pos), uint32(f.seq - seg.seq), uint32(f.offset - seg.offset)})
}

// failed names the segment in a write error, and a full disk by its type.
func (j *Journal) failed(n uint32, err error) error {
	if isFull(err) {
		return fmt.Errorf("append to %s: %w: %w", j.path(n), ErrFull, err)
	}
	return fmt.Errorf("append to %s: %w", j.path(n), err)
}

// Sync makes all that was appended before the call survive a crash of the
// machine. It does not hold up Append. After an error, what was appended since
// the last good Sync has only Append's promise, even if a later Sync succeeds:
// the kernel may have dropped those pages.
func (j *Journal) Sync() error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	end, seg := j.end.Seq, segment{}
	var dirty []uint32
	for i := len(j.segs) - 1; i >= 0 && j.segs[i].number >= j.syncedN; i-- {
		dirty = append(dirty, j.segs[i].number)
	}
	if n := len(j.segs); n > 0 {
		seg = j.segs[n-1]
	}
	j.mu.Unlock()
	if end == j.synced && seg.number == j.syncedN {
		return nil
	}
	slices.Reverse(dirty)
	for _, n := range dirty {
		if err := syncFile(j.path(n)); err != nil && !(errors.Is(err, os.ErrNotExist) && j.Evicted() != nil) {
			return fmt.Errorf("sync journal %s: %w", j.dir, err)
		}
	}
	if seg.number != j.syncedN { // a new file's name is in the folder
		if err := syncDir(j.dir); err != nil {
			return fmt.Errorf("sync journal %s: %w", j.dir, err)
		}
	}
	if j.birth != nil {
		if err := j.birth(); err != nil {
			return fmt.Errorf("sync journal %s: %w", j.dir, err)
		}
		j.birth = nil
	}
	j.synced, j.syncedN = end, seg.number
	return nil
}

// syncFile flushes a file by its name: the writer may close its own descriptor
// at any time, and a flush through another one covers the same pages.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
