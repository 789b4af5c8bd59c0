package output

import (
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// command is what a command line runs, as far as its text tells.
type command struct {
	text  string
	calls []call
	log   bool // it shows a file whose lines are those of a log
}

// call is one program with its arguments. Words that the shell makes up are empty.
type call struct {
	name  string
	args  []string
	piped bool // its output goes to the next call
}

// maxCommand is how much of a command line is parsed; longer ones carry data.
const maxCommand = 16 << 10

func parseCommand(text string) command {
	c := command{text: text}
	if len(text) > maxCommand {
		text = text[:maxCommand]
	}
	c.add(text, 0)
	return c
}

// add parses text and appends its calls. Text that does not parse is split at blanks.
func (c *command) add(text string, depth int) {
	f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil || depth > 3 {
		c.append(strings.Fields(text), false, depth)
		return
	}
	for _, s := range f.Stmts {
		c.stmt(s, false, depth)
	}
}

func (c *command) stmt(s *syntax.Stmt, piped bool, depth int) {
	switch x := s.Cmd.(type) {
	case *syntax.BinaryCmd:
		pipe := x.Op == syntax.Pipe || x.Op == syntax.PipeAll
		c.stmt(x.X, piped || pipe, depth)
		c.stmt(x.Y, piped, depth)
	case *syntax.CallExpr:
		words := make([]string, len(x.Args))
		for i, w := range x.Args {
			words[i] = wordText(w)
		}
		c.append(words, piped, depth)
	case *syntax.Subshell:
		c.stmts(x.Stmts, piped, depth)
	case *syntax.Block:
		c.stmts(x.Stmts, piped, depth)
	case *syntax.TimeClause:
		if x.Stmt != nil {
			c.stmt(x.Stmt, piped, depth)
		}
	case *syntax.ForClause:
		c.stmts(x.Do, piped, depth)
	case *syntax.WhileClause:
		c.stmts(x.Do, piped, depth)
	case *syntax.IfClause:
		c.stmts(x.Cond, piped, depth)
		c.stmts(x.Then, piped, depth)
	}
}

func (c *command) stmts(list []*syntax.Stmt, piped bool, depth int) {
	for _, s := range list {
		c.stmt(s, piped, depth)
	}
}

// wordText is a word as far as it is literal.
func wordText(w *syntax.Word) string {
	var b strings.Builder
	for _, part := range w.Parts {
		switch x := part.(type) {
		case *syntax.Lit:
			b.WriteString(strings.ReplaceAll(x.Value, "\\", ""))
		case *syntax.SglQuoted:
			b.WriteString(x.Value)
		case *syntax.DblQuoted:
			for _, q := range x.Parts {
				if l, ok := q.(*syntax.Lit); ok {
					b.WriteString(l.Value)
				}
			}
		}
	}
	return b.String()
}

// carriers run the command that their arguments end with. The value is the flags
// of theirs that take a word.
var carriers = map[string]string{
	"sudo": "-u -g -C", "env": "-u -C", "nice": "-n", "nohup": "", "time": "-f -o", "command": "", "exec": "",
	"timeout": "-s -k", "stdbuf": "", "ionice": "-c -n", "npx": "-p --package", "bunx": "", "xvfb-run": "",
	"unbuffer": "", "faketime": "", "setsid": "", "chronic": "", "builtin": "", "doas": "-u", "unshare": "",
}

// carried are the two-word carriers.
var carried = map[string]bool{
	"poetry run": true, "uv run": true, "pipenv run": true, "bundle exec": true, "pnpm exec": true,
	"yarn exec": true, "npm exec": true, "pdm run": true, "hatch run": true, "rye run": true, "pnpm dlx": true,
	"conda run": true, "bun x": true, "yarn run": true,
}

// append takes the words of one simple command and looks through what carries it.
func (c *command) append(words []string, piped bool, depth int) {
	for len(words) > 0 {
		name := path.Base(words[0])
		flags, carrier := carriers[name]
		switch {
		case strings.Contains(words[0], "=") && !strings.HasPrefix(words[0], "="):
			words = words[1:]
			continue
		case carrier:
			words = afterFlags(words[1:], flags)
			if name == "timeout" && len(words) > 0 {
				words = words[1:] // its duration
			}
			continue
		case len(words) > 2 && carried[name+" "+words[1]]:
			words = afterFlags(words[2:], "")
			continue
		case isShell(name):
			if text, ok := shellText(words); ok && depth < 3 {
				c.add(text, depth+1)
				return
			}
		case strings.HasPrefix(name, "python") && len(words) > 2 && words[1] == "-m":
			words = words[2:]
			continue
		}
		c.calls = append(c.calls, call{name: toolName(name), args: words[1:], piped: piped})
		return
	}
}

func afterFlags(words []string, taking string) []string {
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		n := 1
		for f := range strings.FieldsSeq(taking) {
			if words[0] == f {
				n = 2
			}
		}
		if words[0] == "--" {
			return words[1:]
		}
		words = words[min(n, len(words)):]
	}
	return words
}

