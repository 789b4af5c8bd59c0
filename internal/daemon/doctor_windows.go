package daemon

import "golang.org/x/sys/windows"

func inMemory(string) bool { return false }

func freeSpace(dir string) (int64, bool) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, false
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, nil, nil); err != nil {
		return 0, false
	}
	return int64(min(free, 1<<62)), true
}

// system tells what a pseudo-console cannot do, and what has not been proven.
func (x *examination) system(*Daemon) {
	x.say("console", "warn", "a pseudo-console knows no signals but ^C, no exec --pipe, and not what a program waits for", "")
	x.say("windows", "warn", "tried under Wine 8 alone: see how far it is, in the README", "")
}
