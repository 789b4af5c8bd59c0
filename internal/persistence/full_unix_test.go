//go:build unix

package persistence

import "golang.org/x/sys/unix"

var errFullForTest error = unix.ENOSPC
