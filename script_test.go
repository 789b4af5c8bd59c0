package aisession_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ai-session/ai-session/api"
)

// TestScripts runs the manual: each file of testdata/script is a theme, told in the
// commands a user types. Every script has a daemon of its own, which is stopped at
// its end and may leave no process behind.
//
// Beside testscript's own, the scripts know
//
//	ai-session ARGS...          the program; ! wants a status that is not 0. The race detector is with
//	                            the daemon, the keeper, and what exec and terminal start
//	status N                    the last program's exit status is exactly N
//	http METHOD PATH [BODY]     the daemon's answer: body to stdout, status to stderr; ! from 400 on;
//	                            @FILE is a body too
//	terminal ...                a person's terminal, see terminal_test.go
//	bytes FILE TEXT             writes TEXT, with Go's escapes, to FILE
//	lines FILE                  stdout, less the terminal's CRs, is FILE with its variables put in
//	crash daemon|keeper|both    kills them
//	feed FILE LINE              writes LINE to who reads from a named pipe
//	big FILE SIZE               writes an exec request with a command of SIZE bytes to FILE
//
// and <FILE as a word of a command line stands for the file's text.
func TestScripts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the scripts speak bash")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Deadline:            time.Now().Add(3 * time.Minute),
		Setup:               setUp,
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ai-session": aiSession,
			"status":     status,
			"http":       httpCall,
			"terminal":   terminalCommand,
			"bytes":      writeBytes,
			"big":        big,
			"lines":      lines,
			"crash":      crash,
			"feed":       feed,
		},
	})
}

// world is what belongs to one script.
type world struct {
	home      string // short, since a socket's path is limited
	status    int    // of the last program
	terminals map[string]*terminal
}

type worldKey struct{}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

func setUp(env *testscript.Env) error {
	root, err := os.MkdirTemp("", "as")
	if err != nil {
		return err
	}
	w := &world{home: filepath.Join(root, "h"), terminals: map[string]*terminal{}}
	env.Values[worldKey{}] = w
	home := filepath.Join(env.WorkDir, "home")
	for _, dir := range []string{w.home, home} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	for name, value := range map[string]string{
		"AI_SESSION_HOME": w.home, "XDG_RUNTIME_DIR": root, "HOME": home, "SHELL": "/bin/bash",
		"LANG": "C.UTF-8", "TERM": "xterm-256color", "AI_SESSION_SERVER": "",
		"LONG":   strings.Repeat("x", 300),
		"GORACE": "atexit_sleep_ms=0 log_path=" + filepath.Join(root, "race"),
	} {
		env.Setenv(name, value)
	}
	env.Defer(func() { tearDown(env.T(), w, root) })
	return nil
}

// tearDown ends what a script began. It fails the script if that is not all of it.
func tearDown(t testscript.T, w *world, root string) {
	for _, term := range w.terminals {
		term.close()
	}
	err := stopDaemon(w.home)
	races, _ := filepath.Glob(filepath.Join(root, "race.*"))
	for _, f := range races {
		report, _ := os.ReadFile(f)
		err = errors.Join(err, fmt.Errorf("data race:\n%s", report))
	}
	if err := errors.Join(err, os.RemoveAll(root)); err != nil {
		t.Log(err)
		t.FailNow()
	}
}

func aiSession(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	for i, a := range args {
		if file, ok := strings.CutPrefix(a, "<"); ok {
			args[i] = strings.TrimSuffix(ts.ReadFile(file), "\n")
		}
	}
	program, err := calledBin()
	ts.Check(err)
	err = ts.Exec(program, args...)
	var exit *exec.ExitError
	switch {
	case err == nil:
		w.status = 0
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		w.status = exit.ExitCode()
	default:
		ts.Fatalf("ai-session: %v", err)
	}
	if neg == (w.status == 0) {
		ts.Fatalf("ai-session exits with %d", w.status)
	}
}

