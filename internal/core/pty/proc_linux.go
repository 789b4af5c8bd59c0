package pty

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// device is the terminal's number as /proc/PID/stat gives it: major 136 for all
// slaves, the minor's upper bits above it.
func (p *PTY) device() (uint64, error) {
	n, err := p.number()
	return uint64(n&0xff | 136<<8 | (n&^0xff)<<12), err
}

// number is N of /dev/pts/N.
func (p *PTY) number() (n int, err error) {
	err = p.control("number", func(fd int) error {
		n, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		return err
	})
	return n, err
}

// QueuedInput reports whether there is input that the program has not read yet. In line
// mode only whole lines count: the kernel does not tell of a line that is still
// being edited.
//
// TIOCOUTQ of the master is always 0 and FIONREAD of it counts output, so the
// question goes to the slave, which is opened for it and closed again.
func (p *PTY) QueuedInput() (waits bool, err error) {
	err = p.control("input queue", func(fd int) error {
		const flags = unix.O_RDONLY | unix.O_NOCTTY | unix.O_CLOEXEC
		slave, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCGPTPEER, flags)
		if errno != 0 {
			return errno
		}
		defer unix.Close(int(slave))
		waits, err = queued(int(slave))
		return err
	})
	return waits, err
}

// queued reports whether something is there for one side of a terminal to read. What the
// other side wrote is handed over by a worker of the kernel, which may not have run yet,
// and FIONREAD counts only what it handed over: on a side that has nothing to read
// poll(2) waits for the worker first.
func queued(fd int) (bool, error) {
	side := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	if _, err := unix.Poll(side, 0); err != nil && err != unix.EINTR {
		return false, err
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
	return n > 0, err
}

// unseen lists the processes that are not in seen, puts them there and gives those to add
// that still are. n is how many there were.
func unseen(seen map[int]bool, add func(Process)) (n int, err error) {
	d, err := os.Open("/proc")
	if err != nil {
		return 0, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || seen[pid] {
			continue
		}
		seen[pid] = true
		n++
		if p, err := process(pid); err == nil {
			add(p)
		}
	}
	return n, nil
}

// process reads one; os.ErrProcessDone if it is gone.
func process(pid int) (Process, error) {
	b, err := readProc("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			err = os.ErrProcessDone
		}
		return Process{}, err
	}
	p, ok := parseStat(b)
	if !ok {
		return Process{}, errors.New("process record not understood")
	}
	return p, nil
}

// clockTicks is how many of the units of starttime make a second, on every
// architecture that Go runs on (USER_HZ).
const clockTicks = 100

func age(p Process) (time.Duration, error) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return 0, err
	}
	return time.Duration(now.Nano()) - time.Duration(p.started)*(time.Second/clockTicks), nil
}

// survived are the signals that end nobody: left alone they stop a process, let it go on
// or do nothing. The last bit is no signal's.
const survived = 1<<31 | 1<<(unix.SIGCHLD-1) | 1<<(unix.SIGCONT-1) | 1<<(unix.SIGSTOP-1) | 1<<(unix.SIGTSTP-1) |
	1<<(unix.SIGTTIN-1) | 1<<(unix.SIGTTOU-1) | 1<<(unix.SIGURG-1) | 1<<(unix.SIGWINCH-1)

// readProc reads one of the kernel's small files in the fewest calls: a probe
// reads dozens of them.
func readProc(path string) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	b, n := make([]byte, 1024), 0
	for {
		m, err := unix.Read(fd, b[n:])
		if err == unix.EINTR {
			continue
		}
		if err != nil || m == 0 {
			return b[:n], err
		}
		if n += m; n < len(b) {
			return b[:n], nil // these files come in one piece if there is room
		}
		b = append(b, make([]byte, len(b))...)
	}
}

// parseStat reads /proc/PID/stat, proc(5): the name is in brackets and may hold
// anything, brackets and spaces too.
func parseStat(b []byte) (p Process, ok bool) {
	open, shut := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 1 || shut < open {
		return p, false
	}
	rest := strings.Fields(string(b[shut+1:]))
	if len(rest) < 20 || len(rest[0]) != 1 {
		return p, false
	}
	p.Name, p.State = string(b[open+1:shut]), rest[0][0]
	var err error
	number := func(s string) int {
		n, e := strconv.Atoi(strings.TrimSpace(s))
		err = errors.Join(err, e)
		return n
	}
	p.PID = number(string(b[:open]))
	p.Parent, p.Group, p.Session = number(rest[1]), number(rest[2]), number(rest[3])
	p.terminal, p.started = uint64(uint32(number(rest[4]))), uint64(number(rest[19]))
	p.threads = number(rest[17])
	const most = 1 << 38 // ticks: what a Duration holds
	worked := int64(number(rest[11])) + int64(number(rest[12]))
	p.CPU = time.Duration(max(0, min(worked, most))) * (time.Second / clockTicks)
	if len(rest) > 31 && p.State != 'Z' && p.State != 'X' {
		// Blocked, ignored and caught, in decimal; proc(5) calls them obsolete for lack
		// of the real-time signals, which are of no concern here.
		p.ignored = uint32(number(rest[30]))
		p.unarmed = ^(uint32(number(rest[29])) | uint32(number(rest[30])) | uint32(number(rest[31]))) &^ survived
	}
	if len(rest) > 48 {
		p.kernel = rest[20] == "0" // of memory
		p.bare = rest[47] == rest[48] && rest[48] != "0"
	}
	return p, err == nil
}

// markersOf are those of the markers that a process was started with in its
// environment. While it executes a program it shows none: sure is false.
func markersOf(p Process, markers map[string]bool) (found []string, sure bool) {
	if p.kernel {
		return nil, true
	}
	b, err := readProc("/proc/" + strconv.Itoa(p.PID) + "/environ")
	if err != nil {
		return nil, err != unix.ESRCH && err != unix.ENOENT // it has ended and may have left a child, or is none of ours
	}
	for entry := range bytes.SplitSeq(b, []byte{0}) {
		if markers[string(entry)] {
			found = append(found, string(entry))
		}
	}
	return found, len(b) > 0 || p.bare
}

// send signals a process, and no other one that got its number since it was seen.
func send(p Process, sig unix.Signal) error {
	fd, err := unix.PidfdOpen(p.PID, 0)
	if err == unix.ENOSYS {
		return unix.Kill(p.PID, sig)
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	now, err := process(p.PID)
	if err != nil || now.started != p.started {
		return unix.ESRCH
	}
	return unix.PidfdSendSignal(fd, sig, nil, 0)
}
