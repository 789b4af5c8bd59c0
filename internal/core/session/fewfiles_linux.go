package session

import "golang.org/x/sys/unix"

// fileLimit is how many files a process may open, where that may be asked.
func fileLimit(pid int) (limit uint64, known bool) {
	var r unix.Rlimit
	err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &r)
	return r.Cur, err == nil
}
