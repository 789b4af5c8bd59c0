package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// watchRemovals hears of names that go from dir, and of dir itself.
func watchRemovals(dir string) (*os.File, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("inotify: %w", err)
	}
	const gone = unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR
	if _, err := unix.InotifyAddWatch(fd, dir, gone); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("watch %s: %w", dir, err)
	}
	return os.NewFile(uintptr(fd), dir), nil
}

// awaitRemoval waits for the next event; which one it is, a look will tell.
func awaitRemoval(w *os.File) error {
	_, err := w.Read(make([]byte, 4096))
	return err
}
