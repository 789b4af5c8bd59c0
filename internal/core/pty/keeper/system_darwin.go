package keeper

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// subreaper: there is none here.
func subreaper() {}

// awaitProcess calls f when a process that is not our child has ended.
func awaitProcess(pid int, f func()) {
	defer f()
	kq, err := unix.Kqueue()
	if err != nil {
		return
	}
	defer unix.Close(kq)
	var change [1]unix.Kevent_t
	unix.SetKevent(&change[0], pid, unix.EVFILT_PROC, unix.EV_ADD)
	change[0].Fflags = unix.NOTE_EXIT
	var out [1]unix.Kevent_t
	for {
		if _, err := unix.Kevent(kq, change[:], out[:], nil); err != syscall.EINTR {
			return
		}
	}
}
