package daemon

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// inMemory says that a folder is on a file system without a disk.
func inMemory(dir string) bool {
	var st unix.Statfs_t
	return unix.Statfs(dir, &st) == nil && (st.Type == unix.TMPFS_MAGIC || st.Type == unix.RAMFS_MAGIC)
}

func freeSpace(dir string) (int64, bool) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true
}

// ptyLow is how few terminals are few.
const ptyLow = 64

func (x *examination) system(d *Daemon) {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil && limit.Cur < 4096 {
		x.say("open files", "warn", fmt.Sprintf("at most %d: enough for %d sessions", limit.Cur, limit.Cur/4), "ulimit -n 65536 before the daemon starts")
	}
	if fd, err := unix.PidfdOpen(os.Getpid(), 0); err != nil {
		x.say("pidfd", "warn", "not in this kernel: ends of programs are noticed by signal", "Linux 5.3 or later")
	} else {
		unix.Close(fd)
	}
	if b, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope"); err == nil {
		scope := strings.TrimSpace(string(b))
		switch {
		case scope == "0" || os.Geteuid() == 0:
			x.say("probe", "ok", "what programs wait for can be seen", "")
		case scope == "1":
			x.say("probe", "ok", "what our own programs wait for can be seen; of adopted ones the keeper looks", "")
		default:
			x.say("probe", "warn", "kernel.yama.ptrace_scope is "+scope+": what programs wait for cannot be seen", "sysctl kernel.yama.ptrace_scope=1")
		}
	}
	x.terminals()
	x.cgroups()
}

func (x *examination) terminals() {
	var used, most int
	nr, err := os.ReadFile("/proc/sys/kernel/pty/nr")
	if err != nil {
		return
	}
	max, err := os.ReadFile("/proc/sys/kernel/pty/max")
	if err != nil {
		return
	}
	fmt.Sscan(string(nr), &used)
	fmt.Sscan(string(max), &most)
	if most-used < ptyLow {
		x.say("terminals", "warn", fmt.Sprintf("%d of %d are in use", used, most), "sysctl kernel.pty.max=4096")
		return
	}
	x.say("terminals", "ok", fmt.Sprintf("%d of %d are in use", used, most), "")
}

func (x *examination) cgroups() {
	for _, dir := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(dir + "/cgroup.controllers"); err == nil && unix.Access(dir, unix.W_OK) == nil {
			x.say("cgroups", "ok", "version 2 at "+dir, "")
			return
		}
	}
	x.say("cgroups", "warn", "no writable version 2: process trees are ended by group and by /proc", "")
}
