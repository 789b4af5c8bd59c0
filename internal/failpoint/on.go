//go:build failpoint

package failpoint

import (
	"os"
	"path/filepath"
)

// Here kills the process if a file of the place's name is in the folder that
// AI_SESSION_FAILPOINTS names. The file goes first.
func Here(place string) {
	dir := os.Getenv("AI_SESSION_FAILPOINTS")
	if dir == "" || os.Remove(filepath.Join(dir, place)) != nil {
		return
	}
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		p.Kill()
	}
	select {} // not one step more
}
