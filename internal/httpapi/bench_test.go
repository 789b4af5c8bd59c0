package httpapi

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/config"
	"github.com/ai-session/ai-session/internal/daemon"
	"github.com/ai-session/ai-session/internal/wire"
)

// BenchmarkExecOverSocket is an exec of `true` with everything between a Go client
// and the shell but the second process.
func BenchmarkExecOverSocket(b *testing.B) {
	home, err := os.MkdirTemp("", "ais")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(home) })
	paths, err := config.Find(func(name string) string { return map[string]string{"AI_SESSION_HOME": home}[name] })
	if err != nil {
		b.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	d, err := daemon.New(daemon.Config{Paths: paths, Log: log})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close(context.Background()) })
	l, err := net.Listen("unix", filepath.Join(home, "s"))
	if err != nil {
		b.Fatal(err)
	}
	server, err := New(d, Config{Log: log})
	if err != nil {
		b.Fatal(err)
	}
	go server.Serve(PeerListener(l))
	b.Cleanup(func() { server.Shutdown(context.Background()) })
	c := wire.NewClient("bench", func(ctx context.Context) (net.Conn, error) { return net.Dial("unix", l.Addr().String()) })
	defer c.Close()
	if _, err := api.Create.Call(b.Context(), c, &api.CreateRequest{Name: "s", Argv: []string{"bash", "--norc"}, Dir: "/", BaseEnv: api.KV{"PATH": os.Getenv("PATH")}}); err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		if _, err := api.Exec.Call(b.Context(), c, &api.ExecRequest{Session: "s", Command: "true"}); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(took[len(took)/10].Microseconds()), "p10-us")
}
