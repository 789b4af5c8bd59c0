package daemon

import "golang.org/x/sys/unix"

func inMemory(string) bool { return false }

func freeSpace(dir string) (int64, bool) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true
}

func (x *examination) system(*Daemon) {
	x.say("probe", "warn", "which program waits for input is told from the terminal's modes alone", "")
}
