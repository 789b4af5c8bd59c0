package pty

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// maxThreads is how many threads of one process are looked at: the ones that
	// read a terminal are the first few, and a probe must stay cheap.
	maxThreads = 64

	// maxPollSet bounds what is read of a poll or select set.
	maxPollSet = 1024
)

// Probe looks at the terminal and at who holds it. It reads /proc of the
// processes below ours alone; a whole scan is made only if the foreground group
// is not among them.
//
// A process counts as reading when a thread of it sleeps in read or readv of a
// descriptor that is this terminal, as polling when the terminal is in the set
// that a sleeping poll, select or epoll waits for. Programs of another word size
// than ours and io_uring are not understood: neither is said of them.
func (p *PTY) Probe() (Probe, error) {
	t, err := p.Termios()
	if err != nil {
		return Probe{}, err
	}
	r := Probe{Termios: t, Members: []Member{}}
	if r.Foreground, err = p.Foreground(); err != nil && !errors.Is(err, unix.ENOTTY) {
		return Probe{}, err
	}
	var found []Process
	select {
	case <-p.done: // its number may be another's by now
	default:
		found = descendants(p.pid)
	}
	if !hasGroup(found, r.Foreground) {
		if found, err = p.withGroup(found, r.Foreground); err != nil {
			return Probe{}, err
		}
	}
	for _, q := range found {
		if m, holds := p.look(q); holds {
			r.Members = append(r.Members, m)
		}
	}
	return r, nil
}

func hasGroup(ps []Process, group int) bool {
	for _, q := range ps {
		if q.Group == group {
			return true
		}
	}
	return group == 0
}

// withGroup adds the members of a group from a scan of all processes.
func (p *PTY) withGroup(found []Process, group int) ([]Process, error) {
	all, err := processes()
	if err != nil {
		return nil, err
	}
	for _, q := range all {
		if q.Group == group {
			found = append(found, q)
		}
	}
	return found, nil
}

// descendants are pid and all below it, by the kernel's own lists of children.
func descendants(pid int) (found []Process) {
	queue := []int{pid}
	for len(queue) > 0 {
		q, err := process(queue[0])
		dir := "/proc/" + strconv.Itoa(queue[0]) + "/task/"
		queue = queue[1:]
		if err != nil || over(q) {
			continue
		}
		found = append(found, q)
		for _, tid := range q.tasks() {
			b, err := readProc(dir + tid + "/children")
			if err != nil {
				continue
			}
			for _, f := range strings.Fields(string(b)) {
				if child, err := strconv.Atoi(f); err == nil {
					queue = append(queue, child)
				}
			}
		}
	}
	return found
}

// tasks are the names of a process's threads.
func (q *Process) tasks() []string {
	pid := strconv.Itoa(q.PID)
	if q.threads == 1 {
		return []string{pid}
	}
	d, err := os.Open("/proc/" + pid + "/task")
	if err != nil {
		return nil
	}
	defer d.Close()
	names, _ := d.Readdirnames(maxThreads) // what there is, if the process just ends
	return names
}

// look says what a process does with the terminal; false if it does not hold it.
func (p *PTY) look(q Process) (Member, bool) {
	m := Member{Process: q}
	dir := "/proc/" + strconv.Itoa(q.PID)
	v := viewer{dir: dir, q: q, dev: p.dev, parent: p.parent, is: map[int]bool{}}
	holds, err := v.holds()
	if err != nil {
		// Not ours to look into. It may hold the terminal if it is its own.
		m.Unreadable = true
		return m, q.terminal == p.dev && !errors.Is(err, os.ErrNotExist)
	}
	if !holds {
		return m, false
	}
	for _, tid := range q.tasks() {
		b, err := v.syscall(tid)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // the thread ended
		}
		if err != nil {
			m.Unreadable = true
			return m, true
		}
		c, ok := parseSyscall(b)
		if !ok || q.State == 'T' || q.State == 't' {
			continue
		}
		v.judge(c, &m)
	}
	return m, true
}

// viewer looks into one process.
type viewer struct {
	dir string
	q   Process
	dev uint64
	is  map[int]bool // whether a descriptor is our terminal

	parent Parent // nil: nobody sees more than we do
}

// syscall is what a thread sleeps in. Yama shows it to ancestors only.
func (v *viewer) syscall(thread string) ([]byte, error) {
	b, err := readProc(v.dir + "/task/" + thread + "/syscall")
	if errors.Is(err, os.ErrPermission) && v.parent != nil {
		tid, _ := strconv.Atoi(thread)
		return v.parent.Syscall(v.q.PID, tid)
	}
	return b, err
}

// holds says whether any descriptor is the terminal, trying the usual ones first.
func (v *viewer) holds() (bool, error) {
	for fd := range 3 {
		if v.terminal(fd) {
			return true, nil
		}
	}
	d, err := os.Open(v.dir + "/fd")
	if err != nil {
		return false, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return false, err
	}
	for _, name := range names {
		if fd, err := strconv.Atoi(name); err == nil && v.terminal(fd) {
			return true, nil
		}
	}
	return false, nil
}

