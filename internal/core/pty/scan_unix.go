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
	unsure   bool                 // of the markers of some that were executing a program
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

// take reads every process, and the environment of each once if a marker is asked for.
func take(markers map[string]bool) (*picture, error) {
	all, err := processes()
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	p := &picture{
		all: map[int]Process{}, children: map[int][]Process{}, session: map[int][]Process{},
		terminal: map[uint64][]Process{}, marked: map[string][]Process{},
	}
	for _, q := range all {
		p.all[q.PID] = q
		p.children[q.Parent] = append(p.children[q.Parent], q)
		p.session[q.Session] = append(p.session[q.Session], q)
		p.terminal[q.terminal] = append(p.terminal[q.terminal], q)
	}
	p.never = p.ourselves()
	if len(markers) == 0 {
		return p, nil
	}
	for _, q := range all {
		if !p.never[q.PID] && !over(q) {
			found, sure := markersOf(q, markers)
			for _, marker := range found {
				p.marked[marker] = append(p.marked[marker], q)
			}
			p.unsure = p.unsure || !sure
		}
	}
	return p, nil
}

// ourselves are this process and what it descends from: never killed, whatever
// terminal or marker they carry.
func (p *picture) ourselves() map[int]bool {
	never := map[int]bool{0: true, 1: true}
	for pid := os.Getpid(); !never[pid]; pid = p.all[pid].Parent {
		never[pid] = true
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
