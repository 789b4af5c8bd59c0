//go:build unix

package shell

import (
	"cmp"
	"io/fs"

	"golang.org/x/sys/unix"
)

// makePipe makes a named pipe.
func makePipe(path string) error {
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return &fs.PathError{Op: "mkfifo", Path: path, Err: err}
	}
	return nil
}

// writeFile makes a 0600 file with this content. An exec waits for it, so it takes
// three system calls; os.File would ask what kind of file it is, and for a poller.
func writeFile(path string, content []byte) error {
	return put(path, unix.O_TRUNC, content)
}

// overwrite writes over the beginning of a file.
func overwrite(path string, content []byte) error { return put(path, 0, content) }

func put(path string, flag int, content []byte) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_CLOEXEC|flag, 0o600)
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	for len(content) > 0 && err == nil {
		var n int
		if n, err = unix.Write(fd, content); err == unix.EINTR {
			n, err = max(n, 0), nil
		}
		content = content[max(n, 0):]
	}
	if err = cmp.Or(err, unix.Close(fd)); err != nil {
		return &fs.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}
