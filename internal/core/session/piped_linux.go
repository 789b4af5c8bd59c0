package session

import "golang.org/x/sys/unix"

// pipeRoom is how much the kernel holds of a pipe: a writer that is faster than we are
// is woken less often.
const pipeRoom = 1 << 20

// widen makes a pipe hold more; if it may not, it is only slower.
func widen(fd int) { unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, pipeRoom) }
