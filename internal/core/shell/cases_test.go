package shell

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// row is one exec and what it must come to. Rows of one list run one after another
// in one living shell.
type row struct {
	name, command string
	exit          int
	out           string // exact, unless it begins with "~": then a part of the output
	on            string // shells; "" is bash zsh dash ash
	pipe          []int  // where the shell tells
	cwd           string
	isolated      bool
	mute          bool // no prompt mark follows: the shell's stderr is elsewhere
	exits         map[string]int
}

const (
	posix  = "bash zsh dash ash"
	every  = "bash zsh dash ash fish"
	bashly = "bash zsh"
)

// plainRows leave nothing behind that a later row would notice.
var plainRows = []row{
	{name: "true", command: "true", on: every},
	{name: "false", command: "false", exit: 1, on: every},
	{name: "empty", command: "", on: every},
	{name: "comment", command: "# nothing", on: every},
	{name: "leading spaces and no final newline", command: "   echo a", out: "a\n", on: every},
	{name: "final newlines", command: "echo a\n\n\n", out: "a\n", on: every},
	{name: "several statements", command: "echo a; echo b\necho c", out: "a\nb\nc\n", on: every},
	{name: "status of the exec before", command: "sh -c 'exit 7'", exit: 7, on: every},
	{name: "seen by the next", command: "echo $?", out: "7\n"},
	{name: "seen by the next", command: "echo $status", out: "7\n", on: "fish"},
	{name: "not found", command: "no_such_command_here", exit: 127, out: "~no_such_command_here", on: every},
	{name: "not executable", command: "/etc/passwd", exit: 126, out: "~/etc/passwd", on: every},
	{name: "killed by SEGV", command: "sh -c 'kill -SEGV $$'", exit: 139, out: "~", on: every},
	{name: "killed by TERM", command: "sh -c 'kill -TERM $$'", exit: 143, out: "~", on: every},
	{name: "heredoc", command: "cat <<X\na\nb\nX", out: "a\nb\n"},
	{name: "empty heredoc", command: "cat <<X\nX\n"},
	{name: "heredoc of 24 KB", command: "cat <<X | wc -c\n" + strings.Repeat("x", 24<<10) + "\nX", out: "24577\n"},
	{name: "heredoc of 1 MB", command: "cat <<X | wc -c\n" + strings.Repeat(strings.Repeat("y", 1023)+"\n", 1024) + "X", out: "1048576\n"},
	{name: "a line of 1 MB", command: "echo " + strings.Repeat("z", 1<<20) + " | wc -c", out: "1048577\n", on: every},
	{name: "syntax error", command: "if then", exit: 2, out: "~", exits: map[string]int{"zsh": 1}},
	{name: "syntax error in a later line", command: "echo a\nif then", exit: 2, out: "~a\n", exits: map[string]int{"zsh": 1}},
	{name: "unterminated quote", command: `echo "abc`, exit: 2, out: "~", exits: map[string]int{"zsh": 1}},
	{name: "unterminated block", command: "{ echo a", exit: 2, out: "~", exits: map[string]int{"zsh": 1}},
	{name: "alive after syntax errors", command: "echo ok", out: "ok\n", on: every},
	{name: "quotes of all kinds", command: `printf '%s|' "a b" 'c d' e\ f '!!' "!x"`, out: "a b|c d|e f|!!|!x|", on: every},
	{name: "UTF-8", command: "echo äöü€😀", out: "äöü€😀\n", on: every},
	{name: "invalid UTF-8 and NUL out", command: `printf '\377\000\376'`, out: "\xff\x00\xfe", on: every},
	{name: "pipe status", command: "sh -c 'exit 3' | cat | sh -c 'exit 5'", exit: 5, pipe: []int{3, 0, 5}, on: "bash zsh fish"},
	{name: "pipe ends a function", command: "f() { sh -c 'exit 3' | true; }; f", on: bashly},
	{name: "no match", command: "echo /nosuch*", exit: 1, out: "~no match", on: "zsh"},
	{name: "really 126", command: "(exit 126)", exit: 126},
	{name: "return", command: "return 5", exit: 5},
	{name: "export", command: "export AA='b c'"},
	{name: "export stays", command: "sh -c 'echo $AA'", out: "b c\n", on: posix},
	{name: "function", command: "ff() { echo f$1; return 4; }"},
	{name: "function stays", command: "ff 9", exit: 4, out: "f9\n"},
	{name: "alias", command: "alias al='echo alias'"},
	{name: "alias stays", command: "al x", out: "alias x\n"},
	{name: "cd", command: "cd /usr; pwd", out: "/usr\n", cwd: "/usr", on: every},
	{name: "cd stays after a failure", command: "cd /tmp; false", exit: 1, cwd: "/tmp", on: every},
	{name: "strange folder", command: "mkdir -p 'OWN/t;%\a\nü'; cd 'OWN/t;%\a\nü'", cwd: "OWN/t;%\a\nü", on: "bash zsh dash"},
	{name: "folder goes away", command: "mkdir OWN/gone; cd OWN/gone; rmdir OWN/gone", on: posix},
	{name: "folder came back", command: "cd /; rm -rf 'OWN/t;%\a\nü'", cwd: "/", on: every},
	{name: "100 KB variable", command: "export BIG=$(head -c 100000 /dev/zero | tr '\\0' x); echo ${#BIG}", out: "100000\n"},
	{name: "unset it", command: "unset BIG"},
	{name: "forged marks", command: `printf '\033]7701;D;AAAAAAAAAAAAAAAA;0;;;;/\a'; sh -c 'exit 9'`, exit: 9, out: "\x1b]7701;D;AAAAAAAAAAAAAAAA;0;;;;/\a", on: every},
	{name: "silent output", command: "exec 3>&1; sh -c 'exit 6' >/dev/null 2>&1", exit: 6},
	{name: "nothing of ours in the environment", command: "env | grep -ci -e ais -e '^ENV=' -e ZDOTDIR -e PROMPT_COMMAND", exit: 1, out: "0\n", on: every},
	{name: "IFS destroyed", command: "IFS=0123456789/", on: posix},
	{name: "with that", command: "sh -c 'exit 13'", exit: 13, on: posix},
	{name: "IFS unset", command: "unset IFS"},
	{name: "PATH destroyed", command: "OLD=$PATH; PATH=/nowhere; ls", exit: 127, out: "~"},
	{name: "PATH back", command: "PATH=$OLD", on: posix},
	{name: "umask", command: "umask 077"},
	{name: "noclobber", command: "set -C"},
	{name: "noclobber on", command: "echo a", out: "a\n"},
	{name: "noclobber off", command: "set +C"},
	{name: "noglob", command: "set -f; echo *nosuch*", out: "*nosuch*\n", on: "bash dash ash"},
	{name: "noglob off", command: "set +f"},
	{name: "allexport", command: "set -a"},
	{name: "allexport on", command: "env | grep -c __ais_t", exit: 1, out: "0\n"},
	{name: "allexport off", command: "set +a"},
	{name: "xtrace", command: "set -x", on: posix},
	{name: "xtrace on", command: "echo a", out: "~echo a\na\n", on: posix},
	{name: "xtrace off", command: "set +x", out: "~set +x\n", on: posix},
	{name: "quiet again", command: "echo a", out: "a\n", on: every},
	{name: "verbose", command: "set -v", on: posix},
	{name: "verbose on", command: "echo a", out: "~a\n", on: posix},
	{name: "verbose off", command: "set +v", out: "~"},
	{name: "pipefail", command: "set -o pipefail; false | true", exit: 1, pipe: []int{1, 0}, on: bashly},
	{name: "pipefail off", command: "set +o pipefail", on: bashly},
	{name: "posix mode", command: "set -o posix", on: "bash"},
	{name: "posix mode on", command: "echo a; false", exit: 1, out: "a\n", on: "bash"},
	{name: "posix mode off", command: "set +o posix", on: "bash"},
	{name: "prompt replaced", command: "PS1='$ '", on: posix},
	{name: "with that", command: "false", exit: 1, on: posix},
	{name: "prompt hooks replaced", command: "PROMPT_COMMAND='true'", on: "bash"},
	{name: "with that", command: "false", exit: 1, on: "bash"},
	{name: "prompt hooks prepended", command: `PROMPT_COMMAND="true; $PROMPT_COMMAND"`, on: "bash"},
	{name: "with that", command: "false", exit: 1, on: "bash"},
	{name: "prompt hooks an array", command: "PROMPT_COMMAND=(true true)", on: "bash"},
	{name: "with that", command: "false", exit: 1, on: "bash"},
	{name: "prompt hooks a syntax error", command: "PROMPT_COMMAND='if then ('", on: "bash"},
	{name: "with that", command: "false", exit: 1, on: "bash"},
	{name: "prompt hooks unset", command: "unset PROMPT_COMMAND", on: "bash"},
	{name: "with that", command: "false", exit: 1, on: "bash"},
	{name: "precmd functions emptied", command: "precmd_functions=()", on: "zsh"},
	{name: "with that", command: "false", exit: 1, on: "zsh"},
	{name: "builtins as functions", command: "printf() { echo no; }; test() { echo no; }; return() { echo no; }; set() { echo no; }; local() { :; }; trap() { :; }", on: "bash zsh"},
	{name: "with that", command: "false", exit: 1, on: "bash zsh"},
	{name: "builtins back", command: `\builtin unset -f printf test return set local trap`, on: "bash zsh"},
	{name: "builtins as aliases", command: "alias printf='echo no' builtin='echo no' local='echo no' .='echo no' return='echo no' case='echo no'", on: "bash"},
	{name: "with that", command: "false", exit: 1, on: "bash"},
	{name: "aliases away", command: `\unalias -a`, on: "bash"},
	{name: "builtin as a function", command: "builtin() { echo no; }", on: "bash"},
	{name: "KSH_ARRAYS", command: "setopt ksharrays", on: "zsh"},
	{name: "with that", command: "false", exit: 1, on: "zsh"},
	{name: "KSH_ARRAYS off", command: "unsetopt ksharrays", on: "zsh"},
	{name: "sh emulation", command: "emulate sh", on: "zsh"},
	{name: "with that", command: "false", exit: 1, on: "zsh"},
	{name: "sh emulation off", command: "emulate zsh", on: "zsh"},
	{name: "output into a file", command: "exec >$HOME/out; echo hidden", on: posix, mute: true},
	{name: "with that", command: "sh -c 'exit 8'", exit: 8, on: posix, mute: true},
	{name: "output back", command: "exec >/dev/tty; cat $HOME/out", out: "~hidden\n", on: posix},
	{name: "errors into a file", command: "exec 2>/dev/null; ls /nosuch", exit: 2, on: posix, mute: true},
	{name: "errors back", command: "exec 2>/dev/tty", on: posix},
	{name: "input from a file", command: "exec </dev/null", on: posix},
	{name: "with that", command: "[ -t 0 ]", on: posix},
	{name: "fork in a background job", command: "sleep 100 & echo x", out: "~x\n", on: posix},
	{name: "end it", command: "kill -9 %%; wait", out: "~", exit: 0, on: posix, exits: map[string]int{}},
	{name: "user DEBUG trap", command: `trap 'echo dbg' DEBUG`, on: "bash"},
	{name: "with that", command: "false", exit: 1, on: "bash"},
	{name: "DEBUG trap off", command: "trap - DEBUG", on: "bash"},
	{name: "user RETURN trap", command: `trap 'echo ret' RETURN`, on: "bash", out: "~"},
	{name: "with that", command: "false", exit: 1, out: "~", on: "bash"},
	{name: "RETURN trap off", command: "trap - RETURN", on: "bash", out: "~"},
	{name: "alive", command: "echo ok", out: "ok\n", on: every},
}

