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
	text := name
	if p.Isolated = Classify(k.saved.Kind, e.Command, e.Opts); p.Isolated {
		text = name + userSuffix
		if err := k.isolate(name); err != nil {
			return nil, err
		}
	}
	run := k.source() + k.path(name)
	if e.HasStdin {
		run += " <" + k.path(name+stdinSuffix)
	}
	footer := k.footer(e)
	line, header := append([]byte(" "), k.assign(e, secret)...), ""
	if k.saved.Kind == Zsh && (footer != nil || len(e.Command) <= parseLimit && !parses(Zsh, e.Command)) {
		line = append(line, "__ais_e=1;"...)
	}
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
	return line, k.write(text, []byte(header), e.Command, footer)
}

// isolate writes the file that runs the command in a subshell and then takes over
// what the subshell has left: its state as commands. They must be read at the top
// level, where declarations are global. If the subshell is thrown away together with
// this file (^C), the prompt hook reads the state.
func (k *Kit) isolate(name string) error {
	state := k.path(name + stateSuffix)
	if err := k.write(name+stateSuffix, nil); err != nil {
		return err
	}
	source, user := k.source(), k.path(name+userSuffix)
	trap := strings.TrimSuffix(source, ". ") + "trap" // not in a function: zsh would run it when that returns
	return k.write(name, fmt.Appendf(nil, "__ais_z=%s;__ais_f=i;( { %[4]s __ais_sd EXIT;__ais_in %[1]s; } 2>/dev/null;%[2]s%[3]s );"+
		"__ais_r=$?;{ %[2]s%[1]s; } >/dev/null 2>&1;__ais_b\n", state, source, user, trap))
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
// each part, which the end of the file would overwrite. In zsh every command has one,
// it tells a file that was read to its end from one that was given up. Only text that
// parses gets one: behind an open quote or heredoc it would become part of the command.
// A verbose shell would show it, and an empty command would end with an older status.
func (k *Kit) footer(e Exec) []byte {
	list := map[Kind]string{Bash: "PIPESTATUS", Zsh: "pipestatus"}[k.saved.Kind]
	wanted := k.saved.Kind == Zsh || bytes.IndexByte(e.Command, '|') >= 0
	if list == "" || !wanted || verbose(e) || idle(e.Command) || !parses(k.saved.Kind, e.Command) {
		return nil
	}
	return fmt.Appendf(nil, "\n\n{ __ais_s \"$?\" \"${%s[@]}\"; } 2>/dev/null\n", list)
}

// verbose says that the shell prints what it reads, or may begin to.
func verbose(e Exec) bool {
	if strings.Contains(e.Opts, "v") || bytes.Contains(e.Command, []byte("verbose")) {
		return true
	}
	_, args, found := bytes.Cut(e.Command, []byte("set -"))
	args, _, _ = bytes.Cut(args, []byte{'\n'})
	return found && bytes.IndexByte(args, 'v') >= 0
}

// idle says that text holds nothing to run.
func idle(text []byte) bool {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return false
		}
	}
	return true
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
