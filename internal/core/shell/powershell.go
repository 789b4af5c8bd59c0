package shell

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// PowerShell's hook was written to its documentation, and its files are looked at by
// tests; no PowerShell has run it yet. What the documentation leaves open and was
// assumed: that $? of the typed line's first statement does not reach the command; that
// the host writes a prompt's text as it is, control characters too; that without
// PSReadLine a line of 300 characters may be typed.

// errNoRedirection: PowerShell turns what passes a redirection into objects and text.
var errNoRedirection = errors.New("PowerShell redirects no bytes: no --stdin and no --pipe")

// startPowerShell loads the hook behind the user's profiles: they are read before
// -Command, which has to be the last parameter. Text that is read and made a script block
// is no script file, so no execution policy forbids it.
func (k *Kit) startPowerShell(c Config) error {
	login := c.Login
	k.argv = []string{c.Argv[0]}
	for _, a := range c.Argv[1:] {
		switch name := strings.ToLower(strings.TrimLeft(a, "-/")); {
		case name == "login" || name == "l":
			login = true
		case name == "nologo" || name == "noprofile" || name == "nop" || name == "noexit" || name == "noe":
			k.argv = append(k.argv, a)
		default:
			return fmt.Errorf("%q: %w", a, ErrUnsupported) // a script, or a value's name
		}
	}
	if login {
		k.argv = slices.Insert(k.argv, 1, "-Login") // only as the first one
	}
	k.env = slices.Clone(c.Env)
	k.argv = append(k.argv, "-NoExit", "-Command", readPowerShell(filepath.Join(k.dir, hookName)))
	return nil
}

// readPowerShell runs a file's text in the scope that it stands in.
func readPowerShell(path string) string {
	return ". ([scriptblock]::Create([IO.File]::ReadAllText(" + quotePowerShell(path) + ")))"
}

// layOutPowerShell: one file, the command's own text and a line that notes whether its
// last statement succeeded, since $? of a script block is another question. A text that
// does not parse is an error of the typed line's second statement, and D still comes.
func (k *Kit) layOutPowerShell(e Exec, name string) ([]byte, error) {
	if e.HasStdin || e.Pipe {
		return nil, errNoRedirection
	}
	note := []byte("\n\n$global:__ais.k = $?\n") // two, in case the last line ends in a backtick
	if idle(e.Command) {
		note = nil
	}
	if err := k.write(name, bytes.TrimRight(e.Command, "\r\n"), note); err != nil {
		return nil, err
	}
	heal := ""
	if k.broken {
		k.broken = false
		heal = readPowerShell(filepath.Join(k.dir, hookName)) + ";"
	}
	line := fmt.Appendf(nil, " %s__ais_c '%s';%s;__ais_d $?%s", heal, k.next, readPowerShell(filepath.Join(k.dir, name)), k.switchEditing())
	return line, nil
}

// quotePowerShell makes s one word. The typographic quotes end a text too.
func quotePowerShell(s string) string {
	return "'" + strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛").Replace(s) + "'"
}

// Words writes a program and its arguments as a command of this kind of shell, word for
// word as they are.
func (kind Kind) Words(argv []string) string {
	words := make([]string, len(argv))
	for i, a := range argv {
		switch kind {
		case PowerShell:
			words[i] = quotePowerShell(a)
		case Fish:
			words[i] = "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(a) + "'"
		default:
			words[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	if kind == PowerShell {
		return "& " + strings.Join(words, " ")
	}
	return strings.Join(words, " ")
}