// isolatedRows would end a session if they ran in its shell.
var isolatedRows = []row{
	{name: "errexit", command: "set -e; false; echo no", exit: 1, isolated: true},
	{name: "alive", command: "echo $-", out: "~e", isolated: true},
	{name: "still on", command: "false; echo no", exit: 1, isolated: true},
	{name: "in a function", command: "f() { sh -c 'exit 4'; echo no; }; f; echo no", exit: 4, isolated: true},
	{name: "not in conditions", command: "if false; then :; fi; false || true; ! true; echo yes", out: "yes\n", isolated: true},
	{name: "off", command: "set +e", isolated: true},
	{name: "off", command: "false; echo yes", out: "yes\n"},
	{name: "nounset", command: "set -u; echo $NOSUCH; echo no", exit: 1, out: "~NOSUCH", isolated: true, exits: map[string]int{"dash": 2, "ash": 2}},
	{name: "still on", command: "echo $NOSUCH; echo no", exit: 1, out: "~NOSUCH", isolated: true, exits: map[string]int{"dash": 2, "ash": 2}},
	{name: "off", command: "set +u; echo \"[$NOSUCH]\"", out: "[]\n", isolated: true},
	{name: "missing parameter", command: "echo ${NOSUCH:?is missing}; echo no", exit: 1, out: "~is missing", isolated: true, exits: map[string]int{"dash": 2, "ash": 2}},
	{name: "state survives", command: "set -e; cd /usr; VAR=kept; export EXP='a b'; umask 027; alias al='echo al'; false", exit: 1, cwd: "/usr", isolated: true},
	{name: "state is there", command: "set +e; echo $VAR; sh -c 'echo $EXP'; umask; pwd", out: "kept\na b\n0027\n/usr\n", isolated: true, on: "bash dash ash"},
	{name: "state is there", command: "set +e; echo $VAR; sh -c 'echo $EXP'; umask; pwd", out: "kept\na b\n027\n/usr\n", isolated: true, on: "zsh"},
	{name: "alias is there", command: "al", out: "al\n"},
	{name: "functions and removals", command: "set -e; fn() { echo fn; }; arr=(1 '2 3'); unset VAR; readonly RO=1; set +e", isolated: true, on: bashly},
	{name: "are there", command: `fn; echo "${arr[@]}" ${VAR-gone} $RO`, out: "fn\n1 2 3 gone 1\n", on: bashly},
	{name: "all together", command: "set -euo pipefail; false | true; echo no", exit: 1, isolated: true, pipe: nil, on: bashly},
	{name: "all off", command: "set +euo pipefail", isolated: true, on: bashly},
	{name: "exit ends the command", command: "set -e; exit 9", exit: 9, isolated: true},
	{name: "off again", command: "set +e", isolated: true},
	{name: "pipe status", command: "set +e; sh -c 'exit 3' | true; set -u; set +u; false | true", pipe: []int{1, 0}, isolated: true, on: bashly},
	{name: "own exit trap", command: "set -e; trap 'echo bye' EXIT; echo a; set +e", out: "a\nbye\n", isolated: true},
	{name: "a subshell needs none", command: "(set -e; false; echo no); echo $?", out: "1\n"},
	{name: "line numbers", command: "set -e\nset +e\necho $LINENO", out: "3\n", isolated: true, on: bashly},
	{name: "reads the terminal's job control", command: "sleep 0 & wait", out: "~"},
	{name: "alive", command: "echo $-", out: "~m"},
}