func isShell(name string) bool {
	switch name {
	case "sh", "bash", "zsh", "dash", "ksh", "busybox":
		return true
	}
	return false
}

// shellText is what sh -c runs.
func shellText(words []string) (string, bool) {
	for i := 1; i+1 < len(words); i++ {
		if strings.HasPrefix(words[i], "-") && !strings.HasPrefix(words[i], "--") && strings.HasSuffix(words[i], "c") {
			return words[i+1], true
		}
	}
	return "", false
}

// toolName maps a program to the name that readers know: without version, suffix and
// target triple.
func toolName(name string) string {
	name = strings.TrimSuffix(name, ".exe")
	switch {
	case name == "gradlew":
		return "gradle"
	case name == "mvnw":
		return "mvn"
	}
	for _, cc := range []string{"gcc", "g++", "clang++", "clang", "python", "pip", "pytest", "node"} {
		at := strings.Index(name, cc)
		if at < 0 || at > 0 && name[at-1] != '-' {
			continue
		}
		rest := name[at+len(cc):]
		if strings.Trim(rest, "-.0123456789") == "" {
			return cc
		}
	}
	return name
}

// shown are the calls whose output is on the terminal. What only passes lines on is
// looked through: behind `go test | tail` is go test.
func (c command) shown() []call {
	var out []call
	for i := 0; i < len(c.calls); i++ {
		first := i
		for i < len(c.calls)-1 && c.calls[i].piped {
			i++
		}
		k := i
		for k > first && c.calls[k].filters() {
			k--
		}
		if !c.calls[k].silent() {
			out = append(out, c.calls[k])
		}
	}
	return out
}

// silent says that a call writes nothing, or next to nothing.
func (c call) silent() bool {
	switch c.name {
	case "cd", "set", "export", "source", "true", "echo":
		return true
	case "touch", "mkdir", "rm", "cp", "mv", "chmod", "ln", "sleep":
		return !c.has("-v", "--verbose")
	case "sed":
		return c.has("-i", "--in-place")
	}
	return false
}

func (c call) filters() bool {
	switch c.name {
	case "tail", "head", "cat", "tee", "less", "more", "ts", "grep", "rg", "egrep", "sed", "sort", "uniq", "cut", "awk", "column":
		return true
	}
	return false
}

// takesWord are flags before a subcommand that take the next word.
var takesWord = map[string]bool{
	"-C": true, "-c": true, "-f": true, "-n": true, "-p": true, "--context": true, "--namespace": true, "--prefix": true,
	"--git-dir": true, "--work-tree": true, "--project-directory": true, "--file": true, "--manifest-path": true, "--filter": true, "-H": true,
}

