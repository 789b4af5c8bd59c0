//go:build linux

package main

import (
	"fmt"
	"os/exec"
	"path/filepath"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/api"
)

// session creates one that runs argv and waits until its shell has drawn a prompt.
func (l *lab) session(argv ...string) (*aisession.Session, error) {
	s, err := l.create(argv...)
	if err != nil {
		return nil, err
	}
	_, err = s.WaitFor(l.ctx, api.WaitRequest{For: "prompt", TimeoutMS: api.MillisOf(trialPatience)})
	return s, err
}

func (l *lab) create(argv ...string) (*aisession.Session, error) {
	return l.client.Create(l.ctx, aisession.SessionConfig{Name: l.name("a"), Dir: l.dir, Argv: argv, Cols: cols, Rows: rows})
}

// remove ends a session at once.
func (l *lab) remove(s *aisession.Session) error {
	_, err := api.Kill.Call(l.ctx, l.client.Caller(), &api.KillRequest{Session: s.ID, Force: true})
	return err
}

// cli is a call of the command-line client.
func (l *lab) cli(args ...string) *exec.Cmd {
	return exec.CommandContext(l.ctx, filepath.Join(l.bin, "ai-session"), args...)
}

// run executes a command that has to succeed.
func (l *lab) run(s *aisession.Session, command string) (*api.Report, error) {
	r, err := s.Exec(l.ctx, command, aisession.Timeout(trialPatience))
	if err != nil {
		return nil, err
	}
	if code, known := r.Exit.Code(); !known || code != 0 || r.State != api.BlockDone {
		return nil, fmt.Errorf("exec %.60q: %s, exit %s", command, r.State, r.Exit)
	}
	return r, nil
}

// runTrue executes true, which has to write nothing.
func (l *lab) runTrue(s *aisession.Session) error {
	r, err := l.run(s, "true")
	if err == nil && r.RawBytes != 0 {
		err = fmt.Errorf("true wrote %d bytes", r.RawBytes)
	}
	return err
}
