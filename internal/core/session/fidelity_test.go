package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/shell"
)

// fidelity is one command whose status and output are known. Cases of a group share a
// shell, in order: what one leaves behind is there for the next.
type fidelity struct {
	Name, Command string
	Exit          int
	Out           string // exact, CR LF read as LF; "*" = not compared
	Bytes         []byte // Out, where it is not UTF-8
	Cwd           string // suffix; "" = not compared
	Pipe          string // of fmt.Sprint
	Only          string // shells it is for, "" = all
}

type fidelityGroup struct {
	Group string
	Cases []fidelity
}

// exactCases are exec.md's cases that a shell answers by itself. The tests of the whole
// product run them too, through other ways in.
func exactCases(t *testing.T) (groups []fidelityGroup) {
	t.Helper()
	const file = "../../../testdata/exact.json"
	text, err := template.New("exact.json").Funcs(template.FuncMap{
		"repeat": func(n int, s string) string { return strings.Repeat(s, n) },
	}).ParseFiles(file)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := text.Execute(&b, nil); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b.Bytes(), &groups); err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		for i, c := range g.Cases {
			g.Cases[i].Out += string(c.Bytes)
		}
	}
	return groups
}

func TestExecIsExact(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "dash", "fish"} {
		t.Run(shell, func(t *testing.T) {
			argv := shellArgv(t, shell)
			eachGroup(t, shell, nil, api.ExecRequest{}, func(t *testing.T, m *Manager) *Session {
				s, _ := start(t, m, argv...)
				return s
			})
		})
	}
}

// eachGroup runs a shell's cases as a request says, but for those left out; each group has
// a session of its own.
func eachGroup(t *testing.T, shell string, leftOut map[string]bool, req api.ExecRequest, begin func(*testing.T, *Manager) *Session) {
	m := newManager(t)
	for _, g := range exactCases(t) {
		if leftOut[g.Group] {
			continue
		}
		t.Run(g.Group, func(t *testing.T) {
			t.Parallel()
			s := begin(t, m)
			for _, c := range g.Cases {
				if leftOut[c.Name] || c.Only != "" && !strings.Contains(c.Only, shell) {
					continue
				}
				if req.Nested {
					c.Pipe = "" // it is told to nobody
				}
				req := req
				req.Command = c.Command
				check(t, s, c, runAs(t, s, req))
			}
		})
	}
}

// needsTerminal are cases of what only a shell at a terminal can do: redirect itself for
// good, change modes, print to it.
var needsTerminal = map[string]bool{
	"is not seen": true, "and back": true, "binary output": true, "foreign OSC 133": true,
}

// Without a terminal the same shell does the same. Each group's shell is its own.
func TestPipedExecIsExact(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "dash", "fish"} {
		t.Run(shell, func(t *testing.T) {
			argv := shellArgv(t, shell)
			eachGroup(t, shell, needsTerminal, api.ExecRequest{Pipe: true}, func(t *testing.T, m *Manager) *Session {
				s, _ := start(t, m, argv...)
				return s
			})
		})
	}
}

// notNested cannot be passed by a shell which knows nothing of us: errexit ends it, as it
// should, xtrace and verbose show our own line, and these cases are too long to type,
// leave something typed, or end the line and with it the way to their status.
var notNested = map[string]bool{
	"options": true, "hostile": true, "redirections": true, "errexit": true, "nounset": true, "verbose": true, "xtrace": true, "sourced": true, // groups
	"heredoc of 1 MB": true, "return": true, "binary output": true,
}

func TestExecInANestedShellIsExact(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "dash", "fish"} {
		t.Run(shell, func(t *testing.T) {
			argv := shellArgv(t, shell)
			eachGroup(t, shell, notNested, api.ExecRequest{Nested: true}, func(t *testing.T, m *Manager) *Session {
				s, _ := start(t, m, shellArgv(t, "bash")...)
				begins(t, s, strings.Join(argv, " "))
				return s
			})
		})
	}
}

