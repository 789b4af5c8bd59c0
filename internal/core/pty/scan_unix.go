//go:build unix

package pty

import (
	"fmt"
	"maps"
	"os"
	"sync"
)

// picture is all processes at one moment, as a hunt for a terminal's tree asks for them.
type picture struct {
	all      map[int]Process
	children map[int][]Process    // by parent
	session  map[int][]Process    // by session
	terminal map[uint64][]Process // by controlling terminal
	marked   map[string][]Process // by marker, of those that were asked for
	hidden   bool                 // markers of some, which were executing a program or ending
	unsure   bool                 // hidden, or there was always somebody new
	never    map[int]bool         // this process and what it descends from
}

// scanner takes pictures. Who asks while one is being taken waits for the next: what a
// kill has stopped before it asks is stopped in what it sees. All who wait then share
// one, so that ending hundreds of terminals reads the list of processes a few times and
// not hundreds of times.
type scanner struct {
	mu   sync.Mutex // guards next; not held while a picture is taken
	next *taking    // has not begun
	busy sync.Mutex // held by who takes a picture
}

// taking is a picture that is to be taken.
type taking struct {
	markers map[string]bool // guarded by the scanner's mu until it begins
	done    chan struct{}
	taken   *picture
	err     error
}

// pictures are shared by all terminals of this process.
var pictures scanner

// look returns a picture that was begun after the call. marker "" asks for none.
func (s *scanner) look(marker string) (*picture, error) {
	s.mu.Lock()
	t := s.next
	first := t == nil
	if first {
		t = &taking{markers: map[string]bool{}, done: make(chan struct{})}
		s.next = t
	}
	if marker != "" {
		t.markers[marker] = true
	}
	s.mu.Unlock()
	if !first {
		<-t.done
		return t.taken, t.err
	}
	s.busy.Lock()
	defer s.busy.Unlock()
	s.mu.Lock()
	s.next = nil // who asks from now on wants a later one
	s.mu.Unlock()
	t.taken, t.err = take(t.markers)
	close(t.done)
	return t.taken, t.err
}

// listings bounds how often one picture looks for processes that began since it looked.
const listings = 8

// take reads every process, and the environment of each once if a marker is asked for.
// Processes begin and end meanwhile: of a chain in which each starts the next one and
// ends, every one that was listed may be gone when it is looked at. So it lists until
// nobody is new. Whoever was alive at the last listing has been seen alive then.
func take(markers map[string]bool) (*picture, error) {
	p := &picture{
		all: map[int]Process{}, children: map[int][]Process{}, session: map[int][]Process{},
		terminal: map[uint64][]Process{}, marked: map[string][]Process{}, never: ourselves(), unsure: true,
	}
	seen := map[int]bool{}
	for range listings {
		sure := true
		n, err := unseen(seen, func(q Process) { sure = p.add(q, markers) && sure })
		if err != nil {
			return nil, fmt.Errorf("list processes: %w", err)
		}
		if n == 0 {
			p.unsure = p.hidden
			break
		}
		p.hidden = p.hidden || !sure
	}
	return p, nil
}

// add puts a process into the picture. It is false if its markers could not be seen.
func (p *picture) add(q Process, markers map[string]bool) (sure bool) {
	p.all[q.PID] = q
	p.children[q.Parent] = append(p.children[q.Parent], q)
	p.session[q.Session] = append(p.session[q.Session], q)
	p.terminal[q.terminal] = append(p.terminal[q.terminal], q)
	if len(markers) == 0 || p.never[q.PID] || over(q) {
		return true
	}
	found, sure := markersOf(q, markers)
	for _, marker := range found {
		p.marked[marker] = append(p.marked[marker], q)
	}
	return sure
}

// ourselves are this process and what it descends from: never killed, whatever
// terminal or marker they carry.
func ourselves() map[int]bool {
	never := map[int]bool{0: true, 1: true}
	for pid := os.Getpid(); !never[pid]; {
		never[pid] = true
		q, err := process(pid)
		if err != nil {
			break
		}
		pid = q.Parent
	}
	return never
}

// tree is what begins a terminal's tree and all that descends from it.
func (p *picture) tree(roots []Process) []Process {
	var found []Process
	seen := maps.Clone(p.never)
	for len(roots) > 0 {
		q := roots[0]
		roots = roots[1:]
		if !seen[q.PID] {
			seen[q.PID] = true
			found = append(found, q)
			roots = append(roots, p.children[q.PID]...)
		}
	}
	return found
}

// processes lists all processes we can see.
func processes() (all []Process, err error) {
	_, err = unseen(map[int]bool{}, func(q Process) { all = append(all, q) })
	return all, err
}
