package shell

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// once returns a reaction that sends keys when the output first holds want.
func (r *rig) once(want, keys string) func(string) {
	done := false
	return func(out string) {
		if !done && strings.Contains(strings.ReplaceAll(out, "\r", ""), want) {
			done = true
			r.send(keys)
		}
	}
}

func TestKeysReachTheCommand(t *testing.T) {
	for _, c := range []struct {
		name, on, command, want, keys string
		exit                          int
		exits                         map[string]int
		out                           string
	}{
		{name: "interrupt of a pipeline", on: every, command: "sh -c 'echo go; exec sleep 100' | cat", want: "go", keys: "\x03", exit: 130, out: "~go"},
		{name: "interrupt of a loop", on: bashly, command: "echo go; while true\ndo true\ndone", want: "go", keys: "\x03", exit: 130, out: "~go"},
		{name: "interrupt of a loop in POSIX shells", on: "dash ash", command: "echo go; while true\ndo true\ndone", want: "go", keys: "\x03", exit: 130, out: "~go"},
		{name: "interrupt of a loop in fish", on: "fish", command: "echo go; while true\ntrue\nend", want: "go", keys: "\x03", exit: 130, out: "~go"},
		{name: "alive after it", on: every, command: "echo ok", out: "ok\n"},
		{name: "a line for read", on: posix, command: "echo go; read x; echo got $x", want: "go", keys: "a b\r", out: "~got a b\n"},
		{name: "end of file for cat", on: every, command: "echo go; cat >/dev/null; sh -c 'exit 3'", want: "go", keys: "text\r\x04", exit: 3, out: "~go"},
		{name: "typed ahead", on: "bash zsh dash", command: "echo go; sleep 0.2; sh -c 'exit 4'", want: "go", keys: " true\r", exit: 4, out: "~go"},
		{name: "stop", on: "bash zsh", command: "sh -c 'echo go; exec sleep 100'", want: "go", keys: "\x1a", exit: 148, out: "~go"},
		{name: "foreground and interrupt", on: "bash zsh", command: "fg", want: "cat", keys: "hey\r", exit: 130, out: "~hey\nhey"},
		{name: "quit", on: every, command: "sh -c 'echo go; exec sleep 100'", want: "go", keys: "\x1c", exit: 131, out: "~go"},
	} {
		for _, name := range strings.Fields(c.on) {
			t.Run(name+" "+c.name, func(t *testing.T) {
				t.Parallel()
				r := start(t, setup{argv: shellArgv[name]})
				if c.name == "foreground and interrupt" {
					p := r.begin(Exec{Command: []byte("sh -c 'echo go; exec cat'")})
					r.settle(p, r.follow(p, r.once("go", "\x1a")))
				}
				p := r.begin(Exec{Command: []byte(c.command)})
				begin := time.Now()
				first, second := r.once(c.want, c.keys), r.once("hey\nhey\n", "\x03")
				res := r.follow(p, func(out string) { first(out); second(out) })
				if c.name == "interrupt of a loop" && res.Flags&Aborted == 0 {
					t.Errorf("not called aborted: %s", res)
				}
				check := row{exit: c.exit, out: c.out, exits: c.exits}
				if bad := check.check(name, res); bad != "" {
					t.Errorf("%s after %v\n%s", bad, time.Since(begin), res)
				}
			})
		}
	}
}

func TestLineEditorFollowsThePerson(t *testing.T) {
	for _, c := range []struct{ shell, probe, on, off string }{
		{"bash", "set -o | grep emacs", "on", "off"},
		{"zsh", "[[ -o zle ]] && echo on || echo off", "on", "off"},
	} {
		t.Run(c.shell, func(t *testing.T) {
			r := start(t, setup{argv: shellArgv[c.shell]})
			for i, want := range []string{c.off, c.on, c.off, c.on} {
				if r.kit.SetHuman(i%2 == 1); r.kit.Stale() {
					r.send(string(r.kit.Rearm()))
					r.waitPrompt()
				}
				if res := r.exec(c.probe); !strings.Contains(res.out, want) || res.Status != 0 {
					t.Errorf("round %d: %s, want %s", i, res, want)
				}
			}
		})
	}
}

