package pty

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// TestMain is also the programs that run on the tests' consoles. They open the console
// by its name: what their standard handles are is the system's affair.
func TestMain(m *testing.M) {
	program := os.Getenv("PTY_TEST_PROGRAM")
	if program == "" {
		os.Exit(m.Run())
	}
	out, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		os.Exit(100)
	}
	switch program {
	case "greet":
		out.WriteString("hello\r\n")
		os.Exit(7)
	case "parent":
		os.Setenv("PTY_TEST_PROGRAM", "wait")
		if err := exec.Command(os.Args[0]).Start(); err != nil {
			os.Exit(101)
		}
		out.WriteString("both\r\n")
		select {}
	case "wait":
		select {}
	}
	os.Exit(102)
}

// begin starts a program of TestMain. What it draws comes on the channel, which is
// closed when Read has answered ErrDrained.
func begin(t *testing.T, program string) (*PTY, <-chan string) {
	t.Helper()
	p, err := Start(Command{Path: os.Args[0], Env: append(os.Environ(), "PTY_TEST_PROGRAM="+program)})
	if err != nil {
		t.Fatal(err)
	}
	drawn := make(chan string, 1000)
	done := make(chan error)
	go func() {
		for {
			err := p.Read(func() []byte { return make([]byte, 4096) }, func(b []byte) { drawn <- string(b) })
			switch {
			case errors.Is(err, ErrDrained):
				close(drawn)
			case err != nil:
				done <- err
				return
			}
		}
	}()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if left, err := p.Kill(ctx); err != nil || len(left) > 0 {
			t.Errorf("killed: %v are left, %v", left, err)
		}
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := <-done; !errors.Is(err, os.ErrClosed) {
			t.Errorf("reading ended with %v", err)
		}
	})
	return p, drawn
}

// awaitText returns what was drawn up to a text, or all there is if it is "".
func awaitText(t *testing.T, drawn <-chan string, text string) string {
	t.Helper()
	var all strings.Builder
	late := time.After(patience)
	for text == "" || !strings.Contains(all.String(), text) {
		select {
		case s, ok := <-drawn:
			if !ok {
				return all.String()
			}
			all.WriteString(s)
		case <-late:
			t.Fatalf("no %q in %q", text, all.String())
		}
	}
	return all.String()
}

func TestOutputEndsWithTheProcess(t *testing.T) {
	p, drawn := begin(t, "greet")
	if all := awaitText(t, drawn, ""); !strings.Contains(all, "hello") {
		t.Errorf("drawn: %q", all)
	}
	if e := p.Exit(); e != (Exit{Code: 7, Known: true}) {
		t.Errorf("exit %+v", e)
	}
}

func TestKillTakesWhatTheProgramStarted(t *testing.T) {
	p, drawn := begin(t, "parent")
	awaitText(t, drawn, "both")
	members, err := p.Members()
	pids := make([]int, len(members))
	for i, m := range members {
		pids[i] = m.PID
	}
	if err != nil || len(pids) < 2 || !slices.Contains(pids, p.Pid()) {
		t.Fatalf("members %v of %d, %v", pids, p.Pid(), err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if left, err := p.Kill(ctx); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestHangupEndsTheProgram(t *testing.T) {
	p, drawn := begin(t, "parent")
	awaitText(t, drawn, "both")
	if err := p.Hangup(t.Context()); err != nil {
		t.Fatal(err)
	}
	awaitText(t, drawn, "")
	if !p.Exit().Known {
		t.Error("no exit is known")
	}
}

// Nobody reads the other end of this pipe: a write that fills it waits for ever.
func TestWriteThatNobodyReadsIsGivenUp(t *testing.T) {
	in, theirs, err := pipe(windows.PIPE_ACCESS_OUTBOUND, windows.GENERIC_READ)
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(theirs)
	p := &PTY{con: &console{in: in}}
	ctx, cancel := context.WithCancel(context.Background())
	written := make(chan error)
	go func() {
		_, err := p.WriteContext(ctx, make([]byte, 4*pipeBuffer))
		written <- err
	}()
	cancel()
	if err := <-written; !errors.Is(err, context.Canceled) {
		t.Errorf("write: %v", err)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
}

func TestAnEndedConsoleStillHasASize(t *testing.T) {
	p, drawn := begin(t, "greet")
	awaitText(t, drawn, "")
	want := Size{Cols: 90, Rows: 30}
	if err := p.Resize(want); err != nil {
		t.Error(err)
	}
	if s, err := p.Size(); err != nil || s != want {
		t.Errorf("size %v, %v, want %v", s, err, want)
	}
}

func TestStartNamesWhatIsWrong(t *testing.T) {
	file := t.TempDir() + `\no-program.exe`
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		command Command
		want    error
	}{
		{Command{Path: "no-such-program-anywhere"}, ErrNotFound},
		{Command{Path: os.Args[0], Dir: `C:\no\such\folder`}, ErrNoDirectory},
		{Command{Path: file}, ErrNotExecutable},
	} {
		if _, err := Start(c.command); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.command, err, c.want)
		}
	}
}

func TestEnvironmentBlockHasANulBehindEachEntryAndOneMore(t *testing.T) {
	for _, c := range []struct {
		env  []string
		want string
	}{
		{nil, "\x00\x00"},
		{[]string{"A=1", "B="}, "A=1\x00B=\x00\x00"},
	} {
		got, err := environmentBlock(c.env)
		if s := string(runes(got)); err != nil || s != c.want {
			t.Errorf("%q: %q, %v", c.env, s, err)
		}
	}
	if _, err := environmentBlock([]string{"A=\x00"}); err == nil {
		t.Error("a NUL in an entry was taken")
	}
}

func runes(words []uint16) []rune {
	rs := make([]rune, len(words))
	for i, w := range words {
		rs[i] = rune(w)
	}
	return rs
}
