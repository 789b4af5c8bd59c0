package main

import (
	"fmt"
	"os"
	"syscall"
)

// watchRemovals hears of names that go from dir, and of dir itself.
func watchRemovals(dir string) (*os.File, error) {
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("inotify: %w", err)
	}
	const gone = syscall.IN_DELETE | syscall.IN_MOVED_FROM | syscall.IN_DELETE_SELF | syscall.IN_MOVE_SELF | syscall.IN_ONLYDIR
	if _, err := syscall.InotifyAddWatch(fd, dir, gone); err != nil {
		syscall.Close(fd)
		return nil, fmt.Errorf("watch %s: %w", dir, err)
	}
	return os.NewFile(uintptr(fd), dir), nil
}

// awaitRemoval waits for the next event; which one it is, a look will tell.
func awaitRemoval(w *os.File) error {
	_, err := w.Read(make([]byte, 4096))
	return err
}