func TestErrexitEndsTheExecNotTheSession(t *testing.T) {
	for _, name := range []string{"bash", "zsh", "dash", "ash"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runRows(t, start(t, setup{argv: shellArgv[name]}), name, isolatedRows)
		})
	}
}

var testShells = []string{"bash", "zsh", "dash", "ash", "fish"}

func TestEveryExecEndsWithItsOwnStatus(t *testing.T) {
	for _, name := range testShells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, setup{argv: shellArgv[name]})
			runRows(t, r, name, plainRows)
		})
	}
}

// The same cases while a person is attached and the line editor is on.
func TestEveryExecEndsWithItsOwnStatusBesideAPerson(t *testing.T) {
	for _, name := range []string{"bash", "zsh"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, setup{argv: shellArgv[name]})
			r.kit.SetHuman(true)
			r.send(string(r.kit.Rearm()))
			r.waitPrompt()
			runRows(t, r, name, plainRows)
		})
	}
}

// The same cases under traps of the rc file, as prompts that tell the time of a command
// set them.
func TestEveryExecEndsWithItsOwnStatusUnderTraps(t *testing.T) {
	for _, c := range []struct{ name, shell, file, rc string }{
		{"bash DEBUG", "bash", ".bashrc", "trap : DEBUG"},
		{"bash ERR", "bash", ".bashrc", "trap : ERR"},
		{"fish", "fish", ".config/fish/config.fish", "function watch --on-event fish_preexec; true; end; function end_ --on-event fish_postexec; true; end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, setup{argv: []string{c.shell}, files: map[string]string{c.file: c.rc + "\n"}})
			runRows(t, r, c.shell, plainRows)
		})
	}
}

