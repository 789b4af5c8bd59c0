package pty

import "golang.org/x/sys/unix"

type callKind int

const (
	callOther callKind = iota
	callRead
	callPoll
	callSelect
	callEpoll
)

// kindOf sorts the calls that a program waits for input in. Those that only
// some machines have come from oldCall.
func kindOf(number int) callKind {
	switch number {
	case unix.SYS_READ, unix.SYS_READV:
		return callRead
	case unix.SYS_PPOLL:
		return callPoll
	case unix.SYS_PSELECT6:
		return callSelect
	case unix.SYS_EPOLL_PWAIT, unix.SYS_EPOLL_PWAIT2:
		return callEpoll
	}
	return oldCall(number)
}
