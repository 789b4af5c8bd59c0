package aisession

import (
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// lock waits for a file's lock. The system gives it back if the holder dies.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, new(windows.Overlapped)); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

// detach makes a command outlive this program, its console and its job, where that lets
// it go: what a session or a login over ssh leaves behind is ended by its job. It gets no
// process group of its own, which would have it and all its children ignore ^C.
func detach(cmd *exec.Cmd) {
	flags := uint32(windows.DETACHED_PROCESS)
	if jobLetsGo() {
		flags |= windows.CREATE_BREAKAWAY_FROM_JOB
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: flags}
}

// jobLetsGo says that this process is in a job whose processes may leave it; to ask of
// another to leave makes its start fail.
func jobLetsGo() bool {
	const ownJob = 0
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	err := windows.QueryInformationJobObject(ownJob, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)), nil)
	return err == nil && limits.BasicLimitInformation.LimitFlags&windows.JOB_OBJECT_LIMIT_BREAKAWAY_OK != 0
}
