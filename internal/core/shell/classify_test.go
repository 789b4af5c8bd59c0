package shell

import (
	"strings"
	"testing"
	"time"
)

func TestClassifyFindsWhatEndsAShell(t *testing.T) {
	for _, c := range []struct {
		name string
		kind Kind
		text string
		opts string
		want bool
	}{
		{"plain", Bash, "go test ./...", "himBHs", false},
		{"errexit", Bash, "set -e", "", true},
		{"errexit in a cluster", Bash, "set -xeuo pipefail", "", true},
		{"errexit by name", Bash, "set -o errexit", "", true},
		{"nounset behind another", Bash, "set -x -u", "", true},
		{"pipefail alone", Bash, "set -o pipefail", "", false},
		{"off", Bash, "set +e; set +u", "", false},
		{"off while on", Bash, "set +e", "himBHse", true},
		{"any command while on", Bash, "true", "himBHsu", true},
		{"operands", Bash, "set -- -e -u", "", false},
		{"operand behind another", Bash, "set x -e", "", false},
		{"subshell", Bash, "(set -e; false)", "", false},
		{"substitution", Bash, "x=$(set -e; false)", "", false},
		{"another shell", Bash, "bash -c 'set -e; false'", "", false},
		{"word in a string", Bash, "echo 'set -e'", "", false},
		{"word in a heredoc", Bash, "cat <<X\nset -e\nX", "", false},
		{"function", Bash, "f() { set -e; }; f", "", true},
		{"condition", Bash, "if true; then set -e; fi", "", true},
		{"builtin", Bash, "builtin set -e", "", true},
		{"command", Bash, "command set -eu", "", true},
		{"backslash", Bash, `\set -e`, "", true},
		{"quoted", Bash, `set "-e"`, "", true},
		{"from a variable", Bash, `set $flags`, "", true},
		{"eval", Bash, "eval 'set -e; false'", "", true},
		{"eval of something else", Bash, "eval 'reset me'", "", false},
		{"shopt", Bash, "shopt -so errexit", "", true},
		{"shopt of something else", Bash, "shopt -s extglob", "", false},
		{"missing parameter", Bash, "echo ${x:?no}", "", true},
		{"missing parameter without colon", Bash, `echo "${x?no}"`, "", true},
		{"default", Bash, "echo ${x:-no}?", "", false},
		{"question mark", Bash, "ls ${x}/a?", "", false},
		{"does not parse", Bash, "set -e; if then", "", true},
		{"does not parse, harmless", Bash, "set -x; if then", "", false},
		{"setopt", Zsh, "setopt ERR_EXIT", "", true},
		{"setopt of something else", Zsh, "setopt extendedglob", "", false},
		{"unsetopt unset", Zsh, "unsetopt unset", "", true},
		{"emulate", Zsh, "emulate -L sh -o errexit", "", true},
		{"dash", Sh, "set -eu", "", true},
		{"fish has none", Fish, "set -e x", "", false},
		{"long text without it", Bash, "cat <<X\n" + strings.Repeat("set me up\n", 60000) + "X", "", false},
		{"long text with it", Bash, "set -e\ncat <<X\n" + strings.Repeat("line\n", 60000) + "X", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Classify(c.kind, []byte(c.text), c.opts); got != c.want {
				t.Errorf("%q with %q: isolated %v, want %v", c.text, c.opts, got, c.want)
			}
		})
	}
}

// The time is compared, not limited: how fast the machine is and who else uses it does
// not matter.
func TestClassifyIsLinearInTheCommand(t *testing.T) {
	took := func(n int) time.Duration {
		text := []byte("cat <<X\n" + strings.Repeat("set of ${things} ?\n", n/19) + "X")
		begin := time.Now()
		Classify(Bash, text, "")
		return time.Since(begin)
	}
	var one, eight time.Duration
	for range 6 {
		if one, eight = took(256<<10), took(2<<20); eight < 20*one {
			return
		}
	}
	t.Errorf("256 KB took %v, 2 MB %v", one, eight)
}

// FuzzClassify: any text is judged without a panic, and never in doubt when it holds
// none of the words.
func FuzzClassify(f *testing.F) {
	for _, s := range []string{"set -e", "${x:?}", "eval set -e", "shopt -so nounset", "f() {", "set \\", "eval eval eval"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []Kind{Bash, Zsh, Sh, Fish} {
			got := Classify(kind, []byte(text), "")
			if got && !strings.Contains(text, "set") && !strings.Contains(text, "?") && !strings.Contains(text, "shopt") && !strings.Contains(text, "emulate") {
				t.Errorf("%s: %q is isolated", kind, text)
			}
		}
	})
}

func TestDetectGoesByTheBaseName(t *testing.T) {
	for program, want := range map[string]Kind{
		"/bin/bash": Bash, "bash": Bash, "-bash": Bash, "bash5": Bash, "/opt/bash-5.2": Bash,
		"zsh-5.9": Zsh, "-zsh": Zsh, "/usr/bin/fish": Fish, "dash": Sh, "/bin/sh": Sh, "busybox": Sh, "ash": Sh,
		"bashful": "", "python3": "", "": "", "/": "", "nu": "", "ksh": "", `C:\bin\bash.exe`: Bash,
	} {
		if got := Detect(program); got != want {
			t.Errorf("%q is %q, want %q", program, got, want)
		}
	}
}
