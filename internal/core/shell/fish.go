package shell

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// startFish loads the hook behind the user's own configuration.
func (k *Kit) startFish(c Config) error {
	for i, a := range c.Argv[1:] {
		if a == "-c" || strings.HasPrefix(a, "--command") || a[0] != '-' && !strings.HasPrefix(c.Argv[i], "-") {
			return fmt.Errorf("%q: %w", a, ErrUnsupported)
		}
	}
	k.env = slices.Clone(c.Env)
	k.argv = append(slices.Clone(c.Argv), "-C", "builtin source "+k.path(hookName))
	if c.Login {
		k.argv = append(k.argv, "-l")
	}
	return nil
}

// layOutFish: two files, because fish parses a whole file before it runs any of it.
// Programs of a sourced file get a process group of their own only under full job
// control, which must be asked for in the file itself.
func (k *Kit) layOutFish(e Exec, name string) ([]byte, error) {
	run := "builtin source " + k.path(name+userSuffix)
	if r := k.redirections(e, name); r != "" {
		run = "begin; " + run + "; end" + r
	}
	before := "__ais_b $__ais_r\n" // the user's file begins with the status of his own last command
	if idle(e.Command) {           // succeeds in every shell, while fish alone keeps the status before
		before = ""
	}
	header := fmt.Sprintf(`set -g __ais_r $argv[2]
set -g __ais_t $argv[1]
set -e argv
functions -q __ais_d; or builtin source %s
status job-control full
__ais_a
set -g __ais_g 1
builtin printf '\e]7701;C;%%s\a' $__ais_t >/dev/tty
set -g __ais_ps
%s%s
__ais_d $status $pipestatus
`, k.path(hookName), before, run)
	if err := k.write(name, []byte(header)); err != nil {
		return nil, err
	}
	end := ""
	if bytes.IndexByte(e.Command, '|') >= 0 {
		end = "\n\nset -g __ais_ps $pipestatus\n" // two, in case the last line ends in a backslash
	}
	line := fmt.Appendf(nil, " builtin source %s %s $status", k.path(name), k.next)
	return line, k.write(name+userSuffix, e.Command, []byte(end))
}
