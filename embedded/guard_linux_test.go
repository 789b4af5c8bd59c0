package embedded_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAKilledProgramLeavesNoProcessBehind(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "EMBEDDED_TEST_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var line string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if line = lines.Text(); strings.HasPrefix(line, "error") || len(strings.Fields(line)) == 2 {
			break
		}
	}
	pids := strings.Fields(line)
	if len(pids) != 2 || pids[0] == "error" {
		t.Fatalf("%q", line)
	}
	cmd.Process.Kill()
	cmd.Wait()
	for _, p := range pids {
		pid, err := strconv.Atoi(p)
		if err != nil {
			t.Fatal(err)
		}
		if !gone(pid) {
			t.Errorf("process %d lives on", pid)
		}
	}
}

// patience is how long the guard may take on a busy machine.
const patience = 20_000 // ms

// gone waits for the end of a process that is not our child.
func gone(pid int) bool {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return true
	}
	defer unix.Close(fd)
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, patience)
		if err != unix.EINTR {
			return err == nil && n == 1
		}
	}
}
