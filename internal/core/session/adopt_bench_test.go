//go:build unix

package session

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// What a session costs its next daemon: after an upgrade, which ends with a checkpoint,
// after a crash behind 150 commands, whose frames are replayed, and behind a thousand,
// most of which are before the last checkpoint.
func BenchmarkAdoption(b *testing.B) {
	for _, c := range []struct {
		name     string
		commands int
		release  bool
	}{
		{"upgrade", 1, true},
		{"crash", 150, false},
		{"crash behind many", 1000, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			m := newManager(b)
			s, _ := start(b, m, shellArgv(b, "bash")...)
			for range c.commands {
				run(b, s, "seq 300")
			}
			for b.Loop() {
				readopt(b, m, s.ID(), c.release)
			}
		})
	}
}

// readopt takes a session from its manager, released or as a crash leaves it, and gives
// it back.
func readopt(b *testing.B, m *Manager, id string, release bool) {
	b.Helper()
	s, err := m.Find(id)
	if err != nil {
		b.Fatal(err)
	}
	conn, err := s.pty.File().SyscallConn()
	if err != nil {
		b.Fatal(err)
	}
	fd := -1
	conn.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) })
	if err != nil {
		b.Fatal(err)
	}
	if release {
		_, err = s.Release()
	} else {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.stop()
	}
	if err = errors.Join(err, s.journal.Close()); err != nil {
		b.Fatal(err)
	}
	m.mu.Lock()
	delete(m.sessions, s.name)
	m.mu.Unlock()
	m.Adopt([]Kept{{ID: id, PID: s.pty.Pid(), File: os.NewFile(uintptr(fd), "master")}}, nil)
	if a := m.Adopted(); a.Sessions != 1 {
		b.Fatal(a.Failed)
	}
}