// Shells whose editor cannot be switched are not told to.
func TestPersonsAtOtherShellsChangeNothing(t *testing.T) {
	for _, name := range []string{"dash", "fish"} {
		r := start(t, setup{argv: shellArgv[name]})
		if r.kit.SetHuman(true); r.kit.Stale() {
			t.Errorf("%s is stale", name)
		}
		if res := r.exec("echo a"); res.out != "a\n" || res.Status != 0 {
			t.Errorf("%s: %s", name, res)
		}
	}
}

// With xtrace in a file, the file holds no secret of the running exec.
func TestXtraceFileHoldsNoSecret(t *testing.T) {
	for _, name := range []string{"bash", "zsh", "dash"} {
		t.Run(name, func(t *testing.T) {
			r := start(t, setup{argv: shellArgv[name]})
			r.mute = true
			r.exec("exec 2>$HOME/log; set -x")
			p := r.begin(Exec{Command: []byte("grep -o '__ais_t=[A-Za-z0-9_-]*' $HOME/log | sort -u | tail -3; sh -c 'exit 5'")})
			res := r.follow(p, nil)
			for _, line := range strings.Fields(res.out) {
				if idOf(strings.TrimPrefix(line, "__ais_t=")) == p.Token {
					t.Errorf("the log holds the secret: %s", res)
				}
			}
			if res.Status != 5 {
				t.Errorf("%s", res)
			}
		})
	}
}

// A person who comes while a command runs gets the editor at its end without Rearm.
func TestLineEditorIsSwitchedByTheNextExec(t *testing.T) {
	r := start(t, setup{argv: []string{"bash"}})
	r.kit.SetHuman(true)
	r.exec("true")
	if res := r.exec("set -o | grep emacs"); !strings.Contains(res.out, "on") {
		t.Errorf("%s", res)
	}
}

// Rc files as people have them.
func TestPromptsOfOthersAreLeftAlone(t *testing.T) {
	for _, c := range []struct{ name, shell, file, text, prompt string }{
		{"prompt set by the prompt hook", "bash", ".bashrc", `sp() { local s=$?; PS1="st$s> "; }` + "\nPROMPT_COMMAND=sp", "st5> "},
		{"prompt hook as an array", "bash", ".bashrc", `sp() { PS1="st$?> "; }` + "\nPROMPT_COMMAND+=(sp true)", "st5> "},
		{"readonly prompt hook", "bash", ".bashrc", "readonly PROMPT_COMMAND=true\nPS1='mine> '", "mine> "},
		{"DEBUG trap that writes marks", "bash", ".bashrc", `trap 'printf "\033]133;C\a"' DEBUG` + "\nPS1='mine> '", "mine> "},
		{"DEBUG trap that prints", "bash", ".bashrc", `trap 'echo dbg' DEBUG` + "\nPS1='mine> '", "mine> "},
		{"ERR trap", "bash", ".bashrc", `trap 'echo err' ERR` + "\nPS1='mine> '", "mine> "},
		{"exported prompt", "bash", ".bashrc", "export PS1='mine> '", "mine> "},
		{"allexport", "bash", ".bashrc", "set -a\nPS1='mine> '", "mine> "},
		{"function trace", "bash", ".bashrc", "set -T\ntrap : DEBUG\nPS1='mine> '", "mine> "},
		{"xtrace", "bash", ".bashrc", "exec 2>/dev/null; set -x; exec 2>/dev/tty; PS4=; PS1='mine> '", "mine> "},
		{"prompt set by precmd", "zsh", ".zshrc", `precmd() { PS1="st$?> "; }`, "st5> "},
		{"precmd functions replaced", "zsh", ".zshrc", "sp() { PS1=\"st$?> \"; }\nprecmd_functions+=(sp)", "st5> "},
		{"prompt with expansion", "zsh", ".zshrc", "setopt prompt_subst\nPS1='st$(echo $?)> '", "st5> "},
		{"preexec that prints", "zsh", ".zshrc", "preexec() { print hello }\nPS1='mine> '", "mine> "},
		{"prompt function", "fish", ".config/fish/config.fish", "function fish_prompt; echo -n st$status'> '; end", "st5> "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, setup{argv: []string{c.shell}, files: map[string]string{c.file: c.text + "\n"}})
			p := r.begin(Exec{Command: []byte("sh -c 'exit 5'")})
			res := r.follow(p, nil)
			out := strings.TrimPrefix(res.out, "err\n")
			out = strings.ReplaceAll(out, "\x1b]133;C\a", "")
			if c.name == "xtrace" {
				out = strings.TrimPrefix(out, "sh -c 'exit 5'\n")
			}
			if res.Status != 5 || out != "" || res.Kind != CommandEnd {
				t.Errorf("%s", res)
			}
			r.kit.Finish(p)
			r.boot = nil
			for !strings.Contains(string(r.boot), c.prompt) {
				s := r.next(patience)
				if s.err != nil {
					t.Fatalf("prompt %q is not in %q", c.prompt, r.boot)
				}
				r.boot = append(r.boot, s.out...)
			}
			if res := r.exec("env | grep -c -e __ais -e 7701"); !strings.Contains(res.out, "0\n") && c.name != "xtrace" {
				t.Errorf("environment: %s", res)
			}
		})
	}
}

