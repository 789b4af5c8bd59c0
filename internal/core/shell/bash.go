package shell

import (
	"fmt"
	"slices"
	"strings"
)

// startBash chooses the way in. An interactive shell reads our rc file, which reads
// the user's first; --norc and login shells have no such file, they get the hook
// through PROMPT_COMMAND, which it removes from the environment again; --posix
// shells read ENV.
func (k *Kit) startBash(c Config) error {
	if err := k.write("respawn", fmt.Appendf(nil, "{ \\builtin . %s; : >|%[1]s; \\builtin . %[2]s; __ais_g=1 __ais_f=r; \\builtin trap __ais_x EXIT; __ais_w; __ais_i ''; } >/dev/null 2>&1\n",
		k.path("respawn.s"), k.path(hookName))); err != nil {
		return err
	}
	k.argv, k.env = append([]string{}, c.Argv[:1]...), append([]string{}, c.Env...)
	o, err := readBashArgs(c.Argv[1:])
	if err != nil {
		return err
	}
	login := c.Login || o.login || strings.HasPrefix(c.Argv[0], "-")
	switch {
	case o.posix:
		k.argv = append(k.argv, c.Argv[1:]...)
		if c.Login && !o.login {
			k.argv = slices.Insert(k.argv, 1, "--login")
		}
		return k.bootENV(c.Env, "__ais_i ''\n")
	case login || o.norc:
		if c.Login && !o.login {
			k.argv = append(k.argv, "--login")
		}
		k.argv = append(k.argv, c.Argv[1:]...)
		return k.bootBash()
	}
	k.argv = append(k.argv, "--rcfile", k.dir+"/rc")
	k.argv = append(k.argv, o.rest...)
	rc := o.rcfile
	if rc == "" {
		rc = "~/.bashrc"
	} else {
		rc = quote(rc)
	}
	return k.write("rc", fmt.Appendf(nil, "[ ! -r %s ] || . %s\n\\builtin . %s 2>/dev/null\n__ais_i \"\"\n", rc, rc, k.path(hookName)))
}

// bootBash hands the hook in through PROMPT_COMMAND. The file it names puts the
// user's own value back, and marks the first prompt itself: bash does not run what is
// added to PROMPT_COMMAND before the next one.
func (k *Kit) bootBash() error {
	own, had := lookEnv(k.env, "PROMPT_COMMAND")
	back := "\\builtin unset PROMPT_COMMAND"
	if had {
		back = "PROMPT_COMMAND=" + quote(own)
	}
	k.env = setEnv(k.env, "PROMPT_COMMAND", "\\builtin . "+k.path("boot"))
	k.editing, k.booted = true, true
	return k.write("boot", fmt.Appendf(nil, "%s\n\\builtin . %s 2>/dev/null\n\\builtin eval \"${PROMPT_COMMAND-}\"\n__ais_k=0; __ais_q\n", back, k.path(hookName)))
}

type bashArgs struct {
	login, norc, posix bool
	rcfile             string
	rest               []string // without --rcfile
}

// readBashArgs refuses what makes bash anything but an interactive shell.
func readBashArgs(args []string) (o bashArgs, err error) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--rcfile" || a == "--init-file":
			if i++; i == len(args) {
				return o, fmt.Errorf("%s without a file: %w", a, ErrUnsupported)
			}
			o.rcfile = args[i]
			continue
		case a == "--norc":
			o.norc = true
		case a == "--posix":
			o.posix = true
		case a == "--login":
			o.login = true
		case strings.HasPrefix(a, "--") && a != "--":
		case a == "-o" || a == "+o" || a == "-O" || a == "+O":
			o.rest = append(o.rest, a)
			if i++; i == len(args) {
				return o, fmt.Errorf("%s without a name: %w", a, ErrUnsupported)
			}
			o.posix = o.posix || a == "-o" && args[i] == "posix"
			a = args[i]
		case len(a) > 1 && (a[0] == '-' || a[0] == '+') && !strings.ContainsAny(a[1:], "cs-"):
			o.login = o.login || a[0] == '-' && strings.Contains(a, "l")
		default:
			return o, fmt.Errorf("%q: %w", a, ErrUnsupported)
		}
		o.rest = append(o.rest, a)
	}
	return o, nil
}

// lookEnv finds a variable in a list of KEY=value; the last one counts.
func lookEnv(env []string, key string) (value string, ok bool) {
	for _, kv := range env {
		if v, found := strings.CutPrefix(kv, key+"="); found {
			value, ok = v, true
		}
	}
	return value, ok
}

// setEnv returns env with one value for key.
func setEnv(env []string, key, value string) []string {
	return append(dropEnv(env, key), key+"="+value)
}

// dropEnv returns env without key.
func dropEnv(env []string, key string) []string {
	var out []string
	for _, kv := range env {
		if !strings.HasPrefix(kv, key+"=") {
			out = append(out, kv)
		}
	}
	return out
}
