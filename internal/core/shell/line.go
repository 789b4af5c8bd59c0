package shell

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// layOutPosix serves bash, zsh and the POSIX shells. The file is the command's own
// bytes; C and D stand in the typed line before and behind it, so that a syntax error
// in the command's first line is still an exec with a beginning and an end. Where
// xtrace or traps would make that line's steps visible, C moves into the file, behind
// a redirection, in front of the command's first line; the redirections cost as much
// as a mark does, so they are there only when something may speak.
func (k *Kit) layOutPosix(p *Prepared, e Exec, secret string) ([]byte, error) {
	name := strconv.Itoa(p.seq)
	run := k.source() + k.path(name)
	if e.HasStdin {
		run += " <" + k.path(name+stdinSuffix)
	}
	line, header := append([]byte(" "), k.assign(e, secret)...), ""
	if k.talks(e.Opts) {
		line = append(line, run...)
		header = "{ __ais_c;__ais_b; } >/dev/null 2>&1;"
	} else {
		line = fmt.Appendf(line, "__ais_c&&{ __ais_b;%s;}", run)
	}
	end := ";__ais_d"
	if k.mayTalk(e) {
		end = ";{ __ais_d; } >/dev/null 2>&1"
	}
	line = append(line, end+k.switchEditing()...)
	return line, k.write(name, []byte(header), e.Command, k.footer(e.Command))
}

// assign gives the shell the secret. Under allexport it must not get into anybody's
// environment. A POSIX shell has no prompt hook, so it keeps the status here.
func (k *Kit) assign(e Exec, secret string) string {
	s := k.heal() + "__ais_t=" + secret + ";"
	if k.saved.Kind == Sh {
		s = "__ais_r=$?;" + s
	}
	if strings.Contains(e.Opts, "a") {
		return `\set +a;` + s + `\set -a;`
	}
	return s
}

// source is how the kind of shell reads a file, past aliases and functions.
func (k *Kit) source() string {
	if k.saved.Kind == Sh {
		return `\. `
	}
	return `\builtin . `
}

// footer is the last line of a command that holds a pipeline: it notes the status of
// each part, which the end of the file would overwrite. Only text that parses gets
// one: behind an open quote or heredoc it would become part of the command.
func (k *Kit) footer(text []byte) []byte {
	list := map[Kind]string{Bash: "PIPESTATUS", Zsh: "pipestatus"}[k.saved.Kind]
	if list == "" || bytes.IndexByte(text, '|') < 0 || !parses(k.saved.Kind, text) {
		return nil
	}
	return fmt.Appendf(nil, "\n\n{ __ais_s \"$?\" \"${%s[@]}\"; } 2>/dev/null\n", list)
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
