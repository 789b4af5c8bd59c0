package persistence

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// isFull says whether space is what a write lacked.
func isFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}

// syncDir does nothing: NTFS journals names, and folders cannot be flushed.
func syncDir(string) error { return nil }

// lock takes the exclusive lock on path and writes our pid into it. The lock is
// mandatory here, so a holder's pid cannot be read.
func lock(path string) (f *os.File, holder int, err error) {
	f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, 0, err
	}
	const how = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err = windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		f.Close()
		return nil, 0, errLocked
	}
	if err == nil {
		err = writePid(f)
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, 0, nil
}
