package aisession

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/config"
	"github.com/ai-session/ai-session/internal/wire"
)

// Dial reaches the daemon that listens on a unix socket, or the one of another machine
// at https://HOST:PORT or under the name that `ai-session remote add` gave it. An empty
// address is this user's own daemon, which is started if there is none; inside a session
// it is that session's daemon.
func Dial(ctx context.Context, address string) (*Client, error) {
	c, err := Connect(ctx, address, true)
	if err != nil {
		return nil, err
	}
	return &Client{caller: c, close: c.Close}, nil
}

// Connect is Dial for programs that need the wire client itself. Without start, an
// absent daemon is an error.
func Connect(ctx context.Context, address string, start bool) (*wire.Client, error) {
	paths, err := config.Find(os.Getenv)
	if err != nil {
		return nil, err
	}
	if config.IsRemote(address) {
		dial, err := remoteDialer(address)
		if err != nil {
			return nil, err
		}
		return wire.NewClient(fmt.Sprintf("%s/%d", programName(), os.Getpid()), dial), nil
	}
	socket := strings.TrimPrefix(address, "unix://")
	if socket == "" {
		socket = ownSocket(os.Getenv, paths)
	}
	start = start && socket == paths.Socket
	dial := func(ctx context.Context) (net.Conn, error) {
		nc, err := dialSocket(ctx, socket)
		if err == nil || !start {
			return nc, err
		}
		return startAndDial(ctx, paths)
	}
	c := wire.NewClient(fmt.Sprintf("%s/%d", programName(), os.Getpid()), dial)
	if err := c.Ready(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// ownSocket is where this user's daemon listens. A session's programs may have another
// runtime folder than those who made it, so they are told which daemon is theirs; whoever
// names a home in there means that one.
func ownSocket(getenv func(string) string, paths config.Paths) string {
	if mine := getenv("AI_SESSION_SOCKET"); mine != "" && getenv("AI_SESSION_HOME") == "" {
		return mine
	}
	return paths.Socket
}

func programName() string { return filepath.Base(os.Args[0]) }

func dialSocket(ctx context.Context, socket string) (net.Conn, error) {
	var d net.Dialer
	nc, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		gone := api.Errorf(api.Unavailable, "no daemon answers on %s", socket).WithCause(err)
		if os.Getenv("AI_SESSION_SOCKET") == socket {
			return nil, gone.WithHint("unset AI_SESSION_SOCKET; it names the daemon of the session that this shell was started in")
		}
		return nil, gone.WithHint("ai-session serve, or any command that starts one")
	}
	return nc, nil
}

// startAndDial starts the daemon and connects. Clients that find no daemon at the
// same moment take turns at a lock; all but the first find it running.
func startAndDial(ctx context.Context, paths config.Paths) (net.Conn, error) {
	if err := config.Private(paths.Runtime); err != nil {
		return nil, err
	}
	unlock, err := lock(filepath.Join(paths.Runtime, "start.lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	if nc, err := dialSocket(ctx, paths.Socket); err == nil {
		return nc, nil
	}
	failed := startDaemon(ctx)
	nc, err := dialSocket(ctx, paths.Socket)
	if err != nil && failed != nil {
		return nil, failed // else one is there that has just made its socket again
	}
	return nc, err
}

// startDaemon runs ai-sessiond in the background, under a keeper where there is one,
// and waits until it says that it listens, or why it does not.
func startDaemon(ctx context.Context) error {
	program, err := daemonProgram()
	if err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd := exec.Command(program, "serve", "--background")
	if lean := filepath.Join(filepath.Dir(program), "ai-session"); runtime.GOOS != "windows" && isFile(lean) {
		cmd = exec.Command(lean, "keeper", program, "serve", "--background")
	}
	cmd.Stdout = w // its first line says how it went
	cmd.Dir = string(filepath.Separator)
	cmd.Env = slices.DeleteFunc(os.Environ(), ofSession)
	detach(cmd)
	err = cmd.Start()
	w.Close()
	if err != nil {
		return api.Errorf(api.Unavailable, "start %s: %v", program, err).WithCause(err)
	}
	stop := context.AfterFunc(ctx, func() { r.Close() })
	defer stop()
	line, err := bufio.NewReader(r).ReadString('\n')
	cmd.Process.Release()
	switch {
	case strings.TrimSpace(line) == "ready":
		return nil
	case err == nil:
		return api.Errorf(api.Unavailable, "the daemon did not start: %s", strings.TrimSpace(line)).WithHint("ai-session serve shows more")
	case errors.Is(err, io.EOF):
		return api.Errorf(api.Unavailable, "the daemon ended at its start").WithHint("ai-session serve shows why")
	}
	return api.Errorf(api.Unavailable, "the daemon did not start in time").WithCause(ctx.Err())
}

// ofSession: what is marked as a session's ends with that session, and a daemon that was
// started in one must not.
func ofSession(entry string) bool { return strings.HasPrefix(entry, "AI_SESSION=") }

// daemonProgram is the daemon beside this program, else the one in PATH.
func daemonProgram() (string, error) {
	name := "ai-sessiond"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if self, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(self); err == nil {
			self = real
		}
		if path := filepath.Join(filepath.Dir(self), name); isFile(path) {
			return path, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", api.Errorf(api.Unavailable, "no %s beside this program or in PATH", name).
			WithHint("install both programs: go install ./cmd/...").WithCause(err)
	}
	return path, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
