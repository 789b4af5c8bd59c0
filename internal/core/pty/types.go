package pty

import (
	"errors"
	"syscall"
	"time"
)

// Size of a terminal. XPixel and YPixel may be 0: unknown.
type Size struct{ Cols, Rows, XPixel, YPixel uint16 }

// Command is what Start runs.
type Command struct {
	Path string   // program; without a slash it is looked for in PATH of Env
	Argv []string // Argv[0] may differ from Path ("-bash"); empty = Path alone
	Env  []string // the whole environment
	Dir  string   // "" = ours
	Size Size     // zero = 80 by 24
	Tree
}

// Tree is how processes that left the terminal are still known as ours.
type Tree struct {
	// Marker is an environment entry ("AI_SESSION=x") that only this terminal's
	// processes carry; "" = none. The daemon must not carry it itself: what a
	// daemon started from inside a session starts would count as that session's.
	Marker string

	// Cgroup names a group of this terminal alone, see package cgroup: Start makes it
	// and the process begins in it. What Tree returns has its folder instead, "" where
	// there is none.
	Cgroup string
}

// Exit is how a process ended.
type Exit struct {
	Code   int            // 0-255; -1 if a signal ended it or it is not known
	Signal syscall.Signal // 0 if none
	Known  bool           // false: it is gone, and only its parent was told how
}

// Process is one member of a terminal's tree.
type Process struct {
	PID, Parent, Group, Session int
	Name                        string        // the kernel's, at most 15 bytes on Linux
	State                       byte          // as in ps: R, S, D, T, Z ...; 0 = unknown
	CPU                         time.Duration // processor time until now; 0 where nobody tells

	terminal uint64 // device number of its controlling terminal, 0 = none
	started  uint64 // tells a recycled pid
	threads  int
	kernel   bool   // one of the kernel's own
	bare     bool   // its environment is empty
	ignored  uint32 // bit n-1: it ignores signal n; 0 where nobody tells
	unarmed  uint32 // bit n-1: signal n ends it, for it neither catches, ignores nor blocks it; 0 where nobody tells
}

// DiesOf says that such a signal ends the process, so that one that lives on has not
// had it. Where the system does not tell, it says so of none.
func (p Process) DiesOf(sig syscall.Signal) bool {
	return sig > 0 && sig < 32 && p.unarmed&(1<<(sig-1)) != 0
}

// Termios are the modes that say what a program wants of its input. One that
// Termios returned puts back everything when it is set, flags not named here too.
type Termios struct {
	Icanon bool // lines, edited by the kernel
	Echo   bool
	Isig   bool // ^C and friends are signals
	Iexten bool
	Ixon   bool // ^S stops output
	Icrnl  bool // CR is read as NL
	Opost  bool // NL is written as CR NL

	raw rawTermios
}

// Parent is an ancestor of adopted processes that still lives: it learns how they end,
// and may look where the system shows a process to its ancestors only.
type Parent interface {
	ExitOf(pid int) (Exit, bool)
	Syscall(pid, thread int) ([]byte, error) // as /proc/PID/task/THREAD/syscall
	Memory(pid int, addr uint64, size int) ([]byte, error)
}

// Member is a process of the foreground group, or a descendant of the terminal's
// own process, that holds the terminal open.
type Member struct {
	Process
	ReadingTTY bool // blocked in a read of this terminal
	PollingTTY bool // blocked in poll, select or epoll with this terminal in the set
	Unreadable bool // we may not look: the two above are unknown, not false
}

// Probe is what can be seen of a terminal from outside at one moment.
type Probe struct {
	Termios        Termios
	Foreground     int // process group; 0 = none
	Members        []Member
	ModesUnknown   bool // this system has no modes to ask for
	MembersUnknown bool // this system does not let us see members
}

var (
	// ErrNotFound is wrapped by Start: no such program, or its interpreter is missing.
	ErrNotFound = errors.New("program not found")

	// ErrNotExecutable is wrapped by Start: there is such a file, but it cannot be run.
	ErrNotExecutable = errors.New("program not executable")

	// ErrNoDirectory is wrapped by Start: Dir is not a folder that can be entered.
	ErrNoDirectory = errors.New("directory missing")

	// ErrDrained is what Read answers once, when the process has ended and all it
	// had written has been read. What comes later is from others.
	ErrDrained = errors.New("process ended and its output is read")

	// ErrUnknown is wrapped where this system cannot tell.
	ErrUnknown = errors.New("not known on this system")
)
