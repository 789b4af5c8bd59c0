package pty

import "golang.org/x/sys/unix"

func oldCall(number int) callKind {
	switch number {
	case unix.SYS_POLL:
		return callPoll
	case unix.SYS_SELECT:
		return callSelect
	case unix.SYS_EPOLL_WAIT:
		return callEpoll
	}
	return callOther
}
