package daemon

import (
	"bytes"
	"context"
	"io"
	"os"
	"sync"

	"github.com/ai-session/ai-session/api"
)

// maxLog is where a log file becomes the old one: two of them are weeks of a busy
// daemon, and nothing on today's disks.
const maxLog = 8 << 20

// LogFile is the daemon's log: a file that can be read back while it is written.
type LogFile struct {
	path string

	mu   sync.Mutex // guards what follows
	file *os.File
	size int64
	grew chan struct{} // closed at the next write; nil while nobody waits
}

// OpenLog opens the log at path, after putting a large one aside.
func OpenLog(path string) (*LogFile, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, err
		}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return &LogFile{path: path, file: f, size: info.Size()}, nil
}

// Write appends to the log.
func (l *LogFile) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, err := l.file.Write(b)
	l.size += int64(n)
	if l.grew != nil {
		close(l.grew)
		l.grew = nil
	}
	return n, err
}

// Close closes the file.
func (l *LogFile) Close() error { return l.file.Close() }

// tailBytes is how much of the end of a log is looked at for its last lines.
const tailBytes = 1 << 20

// Read hands out the last lines, and goes on when asked to.
func (l *LogFile) Read(ctx context.Context, req *api.LogsRequest, yield func(*api.Chunk) error) error {
	if req.Lines < 0 {
		return api.Errorf(api.Invalid, "lines %d is negative", req.Lines)
	}
	lines := req.Lines
	if lines == 0 {
		lines = 50
	}
	at, grew := l.end(req.Follow)
	from := max(0, at-tailBytes)
	b := make([]byte, at-from)
	if n, err := l.file.ReadAt(b, from); err != nil && err != io.EOF {
		return err
	} else {
		b = b[:n]
	}
	if err := yield(&api.Chunk{Data: lastLines(b, lines)}); err != nil {
		return err
	}
	for req.Follow {
		select {
		case <-grew:
		case <-ctx.Done():
			return nil
		}
		var end int64
		end, grew = l.end(true)
		b := make([]byte, end-at)
		n, err := l.file.ReadAt(b, at)
		if err != nil && err != io.EOF {
			return err
		}
		at += int64(n)
		if err := yield(&api.Chunk{Data: b[:n]}); err != nil {
			return err
		}
	}
	return nil
}

func (l *LogFile) end(follow bool) (int64, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if follow && l.grew == nil {
		l.grew = make(chan struct{})
	}
	return l.size, l.grew
}

func lastLines(b []byte, n int) []byte {
	for i := len(b) - 1; i > 0; i-- {
		if b[i-1] != '\n' {
			continue
		}
		if n--; n == 0 {
			return b[i:]
		}
	}
	return bytes.Clone(b)
}
