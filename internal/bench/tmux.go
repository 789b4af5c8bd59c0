//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tmuxHistory is the longest scrollback any row needs.
const tmuxHistory = "100000"

// tmuxBox is how a tmux call names the lab's server; no file of the user's is read.
func tmuxArgs(args ...string) []string {
	return append([]string{"-L", "bench", "-f", "/dev/null"}, args...)
}

// tmux is a call of the lab's own tmux.
func (l *lab) tmux(args ...string) *exec.Cmd {
	return exec.CommandContext(l.ctx, "tmux", tmuxArgs(args...)...)
}

func (l *lab) startTmux() error {
	_, err := output(l.tmux("start-server", ";", "set", "-s", "exit-empty", "off", ";", "set", "-s", "escape-time", "0", ";",
		"set", "-g", "status", "off", ";", "set", "-g", "history-limit", tmuxHistory, ";", "set", "-g", "default-shell", "/bin/bash"))
	if err != nil {
		return err
	}
	pid, err := output(l.tmux("display-message", "-p", "#{pid}"))
	if err != nil {
		return err
	}
	l.server, err = strconv.Atoi(strings.TrimSpace(pid))
	return err
}

// stopTmux ends the server, which is nobody's child, and sees that it has gone.
func (l *lab) stopTmux() error {
	if l.server == 0 {
		return nil
	}
	ended := make(chan error, 1)
	process, err := os.FindProcess(l.server) // a pidfd: the number cannot come to mean another
	if err != nil {
		return err
	}
	go func() {
		_, err := output(exec.Command("tmux", tmuxArgs("kill-server")...))
		ended <- err
	}()
	select {
	case err = <-ended:
	case <-time.After(stopPatience):
		err = fmt.Errorf("tmux did not stop within %s", stopPatience)
	}
	if err != nil {
		process.Signal(syscall.SIGKILL)
	}
	return err
}

// tmuxSession starts a session that runs one program, with a prompt of one byte.
func (l *lab) tmuxSession(argv ...string) (string, error) {
	name := l.name("t")
	args := []string{"new-session", "-d", "-s", name, "-x", strconv.Itoa(cols), "-y", strconv.Itoa(rows), "-e", "PS1=" + promptMark, "--"}
	_, err := output(l.tmux(append(args, argv...)...))
	return name, err
}

// tmuxRun types a line into a session and waits for its end: the line itself tells
// tmux. What more is given runs in the same call.
func (l *lab) tmuxRun(session, line string, then ...string) (string, error) {
	channel := l.name("c")
	args := []string{"send-keys", "-t", session, "-l", " " + line + "; tmux wait-for -S " + channel, ";",
		"send-keys", "-t", session, "Enter", ";", "wait-for", channel}
	if len(then) > 0 {
		args = append(append(args, ";"), then...)
	}
	return output(l.tmux(args...))
}

// tmuxTrue runs true the way programs without a library do: type it with a mark,
// wait, read the screen.
func (l *lab) tmuxTrue(session string) error {
	mark := l.name("m")
	screen, err := l.tmuxRun(session, "true; echo "+mark+"_$?", "capture-pane", "-p", "-t", session)
	if err == nil && !strings.Contains(screen, "\n"+mark+"_0\n") {
		err = fmt.Errorf("true in tmux: %q", strings.TrimRight(screen, "\n"))
	}
	return err
}
