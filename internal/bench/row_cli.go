//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// benchCLI runs true from the command line: the start of the client included, as
// scripts and agents with nothing but a shell have it.
func benchCLI(ctx context.Context, l *lab, t *table) error {
	r := t.row("exec from the CLI", "ms")
	s, err := l.session("bash", "--norc")
	if err != nil {
		return err
	}
	typed, err := l.tmuxSession(bareBash...)
	if err != nil {
		return err
	}
	reference, err := l.reference()
	if err != nil {
		return err
	}
	status := func() error { return reference("GET", "/v1/status") }
	execute := func() error {
		return reference("POST", "/v1/sessions/"+s.ID+"/exec", `{"command":"true"}`)
	}
	return interleave(ctx, l.rounds(100, 10), 2, []contender{
		{r.line("ai-session exec --raw", ours, beside("tmux send-keys, wait-for, capture-pane", 0.75, 0), beside("Go program, one round trip", 1.3, 0)),
			timed(func() error { return l.cliTrue(s.Name) })},
		{r.line("tmux send-keys, wait-for, capture-pane", tmux), timed(func() error { return l.tmuxTrue(typed) })},
		{r.line("Go program, one round trip", other), timed(status)},
		{r.line("Go program, round trip that runs true", other), timed(execute)},
		{r.line("fork of /bin/true", floor), timed(func() error { return exec.CommandContext(ctx, "/bin/true").Run() })},
	})
}

// cliTrue runs true, which has to say nothing, and then tells its status.
func (l *lab) cliTrue(session string) error {
	out, err := output(l.cli("exec", session, "--raw", "true"))
	if err == nil && out != "" {
		err = fmt.Errorf("exec --raw true wrote %q", out)
	}
	return err
}

// reference builds the program that does the least a client can, the way ours are
// built, and returns a function that runs it.
func (l *lab) reference() (func(args ...string) error, error) {
	program := filepath.Join(l.dir, "reference")
	build := exec.CommandContext(l.ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "github.com/ai-session/ai-session/internal/bench/reference")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOCACHE="+l.caches.build, "GOMODCACHE="+l.caches.modules, "GOFLAGS=-mod=readonly", "GOPROXY=off")
	if _, err := output(build); err != nil {
		return nil, err
	}
	return func(args ...string) error {
		_, err := output(exec.CommandContext(l.ctx, program, append([]string{l.paths.Socket}, args...)...))
		return err
	}, nil
}

// caches is where go keeps what it has built and fetched; the lab's home has none.
type caches struct{ build, modules string }

func findCaches(ctx context.Context) (caches, error) {
	out, err := output(exec.CommandContext(ctx, "go", "env", "GOCACHE", "GOMODCACHE"))
	if err != nil {
		return caches{}, err
	}
	words := strings.Fields(out)
	if len(words) != 2 {
		return caches{}, fmt.Errorf("go env answered %q", out)
	}
	return caches{words[0], words[1]}, nil
}