// terminal says whether a descriptor is ours: the device itself, or /dev/tty in a
// process whose controlling terminal it is.
func (v *viewer) terminal(fd int) bool {
	if is, known := v.is[fd]; known {
		return is
	}
	var st unix.Stat_t
	is := false
	if unix.Stat(v.dir+"/fd/"+strconv.Itoa(fd), &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFCHR {
		is = encodeDev(st.Rdev) == v.dev || st.Rdev == unix.Mkdev(5, 0) && v.q.terminal == v.dev
	}
	v.is[fd] = is
	return is
}

// encodeDev turns a device number into the form of /proc/PID/stat.
func encodeDev(dev uint64) uint64 {
	major, minor := uint64(unix.Major(dev)), uint64(unix.Minor(dev))
	return minor&0xff | major<<8 | (minor&^0xff)<<12
}

// judge reads one thread's sleeping system call.
func (v *viewer) judge(c call, m *Member) {
	switch kindOf(c.number) {
	case callRead:
		m.ReadingTTY = m.ReadingTTY || v.terminal(int(int32(c.args[0])))
	case callPoll:
		v.polls(v.pollSet(c), m)
	case callSelect:
		v.polls(v.selectSet(c), m)
	case callEpoll:
		v.polls(v.epollSet(int(int32(c.args[0]))), m)
	}
}

// set is what a call waits to read from; err if we may not see it.
type set struct {
	fds []int
	err error
}

func (v *viewer) polls(s set, m *Member) {
	if s.err != nil && !errors.Is(s.err, os.ErrNotExist) {
		m.Unreadable = true
	}
	for _, fd := range s.fds {
		m.PollingTTY = m.PollingTTY || v.terminal(fd)
	}
}

// memory reads the process's memory.
func (v *viewer) memory(at uint64, n int) ([]byte, error) {
	f, err := os.Open(v.dir + "/mem")
	if errors.Is(err, os.ErrPermission) && v.parent != nil {
		return v.parent.Memory(v.q.PID, at, n)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, n)
	_, err = f.ReadAt(b, int64(at))
	return b, err
}

// pollSet reads an array of struct pollfd: fd i32, events i16, revents i16.
func (v *viewer) pollSet(c call) set {
	n := int(min(c.args[1], maxPollSet))
	b, err := v.memory(c.args[0], n*8)
	if err != nil {
		return set{err: err}
	}
	return set{fds: parsePollSet(b)}
}

func parsePollSet(b []byte) (fds []int) {
	for ; len(b) >= 8; b = b[8:] {
		fd := int32(binary.NativeEndian.Uint32(b))
		if fd >= 0 && binary.NativeEndian.Uint16(b[4:])&unix.POLLIN != 0 {
			fds = append(fds, int(fd))
		}
	}
	return fds
}

// selectSet reads the bits of an fd_set, in words of the machine's order.
func (v *viewer) selectSet(c call) set {
	if c.args[1] == 0 {
		return set{}
	}
	n := int(min(c.args[0], maxPollSet))
	b, err := v.memory(c.args[1], (n+63)/64*8)
	if err != nil {
		return set{err: err}
	}
	return set{fds: parseSelectSet(b, n)}
}

func parseSelectSet(b []byte, n int) (fds []int) {
	for i := 0; i < n && i/64*8+8 <= len(b); i++ {
		if binary.NativeEndian.Uint64(b[i/64*8:])>>(i%64)&1 != 0 {
			fds = append(fds, i)
		}
	}
	return fds
}

// epollSet reads what an epoll descriptor watches: proc(5), fdinfo, "tfd:" lines.
func (v *viewer) epollSet(epfd int) set {
	b, err := readProc(v.dir + "/fdinfo/" + strconv.Itoa(epfd))
	if err != nil {
		return set{err: err}
	}
	return set{fds: parseEpoll(b)}
}

func parseEpoll(b []byte) (fds []int) {
	for line := range bytes.Lines(b) {
		f := strings.Fields(string(line))
		if len(f) < 4 || f[0] != "tfd:" || f[2] != "events:" {
			continue
		}
		fd, err := strconv.Atoi(f[1])
		events, everr := strconv.ParseUint(f[3], 16, 64)
		if err == nil && everr == nil && fd >= 0 && events&unix.EPOLLIN != 0 {
			fds = append(fds, fd)
		}
	}
	return fds
}

// call is a system call that a thread sleeps in.
type call struct {
	number int
	args   [6]uint64
}

// parseSyscall reads /proc/PID/syscall: number, six arguments, stack and program
// counter; "running", or a number of -1, is no call.
func parseSyscall(b []byte) (c call, ok bool) {
	f := strings.Fields(string(b))
	if len(f) != 9 {
		return c, false
	}
	n, err := strconv.Atoi(f[0])
	if err != nil || n < 0 {
		return c, false
	}
	c.number = n
	for i := range c.args {
		hex, ok := strings.CutPrefix(f[i+1], "0x")
		if c.args[i], err = strconv.ParseUint(hex, 16, 64); err != nil || !ok {
			return c, false
		}
	}
	return c, true
}
