package session

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ai-session/ai-session/api"
)

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func bash(t testing.TB) *Session {
	t.Helper()
	s, _ := start(t, newManager(t), shellArgv(t, "bash")...)
	return s
}

// begins starts a command and returns its report of the moment it runs.
func begins(t testing.TB, s *Session, command string) *api.Report {
	t.Helper()
	r, err := s.Exec(within(t), &api.ExecRequest{Command: command, Background: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func send(t testing.TB, s *Session, text string, keys ...string) {
	t.Helper()
	if _, err := s.Send(within(t), &api.SendRequest{Text: text, Keys: keys}, "test"); err != nil {
		t.Fatal(err)
	}
}

func waitFor(t testing.TB, s *Session, req api.WaitRequest) *api.WaitResult {
	t.Helper()
	res, err := s.Wait(within(t), &req)
	if err != nil {
		t.Fatalf("wait for %s %s: %v; %+v", req.For, req.Match, err, s.Info())
	}
	return res
}

func TestWaitingProgramsAreNamed(t *testing.T) {
	const takesKeys = `python3 -c 'import os, select, sys, termios, tty
old = termios.tcgetattr(0)
if sys.argv[1] == "raw": tty.setcbreak(0)
print(sys.argv[2].encode().decode("unicode_escape"), end="", flush=True)
select.select([0], [], [])
key = os.read(0, 9)
termios.tcsetattr(0, 0, old)
print("\033[?25h")
sys.exit(key[:1] != b"q")' `
	for _, c := range []struct {
		name, command string
		need          string // program
		kind          string // of input, or tui
		state         api.BlockState
		answer        string
		keys          []string
		exit          int
	}{
		{"password", `read -s -p 'Password: ' p; [ "$p" = hunter2 ]`, "bash", "password", api.BlockNeedsInput, "hunter2", []string{"Enter"}, 0},
		{"line", `read -p 'Name? ' n; [ "$n" = me ]`, "bash", "line", api.BlockNeedsInput, "me", []string{"Enter"}, 0},
		{"yes or no", `sh -c 'printf "Go on? [y/N] "; read a; exit 7'`, "bash", "yesno", api.BlockNeedsInput, "y", []string{"Enter"}, 7},
		{"cat", "cat", "cat", "line", api.BlockNeedsInput, "", []string{"C-d"}, 0},
		{"python", "python3 -q", "python3", "repl", api.BlockNeedsInput, "exit(3)", []string{"Enter"}, 3},
		{"less", "seq 1000 | less", "less", "pager", api.BlockNeedsInput, "q", nil, 0},
		{"node", "node", "node", "repl", api.BlockNeedsInput, "process.exit(4)", []string{"Enter"}, 4},
		{"git's pager", "git init -q . && for i in $(seq 50); do git -c user.name=a -c user.email=a@b commit -q --allow-empty -m $i; done; git log", "git", "pager", api.BlockNeedsInput, "q", nil, 0},
		{"password behind su", `su nobody -s /bin/bash -c 'read -s -p "Password: " p; [ "$p" = x ]'`, "su", "password", api.BlockNeedsInput, "x", []string{"Enter"}, 0},
		{"htop", "htop", "htop", "tui", api.BlockTUI, "q", nil, 0},
		{"fzf", "seq 20 | fzf", "fzf", "tui", api.BlockTUI, "17", []string{"Enter"}, 0},
		{"any key", `read -n1 -r -p "Press any key to continue..." k; [ "$k" = q ]`, "bash", "key", api.BlockNeedsInput, "q", nil, 0},
		{"watch mode", takesKeys + `raw 'press h to show help, press q to quit\n'`, "python3", "key", api.BlockNeedsInput, "q", nil, 0},
		{"menu", takesKeys + `raw 'Pick one\n> red\n  blue\n\033[?25l'`, "python3", "tui", api.BlockTUI, "q", nil, 0},
		{"question in raw mode", takesKeys + `raw '? Your name '`, "python3", "line", api.BlockNeedsInput, "q", nil, 0},
		{"question behind a poll", takesKeys + `lines 'Port? '`, "python3", "line", api.BlockNeedsInput, "q", []string{"Enter"}, 0},
		{"vim", "vim -u NONE", "vim", "tui", api.BlockTUI, ":cq", []string{"Enter"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(c.need); err != nil {
				t.Skipf("%s is not installed here", c.need)
			}
			s := bash(t)
			r, err := s.Exec(within(t), &api.ExecRequest{Command: c.command})
			if err != nil {
				t.Fatal(err)
			}
			if r.State != c.state {
				t.Fatalf("state %s, want %s; %+v", r.State, c.state, s.Info())
			}
			if c.kind != "tui" && (r.Input == nil || r.Input.Kind != c.kind) {
				t.Fatalf("input %+v, want %s", r.Input, c.kind)
			}
			send(t, s, c.answer, c.keys...)
			end := waitFor(t, s, api.WaitRequest{For: "exit"})
			if code, known := end.Block.Exit.Code(); !known || code != c.exit {
				t.Errorf("exit %s, want %d: %s", end.Block.Exit, c.exit, end.Block.Text)
			}
			if again := run(t, s, "echo well"); out(again) != "well\n" {
				t.Errorf("afterwards: %q", out(again))
			}
		})
	}
}

// A program that hands its terminal on listens all the time.
func TestCarrierOfASilentProgramIsRunningNotWaiting(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("script"); err != nil {
		t.Skip("script is not installed here")
	}
	s := bash(t)
	r, err := s.Exec(within(t), &api.ExecRequest{Command: `script -qec 'sleep 1.5; exit 5' /dev/null`})
	if err != nil || r.State != api.BlockDone || r.Exit != api.ExitCode(5) {
		t.Fatalf("%v %+v", err, r)
	}
}

func TestSleepingProgramIsRunningNotWaiting(t *testing.T) {
	t.Parallel()
	s := bash(t)
	r, err := s.Exec(within(t), &api.ExecRequest{Command: "sleep 60", TimeoutMS: 1500})
	if err != nil || r.State != api.BlockRunning || r.Input != nil {
		t.Fatalf("%v %+v", err, r)
	}
	if err := s.Signal("INT"); err != nil {
		t.Fatal(err)
	}
	end := waitFor(t, s, api.WaitRequest{})
	if code, _ := end.Block.Exit.Code(); code != 130 || end.Block.Signal != "INT" {
		t.Errorf("exit %s %s, want 130 INT", end.Block.Exit, end.Block.Signal)
	}
}

func TestControlCEndsPipeline(t *testing.T) {
	t.Parallel()
	s := bash(t)
	begins(t, s, "yes | sort | sleep 100")
	began := time.Now()
	send(t, s, "", "C-c")
	end := waitFor(t, s, api.WaitRequest{})
	if code, _ := end.Block.Exit.Code(); code != 130 {
		t.Errorf("exit %s after %s, want 130", end.Block.Exit, time.Since(began))
	}
}

// What a shell that catches the interrupt begins after it is none of the interrupted.
func TestCommandAfterACaughtInterruptRuns(t *testing.T) {
	t.Parallel()
	s := bash(t)
	begins(t, s, "trap : INT; sleep 100; sleep 0.4; echo status $?")
	waitFor(t, s, api.WaitRequest{QuietMS: 200})
	send(t, s, "", "C-c")
	if end := waitFor(t, s, api.WaitRequest{}); !strings.Contains(end.Block.Text, "status 0") {
		t.Errorf("%q", end.Block.Text)
	}
}

func TestStoppedJobComesBack(t *testing.T) {
	t.Parallel()
	s := bash(t)
	begins(t, s, "sh -c 'echo up; read x; exit 6'")
	waitFor(t, s, api.WaitRequest{For: "input"})
	send(t, s, "", "C-z")
	end := waitFor(t, s, api.WaitRequest{})
	if code, _ := end.Block.Exit.Code(); code != 148 {
		t.Fatalf("exit %s, want 148", end.Block.Exit)
	}
	begins(t, s, "fg")
	waitFor(t, s, api.WaitRequest{For: "input"})
	send(t, s, "", "Enter")
	if end = waitFor(t, s, api.WaitRequest{}); end.Block.Exit != api.ExitCode(6) {
		t.Fatalf("exit %s, want 6", end.Block.Exit)
	}
}

func TestHalfTypedLineIsNeverAppendedTo(t *testing.T) {
	t.Parallel()
	s := bash(t)
	run(t, s, "true")
	send(t, s, "echo rm -rf ")
	_, err := s.Exec(within(t), &api.ExecRequest{Command: "echo x"})
	if api.CodeOf(err) != api.Busy {
		t.Fatalf("exec answered %v, want busy", err)
	}
	done := make(chan *api.Report, 1)
	go func() {
		r, _ := s.Exec(context.Background(), &api.ExecRequest{Command: "echo mine", Queue: true, Raw: true})
		done <- r
	}()
	send(t, s, "nothing", "Enter")
	r := <-done
	if r == nil || out(r) != "mine\n" {
		t.Fatalf("queued exec: %+v", r)
	}
	screen, _ := s.Screen(&api.ScreenRequest{})
	if !strings.Contains(screen.Content, "\nrm -rf nothing\n") {
		t.Errorf("screen:\n%s", screen.Content)
	}
}

func TestTypeAheadIsNoPartOfTheCommand(t *testing.T) {
	t.Parallel()
	s := bash(t)
	begins(t, s, "sleep 0.3; echo first")
	send(t, s, "echo ahead", "Enter")
	end := waitFor(t, s, api.WaitRequest{})
	if got := strings.ReplaceAll(end.Block.Text, "echo ahead\n", ""); got != "first\n" {
		t.Errorf("text %q", end.Block.Text)
	}
	if r := run(t, s, "echo second; false"); out(r) != "second\n" || r.Exit != api.ExitCode(1) {
		t.Errorf("%q exit %s", out(r), r.Exit)
	}
}

func TestBusyNamesTheOpenExec(t *testing.T) {
	t.Parallel()
	s := bash(t)
	first := begins(t, s, "sleep 30")
	_, err := s.Exec(within(t), &api.ExecRequest{Command: "true"})
	var e *api.Error
	if e, _ = err.(*api.Error); e == nil || e.Code != api.Busy || e.Busy.By != "exec" || e.Busy.Block != first.ID {
		t.Fatalf("%+v", err)
	}
}

func TestQueuedExecsRunInOrder(t *testing.T) {
	t.Parallel()
	s := bash(t)
	run(t, s, "n=0")
	begins(t, s, "sleep 0.2")
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := s.Exec(context.Background(), &api.ExecRequest{Command: "n=$((n+1))", Queue: true}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if r := run(t, s, "echo $n"); out(r) != "20\n" {
		t.Errorf("n is %q", out(r))
	}
}

func TestGrandchildThatHoldsTheTerminalDelaysNothing(t *testing.T) {
	t.Parallel()
	s := bash(t)
	r := run(t, s, "sleep 50 & echo started")
	if r.State != api.BlockDone || !strings.Contains(out(r), "started\n") {
		t.Fatalf("%+v", r)
	}
	r = run(t, s, "exit 3")
	if r.State != api.BlockDead || r.Exit != api.ExitCode(3) {
		t.Fatalf("%s exit %s", r.State, r.Exit)
	}
}

func TestStdinIsTheCommandsAlone(t *testing.T) {
	t.Parallel()
	s := bash(t)
	text := strings.Repeat("line with 'quotes' and $vars\n", 3000)
	r, err := s.Exec(within(t), &api.ExecRequest{Command: "cat | md5sum; read x; echo \"<$x>\"", Stdin: &text, Raw: true})
	if err != nil {
		t.Fatal(err)
	}
	sum, _ := exec.Command("sh", "-c", "md5sum <<'E'\n"+text+"E\n").Output()
	if got := out(r); got != string(sum)+"<>\n" {
		t.Errorf("%q, want %q", got, sum)
	}
	if again := run(t, s, "echo ok"); out(again) != "ok\n" {
		t.Errorf("afterwards %q", out(again))
	}
}

func TestDestroyedHookNeverMakesUpAStatus(t *testing.T) {
	t.Parallel()
	s := bash(t)
	r := run(t, s, "unset PROMPT_COMMAND; for f in $(compgen -A function __ais); do unset -f $f; done; (exit 5)")
	if code, known := r.Exit.Code(); known && code != 5 || r.State != api.BlockDone {
		t.Errorf("%s exit %s %v, want 5 or unknown", r.State, r.Exit, r.Flags)
	}
	if r := run(t, s, "(exit 6)"); r.Exit != api.ExitCode(6) || len(r.Flags) > 0 {
		t.Errorf("healed: exit %s %v, want 6", r.Exit, r.Flags)
	}
}

func TestQueriesAreAnsweredToProgramsThatRead(t *testing.T) {
	t.Parallel()
	s := bash(t)
	if r := run(t, s, `IFS='[;' read -t 5 -sdR -p $'\033[6n' _ row col; echo "$row,$col"`); !strings.HasSuffix(out(r), "2,1\n") {
		t.Errorf("%q", r.Raw)
	}
	if r := run(t, s, `printf '\033[c\033[6n'`); r.Exit != api.ExitCode(0) {
		t.Errorf("%+v", r)
	}
	if r := run(t, s, "echo clean"); out(r) != "clean\n" {
		t.Errorf("%q", r.Raw)
	}
}

func TestLeftOversArePutRight(t *testing.T) {
	t.Parallel()
	s := bash(t)
	r := run(t, s, `stty raw -echo; printf '\033[?1049h\033[?2004h'`)
	if len(r.Reset) != 3 {
		t.Errorf("reset %v", r.Reset)
	}
	if again := run(t, s, "echo a; echo b"); string(again.Raw) != "a\r\nb\r\n" {
		t.Errorf("afterwards %q", again.Raw)
	}
	if screen, _ := s.Screen(&api.ScreenRequest{}); screen.Alt {
		t.Error("still in the alternate screen")
	}
}

// In VT52 mode the prompt's own sequences would be text.
func TestACommandThatEndsInVT52ModeIsTakenOutOfIt(t *testing.T) {
	t.Parallel()
	s := bash(t)
	if r := run(t, s, `printf '\033[?2l'`); fmt.Sprint(r.Reset) != "[VT52 mode]" {
		t.Errorf("reset %v", r.Reset)
	}
	run(t, s, `printf '\033[1mbold\033[m\n'`)
	if screen, _ := s.Screen(&api.ScreenRequest{}); !strings.Contains(screen.Content, "\nbold\n") {
		t.Errorf("%q", screen.Content)
	}
}

func TestTenThousandExecsAndSessionsAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("many execs: not with -short")
	}
	m := newManager(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			s, _ := start(t, m, shellArgv(t, "bash")...)
			for n := range 50 {
				r, err := s.Exec(context.Background(), &api.ExecRequest{Command: fmt.Sprintf("echo %d.%d; (exit %d)", i, n, n), Raw: true})
				if err != nil {
					t.Error(err)
					return
				}
				if code, _ := r.Exit.Code(); code != n || out(r) != fmt.Sprintf("%d.%d\n", i, n) {
					t.Errorf("session %d exec %d: exit %s, %q", i, n, r.Exit, r.Raw)
				}
			}
		})
	}
	wg.Wait()
}

