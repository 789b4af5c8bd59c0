//go:build !linux

package embedded

import "io"

type noGuard struct{}

func (noGuard) Close() error { return nil }

// guardTree: here a killed program's sessions are ended by the hang-up of their
// terminals alone.
func guardTree() (io.Closer, string, error) { return noGuard{}, "", nil }
