package session

import "golang.org/x/sys/unix"

// widen makes a pipe hold more, so that a writer that is faster than we are is woken less
// often; if it may not, it is only slower.
func widen(fd int) { unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, maxPipe) }
