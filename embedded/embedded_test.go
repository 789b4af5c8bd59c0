package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/embedded"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("EMBEDDED_TEST_DIR"); dir != "" {
		hold(dir)
	}
	os.Exit(m.Run())
}

func open(t *testing.T, dir string) *embedded.Runtime {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs bash")
	}
	r, err := embedded.Open(t.Context(), embedded.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSessionsRunWithoutADaemon(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	ctx := context.Background()
	s, err := r.Create(ctx, aisession.SessionConfig{Name: "dev", Dir: dir, Argv: []string{"bash", "--norc"}})
	if err != nil {
		t.Fatal(err)
	}
	rep, err := s.Exec(ctx, "cd /; x=1; echo here; (exit 3)")
	if err != nil || rep.Exit != api.ExitCode(3) || rep.Cwd != "/" || rep.Text != "here\n" {
		t.Fatalf("%v %+v", err, rep)
	}
	if rep, err = s.Exec(ctx, `echo "$x $PWD"`); err != nil || rep.Text != "1 /\n" {
		t.Errorf("%v %+v", err, rep)
	}
	raw, err := r.Output(ctx, rep.Ref)
	if err != nil || string(raw) != "1 /\r\n" {
		t.Errorf("%q %v", raw, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	again := open(t, dir)
	defer again.Close()
	if raw, err := again.Output(ctx, rep.Ref); err != nil || string(raw) != "1 /\r\n" {
		t.Errorf("after the end: %q %v", raw, err)
	}
}

func TestAFolderHasOneOwner(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	defer r.Close()
	_, err := embedded.Open(t.Context(), embedded.Config{Dir: dir})
	var apiErr *api.Error
	if !errors.As(err, &apiErr) || apiErr.Code != api.Unavailable {
		t.Errorf("%v", err)
	}
	if _, err := embedded.Open(t.Context(), embedded.Config{}); err == nil {
		t.Error("no folder is accepted")
	}
}

// hold is a program that uses the package and is killed.
func hold(dir string) {
	ctx := context.Background()
	r, err := embedded.Open(ctx, embedded.Config{Dir: dir})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	s, err := r.Create(ctx, aisession.SessionConfig{Dir: dir, Argv: []string{"bash", "--norc"}})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	rep, err := s.Exec(ctx, "setsid nohup sleep 1000 >/dev/null 2>&1 & sleep 1000 & trap '' HUP; echo $! $$")
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println(strings.TrimSpace(rep.Text))
	select {}
}
