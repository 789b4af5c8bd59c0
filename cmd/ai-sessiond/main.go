// Command ai-sessiond is the daemon that holds the sessions. People type
// `ai-session serve`, or nothing: clients start it.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/cli"
	"github.com/ai-session/ai-session/internal/config"
	"github.com/ai-session/ai-session/internal/core/cgroup"
	"github.com/ai-session/ai-session/internal/core/pty/keeper"
	"github.com/ai-session/ai-session/internal/daemon"
	"github.com/ai-session/ai-session/internal/httpapi"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "reduce" {
		if err := reduce(os.Args[2:], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "ai-session: "+err.Error())
			os.Exit(2)
		}
		return
	}
	if len(os.Args) > 1 && verb(os.Args[1], os.Args[2:]) {
		return
	}
	if len(os.Args) == 2 && os.Args[1] == "preflight" {
		if err := daemon.CheckState(os.Stdin, os.Stdout, cli.Version); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) < 2 || os.Args[1] != "serve" {
		fmt.Fprintln(os.Stderr, "usage: ai-sessiond serve\n(people type: ai-session serve)")
		os.Exit(2)
	}
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	background := flags.Bool("background", false, "say ready, then be quiet")
	listen := flags.String("listen", "", "serve other machines on HOST:PORT")
	flags.Parse(os.Args[2:])
	if err := serve(*background, *listen); err != nil {
		out := os.Stderr
		if *background {
			out = os.Stdout // the client that started us reads one line
		}
		fmt.Fprintln(out, strings.ReplaceAll(err.Error(), "\n", "; "))
		os.Exit(1)
	}
}

// verb runs what the client leaves to this program. It reports whether it was one.
func verb(name string, args []string) bool {
	var err error
	switch {
	case name == "token":
		err = token(args)
	case name == "mcp":
		err = bridge(args)
	case name == "proxy" && len(args) == 1:
		err = proxy(args[0])
	default:
		return false
	}
	if err != nil {
		p := api.ProblemOf(err)
		fmt.Fprintln(os.Stderr, "ai-session: "+p.Detail)
		if p.Hint != "" {
			fmt.Fprintln(os.Stderr, "  try: "+p.Hint)
		}
		os.Exit(1)
	}
	return true
}

// serve runs a daemon until it is told to stop.
func serve(background bool, listenOn string) (err error) {
	paths, err := config.Find(os.Getenv)
	if err != nil {
		return err
	}
	if err := paths.Make(); err != nil {
		return err
	}
	settings, err := config.Load(paths, os.Getenv)
	if err != nil {
		return err
	}
	logFile, err := daemon.OpenLog(filepath.Join(paths.Data, "daemon.log"))
	if err != nil {
		return err
	}
	defer logFile.Close()
	settings.Server.Listen = cmp.Or(listenOn, settings.Server.Listen)
	if background {
		cgroup.Leave() // of the session that it was started in
	}
	log := newLog(settings.LogLevel, background, logFile)
	defer func() {
		if err != nil { // of a daemon that the keeper started nobody reads what it prints
			log.Error("the daemon ends", "err", err)
		}
	}()
	k, err := keeper.FromEnv()
	if err != nil {
		return err
	}
	d, err := daemon.New(daemon.Config{Paths: paths, Settings: settings, Version: cli.Version, Log: log, LogFile: logFile, Keeper: k, Rest: debug.FreeOSMemory})
	if err != nil {
		return err
	}
	l, err := listen(paths.Socket, d.Listener())
	if err != nil {
		return errors.Join(err, d.Close(context.Background()))
	}
	return run(d, l, log, background, paths, settings.Server)
}

// stay keeps the daemon within reach.
func stay(ctx context.Context, s *socket, d *daemon.Daemon, log *slog.Logger) {
	err := s.stay(ctx, func(l net.Listener) {
		log.Warn("the socket was removed; it is made again", "socket", s.path)
		if err := d.Moved(l); err != nil {
			log.Warn("clients would not wait for the next daemon", "err", err)
		}
	})
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, errStoreGone) && d.Sessions() == 0:
		log.Warn("stopping", "why", err)
		d.Stop()
	default:
		log.Info("a socket that somebody removes stays away", "why", err)
	}
}

func newLog(level string, background bool, file io.Writer) *slog.Logger {
	var l slog.Level
	l.UnmarshalText([]byte(level)) // config has checked it; empty is info
	out := file
	if !background {
		out = io.MultiWriter(file, os.Stderr)
	}
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: l}))
}

// listen takes the socket: the last daemon's, with the clients that wait in it, or a
// new one. Nobody else has the store, so a socket that is there is a dead daemon's.
func listen(socket string, last net.Listener) (net.Listener, error) {
	if last != nil {
		if _, err := os.Stat(socket); err == nil {
			return last, nil
		}
		last.Close() // somebody removed its name: nobody can reach it
	}
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	if runtime.GOOS == "windows" {
		return l, nil // it has its folder's access list, and modes say nothing
	}
	return l, os.Chmod(socket, 0o600)
}

// stopPatience is how long answers under way may take when the daemon stops.
const stopPatience = 2 * time.Second

// handOverPatience is how long letting go of the sessions may take before the daemon
// leaves without: to be killed loses next to nothing, to stay keeps everybody out.
const handOverPatience = 5 * time.Second

// run serves until a signal or the stop operation. The sessions and the store go
// first and the socket last: a client that sees the socket gone may start the next
// daemon.
func run(d *daemon.Daemon, l net.Listener, log *slog.Logger, background bool, paths config.Paths, remote config.Server) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	server, err := httpapi.New(d, httpapi.Config{Log: log, Version: cli.Version, Dir: paths.Data, MCP: serveMCP})
	if err != nil {
		return errors.Join(err, d.Close(context.Background()))
	}
	failed := make(chan error, 1)
	door := &socket{path: paths.Socket, store: filepath.Join(paths.Data, "lock"), l: l}
	near := &gate{Listener: door}
	go func() { failed <- server.Serve(httpapi.PeerListener(near)) }()
	far := listenRemote(d, server, remote, paths, log)
	d.BeforeHandOver(func() {
		near.shut()
		far.shut()
		server.Retire()
	})
	if err := d.Serving(l); err != nil {
		log.Warn("the sessions would end with this daemon", "err", err)
	}
	log.Info("ready", "socket", paths.Socket, "pid", os.Getpid())
	if background {
		fmt.Println("ready")
		os.Stdout.Close()
	}
	staying, leave := context.WithCancel(context.Background())
	defer leave()
	go stay(staying, door, d, log)
	select {
	case <-ctx.Done():
		d.Interrupted(context.Background())
	case <-d.Stopping():
	case <-d.Handover():
		// Whoever waits for an answer asks the next daemon, which finds the socket and
		// those who wait in it as they are.
		server.Freeze()
		defer time.AfterFunc(handOverPatience, func() {
			log.Error("the sessions were not let go in time; the next daemon finds them as after a crash")
			os.Exit(1)
		}).Stop()
		return d.HandOver()
	case err = <-failed:
	}
	leave() // the socket's name goes with the daemon
	patience, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	err = errors.Join(err, d.Close(patience))
	os.Remove(paths.Socket) // where the listener was the last daemon's, Go leaves its name
	return errors.Join(err, server.Shutdown(patience))
}