// Before 5.1 PROMPT_COMMAND is one string. No such bash is at hand, so the hook of this
// one is told that it is old.
func TestOldBashHasOnePromptCommand(t *testing.T) {
	r := prepare(t, setup{argv: []string{"bash"}, files: map[string]string{".bashrc": "PROMPT_COMMAND='false;'\nPS1='$ '\n"}})
	hook, err := os.ReadFile(filepath.Join(r.kit.dir, hookName))
	if err != nil {
		t.Fatal(err)
	}
	old := bytes.ReplaceAll(bytes.ReplaceAll(hook, []byte("< 501"), []byte("< 99901")), []byte(">= 501"), []byte(">= 99901"))
	if err := os.WriteFile(filepath.Join(r.kit.dir, hookName), old, 0o600); err != nil {
		t.Fatal(err)
	}
	r.run(r.kit.Command())
	r.waitPrompt()
	if res := r.exec("declare -p PROMPT_COMMAND"); strings.Contains(res.out, "9999") || !strings.Contains(res.out, "__ais_q") {
		t.Fatalf("%s", res)
	}
	runRows(t, r, "bash", plainRows)
	r.t = t
	p := r.begin(Exec{Command: []byte("echo go; while true\ndo true\ndone")})
	if res := r.follow(p, r.once("go", "\x03")); res.Status != 130 || res.Kind != CommandEnd {
		t.Errorf("interrupted: %s", res)
	}
}

