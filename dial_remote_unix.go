//go:build unix

package aisession

import (
	"net"
	"os"
	"syscall"
)

// connPair is a connection, and its other end to be given to a child.
func connPair() (near net.Conn, far *os.File, err error) {
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	ours := os.NewFile(uintptr(fds[0]), "proxy")
	defer ours.Close()
	far = os.NewFile(uintptr(fds[1]), "proxy")
	if near, err = net.FileConn(ours); err != nil {
		far.Close()
		return nil, nil, err
	}
	return near, far, nil
}
