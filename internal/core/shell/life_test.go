package shell

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A sourced script turns errexit on: no parser sees that in the command.
func TestBashRespawnsWhenASourcedScriptSetErrexit(t *testing.T) {
	r := start(t, setup{argv: []string{"bash"}, files: map[string]string{"env.sh": "set -e\n"}})
	r.exec("KEPT=1; fn() { echo fn; }; cd /usr; shopt -s extglob; alias al='echo al'")
	res := r.exec(". ~/env.sh; sh -c 'exit 5'; echo no")
	if res.Status != 5 || res.out != "" || res.Flags&Respawned == 0 || res.Cwd != "/usr" {
		t.Fatalf("%s", res)
	}
	r.exec("set +e")
	if res := r.exec("echo $KEPT; fn; shopt extglob; al"); res.Status != 0 || res.out != "1\nfn\nextglob        \ton\nal\n" {
		t.Errorf("state after respawn: %s", res)
	}
	if res := r.exec(". ~/env.sh; echo yes"); res.Status != 0 || res.out != "yes\n" || res.Flags&Respawned != 0 || !strings.Contains(res.Opts, "e") {
		t.Errorf("errexit without a failure: %s", res)
	}
	if res := r.exec("false; echo no"); res.Status != 1 || res.out != "" || !res.isolated {
		t.Errorf("next exec: %s", res)
	}
}

func TestExitEndsTheShellWithItsStatus(t *testing.T) {
	for _, name := range testShells {
		t.Run(name, func(t *testing.T) {
			r := start(t, setup{argv: shellArgv[name]})
			p := r.begin(Exec{Command: []byte("exit 3")})
			res := r.follow(p, nil)
			if name == "fish" {
				// There exit ends the sourced file: the session lives on.
				if res := r.settle(p, res); res.Status != 3 || r.exec("true").Status != 0 {
					t.Errorf("%s", res)
				}
				return
			}
			if !res.dead {
				t.Fatalf("%s", res)
			}
			r.cmd.Wait()
			if code := r.cmd.ProcessState.ExitCode(); code != 3 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

// A daemon dies in the middle of an exec; its successor knows the exec and gets the
// end it missed.
func TestRearmPrintsTheLastEndAgain(t *testing.T) {
	for _, name := range testShells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, setup{argv: shellArgv[name]})
			r.exec("true")
			p := r.begin(Exec{Command: []byte("cd /usr; sh -c 'exit 7'")})
			if res := r.follow(p, nil); res.Status != 7 {
				t.Fatalf("%s", res)
			}
			r.waitPrompt()
			kit, err := Reopen(r.kit.dir)
			if err != nil {
				t.Fatal(err)
			}
			if kit.Open() != p.Token || kit.Kind() != r.kit.Kind() {
				t.Fatalf("reopened: open %q, want %q", kit.Open(), p.Token)
			}
			r.kit = kit
			r.live()
			r.send(string(kit.Rearm()))
			res := r.follow(p, nil)
			if res.Status != 7 || res.Cwd != "/usr" || res.Kind != CommandEnd {
				t.Fatalf("again: %s", res)
			}
			r.settle(p, res)
			if name != "fish" {
				if res := r.exec("echo $?"); res.out != "7\n" {
					t.Errorf("status after: %s", res)
				}
			}
			if res := r.exec("sh -c 'exit 4'"); res.Status != 4 || res.lost {
				t.Errorf("next: %s", res)
			}
		})
	}
}

// Every file below the folder is read by a job of an earlier command all the time, and
// by the command itself; each word that could be a token is printed as an end.
func TestNoFileHoldsWhatEndsAnExec(t *testing.T) {
	script := `#!/bin/sh
cd "$1"
grep -ohE '[A-Za-z0-9_-]{16}' -r . 2>/dev/null | while read -r w; do printf '\033]7701;D;%s;0;;;;/\a\033]7701;P;%s;0;\a' "$w" "$w"; done >/dev/tty
`
	for _, name := range testShells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, setup{argv: shellArgv[name], files: map[string]string{"spy": script}})
			dir := quote(r.kit.dir)
			if res := r.exec("sh ~/spy " + dir + "; sh -c 'exit 9'"); res.Status != 9 || res.lost || res.Kind != CommandEnd {
				t.Fatalf("in the foreground: %s", res)
			}
			r.exec("sh -c 'while test -e ~/spy; do sh ~/spy " + dir + "; done' &")
			for range 20 {
				if res := r.exec("sh -c 'exit 6'"); res.Status != 6 || res.Kind != CommandEnd {
					t.Fatalf("beside a spy in the background: %s", res)
				}
			}
			os.Remove(filepath.Join(r.home, "spy"))
		})
	}
}

// What a trigger's line holds is not kept: neither in the history nor in a file.
func TestHistoryHoldsNoTrigger(t *testing.T) {
	for _, c := range []struct{ shell, list string }{{"bash", "history"}, {"zsh", "fc -l -100 2>&1"}, {"fish", "history"}} {
		t.Run(c.shell, func(t *testing.T) {
			r := start(t, setup{argv: shellArgv[c.shell]})
			r.exec("HISTCONTROL=; unsetopt histignorespace 2>/dev/null; true")
			r.exec("true")
			res := r.exec(c.list)
			lines := strings.Count(res.out, "\\builtin .") + strings.Count(res.out, "builtin source")
			if c.shell == "zsh" {
				lines-- // it shows the line it is running, and forgets it at the next
			}
			if lines > 0 {
				t.Errorf("%s", res)
			}
		})
	}
}

func TestStdinComesFromAFile(t *testing.T) {
	for _, name := range testShells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, setup{argv: shellArgv[name]})
			big := strings.Repeat("0123456789abcdef", 64<<10)
			res := r.finish(r.begin(Exec{Command: []byte("wc -c; sh -c 'exit 3'"), Stdin: []byte(big), HasStdin: true}))
			if strings.TrimSpace(res.out) != "1048576" || res.Status != 3 {
				t.Errorf("%s", res)
			}
			if res := r.exec("test -t 0"); res.Status != 0 {
				t.Errorf("stdin of the next: %s", res)
			}
		})
	}
}
