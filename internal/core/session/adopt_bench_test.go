//go:build unix

package session

import (
	"context"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// What an upgrade costs for each session: to let go of it with a checkpoint, and to take
// it up again.
func BenchmarkAdoption(b *testing.B) {
	m := newManager(b)
	s, _ := start(b, m, shellArgv(b, "bash")...)
	run(b, s, "seq 2000")
	id := s.ID()
	b.ReportAllocs()
	for b.Loop() {
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
		pid := s.pty.Pid()
		if err := s.Release(); err != nil {
			b.Fatal(err)
		}
		s.journal.Close()
		m.mu.Lock()
		delete(m.sessions, s.name)
		m.mu.Unlock()
		if _, err := m.adopt(Kept{ID: id, PID: pid, File: os.NewFile(uintptr(fd), "master")}); err != nil {
			b.Fatal(err)
		}
	}
	m.Kill(context.Background(), id, true)
}
