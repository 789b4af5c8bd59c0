//go:build unix

package session

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// flight is a page of shared memory that outlives the process: how much output each
// session has read and not written down. After a crash it says what was lost, which
// nothing else can know.
type flight struct {
	memory []byte

	mu   sync.Mutex // guards used
	used map[int]bool
}

const (
	slotSize = 16      // u64 count (see pty.SetCount), u64 offset the journal had before
	slots    = 1 << 12 // sessions beyond them have no record
)

// openFlight maps the record in dir. Without one, a crash loses output unmarked: that
// is told by the error, and is no reason not to run.
func openFlight(dir string) (*flight, error) {
	fl := &flight{used: map[int]bool{}}
	f, err := os.OpenFile(filepath.Join(dir, "flight"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fl, err
	}
	defer f.Close()
	if err := f.Truncate(slotSize * slots); err != nil {
		return fl, err
	}
	fl.memory, err = unix.Mmap(int(f.Fd()), 0, slotSize*slots, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	return fl, err
}

// slot is one session's record.
type slot struct {
	index  int // -1 = none
	memory []byte
}

// reserve keeps the slots of adopted sessions and of their pipes from being given to new ones.
func (fl *flight) reserve(kept []Kept) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	for _, k := range kept {
		if n := parseNote(k.Note); n.Slot >= 0 {
			fl.used[n.Slot] = true
		}
		for _, p := range k.Pipes {
			if n := parsePipeNote(p.Note); n.Slot >= 0 {
				fl.used[n.Slot] = true
			}
		}
	}
}

// slot returns a record by its number.
func (fl *flight) slot(i int) slot {
	if i < 0 || (i+1)*slotSize > len(fl.memory) {
		return slot{index: -1}
	}
	return slot{i, fl.memory[i*slotSize : (i+1)*slotSize]}
}

// take gives out an unused record.
func (fl *flight) take() slot {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	for i := range len(fl.memory) / slotSize {
		if !fl.used[i] {
			fl.used[i] = true
			s := fl.slot(i)
			clear(s.memory)
			return s
		}
	}
	return slot{index: -1}
}

func (fl *flight) give(s slot) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	delete(fl.used, s.index)
}

// count is the part that the terminal's reader writes.
func (s slot) count() []byte {
	if s.memory == nil {
		return nil
	}
	return s.memory[:8]
}

// begin notes where the journal ends before a read.
func (s slot) begin(offset int64) {
	if s.memory != nil {
		binary.LittleEndian.PutUint64(s.memory[8:], uint64(offset))
	}
}

// tally notes what is in hand, and whether a read is under way that may add to it.
func (s slot) tally(n int, reading bool) {
	if s.memory == nil {
		return
	}
	v := uint64(n) << 1
	if reading {
		v |= 1
	}
	binary.LittleEndian.PutUint64(s.memory, v)
}

// busy says that there was something in hand.
func (s slot) busy() bool {
	return s.memory != nil && binary.LittleEndian.Uint64(s.memory) != 0
}

// done notes that all that was read is written down.
func (s slot) done() {
	if s.memory != nil {
		binary.LittleEndian.PutUint64(s.memory, 0)
	}
}

// owe notes that there is more than the journal could take.
func (s slot) owe() {
	if s.memory != nil {
		binary.LittleEndian.PutUint64(s.memory, 1)
	}
}

// inHand is what was read before a crash and is not in the journal that ends at
// offset. With doubt a read was under way: nobody knows what it took.
func (s slot) inHand(offset int64) (lost int64, doubt bool) {
	if s.memory == nil {
		return 0, false
	}
	v := binary.LittleEndian.Uint64(s.memory)
	before := int64(binary.LittleEndian.Uint64(s.memory[8:]))
	return max(0, int64(v>>1)-(offset-before)), v&1 != 0
}
