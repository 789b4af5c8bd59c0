package aisession_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// allGone waits for the end of every process that was started with this home, and
// names those that stay.
func allGone(ctx context.Context, home string) error {
	mark := []byte("AI_SESSION_HOME=" + home + "\x00")
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return err
	}
	var left []string
	for _, f := range files {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		if env, err := os.ReadFile(f); err != nil || !bytes.Contains(env, mark) || pid == os.Getpid() {
			continue
		}
		if !ends(ctx, pid) {
			line, _ := os.ReadFile(filepath.Join(filepath.Dir(f), "cmdline"))
			left = append(left, fmt.Sprintf("%d (%s)", pid, strings.ReplaceAll(string(line), "\x00", " ")))
		}
	}
	if left != nil {
		return fmt.Errorf("processes outlive their daemon: %s", strings.Join(left, ", "))
	}
	return nil
}

// ends waits for a process that is not ours to reap.
func ends(ctx context.Context, pid int) bool {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return true // it is gone already
	}
	defer unix.Close(fd)
	patience := 5 * time.Second
	if deadline, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(deadline))
	}
	until := time.Now().Add(patience)
	for {
		left := max(0, time.Until(until).Milliseconds())
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(left))
		if err != unix.EINTR {
			return err == nil && n == 1
		}
	}
}