func TestALostHookIsHealed(t *testing.T) {
	for _, c := range []struct{ name, shell, command string }{
		{"functions", "bash", "unset -f $(compgen -A function)"},
		{"functions and prompt hooks", "bash", "PROMPT_COMMAND=; unset -f $(compgen -A function)"},
		{"functions", "zsh", "unfunction -m '*'"},
		{"functions and precmd", "zsh", "precmd_functions=(); unfunction -m '*'"},
		{"functions", "dash", "unset -f __ais_c __ais_d __ais_w __ais_a"},
		{"functions", "fish", "functions -e __ais_d __ais_a __ais_q"},
	} {
		t.Run(c.shell+" "+c.name, func(t *testing.T) {
			r := start(t, setup{argv: shellArgv[c.shell]})
			if res := r.exec(c.command); !res.HasStatus || !res.lost {
				t.Errorf("clobbering: %s", res)
			}
			if res := r.exec("sh -c 'exit 5'"); res.Status != 5 || res.lost || res.Kind != CommandEnd {
				t.Errorf("next: %s", res)
			}
		})
	}
}

// What a person removed by hand is found by an exec that never begins: nothing of its
// text has run, Rearm and a second try are safe.
func TestNoStartMeansNothingRan(t *testing.T) {
	for _, c := range []struct{ shell, line string }{
		{"bash", "unset -f __ais_c __ais_d __ais_w __ais_q"}, {"zsh", "unfunction __ais_c __ais_d __ais_w"}, {"dash", "unset -f __ais_c __ais_d"},
	} {
		t.Run(c.shell, func(t *testing.T) {
			r := start(t, setup{argv: shellArgv[c.shell]})
			r.send(" " + c.line + "\r")
			r.waitPrompt()
			p := r.begin(Exec{Command: []byte("echo ran >>~/ran; sh -c 'exit 5'")})
			if res := r.follow(p, nil); res.started || !res.lost {
				t.Fatalf("%s", res)
			}
			r.kit.Finish(p)
			r.send(string(r.kit.Rearm()))
			r.waitPrompt()
			if res := r.exec("echo ran >>~/ran; sh -c 'exit 5'"); res.Status != 5 || !res.started {
				t.Errorf("second try: %s", res)
			}
			if res := r.exec("cat ~/ran"); res.out != "ran\n" {
				t.Errorf("%s", res)
			}
		})
	}
}

// The next trigger may be typed as soon as D is read.
func TestBurstWithoutWaitingForPrompts(t *testing.T) {
	for name, n := range map[string]int{"bash": 200, "zsh": 100, "dash": 200, "fish": 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, setup{argv: shellArgv[name]})
			r.mute = true
			for i := range n {
				want := i % 200
				res := r.exec(fmt.Sprintf("echo %d; sh -c 'exit %d'", i, want))
				if res.Status != want || res.out != fmt.Sprintf("%d\n", i) || res.lost {
					t.Fatalf("exec %d: %s", i, res)
				}
			}
		})
	}
}
