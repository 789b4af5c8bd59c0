package shell

import (
	"bytes"
	"fmt"
	"strings"
)

// layOutPosix serves bash, zsh and the POSIX shells. The file is the command's own
// bytes; C and D stand in the typed line before and behind it, so that a syntax error
// in the command's first line is still an exec with a beginning and an end. Where
// xtrace or traps would make that line's steps visible, C moves into the file, behind
// a redirection, in front of the command's first line; the redirections cost as much
// as a mark does, so they are there only when something may speak.
func (k *Kit) layOutPosix(p *Prepared, e Exec, name string) ([]byte, error) {
	text := name
	if p.Isolated = Classify(k.saved.Kind, e.Command, e.Opts); p.Isolated {
		text = name + userSuffix
		if err := k.isolate(name); err != nil {
			return nil, err
		}
	}
	run := k.source() + k.path(name) + k.redirections(e, name)
	footer := k.footer(e)
	before, after := k.export(e)
	remember, err := k.history(e, name)
	if err != nil {
		return nil, err
	}
	line, header := append([]byte(" "), remember+before+k.assign(e)...), ""
	if k.saved.Kind == Zsh && (footer != nil || len(e.Command) <= parseLimit && !parses(Zsh, e.Command)) {
		line = append(line, "__ais_y=1;"...)
	}
	if k.talks(e.Opts) {
		line = append(line, run...)
		header = k.header(e, after, footer != nil || parses(k.saved.Kind, e.Command)) // text with a footer parses
	} else if e.Clean && after == "" {
		line = fmt.Appendf(line, "__ais_c&&%s", run)
	} else {
		line = fmt.Appendf(line, "__ais_c&&{ %s__ais_b;%s;}", after, run)
	}
	end := "__ais_d"
	if k.saved.Noted {
		end = "__ais_xs=$?;" + end
	}
	if k.mayTalk(e) {
		end = "{ " + end + "; } >/dev/null 2>&1"
	}
	line = append(line, ";"+end+k.switchEditing()...)
	return line, k.write(text, []byte(header), e.Command, footer)
}

// header is C in the file. On the command's first line it leaves all others their numbers;
// but a shell runs nothing of a line that it cannot parse, so before such text it has a
// line of its own.
func (k *Kit) header(e Exec, after string, parses bool) string {
	status, end := "__ais_b", ";"
	if idle(e.Command) {
		status = ":" // nothing to run ends with 0
	}
	if !parses {
		end = "\n"
	}
	return "{ __ais_c;" + after + status + "; } >/dev/null 2>&1" + end
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
	trap, run := strings.TrimSuffix(source, ". ")+"trap __ais_sd EXIT", source+user
	if k.saved.Kind == Zsh {
		// In a function an EXIT trap is left out unless it was set with POSIX_TRAPS, and
		// an error that aborts (${x:?}) leaves the subshell without any; "always" stops it.
		trap = `\builtin setopt posixtraps;\builtin trap __ais_sd EXIT;\builtin unsetopt posixtraps`
		run = "__ais_u=" + user + `;if [[ -o ignoreclosebraces ]];then __ais_b;\builtin . "$__ais_u";` +
			`else \builtin eval '{ __ais_b;\builtin . "$__ais_u"; } always { TRY_BLOCK_ERROR=0; }';fi`
	}
	return k.write(name, fmt.Appendf(nil, "__ais_g=1 __ais_f=i __ais_z=%[1]s;( { %[2]s;__ais_in %[1]s; } 2>/dev/null;%[3]s;__ais_se 2>/dev/null );"+
		"__ais_r=$?;{ %[4]s%[1]s;__ais_g=1 __ais_f=i; } >/dev/null 2>&1;__ais_b\n", state, trap, run, source))
}

// assign gives the shell the secret, out of sight of an xtrace that goes into a file. A
// POSIX shell has no prompt hook, so it keeps the status here.
func (k *Kit) assign(e Exec) string {
	s := k.heal()
	if k.saved.Noted {
		s += "__ais_xs= " // of a line that is given up half-way there is none
	}
	s += "__ais_t=" + k.next + ";"
	if k.saved.Kind == Sh {
		s = "__ais_r=$?;" + s
	}
	if k.talks(e.Opts) {
		s = "{ " + s + "} 2>/dev/null;"
	}
	return s
}

// historyLimit is the longest command that goes into a history; longer ones are data.
const historyLimit = 64 << 10

// history writes the file that puts the command into the shell's history, and returns
// the step that reads it. POSIX shells have none, fish takes none from outside.
func (k *Kit) history(e Exec, name string) (string, error) {
	store := map[Kind]string{Bash: `\builtin history -s -- `, Zsh: `\builtin print -sr -- `}[k.saved.Kind]
	if !e.History || store == "" || len(e.Command) > historyLimit {
		return "", nil
	}
	// The status it leaves is put back by __ais_b, as everything is that ran before.
	step := "{ " + k.source() + k.path(name+historySuffix) + "; } >/dev/null 2>&1;"
	return step, k.write(name+historySuffix, []byte(store+quote(strings.TrimSpace(string(e.Command)))+"\n"))
}

// export keeps our variables out of the command's environment when allexport is on:
// what stands before our steps, and what behind them.
func (k *Kit) export(e Exec) (before, after string) {
	if !strings.Contains(e.Opts, "a") {
		return "", ""
	}
	before = map[Kind]string{
		Bash: `\set +a;\builtin export -n "${!__ais_@}";`,
		Zsh:  `\set +a;\builtin typeset +x -m "__ais_*";`,
		Sh:   `\set +a;\unset __ais_t __ais_l;`,
	}[k.saved.Kind]
	return before, `\set -a;`
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
	wanted := k.saved.Kind == Zsh || k.traps || strings.Contains(e.Opts, "!") || bytes.IndexByte(e.Command, '|') >= 0
	if list == "" || !wanted || verbose(e) || idle(e.Command) || !parses(k.saved.Kind, e.Command) {
		return nil
	}
	note := "__ais_s"
	if k.traps || strings.Contains(e.Opts, "!") {
		note = "__ais_e" // a user's ERR trap fires once more for the file as a whole
	}
	return fmt.Appendf(nil, "\n\n{ %s \"$?\" \"${%s[@]}\"; } >/dev/null 2>&1\n", note, list)
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

// switchEditing is what a typed line of bash or zsh ends with when a person came or went
// since the last one.
func (k *Kit) switchEditing() string {
	if !k.Stale() {
		return ""
	}
	k.editing, k.unsure = k.human, false
	switch {
	case k.saved.Kind == PowerShell:
		return map[bool]string{true: ";__ais_i $true", false: ";__ais_i $false"}[k.human]
	case k.human:
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
