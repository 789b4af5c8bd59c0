package keeper

import "golang.org/x/sys/unix"

// subreaper makes orphans below us ours.
func subreaper() { unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// awaitProcess calls f when a process that is not our child has ended.
func awaitProcess(pid int, f func()) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err == nil {
		defer unix.Close(fd)
		for {
			if _, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1); err != unix.EINTR {
				break
			}
		}
	}
	f()
}