func TestSessionIsKilledOnce(t *testing.T) {
	t.Parallel()
	m := newManager(t)
	for range 10 {
		s, _ := start(t, m, shellArgv(t, "bash")...)
		errs := make(chan error)
		for range 4 {
			go func() { _, err := m.Kill(within(t), s.ID(), true); errs <- err }()
		}
		killed := 0
		for range 4 {
			switch err := <-errs; {
			case err == nil:
				killed++
			case api.CodeOf(err) != api.NotFound:
				t.Error(err)
			}
		}
		if killed != 1 {
			t.Errorf("killed %d times", killed)
		}
	}
}

// The name of a session whose program has ended is free, but not in the middle of its killing:
// what the program left behind would be forgotten alive.
func TestNameOfADeadSessionIsFreeUnlessItIsBeingKilled(t *testing.T) {
	t.Parallel()
	m := newManager(t)
	again := &api.CreateRequest{Name: "again", Argv: []string{"true"}}
	s, err := m.Create(within(t), again)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, s, api.WaitRequest{For: "exit"})
	s.killing.Lock()
	if _, err := m.Create(within(t), again); api.CodeOf(err) != api.Exists {
		t.Errorf("while it is being killed: %v", err)
	}
	s.killing.Unlock()
	if _, err := m.Create(within(t), again); err != nil {
		t.Error(err)
	}
}

