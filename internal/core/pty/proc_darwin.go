package pty

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// device is not known: a master does not tell its slave's number here.
func (p *PTY) device() (uint64, error) { return 0, nil }

// QueuedInput is not known here.
func (p *PTY) QueuedInput() (bool, error) { return false, fmt.Errorf("input queue: %w", ErrUnknown) }

// unseen lists the processes that are not in seen, puts them there and gives them to add.
// n is how many there were.
func unseen(seen map[int]bool, add func(Process)) (n int, err error) {
	list, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return 0, err
	}
	for i := range list {
		if p := processOf(&list[i]); !seen[p.PID] {
			seen[p.PID] = true
			n++
			add(p)
		}
	}
	return n, nil
}

// states are kinfo's, as ps writes them.
var states = [...]byte{0, 'I', 'R', 'S', 'T', 'Z'}

func processOf(k *unix.KinfoProc) Process {
	p := Process{
		PID: int(k.Proc.P_pid), Parent: int(k.Eproc.Ppid), Group: int(k.Eproc.Pgid),
		Name:    unix.ByteSliceToString(k.Proc.P_comm[:]),
		started: uint64(k.Proc.P_starttime.Sec)<<20 | uint64(k.Proc.P_starttime.Usec),
	}
	if s := int(k.Proc.P_stat); s >= 0 && s < len(states) {
		p.State = states[s]
	}
	p.Session, _ = unix.Getsid(p.PID) // 0 if it is gone: belongs to nobody
	return p
}

func age(p Process) (time.Duration, error) {
	return time.Since(time.Unix(int64(p.started>>20), int64(p.started&(1<<20-1))*1000)), nil
}

func process(pid int) (Process, error) {
	k, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return Process{}, err
	}
	return processOf(k), nil
}

// markersOf finds none: the environment of others is hard to come by.
func markersOf(Process, map[string]bool) (found []string, sure bool) { return nil, true }

func send(p Process, sig unix.Signal) error {
	now, err := process(p.PID)
	if err != nil || now.started != p.started {
		return unix.ESRCH
	}
	return unix.Kill(p.PID, sig)
}
