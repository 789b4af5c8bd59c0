//go:build unix

package config

import (
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// keepOthersOut refuses a folder of another user and closes one of ours.
func keepOthersOut(dir string, info fs.FileInfo) error {
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Getuid() {
		return foreign(dir, "uid "+strconv.FormatUint(uint64(st.Uid), 10))
	}
	if info.Mode().Perm()&0o077 != 0 {
		return os.Chmod(dir, info.Mode()&^fs.FileMode(0o077))
	}
	return nil
}
