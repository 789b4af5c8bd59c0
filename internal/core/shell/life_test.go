package shell

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
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

func TestBashRespawnsWhereverErrexitCameFrom(t *testing.T) {
	for _, c := range []struct {
		name, before, command string
		status                int
	}{
		{"unset variable under both", "", ". ~/eu.sh; echo $NOSUCH; echo no", 1},
		{"nested scripts", "", ". ~/outer.sh; echo no", 1},
		{"a function of an earlier exec", `eval "s""et(){ :; }"; unset -f set; strict() { eval "$X"; }; X="se""t -e"`, "strict; sh -c 'exit 6'; echo no", 6},
		{"in a loop in a function", "f() { for i in 1 2; do sh -c 'exit 4'; done; echo no; }", ". ~/e.sh; f", 4},
		{"stderr elsewhere", "", ". ~/e.sh; exec 2>/dev/null; sh -c 'exit 8'; echo no", 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, setup{argv: []string{"bash"}, files: map[string]string{"e.sh": "set -e\n", "eu.sh": "set -eu\n", "outer.sh": ". ~/e.sh\nfalse\necho no\n"}})
			r.exec(c.before + "\nKEPT=1")
			res := r.exec(c.command)
			if res.Status != c.status || strings.Contains(res.out, "no\n") || res.Flags&Respawned == 0 {
				t.Errorf("%s", res)
			}
			r.mute = true
			if res := r.exec("echo $KEPT"); res.out != "1\n" {
				t.Errorf("after: %s", res)
			}
		})
	}
}

// The limit that the package doc names: there is no net under the other shells.
func TestErrexitOfASourcedScriptEndsOtherShells(t *testing.T) {
	for _, name := range []string{"zsh", "dash", "ash"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, setup{argv: shellArgv[name], files: map[string]string{"e.sh": "set -e\n"}})
			p := r.begin(Exec{Command: []byte(". ~/e.sh; sh -c 'exit 6'; echo no")})
			res := r.follow(p, nil)
			r.cmd.Wait()
			if code := r.cmd.ProcessState.ExitCode(); !res.dead || code != 6 {
				t.Errorf("code %d: %s", code, res)
			}
		})
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
			r.settle(Prepared{Token: kit.Open()}, res)
			if kit.Open() != "" || kit.Stale() {
				t.Errorf("open %q, stale %v", kit.Open(), kit.Stale())
			}
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

func TestHistoryHoldsTheCommandWhenAsked(t *testing.T) {
	for shell, list := range map[string]string{"bash": "history", "zsh": "fc -l -100"} {
		t.Run(shell, func(t *testing.T) {
			r := start(t, setup{argv: shellArgv[shell]})
			r.finish(r.begin(Exec{Command: []byte("echo 'it''s $HOME \\ fine'"), History: true}))
			if res := r.finish(r.begin(Exec{Command: []byte("sh -c 'exit 4'"), History: true})); res.Status != 4 || res.out != "" {
				t.Errorf("%s", res)
			}
			if res := r.exec("echo $?"); res.out != "4\n" {
				t.Errorf("status seen by the next: %s", res)
			}
			res := r.exec(list)
			if !strings.Contains(res.out, "echo 'it''s $HOME \\ fine'") || !strings.Contains(res.out, "sh -c 'exit 4'") {
				t.Errorf("%s", res)
			}
		})
	}
}

func TestFolderNamesMayHoldAnything(t *testing.T) {
	for _, name := range testShells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, setup{argv: shellArgv[name], below: `a b'c"d\e$f;g*ü`})
			for _, e := range []Exec{{Command: []byte("sh -c 'exit 3'")}, {Command: []byte("cat; sh -c 'exit 3'"), HasStdin: true}, {Command: []byte("set -eu; sh -c 'exit 3'")}} {
				if name == "fish" && strings.Contains(string(e.Command), "-eu") {
					continue
				}
				if res := r.finish(r.begin(e)); res.Status != 3 || res.out != "" || res.lost {
					t.Errorf("%q: %s", e.Command, res)
				}
			}
		})
	}
}

func TestPrepareRefusesWhatCannotRun(t *testing.T) {
	kit, err := New(Config{Dir: filepath.Join(t.TempDir(), "k"), Argv: []string{"bash"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kit.Prepare(Exec{Command: []byte("echo a\x00b")}); !errors.Is(err, ErrNUL) {
		t.Errorf("NUL: %v", err)
	}
	if err := kit.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := kit.Prepare(Exec{Command: []byte("true")}); err == nil || kit.Open() != "" {
		t.Errorf("no folder: %v, open %q", err, kit.Open())
	}
}

func TestFilesAreGoneAfterTheExecAndPrivateBefore(t *testing.T) {
	kit, err := New(Config{Dir: filepath.Join(t.TempDir(), "k"), Argv: []string{"bash"}})
	if err != nil {
		t.Fatal(err)
	}
	before := list(t, kit.dir)
	p, err := kit.Prepare(Exec{Command: []byte("set -e"), Stdin: []byte("x"), HasStdin: true, History: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range list(t, kit.dir) {
		info, err := os.Stat(filepath.Join(kit.dir, name))
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	secret, _, _ := strings.Cut(strings.SplitN(string(p.Trigger), "__ais_t=", 2)[1], ";")
	if idOf(secret) != p.Token {
		t.Errorf("the trigger holds %q, the token is %q", secret, p.Token)
	}
	for _, name := range list(t, kit.dir) {
		if text, _ := os.ReadFile(filepath.Join(kit.dir, name)); strings.Contains(string(text), secret) {
			t.Errorf("%s holds the secret", name)
		}
	}
	kit.Finish(p)
	if after := list(t, kit.dir); strings.Join(after, " ") != strings.Join(before, " ") {
		t.Errorf("left: %q, before %q", after, before)
	}
	again, err := Reopen(kit.dir)
	if err != nil || again.Open() != "" || again.Live()[0] != p.Token {
		t.Errorf("reopened: %v, open %q, live %q", err, again.Open(), again.Live())
	}
}

func list(t *testing.T, dir string) (names []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestTenMegabytesOfCommand(t *testing.T) {
	for _, name := range []string{"bash", "zsh", "dash"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, setup{argv: shellArgv[name]})
			line := strings.Repeat("set of ${things} | ?\n", 10<<20/21)
			if res := r.exec("cat <<'X' | wc -c\n" + line + "X"); strings.TrimSpace(res.out) != strconv.Itoa(len(line)) || res.Status != 0 {
				t.Errorf("%s", res)
			}
		})
	}
}
