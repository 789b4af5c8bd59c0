package shell

import (
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// says is an rc file that prints its name, so that a test sees what ran, how often and
// in which order.
func says(name, more string) string { return "echo '[" + name + "]'\n" + more + "\n" }

func TestRcFilesRunOnceInTheirOwnOrder(t *testing.T) {
	for _, c := range []struct {
		name  string
		s     setup
		order string // names printed before the first prompt
		probe string // run afterwards
		out   string
	}{
		{"bash", setup{argv: []string{"bash"}, files: map[string]string{".bashrc": says("bashrc", "PS1='mine> '"), ".bash_profile": says("profile", "")}},
			"bashrc", `echo "${PS1#*7701;P*]}"; shopt login_shell`, "mine> \nlogin_shell    \toff\n"},
		{"bash with its own rc file", setup{argv: []string{"bash", "--rcfile", "RC"}, files: map[string]string{".bashrc": says("bashrc", ""), "RC": says("own", "")}},
			"own", "true", ""},
		{"bash without rc files", setup{argv: []string{"bash", "--norc"}, files: map[string]string{".bashrc": says("bashrc", "")}},
			"", "env | grep -c PROMPT_COMMAND; set -o | grep emacs", "0\nemacs          \toff\n"},
		{"bash with a prompt hook in its environment", setup{argv: []string{"bash", "--norc"}, env: []string{"PROMPT_COMMAND=echo '[hook]'"}},
			"hook", "env | grep -c PROMPT_COMMAND", "0\n"},
		{"bash login", setup{argv: []string{"bash"}, login: true, files: map[string]string{".bashrc": says("bashrc", ""), ".bash_profile": says("profile", ". ~/.bashrc"), ".bash_logout": says("logout", "")}},
			"profile bashrc", "shopt login_shell; env | grep -c PROMPT_COMMAND", "login_shell    \ton\n0\n"},
		{"bash -l", setup{argv: []string{"bash", "-l"}, files: map[string]string{".profile": says("profile", "")}},
			"profile", "echo ok", "ok\n"},
		{"bash --posix", setup{argv: []string{"bash", "--posix"}, files: map[string]string{".bashrc": says("bashrc", "")}},
			"", "set -o | grep posix; env | grep -c ^ENV=", "posix          \ton\n0\n"},
		{"bash --posix with ENV", setup{argv: []string{"bash", "--posix"}, env: []string{"ENV=$HOME/e"}, files: map[string]string{"e": says("env", "")}},
			"env", "echo $ENV", "$HOME/e\n"},
		{"zsh", setup{argv: []string{"zsh"}, files: map[string]string{".zshenv": says("zshenv", ""), ".zshrc": says("zshrc", "PS1='mine> '"), ".zlogin": says("zlogin", "")}},
			"zshenv zshrc", `echo "${ZDOTDIR-unset}"`, "unset\n"},
		{"zsh login", setup{argv: []string{"zsh"}, login: true, files: map[string]string{".zshenv": says("zshenv", ""), ".zprofile": says("zprofile", ""), ".zshrc": says("zshrc", ""), ".zlogin": says("zlogin", "")}},
			"zshenv zprofile zshrc zlogin", "[[ -o login ]]", ""},
		{"zsh with ZDOTDIR", setup{argv: []string{"zsh"}, env: []string{"ZDOTDIR=HOME/z"}, files: map[string]string{".zshrc": says("wrong", ""), "z/.zshenv": says("zshenv", ""), "z/.zshrc": says("zshrc", "")}},
			"zshenv zshrc", `echo "${ZDOTDIR##*/}"; env | grep -c ^ZDOTDIR`, "z\n1\n"},
		{"zsh with ZDOTDIR set by zshenv", setup{argv: []string{"zsh"}, files: map[string]string{".zshenv": says("zshenv", "ZDOTDIR=$HOME/z"), ".zshrc": says("wrong", ""), "z/.zshrc": says("zshrc", "")}},
			"zshenv zshrc", `echo "${ZDOTDIR##*/}"`, "z\n"},
		{"zsh -f", setup{argv: []string{"zsh", "-f"}, files: map[string]string{".zshenv": says("zshenv", ""), ".zshrc": says("zshrc", "")}},
			"", "[[ -o rcs ]] || echo none", "none\n"},
		{"dash", setup{argv: []string{"dash"}, env: []string{"ENV=$HOME/e"}, files: map[string]string{"e": says("env", "PS1='mine> '"), ".profile": says("profile", "")}},
			"env", "echo $ENV; env | grep -c ^ENV=", "$HOME/e\n1\n"},
		{"dash login", setup{argv: []string{"dash"}, login: true, files: map[string]string{".profile": says("profile", "")}},
			"profile", "env | grep -c ^ENV=", "0\n"},
		{"fish", setup{argv: []string{"fish"}, files: map[string]string{".config/fish/config.fish": says("config", "function fish_prompt; echo 'mine> '; end")}},
			"config", "functions -q fish_prompt; fish_prompt | string match -r 'mine.*'", "mine> \n"},
		{"fish login", setup{argv: []string{"fish"}, login: true, files: map[string]string{".config/fish/config.fish": says("config", "")}},
			"config", "status is-login", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			find(t, c.s.argv[0])
			r := start(t, c.s)
			var order []string
			for _, m := range regexp.MustCompile(`\[([a-z]+)\]`).FindAllStringSubmatch(string(r.boot), -1) {
				order = append(order, m[1])
			}
			if got := strings.Join(order, " "); got != c.order {
				t.Errorf("ran %q, want %q\n%q", got, c.order, r.boot)
			}
			r.exec("true") // a login bash drops its line editor with its first exec
			if res := r.exec(c.probe); strings.TrimPrefix(res.out, "[hook]\n") != c.out {
				t.Errorf("%s gave %q, want %q", c.probe, res.out, c.out)
			}
			if res := r.exec("sh -c 'exit 5'"); res.Status != 5 || res.lost {
				t.Errorf("exec: %s", res)
			}
		})
	}
}

func TestNewRefusesWhatIsNoInteractiveShell(t *testing.T) {
	for _, argv := range [][]string{
		{}, {"python3"}, {"bash", "-c", "true"}, {"bash", "script"}, {"zsh", "-c", "true"}, {"zsh", "script"},
		{"dash", "script"}, {"sh", "-c", "true"}, {"fish", "-c", "true"}, {"busybox", "ls"}, {"bash", "--rcfile"},
	} {
		_, err := New(Config{Dir: filepath.Join(t.TempDir(), "k"), Argv: argv})
		if !errors.Is(err, ErrUnsupported) {
			t.Errorf("%q: %v", argv, err)
		}
	}
}
