package shell

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// startSh starts a POSIX shell.
func (k *Kit) startSh(c Config) error {
	k.argv = slices.Clone(c.Argv)
	for i, a := range c.Argv[1:] {
		applet := i == 0 && (a == "sh" || a == "ash")
		if !applet && (len(a) < 2 || a[0] != '-' && a[0] != '+' || strings.ContainsAny(a, "cs")) {
			return fmt.Errorf("%q: %w", a, ErrUnsupported)
		}
	}
	if c.Login {
		k.argv = append(k.argv, "-l")
	}
	return k.bootENV(c.Env, "")
}

// bootENV uses ENV, which every interactive POSIX shell reads, bash in posix mode too.
// The user's own is put back and read first; its value undergoes parameter expansion
// (POSIX XCU 2.5.3).
func (k *Kit) bootENV(env []string, more string) error {
	back := "\\unset ENV"
	if own, had := lookEnv(env, "ENV"); had {
		back = fmt.Sprintf("ENV=%s; \\export ENV; eval \"__ais_k=\\\"$ENV\\\"\"; [ ! -r \"$__ais_k\" ] || . \"$__ais_k\"", quote(own))
	}
	k.env = setEnv(env, "ENV", inHeredoc.Replace(filepath.Join(k.dir, "rc")))
	return k.write("rc", fmt.Appendf(nil, "%s\n\\. %s\n%s", back, k.path(hookName), more))
}

// inHeredoc escapes what keeps its meaning there (POSIX XCU 2.7.4): ENV is expanded as
// such a text, so a quote stands for itself.
var inHeredoc = strings.NewReplacer(`\`, `\\`, `$`, `\$`, "`", "\\`")
