package session

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// BenchmarkFlood takes in the output of a program that writes as fast as it can.
func BenchmarkFlood(b *testing.B) {
	file := filepath.Join(b.TempDir(), "flood")
	const size = 20 << 20
	if err := os.WriteFile(file, bytes.Repeat([]byte("0123456789 abcdefghijklmnopqrstuvwxyz 0123456789 abcdefghijklmnopqrstuvwxyz 0\n"), size/79), 0o600); err != nil {
		b.Fatal(err)
	}
	s, _ := start(b, newManager(b), shellArgv(b, "bash")...)
	b.SetBytes(size)
	for b.Loop() {
		if _, err := s.Exec(b.Context(), &api.ExecRequest{Command: "cat " + file}); err != nil {
			b.Fatal(err)
		}
	}
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
