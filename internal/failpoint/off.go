//go:build !failpoint

package failpoint

// Here is a place.
func Here(string) {}
