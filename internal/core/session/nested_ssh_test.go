//go:build unix

package session

import (
	"slices"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// Of a command at the other end of a connection nothing is seen but what the terminal
// shows; its status, folder and output are exact all the same.
func TestNestedCommandsBehindSSH(t *testing.T) {
	t.Parallel()
	host := sshHost(t)
	s := bash(t)
	if r := run(t, s, host); r.State != api.BlockNeedsInput || r.Input.Kind != "repl" {
		t.Fatalf("%+v", r)
	}
	for _, c := range []struct {
		command     string
		asks, types string // for what kind of input, and what it is given
		exit        int
		output      string
	}{
		{command: "cd /usr; x=5; (exit 3)", exit: 3},
		{command: "echo $x $PWD", output: "5 /usr\n"},
		{command: "sleep 0.5; seq 3", output: "1\n2\n3\n"},
		{command: "for i in 10 20; do echo $i%; done; printf end", output: "10%\n20%\nend"},
		{command: "seq 20000 | tail -n 1", output: "20000\n"},
		{command: `read -p 'Name: ' n; echo "<$n>"; (exit 4)`, asks: "line repl", types: "joe\r", exit: 4, output: "Name: joe\n<joe>\n"},
		{command: "read -sp 'Password: ' n; (exit ${#n})", asks: "password", types: "secret\r", exit: 6, output: "Password: "},
		{command: "PS1='deep$ ' bash --norc", asks: "repl", types: "exit 9\r", exit: 9},
		{command: "python3 -q", asks: "repl", types: "exit(8)\r", exit: 8},
		{command: "echo $x", output: "5\n"},
		{command: "PS1=$PS1 bash --norc", asks: "repl", types: "(exit 7); exit\r", exit: 7}, // the prompt is the same
		{command: "if", exit: 2},
		{command: "echo $x $?", output: "5 2\n"},
	} {
		if name, _, ok := strings.Cut(c.command, " -q"); ok && !installed(name) {
			continue
		}
		r := runAs(t, s, api.ExecRequest{Command: c.command, Nested: true})
		if c.asks != "" {
			if r.State != api.BlockNeedsInput || !slices.Contains(strings.Fields(c.asks), r.Input.Kind) {
				t.Fatalf("%s: state %s, input %+v", c.command, r.State, r.Input)
			}
			if c.exit == 7 { // ^C at a shell that the command has started is not for the command
				send(t, s, "", "C-c")
				waitFor(t, s, api.WaitRequest{For: "quiet", QuietMS: api.MillisOf(innerLong * 2)})
			}
			send(t, s, c.types)
			number, _ := api.BlockNumber(r.ID)
			res, err := s.WaitBlock(within(t), number, &api.WaitRequest{For: "exit"})
			if err != nil {
				screen, _ := s.Screen(&api.ScreenRequest{})
				t.Fatalf("%s: %v; %+v\n%s", c.command, err, s.Info(), screen.Content)
			}
			r = res.Block
			r.Raw = []byte(r.Text)
		}
		if r.State != api.BlockDone || r.Exit != api.ExitCode(c.exit) || c.output != "" && strings.TrimSpace(out(r)) != strings.TrimSpace(c.output) {
			t.Errorf("%s: %s, exit %s, output %q", c.command, r.State, r.Exit, out(r))
		}
	}
}

// What a nested shell was told is thrown away by ^C, and with it what would have told the end.
func TestInterruptedNestedCommandHasItsStatus(t *testing.T) {
	for _, where := range []string{"bash", "zsh", "dash", "fish", "ssh"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			command := ""
			if where == "ssh" {
				command = sshHost(t)
			} else {
				command = strings.Join(shellArgv(t, where), " ")
			}
			s := bash(t)
			if r := run(t, s, command); r.State != api.BlockNeedsInput {
				t.Fatalf("%+v", r)
			}
			r, err := s.Exec(within(t), &api.ExecRequest{Command: "sh -c 'echo begun; exec sleep 60'; echo never", Nested: true, Background: true})
			if err != nil {
				t.Fatal(err)
			}
			waitFor(t, s, api.WaitRequest{For: "text", Match: "^begun"})
			send(t, s, "", "C-c")
			number, _ := api.BlockNumber(r.ID)
			res, err := s.WaitBlock(within(t), number, &api.WaitRequest{For: "exit"})
			if err != nil {
				screen, _ := s.Screen(&api.ScreenRequest{})
				t.Fatalf("%v; %+v\n%s", err, s.Info(), screen.Content)
			}
			b := res.Block
			if b.State != api.BlockDone || b.Exit != api.ExitCode(130) || strings.Contains(b.Text, "never") || strings.Contains(b.Text, "__ais") {
				t.Errorf("%s, exit %s, %q", b.State, b.Exit, b.Text)
			}
			if r := runAs(t, s, api.ExecRequest{Command: "echo again", Nested: true}); r.Exit != api.ExitCode(0) || out(r) != "again\n" {
				t.Errorf("the next one: %s, exit %s, %q", r.State, r.Exit, out(r))
			}
			screen, err := s.Screen(&api.ScreenRequest{})
			if err != nil || strings.Contains(screen.Content, "__ais") {
				t.Errorf("%v; the screen shows what was typed:\n%s", err, screen.Content)
			}
		})
	}
}

