package session

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/persistence"
)

// BenchmarkFlood takes in the output of a program that writes as fast as it can.
func BenchmarkFlood(b *testing.B) {
	file := filepath.Join(b.TempDir(), "flood")
	const size = 20 << 20
	if err := os.WriteFile(file, bytes.Repeat([]byte("0123456789 abcdefghijklmnopqrstuvwxyz 0123456789 abcdefghijklmnopqrstuvwxyz 0\n"), size/79), 0o600); err != nil {
		b.Fatal(err)
	}
	encrypted := []persistence.StoreOptions{{Keys: someKeys{}, Encrypt: true}}
	for _, c := range []struct {
		name string
		opts []persistence.StoreOptions
		pipe bool
	}{{"plain", nil, false}, {"encrypted", encrypted, false}, {"piped", nil, true}, {"piped and encrypted", encrypted, true}} {
		b.Run(c.name, func(b *testing.B) {
			s, _ := start(b, newManager(b, c.opts...), shellArgv(b, "bash")...)
			b.SetBytes(size)
			for b.Loop() {
				if _, err := s.Exec(b.Context(), &api.ExecRequest{Command: "cat " + file, Pipe: c.pipe}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// someKeys are keys that nobody keeps.
type someKeys struct{}

func (someKeys) NewKey(_, _ string) (uint32, []byte, error)        { return 1, make([]byte, 32), nil }
func (someKeys) Key(_, _ string, _ uint32) (key []byte, err error) { return make([]byte, 32), nil }

// BenchmarkSnapshot saves and restores a session that has written 100,000 lines of 65
// characters; how many of them its scrollback holds is told.
func BenchmarkSnapshot(b *testing.B) {
	m := newManager(b)
	s, _ := start(b, m, shellArgv(b, "bash")...)
	run(b, s, "seq -f 'a line of sixty-five characters, as they are in an ordinary %08.0f' 100000")
	b.Run("save", func(b *testing.B) {
		m.DeleteSnapshot("at0") // of the run before, where there was one
		for n := 0; b.Loop(); n++ {
			snap, err := m.SaveSnapshot(b.Context(), &api.SnapshotSaveRequest{Session: s.ID(), Name: fmt.Sprint("at", n)}, false)
			if err != nil || snap.State != "full" {
				b.Fatal(snap, err)
			}
			b.ReportMetric(float64(snap.Lines), "lines")
			b.ReportMetric(float64(snap.Bytes), "bytes")
			if n > 0 {
				m.DeleteSnapshot(snap.Name)
			}
		}
	})
	b.Run("restore", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			back, err := m.RestoreSnapshot(b.Context(), &api.SnapshotRestoreRequest{Name: "at0", As: fmt.Sprint("back", n)})
			if err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			if _, err := m.Kill(b.Context(), back.ID(), true); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
	})
}

// BenchmarkExecTrue is one exec without a daemon around it.
func BenchmarkExecTrue(b *testing.B) {
	for _, shell := range []string{"bash", "dash", "zsh", "fish"} {
		b.Run(shell, func(b *testing.B) {
			s, _ := start(b, newManager(b), shellArgv(b, shell)...)
			run(b, s, "true")
			for b.Loop() {
				if _, err := s.Exec(b.Context(), &api.ExecRequest{Command: "true"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