func runRows(t *testing.T, r *rig, shell string, rows []row) {
	own := t.TempDir()
	for _, c := range rows {
		c.command, c.cwd = strings.ReplaceAll(c.command, "OWN", own), strings.ReplaceAll(c.cwd, "OWN", own)
		on := c.on
		if on == "" {
			on = posix
		}
		if !slices.Contains(strings.Fields(on), shell) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			r.t = t
			r.mute = c.mute
			res := r.exec(c.command)
			if bad := c.check(shell, res); bad != "" {
				t.Errorf("%.80q: %s\n%s", c.command, bad, res)
			}
			if res.late || res.dead {
				t.Fatal("shell lost")
			}
		})
		if t.Failed() && r.gone() {
			t.Fatalf("%s is gone after %q", shell, c.name)
		}
	}
}

// check says what differs from the row.
func (c row) check(shell string, res result) string {
	want, over := c.exits[shell]
	if !over {
		want = c.exit
	}
	part, some := strings.CutPrefix(c.out, "~")
	switch {
	case !res.started:
		return "no beginning"
	case !res.HasStatus:
		return "no end"
	case res.Status != want:
		return fmt.Sprintf("exit %d, want %d", res.Status, want)
	case some && !strings.Contains(res.out, part), !some && res.out != c.out:
		return fmt.Sprintf("output %.200q, want %.200q", res.out, c.out)
	case c.pipe != nil && !slices.Equal(res.Pipe, c.pipe):
		return fmt.Sprintf("pipe status %v, want %v", res.Pipe, c.pipe)
	case c.cwd != "" && res.Cwd != c.cwd && !res.lost:
		return fmt.Sprintf("cwd %q, want %q", res.Cwd, c.cwd)
	case res.Flags&StateLost != 0:
		return "state lost"
	case c.isolated != (res.Flags&Isolated != 0):
		return "flag " + res.Flags.String()
	case c.isolated != res.isolated:
		return fmt.Sprintf("isolated %v, want %v", res.isolated, c.isolated)
	}
	return ""
}

func (r result) String() string {
	return fmt.Sprintf("exit %d pipe %v cwd %q opts %q flags %v lost %v dead %v late %v started %v out %.300q",
		r.Status, r.Pipe, r.Cwd, r.Opts, r.Flags, r.lost, r.dead, r.late, r.started, r.out)
}
