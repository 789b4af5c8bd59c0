//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/internal/config"
)

// lab is a daemon, a tmux server and a home of one experiment's own. What is started
// here is ended by close, whatever happened in between.
type lab struct {
	ctx    context.Context
	dir    string
	bin    string
	quick  bool
	caches caches
	paths  config.Paths
	client *aisession.Client
	daemon *exec.Cmd
	server int      // process number of the tmux server
	undo   []func() // what a row opened, newest last
	seq    int      // names of markers and sessions
}

func newLab(ctx context.Context, o options) (*lab, error) {
	dir, err := os.MkdirTemp("/tmp", "aib") // short: a socket's path is bounded
	if err != nil {
		return nil, err
	}
	l := &lab{ctx: ctx, dir: dir, bin: o.bin, quick: o.quick, caches: o.caches}
	for _, step := range []func() error{l.environment, l.startDaemon, l.dial, l.startTmux} {
		if err := step(); err != nil {
			return nil, errors.Join(err, l.close())
		}
	}
	return l, nil
}

// environment gives every contender the same one, with nothing of the user's in it
// but PATH. It is the program's own: the library reads it.
func (l *lab) environment() error {
	path := os.Getenv("PATH")
	os.Clearenv()
	for name, value := range map[string]string{
		"PATH": path, "HOME": l.dir, "LANG": "C.UTF-8", "TERM": "xterm-256color", "SHELL": "/bin/bash",
		"HISTFILE": "/dev/null", "TMUX_TMPDIR": l.dir, "AI_SESSION_HOME": filepath.Join(l.dir, "h"),
	} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	var err error
	l.paths, err = config.Find(os.Getenv)
	return err
}

// startDaemon starts it as clients do, but as our child, so that its number is known
// and its end is seen.
func (l *lab) startDaemon() error {
	cmd := exec.Command(filepath.Join(l.bin, "ai-sessiond"), "serve", "--background")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // ^C is for us; we end it
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w (make build)", err)
	}
	l.daemon = cmd
	line, err := bufio.NewReader(out).ReadString('\n')
	if strings.TrimSpace(line) != "ready" {
		return fmt.Errorf("the daemon did not start: %q %w", line, err)
	}
	return nil
}

func (l *lab) dial() error {
	var err error
	l.client, err = aisession.Dial(l.ctx, l.paths.Socket)
	return err
}

// close ends everything and removes the folder. What a row opened goes first.
func (l *lab) close() error {
	for i := len(l.undo) - 1; i >= 0; i-- {
		l.undo[i]()
	}
	if l.client != nil {
		l.client.Close()
	}
	err := errors.Join(l.stopTmux(), l.stopDaemon())
	return errors.Join(err, os.RemoveAll(l.paths.Scratch), os.RemoveAll(l.dir))
}

// deferred runs f when the lab is closed.
func (l *lab) deferred(f func()) { l.undo = append(l.undo, f) }

// stopPatience is how long a server may take to end its sessions before it is
// killed: 500 shells are hung up on within a second or two.
const stopPatience = 20 * time.Second

func (l *lab) stopDaemon() error {
	if l.daemon == nil {
		return nil
	}
	l.daemon.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(stopPatience, func() { l.daemon.Process.Kill() })
	err := l.daemon.Wait()
	if !kill.Stop() {
		return fmt.Errorf("the daemon did not stop within %s and was killed", stopPatience)
	}
	if err != nil {
		return fmt.Errorf("the daemon ended: %w", err)
	}
	return nil
}

// rounds picks the number of rounds for the kind of run.
func (l *lab) rounds(full, quick int) int {
	if l.quick {
		return quick
	}
	return full
}

// name makes a word that was not used before in this lab.
func (l *lab) name(prefix string) string {
	l.seq++
	return fmt.Sprintf("%s%d", prefix, l.seq)
}

// output runs a command to its end and gives what it wrote; a status that is not 0
// is an error with what the command said.
func output(cmd *exec.Cmd) (string, error) {
	var out, errOut strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, strings.TrimSpace(errOut.String()))
	}
	return out.String(), nil
}

// file writes a file of the lab.
func (l *lab) file(name string, fill func(io.Writer) error) (string, error) {
	path := filepath.Join(l.dir, name)
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	return path, errors.Join(fill(w), w.Flush(), f.Close())
}