func TestProgramThatCannotStartLeavesNothing(t *testing.T) {
	m := newManager(t)
	folder := t.TempDir()
	for _, req := range []*api.CreateRequest{
		{Argv: []string{"/no/such/program"}},
		{Argv: []string{folder}},
		{Argv: []string{"bash", "-c", "script"}, Dir: folder + "/gone"},
	} {
		if s, err := m.Create(t.Context(), req); api.CodeOf(err) != api.CannotStart {
			t.Errorf("%v: %v, %v", req.Argv, s, err)
		}
	}
	ids, err := m.c.Store.Sessions()
	if err != nil || len(ids) > 0 || len(m.All()) > 0 {
		t.Errorf("left are %v, %v, %v", ids, m.All(), err)
	}
}

func TestLongCommandsAreKeptInTheJournalNotInMemory(t *testing.T) {
	s, _ := start(t, newManager(t), shellArgv(t, "bash")...)
	long := strings.Repeat("x", keepCommands/2)
	first := run(t, s, ": "+long+"; echo one")
	for range 3 {
		run(t, s, ": "+long)
	}
	s.mu.Lock()
	kept := len(s.recent)
	s.mu.Unlock()
	if kept != 2 {
		t.Errorf("%d blocks in memory, want the newest and one", kept)
	}
	s.mu.Lock()
	number := s.blocks[0].number
	s.mu.Unlock()
	b, err := s.Block(number, s.textOptions(false, 0))
	if err != nil || b.ID != first.ID || b.Command != first.Command || b.Text != "one\n" {
		t.Errorf("%v %s %q %v", b.ID, first.ID, b.Text, err)
	}
}