// begins says whether the arguments, flags left out, begin with the words.
func (c call) begins(words string) bool {
	rest := c.plain()
	for w := range strings.FieldsSeq(words) {
		if len(rest) == 0 || rest[0] != w {
			return false
		}
		rest = rest[1:]
	}
	return true
}

// plain are the arguments without flags.
func (c call) plain() []string {
	var out []string
	for i := 0; i < len(c.args); i++ {
		switch a := c.args[i]; {
		case len(out) == 0 && takesWord[a]:
			i++
		case strings.HasPrefix(a, "-") && a != "-" || len(out) == 0 && strings.HasPrefix(a, "+"):
		default:
			out = append(out, a)
		}
	}
	return out
}

// has says whether one of the flags is given, alone or with a value after =.
func (c call) has(flags ...string) bool {
	for _, a := range c.args {
		name, _, _ := strings.Cut(a, "=")
		for _, f := range flags {
			if name == f {
				return true
			}
		}
	}
	return false
}

// call is the first call of a program, and whether there is one.
func (c command) call(name string) (call, bool) {
	for _, k := range c.calls {
		if k.name == name {
			return k, true
		}
	}
	return call{}, false
}

// value is what stands behind one of the flags, or behind its =; empty if it is not given.
func (c call) value(flags ...string) string {
	for i, a := range c.args {
		for _, f := range flags {
			if v, ok := strings.CutPrefix(a, f+"="); ok {
				return v
			}
			if a == f && i+1 < len(c.args) {
				return c.args[i+1]
			}
		}
	}
	return ""
}

// showsContent says that everything shown is the content of files or of a history.
func (c command) showsContent() bool { return !c.log && c.shows(call.readsLog) }

// showsText says so too of text files, by whose names nobody knows what is in them.
func (c command) showsText() bool {
	return !c.log && c.shows(func(x call) bool {
		for _, a := range x.plain() {
			if isLogName(a) && path.Ext(a) != ".txt" {
				return true
			}
		}
		return false
	})
}

// shows says that everything shown is the content of files, none of them a log.
func (c command) shows(log func(call) bool) bool {
	shown := c.shown()
	for _, x := range shown {
		switch x.name {
		case "cat", "sed", "head", "tail", "less", "more", "bat", "nl", "awk", "jq", "xxd", "od", "hexdump", "strings", "zcat":
			if log(x) {
				return false
			}
		case "grep", "rg", "ag", "egrep", "fgrep", "ack", "find", "fd", "ls", "tree", "du", "stat", "wc", "diff":
		case "git":
			if !x.begins("log") && !x.begins("diff") && !x.begins("show") && !x.begins("grep") && !x.begins("blame") && !x.begins("ls-files") {
				return false
			}
		case "hg", "svn":
			if !x.begins("log") && !x.begins("diff") && !x.begins("cat") && !x.begins("annotate") && !x.begins("blame") && !x.begins("export") {
				return false
			}
		default:
			return false
		}
	}
	return len(shown) > 0
}

// readsLog says that one of the files is a log by its name.
func (c call) readsLog() bool {
	for _, a := range c.plain() {
		if isLogName(a) {
			return true
		}
	}
	return false
}

// isLogName says that a file is a log by its name. A name that merely has the word in
// it is none if it ends like another kind of file: logger.go.
func isLogName(name string) bool {
	base := path.Base(name)
	for _, s := range []string{".log", ".out", ".err", ".jsonl", ".ndjson"} {
		if strings.HasSuffix(base, s) || strings.Contains(base, s+".") {
			return true
		}
	}
	ext := path.Ext(base)
	if ext == ".txt" {
		return !strings.HasPrefix(base, "CMake") && !strings.HasPrefix(base, "requirements") && !strings.HasPrefix(base, "README")
	}
	unknown := ext == "" || isDigit(base[len(base)-1])
	return strings.HasPrefix(name, "/var/log/") || base == "syslog" || base == "messages" || unknown && strings.Contains(base, "log")
}