// Programs that stand between the session's shell and the nested one, as docker and
// kubectl do: some carry the terminal themselves, some change who or where it is.
func TestExecBehindAProgramIsExact(t *testing.T) {
	for _, c := range []struct {
		program string
		argv    []string // in front of the shell's
	}{
		{"script", []string{"script", "-q", "/dev/null", "-c"}},
		{"su", []string{"su", "-m", "root", "-c"}},
		{"unshare", []string{"unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "sh", "-c"}},
		{"env", []string{"env", "-i", "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "sh", "-c"}},
	} {
		t.Run(c.program, func(t *testing.T) {
			if err := exec.CommandContext(within(t), c.argv[0], append(c.argv[1:len(c.argv):len(c.argv)], "true")...).Run(); err != nil {
				t.Skipf("%s does not run a program here: %v", strings.Join(c.argv, " "), err)
			}
			command := shell.Bash.Words(append(c.argv[:len(c.argv):len(c.argv)], "exec bash --norc"))
			eachGroup(t, "bash", notNested, api.ExecRequest{Nested: true}, func(t *testing.T, m *Manager) *Session {
				s, _ := start(t, m, shellArgv(t, "bash")...)
				if r := run(t, s, command); r.State != api.BlockNeedsInput {
					t.Fatalf("%s %s: %s", r.State, r.Exit, out(r))
				}
				return s
			})
		})
	}
}

func TestExecBehindSSHIsExact(t *testing.T) {
	host := sshHost(t)
	eachGroup(t, "bash", notNested, api.ExecRequest{Nested: true}, func(t *testing.T, m *Manager) *Session {
		s, _ := start(t, m, shellArgv(t, "bash")...)
		if r := run(t, s, host); r.State != api.BlockNeedsInput {
			t.Fatalf("%s %s: %s", r.State, r.Exit, out(r))
		}
		return s
	})
}

// check compares one case's answer.
func check(t *testing.T, s *Session, c fidelity, r *api.Report) {
	t.Helper()
	code, known := r.Exit.Code()
	if !known || code != c.Exit {
		t.Errorf("%s: exit %s (%s, %v), want %d; output %.200q\n%s", c.Name, r.Exit, r.State, r.Flags, c.Exit, r.Raw, marks(s))
	}
	if r.State != api.BlockDone {
		t.Errorf("%s: state %s", c.Name, r.State)
	}
	if got := out(r); c.Out != "*" && got != c.Out {
		t.Errorf("%s: output %.200q, want %.200q", c.Name, got, c.Out)
	}
	if c.Cwd != "" && !strings.HasSuffix(r.Cwd, c.Cwd) {
		t.Errorf("%s: cwd %q, want ...%q", c.Name, r.Cwd, c.Cwd)
	}
	if c.Pipe != "" && fmt.Sprint(r.Pipe) != c.Pipe {
		t.Errorf("%s: pipe %v, want %s", c.Name, r.Pipe, c.Pipe)
	}
}

func TestShellThatEndsIsDead(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "dash", "fish"} {
		for _, c := range []struct {
			name, command string
			exit          int
			cause         string
		}{
			{"exit 3", "exit 3", 3, "exit"},
			{"exec", "exec sh -c 'exit 4'", 4, "exit"},
			{"killed", "kill -9 $$", 137, "signal"},
		} {
			switch {
			case shell == "fish" && c.name == "killed":
				c.command = "kill -9 $fish_pid"
			case shell == "fish" && c.name == "exit 3":
				continue // fish 3.6: exit in a sourced file ends the file, with its status
			}
			t.Run(shell+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				s, _ := start(t, newManager(t), shellArgv(t, shell)...)
				r := run(t, s, c.command)
				if code, known := r.Exit.Code(); r.State != api.BlockDead || !known || code != c.exit || r.Cause != c.cause {
					t.Errorf("%s exit %s cause %q, want dead exit %d cause %q", r.State, r.Exit, r.Cause, c.exit, c.cause)
				}
			})
		}
	}
}

func TestForgedMarksWithEveryTokenOnDiskEndNothing(t *testing.T) {
	m := newManager(t)
	s, dir := start(t, m, shellArgv(t, "bash")...)
	// The program looks through every file of the session and of the shell's own
	// environment for anything like a token, and prints each as an end.
	script := filepath.Join(dir, "forge.sh")
	text := fmt.Sprintf(`for t in $(cat %s/*/* /proc/$PPID/environ 2>/dev/null | tr -c 'A-Za-z0-9_-' '\n' | grep -E '^.{16}$' | sort -u); do
  printf '\033]7701;D;%%s;0;;;;/\007' "$t"
  printf '\033]7701;D;%%s;0;0;hB;;/\007' "$t"
done
exit 9
`, m.c.Scratch)
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		r := run(t, s, "bash "+script)
		if code, _ := r.Exit.Code(); code != 9 {
			t.Fatalf("exit %s, want 9: a forged end was believed", r.Exit)
		}
	}
}
