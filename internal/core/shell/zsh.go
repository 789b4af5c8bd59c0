package shell

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// startZsh uses ZDOTDIR: zsh reads our .zshenv, which puts the user's value back,
// reads his .zshenv and loads the hook; all other rc files zsh then finds by itself.
// A shell that wants no rc files (-f) gets ours with rc files switched off in it.
func (k *Kit) startZsh(c Config) error {
	norcs, rest, err := readZshArgs(c.Argv[1:])
	if err != nil {
		return err
	}
	k.argv = append([]string{c.Argv[0]}, rest...)
	if c.Login {
		k.argv = slices.Insert(k.argv, 1, "-l")
	}
	back := "\\builtin unset ZDOTDIR"
	if own, had := lookEnv(c.Env, "ZDOTDIR"); had {
		back = "export ZDOTDIR=" + quote(own)
	}
	own := "[[ ! -r ${ZDOTDIR:-$HOME}/.zshenv ]] || . \"${ZDOTDIR:-$HOME}/.zshenv\""
	if norcs {
		own = "\\builtin unsetopt rcs"
	}
	folder := filepath.Join(k.dir, "z")
	k.env = setEnv(c.Env, "ZDOTDIR", folder)
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	return k.write("z/.zshenv", fmt.Appendf(nil, `%s
%s
if [[ -o interactive ]]; then
  \builtin . %s
  precmd_functions+=(__ais_boot)
fi
`, back, own, k.path(hookName)))
}

// readZshArgs refuses what makes zsh anything but an interactive shell, and takes out
// the flag that would keep it from reading our file.
func readZshArgs(args []string) (norcs bool, rest []string, err error) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--no-rcs" || a == "--norcs":
			norcs = true
			continue
		case a == "-o" || a == "+o":
			if i+1 == len(args) {
				return false, nil, fmt.Errorf("%s without a name: %w", a, ErrUnsupported)
			}
			i++
			if a == "-o" && (args[i] == "norcs" || args[i] == "no_rcs") {
				norcs = true
				continue
			}
			rest = append(rest, a, args[i])
		case strings.HasPrefix(a, "--") && len(a) > 2:
			rest = append(rest, a)
		case len(a) > 1 && a[0] == '-' && !strings.ContainsAny(a, "cs"):
			norcs = norcs || strings.Contains(a, "f")
			if a = strings.ReplaceAll(a, "f", ""); a != "-" {
				rest = append(rest, a)
			}
		case len(a) > 1 && a[0] == '+':
			rest = append(rest, a)
		default:
			return false, nil, fmt.Errorf("%q: %w", a, ErrUnsupported)
		}
	}
	return norcs, rest, nil
}
