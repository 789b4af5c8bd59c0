package shell

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// bashLong are bash's long options that take an argument.
const bashLong = " --rcfile --init-file --debugger "

// startBash chooses the way in. An interactive shell reads our rc file, which reads
// the user's first; --norc and login shells have no such file, they get the hook
// through PROMPT_COMMAND, which it removes from the environment again; --posix
// shells read ENV.
func (k *Kit) startBash(c Config) error {
	k.argv, k.env = append([]string{}, c.Argv[:1]...), append([]string{}, c.Env...)
	o, err := readBashArgs(c.Argv[1:])
	if err != nil {
		return err
	}
	login := c.Login || o.login || strings.HasPrefix(c.Argv[0], "-")
	switch {
	case o.posix && !login:
		return fmt.Errorf("posix mode: %w", ErrUnsupported)
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
// user's own value back.
func (k *Kit) bootBash() error {
	own, had := lookEnv(k.env, "PROMPT_COMMAND")
	back := "\\builtin unset PROMPT_COMMAND"
	if had {
		back = "PROMPT_COMMAND=" + quote(own)
	}
	k.env = setEnv(k.env, "PROMPT_COMMAND", "\\builtin . "+k.path("boot"))
	k.editing = true
	return k.write("boot", fmt.Appendf(nil, "%s\n\\builtin . %s 2>/dev/null\n", back, k.path(hookName)))
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
		case len(a) > 1 && (a[0] == '-' || a[0] == '+') && !strings.ContainsAny(a, "cs-"):
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

// layOutBash: the file is the command's own bytes, C and D stand in the typed line
// before and behind it, so that a syntax error in the command's first line is still
// an exec with a beginning and an end. Where xtrace or traps would make that line's
// steps visible, C moves into the file, behind a redirection, in front of the
// command's first line; the redirections cost as much as a mark does, so they are
// there only when something may speak.
func (k *Kit) layOutBash(p *Prepared, e Exec, secret string) ([]byte, error) {
	name := strconv.Itoa(p.seq)
	run := `\builtin . ` + k.path(name)
	if e.HasStdin {
		run += " <" + k.path(name+stdinSuffix)
	}
	line, header := fmt.Appendf(nil, " __ais_t=%s;%s__ais_c&&{ __ais_b;%s;}", secret, k.heal(), run), ""
	if k.talks(e.Opts) {
		line = fmt.Appendf(nil, " __ais_t=%s;%s%s", secret, k.heal(), run)
		header = "{ __ais_c;__ais_b; } >/dev/null 2>&1;"
	}
	end := "__ais_d"
	if k.mayTalk(e) {
		end = "{ __ais_d; } >/dev/null 2>&1"
	}
	line = fmt.Appendf(line, ";%s%s", end, k.switchEditing())
	return line, k.write(name, []byte(header), e.Command)
}

// switchEditing is what a typed line of bash ends with when a person came or went
// since the last one.
func (k *Kit) switchEditing() string {
	if k.human == k.editing {
		return ""
	}
	k.editing = k.human
	if k.human {
		return ";__ais_i 1"
	}
	return ";__ais_i ''"
}

// talks says that our own steps would show: xtrace, or traps that reach into sourced
// files. '!' is the hook's word for traps that the user's rc files have set.
func (k *Kit) talks(opts string) bool { return strings.ContainsAny(opts, "xTE!") || k.traps }

// mayTalk is talks for what comes behind the command, which may have changed it. Once
// a command has spoken of traps, one may be set.
func (k *Kit) mayTalk(e Exec) bool {
	k.traps = k.traps || bytes.Contains(e.Command, []byte("trap"))
	if k.talks(e.Opts) {
		return true
	}
	for _, word := range [...]string{"set", "source", ". ", "opt", "-x", "eval"} {
		if bytes.Contains(e.Command, []byte(word)) {
			return true
		}
	}
	return false
}
