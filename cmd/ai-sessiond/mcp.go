package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/cli"
	"github.com/ai-session/ai-session/internal/integration/mcp"
)

// serveMCP is the daemon's /mcp. Which tools a client there wants it cannot say, so it
// gets all of them.
func serveMCP(c api.Caller) (http.Handler, error) {
	s, err := mcp.New(c, mcp.Config{Version: cli.Version, Profile: "full"})
	if err != nil {
		return nil, err
	}
	return s.Handler(), nil
}

// bridge serves a model's client on standard input, by way of the daemon. The fixtures
// are served over HTTP on loopback alone, and reach no daemon.
func bridge(args []string) error {
	f := flag.NewFlagSet("mcp", flag.ContinueOnError)
	tools := f.String("tools", "core", "core, full or compat")
	server := f.String("server", os.Getenv("AI_SESSION_SERVER"), "another daemon")
	fixtures := f.String("conformance-fixtures", "", "HOST:PORT to serve the conformance suite's fixtures on")
	if err := f.Parse(args); err != nil {
		return err
	}
	c := mcp.Config{Version: cli.Version, Profile: *tools, Fixtures: *fixtures != "", Pages: true}
	if c.Fixtures {
		return serveFixtures(c, *fixtures)
	}
	ctx := context.Background()
	caller, err := aisession.Connect(ctx, *server, true)
	if err != nil {
		return err
	}
	defer caller.Close()
	s, err := mcp.New(caller, c)
	if err != nil {
		return err
	}
	return s.Run(ctx, os.Stdin, os.Stdout)
}

func serveFixtures(c mcp.Config, address string) error {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return api.Errorf(api.Invalid, "%q is no loopback address with a port", address)
	}
	s, err := mcp.New(nil, c)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("http://" + l.Addr().String() + "/mcp")
	mux := http.NewServeMux()
	mux.Handle("/mcp", http.NewCrossOriginProtection().Handler(s.Handler()))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(l)
}
