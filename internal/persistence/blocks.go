package persistence

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sync"
)

const (
	// blockRange is how many numbers one fsync reserves: a crash skips at most
	// two ranges, and the numbers stay short enough to type.
	blockRange = 64

	blockRecord = 16
)

// blockNumbers gives out numbers below a limit that the disk knows. The next
// range is written by a goroutine while half of the last one is still there, and the first
// one while its owner starts, so that neither an exec nor a start waits for an fsync.
type blockNumbers struct {
	mu      sync.Mutex // guards what follows; never held during I/O
	ready   *sync.Cond
	n       uint64 // the next number
	limit   uint64 // numbers below it may be given out
	writing bool
	begun   bool // the first range is written
	closed  bool
	err     error // of the last reservation; the next one tries again

	f    *os.File // touched by the one who set writing, and close
	slot int      // the record that is written next
}

func openBlockNumbers(path string) (*blockNumbers, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	b := &blockNumbers{f: f}
	b.ready = sync.NewCond(&b.mu)
	if err := b.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("block numbers in %s: %w", path, err), f.Close())
	}
	b.writing = true
	go b.begin()
	return b, nil
}

// begin reserves the first range: first both records at most one range apart again, then
// the new one.
func (b *blockNumbers) begin() {
	limit := b.n + blockRange // b.n stands still until there is a range
	err := errors.Join(b.write(b.n, true), b.write(limit, true), syncDir(filepath.Dir(b.f.Name())))
	b.reserved(limit, err)
}

// load sets the next number from the two records.
func (b *blockNumbers) load() error {
	var raw [2 * blockRecord]byte
	n, err := b.f.ReadAt(raw[:], 0)
	if err != nil && err != io.EOF {
		return err
	}
	if n == 0 {
		b.n, b.limit = 1, 1
		return nil
	}
	b.n, b.slot, err = decodeBlocks(raw[:n])
	b.limit = b.n
	return err
}

// decodeBlocks finds the next number that was never given out, and the record to
// overwrite. Opening writes two records: a file with less gave out none.
func decodeBlocks(raw []byte) (next uint64, slot int, err error) {
	var v [2]uint64
	var ok [2]bool
	for i := range v {
		v[i], ok[i] = blockRecordAt(raw, i)
	}
	switch {
	case ok[0] && ok[1]:
		if v[0] > v[1] {
			return v[0], 1, nil
		}
		return v[1], 0, nil
	case len(raw) <= blockRecord: // died in the very first write
		return 1 + blockRange, 0, nil
	case ok[0]:
		return v[0] + blockRange, 1, nil
	case ok[1]:
		return v[1] + blockRange, 0, nil
	}
	return 0, 0, errors.New("both records are damaged")
}

func blockRecordAt(raw []byte, i int) (uint64, bool) {
	if len(raw) < (i+1)*blockRecord {
		return 0, false
	}
	r := raw[i*blockRecord:]
	v := binary.LittleEndian.Uint64(r)
	sum := crc32.Checksum(r[:8], castagnoli)
	return v, sum == binary.LittleEndian.Uint32(r[8:]) && v > 0 && v < 1<<62
}

// reserve writes a limit and, when the disk has it, lets numbers below it go.
func (b *blockNumbers) reserve(limit uint64) { b.reserved(limit, b.write(limit, true)) }

func (b *blockNumbers) reserved(limit uint64, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writing, b.err = false, err
	if err == nil {
		b.begun, b.limit = true, limit
	}
	b.ready.Broadcast()
}

// write puts a limit into the record whose turn it is.
func (b *blockNumbers) write(limit uint64, sync bool) error {
	var r [blockRecord]byte
	binary.LittleEndian.PutUint64(r[:], limit)
	binary.LittleEndian.PutUint32(r[8:], crc32.Checksum(r[:8], castagnoli))
	_, err := b.f.WriteAt(r[:], int64(b.slot*blockRecord))
	if err == nil && sync {
		err = b.f.Sync()
	}
	if err == nil {
		b.slot = 1 - b.slot
	}
	return err
}

func (b *blockNumbers) next() (uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for tried := false; ; tried = true {
		if b.closed {
			return 0, fmt.Errorf("block numbers: %w", ErrClosed)
		}
		if !b.writing && b.n+blockRange/2 >= b.limit && !(tried && b.err != nil) {
			b.writing, b.err = true, nil
			if b.begun {
				go b.reserve(b.limit + blockRange)
			} else {
				go b.begin()
			}
		}
		if b.n < b.limit {
			b.n++
			return b.n - 1, nil
		}
		if b.err != nil {
			return 0, fmt.Errorf("reserve block numbers: %w", b.err)
		}
		b.ready.Wait()
	}
}

// close writes the exact next number, so that a restart skips none. It does not wait for the
// disk: what is there until then is a limit beyond it. Both records are written, the higher
// one last: at each moment the greater valid limit, or a damaged one's neighbour plus a
// range, is beyond what was given out.
func (b *blockNumbers) close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	b.ready.Broadcast()
	for b.writing {
		b.ready.Wait()
	}
	next := b.n
	b.mu.Unlock()
	return errors.Join(b.write(next, false), b.write(next, false), b.f.Close())
}