func TestNestedFishBehindSSH(t *testing.T) {
	t.Parallel()
	host := sshHost(t)
	if !installed("fish") {
		t.Skip("fish is not installed here")
	}
	s := bash(t)
	run(t, s, strings.Replace(host, "bash --norc", "fish -N", 1))
	for _, c := range []struct {
		command, output string
		exit            int
	}{
		{"set -g x 5; cd /usr; false", "", 1},
		{"echo $x $status $PWD", "5 1 /usr\n", 0},
		{"for i in a b\necho \"$i's\" 100% \\\\\nend", "a's 100% \\\nb's 100% \\\n", 0},
		{"bash --norc", "", 4},
		{"function f; return 9; end; f", "", 9},
	} {
		r := runAs(t, s, api.ExecRequest{Command: c.command, Nested: true})
		if c.command == "bash --norc" {
			if inside := runAs(t, s, api.ExecRequest{Command: "y=$((2+3)); echo $y", Nested: true}); out(inside) != "5\n" {
				t.Fatalf("in bash: %s, exit %s, %q", inside.State, inside.Exit, out(inside))
			}
			runAs(t, s, api.ExecRequest{Command: "exit 4", Nested: true})
			number, _ := api.BlockNumber(r.ID)
			res, err := s.WaitBlock(within(t), number, &api.WaitRequest{For: "exit"})
			if err != nil {
				t.Fatal(err)
			}
			r = res.Block
		} else if out(r) != c.output {
			t.Errorf("%q: output %q, want %q", c.command, out(r), c.output)
		}
		if r.State != api.BlockDone || r.Exit != api.ExitCode(c.exit) {
			t.Errorf("%q: %s, exit %s, flags %v", c.command, r.State, r.Exit, r.Flags)
		}
	}
}

// A program behind the connection that prompts like a shell and is none does not hold the
// caller up.
func TestNestedCommandThatNoShellTookIsToldOf(t *testing.T) {
	t.Parallel()
	host := sshHost(t)
	s := bash(t)
	run(t, s, host)
	const prompts = `while printf 'router# '; do read -r line || break; echo "unknown command"; done`
	if r := runAs(t, s, api.ExecRequest{Command: prompts, Nested: true}); r.State != api.BlockNeedsInput {
		t.Fatalf("%+v", r)
	}
	r := runAs(t, s, api.ExecRequest{Command: "show version", Nested: true})
	if r.State != api.BlockDead || r.Cause == "" || r.Cause == api.CauseNestedEnded {
		t.Errorf("state %s, cause %q", r.State, r.Cause)
	}
}
