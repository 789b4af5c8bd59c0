package cgroup

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// mounts are where version 2 lies, alone or beside version 1.
var mounts = []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}

// Make makes a terminal's group below our own and opens it for CLONE_INTO_CGROUP; nil
// and "" if there is none to be had.
func Make(name string) (*os.File, string) {
	own := of("self")
	if own == "" || name == "" || strings.Contains(name, "/") {
		return nil, ""
	}
	dir := filepath.Join(own, prefix+name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, ""
	}
	f, err := os.Open(dir)
	if err != nil {
		os.Remove(dir)
		return nil, ""
	}
	return f, dir
}

// Find is the folder of a terminal's group that a process is in, "" if it is in none of
// that name.
func Find(pid int, name string) string {
	dir := of(strconv.Itoa(pid))
	if name == "" || filepath.Base(dir) != prefix+name {
		return ""
	}
	return dir
}

// of is the folder of the version 2 group that a process is in; "" if none is visible.
func of(pid string) string {
	b, err := os.ReadFile("/proc/" + pid + "/cgroup")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		path, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::/")
		if !ok || !filepath.IsLocal("./"+path) {
			continue
		}
		for _, mount := range mounts {
			dir := filepath.Join(mount, path)
			if _, err := os.Stat(filepath.Join(dir, "cgroup.procs")); err == nil {
				if _, err := os.Stat(filepath.Join(mount, "cgroup.controllers")); err == nil {
					return dir
				}
			}
		}
	}
	return ""
}

// Kill ends all members at once, those too that are being forked. Kernels before 5.14
// have no such file.
func Kill(dir string) {
	if dir != "" {
		os.WriteFile(filepath.Join(dir, "cgroup.kill"), []byte("1"), 0)
	}
}

// Members are the processes in a group that have not ended.
func Members(dir string) (pids []int) {
	if dir == "" {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	if err != nil {
		return nil
	}
	for f := range strings.FieldsSeq(string(b)) {
		if pid, err := strconv.Atoi(f); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Remove removes a group if nobody is in it any more.
func Remove(dir string) bool { return dir != "" && os.Remove(dir) == nil }

// Leave moves this process out of a terminal's group it was started in. A daemon that
// somebody starts in a session is to outlive that session.
func Leave() {
	dir := of("self")
	for strings.HasPrefix(filepath.Base(dir), prefix) {
		dir = filepath.Dir(dir)
		if os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte("0"), 0) != nil {
			return
		}
	}
}

// young is the age below which a group may be about to get its first member.
const young = time.Minute

// Sweep removes groups below our own that nobody is in. Programs may stay behind in a
// terminal that was closed, so that its group could not go with it. Other daemons may be
// making theirs meanwhile.
func Sweep(now time.Time) {
	own := of("self")
	if own == "" {
		return
	}
	left, err := filepath.Glob(filepath.Join(own, prefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range left {
		if info, err := os.Stat(dir); err == nil && now.Sub(info.ModTime()) > young {
			os.Remove(dir) // the kernel refuses one with somebody in it
		}
	}
}
