package session

import (
	"fmt"
	"strings"

	"github.com/ai-session/ai-session/internal/core/shell"
)

// What is typed at a nested shell. The marks go to the terminal itself, wherever stdout
// leads, and the status of before is there for the command to see. __ais_k is known to this
// shell alone, not to one that the command starts: see ask.

// spelling is how a kind of shell writes what is typed at it.
type spelling struct {
	first string // of the block's number: takes the status
	piece string // adds an escaped piece of the command
	run   string // runs it between marks: of the marks' secret
	ask   string // tells the end once more, or that this is another shell: of both
}

// posix has the marks' command in place of PRINT.
var posix = spelling{
	first: ` __ais_p=$? __ais_n= __ais_k=$$.%[1]d`,
	piece: ` __ais_n=${__ais_n}'%s'`,
	run: ` __ais_n=$(PRINT %%b "$__ais_n");PRINT '\033]7701;C;%[1]s\007' >/dev/tty;` +
		`(exit "$__ais_p");\eval "$__ais_n";__ais_p=$?;` +
		`PRINT '\033]7701;D;%[1]s;%%s;;;;%%s\007' "$__ais_p" "$PWD" >/dev/tty;(exit "$__ais_p")`,
	ask: ` __ais_p=$?;if [ "${__ais_k-}" = $$.%[2]d ];then PRINT '\033]7701;D;%[1]s;%%s;;;;%%s\007' "$__ais_p" "$PWD";` +
		`else PRINT '\033]7701;E;%[1]s\007';fi >/dev/tty;(exit "$__ais_p")`,
}

var fish = spelling{
	first: ` set -g __ais_p $status; set -g __ais_n; set -g __ais_k $fish_pid.%[1]d; function __ais_s; return $__ais_p; end`,
	piece: ` set -g __ais_n "$__ais_n"'%s'`,
	run: ` set -g __ais_n (builtin printf %%b "$__ais_n" | string collect -N); builtin printf '\e]7701;C;%[1]s\a' >/dev/tty; ` +
		`__ais_s; eval $__ais_n; set -g __ais_p $status; ` +
		`builtin printf '\e]7701;D;%[1]s;%%s;;;;%%s\a' $__ais_p "$PWD" >/dev/tty; __ais_s`,
	ask: ` set -g __ais_p $status; if test "$__ais_k" = $fish_pid.%[2]d; builtin printf '\e]7701;D;%[1]s;%%s;;;;%%s\a' $__ais_p "$PWD" >/dev/tty; ` +
		`else; builtin printf '\e]7701;E;%[1]s\a' >/dev/tty; end; __ais_s`,
}

// typed is a line of a spelling with its Enter.
func (n *inner) typed(format string, args ...any) []byte {
	print := `\command printf` // it passes by the user's own functions
	if n.program == "bash" || n.program == "zsh" {
		print = `\builtin printf` // in zsh, command is for programs alone
	}
	return fmt.Appendf(nil, strings.ReplaceAll(format, "PRINT", print)+"\r", args...)
}

func (n *inner) spelling() *spelling {
	if n.Fish {
		return &fish
	}
	return &posix
}

// layShell types a shell's text in pieces, then a line that runs it between marks.
func (n *inner) layShell(text string) []byte {
	secret := shell.NewSecret()
	n.Token = shell.IDOf(secret)
	say := n.spelling()
	b := n.typed(say.first, n.e.block.number)
	for len(text) > 0 {
		var piece []byte
		for len(text) > 0 && len(piece) < maxTyped {
			piece = appendEscaped(piece, text[0])
			text = text[1:]
		}
		b = append(b, n.typed(say.piece, piece)...)
	}
	return append(b, n.typed(say.run, secret)...)
}
