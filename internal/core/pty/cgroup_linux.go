package pty

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// cgroupMounts are where version 2 lies, alone or beside version 1.
var cgroupMounts = []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}

// makeCgroup makes a version 2 group and opens it; nil if there is none to be had.
func makeCgroup(name string) (*os.File, string) {
	if name == "" {
		return nil, ""
	}
	if !filepath.IsAbs(name) {
		own := ownCgroup()
		if own == "" {
			return nil, ""
		}
		name = filepath.Join(own, name)
	}
	if err := os.MkdirAll(name, 0o755); err != nil {
		return nil, ""
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, ""
	}
	return f, name
}

// ownCgroup is the folder of the version 2 group we are in; "" if none is visible.
func ownCgroup() string {
	b, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return ""
	}
	for _, mount := range cgroupMounts {
		if _, err := os.Stat(filepath.Join(mount, "cgroup.controllers")); err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			path, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::/")
			if ok && filepath.IsLocal("./"+path) {
				return filepath.Join(mount, path)
			}
		}
	}
	return ""
}

// killCgroup kills all members at once; kernels before 5.14 have no such file.
func (p *PTY) killCgroup() {
	if dir := p.Tree().Cgroup; dir != "" {
		os.WriteFile(filepath.Join(dir, "cgroup.kill"), []byte("1"), 0)
	}
}

func (p *PTY) cgroupMembers() (pids []int) {
	dir := p.Tree().Cgroup
	if dir == "" {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	if err != nil {
		return nil
	}
	for _, f := range strings.Fields(string(b)) {
		if pid, err := strconv.Atoi(f); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// removeCgroup removes the group if nobody is in it any more.
func (p *PTY) removeCgroup() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tree.Cgroup != "" && os.Remove(p.tree.Cgroup) == nil {
		p.tree.Cgroup = ""
	}
}