// A program may have set the terminal's modes before a busy daemon has come to read that
// the command began.
func TestModesOfAProgramThatIsFasterThanTheDaemonStay(t *testing.T) {
	if !installed("fish") {
		t.Skip("fish is not installed here")
	}
	s, dir := start(t, newManager(t), shellArgv(t, "fish")...)
	run(t, s, "true")
	fifo := filepath.Join(dir, "set")
	if err := exec.Command("mkfifo", fifo).Run(); err != nil {
		t.Fatal(err)
	}
	for late, tries := false, 0; !late; tries++ {
		if tries == 100 {
			t.Skip("what the shell says is always read at once here")
		}
		begun := make(chan *api.Report, 1)
		go func() {
			r, err := s.Exec(context.Background(), &api.ExecRequest{
				Command: "sh -c 'stty raw -echo; echo >set; read x <set; stty -a >modes; stty sane'", Background: true,
			})
			if err != nil {
				t.Error(err)
			}
			begun <- r
		}()
		s.mu.Lock()
		for s.phase == ready || s.phase == arming {
			s.mu.Unlock()
			runtime.Gosched()
			s.mu.Lock()
		}
		late = s.phase == armed
		if !late {
			s.mu.Unlock()
		}
		_, err := os.ReadFile(fifo) // the modes are set; if late, nothing of it has been read here
		if late {
			s.mu.Unlock()
		}
		if err != nil {
			t.Fatal(err)
		}
		if <-begun == nil {
			return
		}
		if err := os.WriteFile(fifo, []byte("\n"), 0); err != nil {
			t.Fatal(err)
		}
		waitFor(t, s, api.WaitRequest{For: "prompt"})
	}
	modes, err := os.ReadFile(filepath.Join(dir, "modes"))
	if err != nil || !strings.Contains(string(modes), "-icanon") || !strings.Contains(string(modes), "-isig") {
		t.Errorf("%v %s", err, modes)
	}
}
