//go:build unix

package persistence

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// isFull says whether space is what a write lacked.
func isFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EFBIG)
}

// syncDir makes names created, renamed or removed in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// lock takes the exclusive lock on path and writes our pid into it. The pid of a
// holder is returned with errLocked, 0 if it cannot be read.
func lock(path string) (f *os.File, holder int, err error) {
	f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, 0, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, 0, &os.PathError{Op: "flock", Path: path, Err: err}
		}
		b := make([]byte, 32)
		n, _ := f.ReadAt(b, 0) // the pid is a courtesy
		holder, _ = strconv.Atoi(strings.TrimSpace(string(b[:n])))
		return nil, holder, errLocked
	}
	if err := writePid(f); err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, 0, nil
}
