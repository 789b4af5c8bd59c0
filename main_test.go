package aisession_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// bin is the folder with both programs, built once for every test of this package.
var bin string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

// testMain builds the programs and gives the tests a daemon that is theirs alone:
// whatever they do, the user's own is not touched.
func testMain(m *testing.M) int {
	root, err := os.MkdirTemp("", "ais")
	if err != nil {
		return failed(err)
	}
	defer os.RemoveAll(root)
	bin = filepath.Join(root, "bin")
	if err := build(bin, raceEnabled); err != nil {
		return failed(err)
	}
	if err := keepGoCaches(); err != nil {
		return failed(err)
	}
	home := filepath.Join(root, "h")
	for name, value := range map[string]string{
		"PATH":            bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"AI_SESSION_HOME": home,
		"XDG_RUNTIME_DIR": root, // commands' own files, which live below it, go with the rest
		"HOME":            root, // no rc files but the system's
		"SHELL":           "/bin/bash",
		"GORACE":          "atexit_sleep_ms=0", // or every program of ours ends a second late
		"AI_SESSION":      "",                  // the tests may run in one
	} {
		if err := os.Setenv(name, value); err != nil {
			return failed(err)
		}
	}
	status := m.Run()
	if err := stopDaemon(home); err != nil {
		return failed(err)
	}
	return status
}

// keepGoCaches names go's folders, which it would look for below another HOME: every
// build of a test would begin with the downloads.
func keepGoCaches() error {
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			return fmt.Errorf("go env %s: %w", name, err)
		}
		if err := os.Setenv(name, strings.TrimSpace(string(out))); err != nil {
			return err
		}
	}
	return nil
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// build makes both programs, the daemon with places to kill it at.
func build(dir string, race bool) error {
	args := []string{"build", "-o", dir + string(filepath.Separator), "-ldflags", "-s -w", "-tags", "failpoint"}
	if race {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "./cmd/...")...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// plainBin is the folder with both programs without the race detector, as users have
// them, built at its first use.
var plainBin = sync.OnceValues(func() (string, error) {
	if !raceEnabled {
		return bin, nil
	}
	dir := filepath.Join(filepath.Dir(bin), "plain")
	return dir, build(dir, false)
})

// calledBin is the command line's program without the race detector, which makes each of
// a thousand calls five times as dear. It stands alone, so that its daemon is the one in
// PATH.
var calledBin = sync.OnceValues(func() (string, error) {
	plain, err := plainBin()
	if err != nil || plain == bin {
		return filepath.Join(bin, "ai-session"), err
	}
	dir := filepath.Join(filepath.Dir(bin), "called")
	name := filepath.Join(dir, "ai-session")
	return name, errors.Join(os.Mkdir(dir, 0o700), os.Link(filepath.Join(plain, "ai-session"), name))
})

// stopDaemon stops the daemon of a home, if it has one, and waits for its processes.
func stopDaemon(home string) error {
	if _, err := os.Stat(filepath.Join(home, "run", "daemon.sock")); err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "ai-session"), "stop")
	cmd.Env = append(os.Environ(), "AI_SESSION_HOME="+home)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ai-session stop: %w\n%s", err, out)
	}
	return allGone(ctx, home)
}
