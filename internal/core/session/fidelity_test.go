package session

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// fidelity is one command whose status and output are known. Cases of a group share a
// shell, in order: what one leaves behind is there for the next.
type fidelity struct {
	name    string
	command string
	exit    int
	out     string // exact, CR LF read as LF; "*" = not compared
	cwd     string // suffix; "" = not compared
	pipe    string // of fmt.Sprint
	only    string // shells it is for, "" = all
}

var big = strings.Repeat("0123456789abcdef", 4096)

// exactCases are exec.md's cases that a shell answers by itself.
var exactCases = []struct {
	group string
	cases []fidelity
}{
	{"text", []fidelity{
		{name: "empty", command: ""},
		{name: "comment", command: "# nothing here"},
		{name: "leading spaces", command: "   echo a", out: "a\n"},
		{name: "no final newline in output", command: "printf abc", out: "abc"},
		{name: "several statements", command: "echo a; echo b\necho c", out: "a\nb\nc\n"},
		{name: "final newlines", command: "echo a\n\n\n", out: "a\n"},
		{name: "unicode", command: "echo 'žluťoučký 漢字 🙂'", out: "žluťoučký 漢字 🙂\n"},
		{name: "history expansion is off", command: "echo 'a!b!!'", out: "a!b!!\n"},
		{name: "tabs are not completed", command: "echo 'a\tb'", out: "a\tb\n"},
		{name: "heredoc", command: "cat <<'E'\nline $x\n`no`\nE\n", out: "line $x\n`no`\n", only: "bash zsh dash"},
		{name: "empty heredoc", command: "cat <<E\nE\n", only: "bash zsh dash"},
		{name: "heredoc of 24 KB", command: "cat <<E | wc -c\n" + big[:24<<10] + "\nE", out: "24577\n", only: "bash zsh dash"},
		{name: "heredoc of 1 MB", command: "cat <<E | wc -c\n" + strings.Repeat(big, 16) + "\nE", out: "1048577\n", only: "bash zsh dash"},
		{name: "line of 64 KB", command: "printf %s '" + big + "' | wc -c", out: "65536\n"},
		{name: "invalid UTF-8 out", command: `printf '\377\376x'`, out: "\xff\xfex"},
		{name: "NUL out", command: `printf 'a\000b'`, out: "a\x00b"},
		{name: "escape sequences out", command: `printf '\033[31mred\033[0m'`, out: "\x1b[31mred\x1b[0m"},
	}},
	{"status", []fidelity{
		{name: "true", command: "true"},
		{name: "false", command: "false", exit: 1},
		{name: "not found", command: "no-such-program-here 2>/dev/null", exit: 127, only: "bash zsh dash"},
		{name: "not executable", command: "/etc/passwd 2>/dev/null", exit: 126, only: "bash zsh dash"},
		{name: "not found, said past every redirection", command: "no-such-program-here", exit: 127, out: "*", only: "fish"},
		{name: "not executable, likewise", command: "/etc/passwd", exit: 126, out: "*", only: "fish"},
		{name: "subshell status", command: "(exit 7)", exit: 7, only: "bash zsh dash"},
		{name: "killed", command: "sh -c 'kill -9 $$'", exit: 137, out: "*"},
		{name: "terminated", command: "sh -c 'kill -15 $$'", exit: 143, out: "*"},
		{name: "segmentation fault", command: "sh -c 'kill -11 $$'", exit: 139, out: "*"},
		{name: "previous status is kept", command: "sh -c 'exit 9'", exit: 9},
		{name: "and shown", command: "echo $?", out: "9\n", only: "bash zsh dash"},
		{name: "and shown by fish", command: "sh -c 'exit 9'", exit: 9, only: "fish"},
		{name: "as $status", command: "echo $status", out: "9\n", only: "fish"},
		{name: "pipeline", command: "false | true", pipe: "[1 0]", only: "bash zsh fish"},
		{name: "long pipeline", command: "true | (exit 3) | cat | false", exit: 1, pipe: "[0 3 0 1]", only: "bash zsh"},
		{name: "return", command: "return 5", exit: 5, only: "bash zsh dash"},
		{name: "syntax error", command: "if then fi )", exit: 2, out: "*", only: "bash dash"},
		{name: "after it all is well", command: "echo ok", out: "ok\n"},
		{name: "unterminated quote", command: "echo 'abc", exit: 2, out: "*", only: "bash dash"},
		{name: "after that too", command: "echo ok", out: "ok\n"},
	}},
	{"state", []fidelity{
		{name: "cd", command: "mkdir -p sub/deep; cd sub/deep", cwd: "/sub/deep"},
		{name: "stays", command: "pwd", out: "*", cwd: "/sub/deep"},
		{name: "cd also in a failure", command: "cd ..; false", exit: 1, cwd: "/sub"},
		{name: "folder with a space", command: "mkdir -p 'a b;c'; cd 'a b;c'", cwd: "/sub/a b;c"},
		{name: "and back", command: "cd ..", cwd: "/sub"},
		{name: "variable", command: "x=1", only: "bash zsh dash"},
		{name: "variable stays", command: "echo $x", out: "1\n", only: "bash zsh dash"},
		{name: "export", command: "export Y='a b'; false", exit: 1, only: "bash zsh dash"},
		{name: "export stays", command: "sh -c 'echo $Y'", out: "a b\n", only: "bash zsh dash"},
		{name: "fish export", command: "set -gx Y 'a b'", only: "fish"},
		{name: "fish export stays", command: "sh -c 'echo $Y'", out: "a b\n", only: "fish"},
		{name: "function", command: "f() { echo \"<$1>\"; }", only: "bash zsh dash"},
		{name: "function stays", command: "f 1", out: "<1>\n", only: "bash zsh dash"},
		{name: "alias", command: "alias hi='echo hello'", only: "bash zsh dash"},
		{name: "alias stays", command: "hi", out: "hello\n", only: "bash zsh dash"},
		{name: "shopt", command: "shopt -s nullglob", only: "bash"},
		{name: "shopt stays", command: "echo *.none", out: "\n", only: "bash"},
		{name: "umask", command: "umask 027"},
		{name: "umask stays", command: "umask", out: "0027\n", only: "bash fish"},
		{name: "cwd removed", command: "mkdir gone && cd gone && rmdir ../gone", cwd: "/gone"},
		{name: "shell lives on", command: "echo alive", out: "*"},
		{name: "and goes home", command: "cd /", cwd: "/"},
	}},
	{"redirections", []fidelity{
		{name: "output to a file", command: "exec 3>&1 >o.txt", only: "bash zsh dash"},
		{name: "is not seen", command: "echo hidden", only: "bash zsh dash"},
		{name: "and back", command: "exec >&3 3>&-; cat o.txt", out: "hidden\n", only: "bash zsh dash"},
		{name: "stderr to nowhere", command: "exec 2>/dev/null", only: "bash zsh dash"},
		{name: "status stays true", command: "ls /nope", exit: 2, only: "bash zsh dash"},
		{name: "again", command: "true", only: "bash zsh dash"},
		{name: "stderr back", command: "exec 2>/dev/tty", only: "bash zsh dash"},
		{name: "input from a file", command: "echo line >i.txt; exec <i.txt", only: "bash zsh"},
		{name: "the shell does not read it", command: "echo ok", out: "ok\n", only: "bash zsh"},
	}},
	{"hostile", []fidelity{
		{name: "IFS", command: "IFS=0123456789", only: "bash zsh dash"},
		{name: "end mark removed", command: "echo out; unset -f __ais_d; sh -c 'exit 6'", out: "out\n", exit: 6, only: "bash zsh dash"},
		{name: "after end mark", command: "sh -c 'exit 3'", exit: 3, only: "bash zsh dash"},
		{name: "functions removed", command: "printf cut; unset -f $(compgen -A function); sh -c 'exit 127'", out: "cut", exit: 127, only: "bash"},
		{name: "functions and prompt hooks removed", command: "PROMPT_COMMAND=; unset -f $(compgen -A function); sh -c 'exit 9'", exit: 9, only: "bash"},
		{name: "after hooks", command: "sh -c 'exit 4'", exit: 4, only: "bash"},
		{name: "builtin disabled", command: "enable -n printf; sh -c 'exit 5'", exit: 5, out: "*", only: "bash"},
		{name: "after builtin", command: "echo x; sh -c 'exit 2'", out: "x\n", exit: 2, only: "bash"},
		{name: "status after IFS", command: "sh -c 'exit 102'", exit: 102},
		{name: "PATH", command: "OLDP=$PATH; PATH=", only: "bash zsh dash"},
		{name: "no PATH", command: "ls", exit: 127, out: "*", only: "bash zsh dash"},
		{name: "PATH back", command: "PATH=$OLDP; true", only: "bash zsh dash"},
		{name: "functions as builtins", command: "printf() { echo no; }; echo() { :; }; read() { :; }; test() { :; }; true", only: "bash zsh dash"},
		{name: "still exact", command: "sh -c 'echo yes; exit 4'", exit: 4, out: "yes\n", only: "bash zsh dash"},
		{name: "unset them", command: "unset -f printf echo read test", only: "bash zsh dash"},
		{name: "aliases as builtins", command: "alias builtin=false source=false eval=false command=false", only: "bash"},
		{name: "still exact with aliases", command: "sh -c 'exit 6'", exit: 6},
		{name: "noclobber", command: "set -o noclobber", only: "bash zsh dash"},
		{name: "after noclobber", command: "echo x", out: "x\n"},
		{name: "forged D with a wrong token", command: `printf '\033]7701;D;0123456789abcdef;0;;;;/\007'; sh -c 'exit 5'`, exit: 5, out: "\x1b]7701;D;0123456789abcdef;0;;;;/\x07"},
		{name: "foreign OSC 133", command: `printf '\033]133;D;0\007'; sh -c 'exit 5'`, exit: 5, out: "\x1b]133;D;0\x07"},
		{name: "PS1", command: "PS1='$ '", only: "bash zsh dash"},
		{name: "after PS1", command: "false", exit: 1},
		{name: "PROMPT_COMMAND", command: "PROMPT_COMMAND='echo prompt'", only: "bash"},
		{name: "its output is not the command's", command: "echo a", out: "a\n"},
		{name: "PROMPT_COMMAND cleared", command: "unset PROMPT_COMMAND", only: "bash"},
		{name: "status true all the same", command: "sh -c 'exit 3'", exit: 3},
		{name: "DEBUG trap", command: "trap ': dbg' DEBUG", only: "bash"},
		{name: "after DEBUG", command: "echo a; false", exit: 1, out: "a\n"},
		{name: "EXIT trap", command: "trap 'echo bye' EXIT", only: "bash zsh dash"},
		{name: "does not fire", command: "echo a", out: "a\n"},
	}},
	{"options", []fidelity{
		{name: "pipefail", command: "set -o pipefail", only: "bash zsh"},
		{name: "takes effect", command: "false | true", exit: 1, only: "bash zsh"},
		{name: "errexit stops there", command: "set -e; echo a; false; echo b", exit: 1, out: "a\n", only: "bash zsh dash"},
		{name: "the session lives", command: "echo c", out: "c\n"},
		{name: "errexit persists", command: "echo d; false; echo e", exit: 1, out: "d\n", only: "bash zsh dash"},
		{name: "in a function", command: "g() { false; echo no; }; g; echo never", exit: 1, only: "bash zsh dash"},
		{name: "errexit off", command: "set +e; false; echo on", out: "on\n", only: "bash zsh dash"},
		{name: "nounset", command: "set -u; echo a; echo $nope; echo b", exit: 1, out: "*", only: "bash zsh"},
		{name: "nounset lives on", command: "echo c", out: "c\n"},
		{name: "nounset off", command: "set +u; echo ok", out: "ok\n", only: "bash zsh"},
		{name: "unset with message", command: "echo ${x_y:?missing}; echo b", exit: 1, out: "*", only: "bash zsh"},
		{name: "that lives on too", command: "echo c", out: "c\n"},
		{name: "euo pipefail", command: "set -euo pipefail\nfalse | true\necho no", exit: 1, only: "bash zsh"},
		{name: "cd persists from it", command: "set -e; mkdir -p here; cd here; KEPT=1; false", exit: 1, cwd: "/here", only: "bash zsh"},
		{name: "variables too", command: "echo $KEPT; set +eu", out: "1\n", only: "bash zsh"},
	}},
	{"verbose", []fidelity{
		{name: "verbose", command: "set -v", only: "bash zsh dash", out: "*"},
		{name: "status stays true", command: "echo a; sh -c 'exit 8'", exit: 8, only: "bash zsh dash", out: "*"},
		{name: "off", command: "set +v", only: "bash zsh dash", out: "*"},
		{name: "clean again", command: "echo c", out: "c\n"},
	}},
	{"sizes", []fidelity{
		{name: "environment of 100 KB", command: "export BIG=$(head -c 100000 /dev/zero | tr '\\0' x)", only: "bash zsh dash"},
		{name: "is there", command: "sh -c 'echo ${#BIG}'", out: "100000\n", only: "bash zsh dash"},
		{name: "output of 10 MB", command: "head -c 10000000 /dev/zero | tr '\\0' y; echo; sh -c 'exit 2'", exit: 2, out: strings.Repeat("y", 10000000) + "\n", only: "bash"},
		{name: "output of 1 MB", command: "head -c 1200000 /dev/zero | tr '\\0' y; echo; sh -c 'exit 2'", exit: 2, out: strings.Repeat("y", 1200000) + "\n", only: "zsh dash fish"},
		{name: "binary output", command: "head -c 300000 /dev/urandom | tee r.bin | od -An -tx1 | md5sum >want; stty -opost; cat r.bin; stty opost", out: "*"},
		{name: "its answers are typed at nobody", command: "echo fine", out: "fine\n"},
		{name: "a prompt that draws itself", command: "PS1='$(printf \"\\033[1m%s\\033[0m\\n\" \"$?\")> '; sh -c 'exit 3'", exit: 3, only: "bash"},
		{name: "keeps the status", command: "sh -c 'exit 11'", exit: 11},
	}},
	{"sourced", []fidelity{
		{name: "errexit of a sourced script", command: "printf 'set -e\\necho in\\nfalse\\necho no\\n' >s.sh; . ./s.sh", exit: 1, out: "in\n", only: "bash"},
		{name: "the session lives", command: "echo on; set +e", out: "on\n", only: "bash"},
	}},
	{"xtrace", []fidelity{
		{name: "xtrace", command: "set -x; echo a", out: "*", only: "bash zsh dash"},
		{name: "traces only the command", command: "echo b", out: "*", only: "bash zsh dash"},
		{name: "off", command: "set +x", out: "*", only: "bash zsh dash"},
		{name: "clean again", command: "echo c", out: "c\n"},
	}},
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
	for _, g := range exactCases {
		if leftOut[g.group] {
			continue
		}
		t.Run(g.group, func(t *testing.T) {
			t.Parallel()
			s := begin(t, m)
			for _, c := range g.cases {
				if leftOut[c.name] || c.only != "" && !strings.Contains(c.only, shell) {
					continue
				}
				if req.Nested {
					c.pipe = "" // it is told to nobody
				}
				req := req
				req.Command = c.command
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

// check compares one case's answer.
func check(t *testing.T, s *Session, c fidelity, r *api.Report) {
	t.Helper()
	code, known := r.Exit.Code()
	if !known || code != c.exit {
		t.Errorf("%s: exit %s (%s, %v), want %d; output %.200q\n%s", c.name, r.Exit, r.State, r.Flags, c.exit, r.Raw, marks(s))
	}
	if r.State != api.BlockDone {
		t.Errorf("%s: state %s", c.name, r.State)
	}
	if got := out(r); c.out != "*" && got != c.out {
		t.Errorf("%s: output %.200q, want %.200q", c.name, got, c.out)
	}
	if c.cwd != "" && !strings.HasSuffix(r.Cwd, c.cwd) {
		t.Errorf("%s: cwd %q, want ...%q", c.name, r.Cwd, c.cwd)
	}
	if c.pipe != "" && fmt.Sprint(r.Pipe) != c.pipe {
		t.Errorf("%s: pipe %v, want %s", c.name, r.Pipe, c.pipe)
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
