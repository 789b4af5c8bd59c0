package persistence

import "golang.org/x/sys/windows"

var errFullForTest error = windows.ERROR_DISK_FULL