func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: status N")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := worldOf(ts).status; got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// httpCall asks the daemon, as curl --unix-socket would.
func httpCall(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: http METHOD PATH [BODY]")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, args[0], "http://daemon"+args[1], nil)
	ts.Check(err)
	if len(args) == 3 {
		if file, ok := strings.CutPrefix(args[2], "@"); ok {
			body, err := os.Open(ts.MkAbs(file))
			ts.Check(err)
			defer body.Close()
			info, err := body.Stat()
			ts.Check(err)
			req.Body, req.ContentLength = body, info.Size()
			req.Header.Set("Expect", "100-continue")
		} else {
			req.Body, req.ContentLength = io.NopCloser(strings.NewReader(args[2])), int64(len(args[2]))
		}
	}
	res, err := unixClient(worldOf(ts).home).Do(req)
	ts.Check(err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stderr(), "%d %s\n", res.StatusCode, res.Header.Get("Content-Type"))
	ts.Stdout().Write(answer)
	if neg != (res.StatusCode >= 400) {
		ts.Fatalf("status %s: %s", res.Status, answer)
	}
}

func unixClient(home string) *http.Client {
	socket := filepath.Join(home, "run", "daemon.sock")
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives:     true,
		ExpectContinueTimeout: 20 * time.Second,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
}

// crash kills the daemon or its keeper, as the kernel's out-of-memory killer would. It
// waits until another keeper holds the sessions: who loses both at once loses them.
func crash(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: crash daemon|keeper|both")
	}
	home := worldOf(ts).home
	st := daemonStatus(ts, home)
	switch args[0] {
	case "daemon":
		ts.Check(crashProcess(st.PID))
		return
	case "both": // the keeper is held still: it would start the daemon again
		ts.Check(exec.Command("kill", "-STOP", strconv.Itoa(st.Keeper.PID)).Run())
		gone, err := unixClient(home).Get("http://daemon/v1/logs?follow=true")
		ts.Check(err)
		defer gone.Body.Close()
		ts.Check(errors.Join(crashProcess(st.PID), crashProcess(st.Keeper.PID)))
		io.Copy(io.Discard, gone.Body)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if !ends(ctx, st.PID) || !ends(ctx, st.Keeper.PID) { // until then their socket takes connections
			ts.Fatalf("one of them lives")
		}
		return
	}
	res, err := unixClient(home).Get("http://daemon/v1/logs?follow=true")
	ts.Check(err)
	defer res.Body.Close()
	ts.Check(crashProcess(st.Keeper.PID))
	for log := bufio.NewScanner(res.Body); log.Scan(); {
		if strings.Contains(log.Text(), "another keeper holds the sessions") {
			return
		}
	}
	ts.Fatalf("nobody holds the sessions")
}

func daemonStatus(ts *testscript.TestScript, home string) api.Status {
	res, err := unixClient(home).Get("http://daemon/v1/status")
	ts.Check(err)
	defer res.Body.Close()
	var st api.Status
	ts.Check(json.NewDecoder(res.Body).Decode(&st))
	return st
}

func crashProcess(pid int) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return p.Kill()
}

// feed gives a line to who reads from a named pipe.
func feed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: feed FILE LINE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(args[1]+"\n"), 0o600))
}

func writeBytes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: bytes FILE TEXT")
	}
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func big(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: big FILE SIZE")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	for _, part := range []string{`{"command":"# `, strings.Repeat("x", n), `\necho ran"}`} {
		_, err := io.WriteString(f, part)
		ts.Check(err)
	}
}

// lines compares what came through a terminal, where every line ends with CR LF.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: lines FILE")
	}
	got := strings.ReplaceAll(ts.ReadFile("stdout"), "\r\n", "\n")
	want := os.Expand(ts.ReadFile(args[0]), func(name string) string {
		if v := ts.Getenv(name); v != "" {
			return v
		}
		return "$" + name
	})
	if got != want {
		ts.Fatalf("got\n%s\nwant\n%s", got, want)
	}
}
