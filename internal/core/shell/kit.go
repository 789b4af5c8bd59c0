package shell

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed hooks
var hookFiles embed.FS

// ErrUnsupported says that a program is no shell we hook, or was told to run a
// script instead of talking to a terminal.
var ErrUnsupported = errors.New("not an interactive shell with a hook")

// Config is what a Kit is made from.
type Config struct {
	Dir   string   // the session's private folder, on tmpfs if there is one; New creates it 0700 below an existing parent
	Argv  []string // what to run, as the user said it: program, then its arguments
	Login bool
	Env   []string // the whole environment the shell will get
}

// Kit is the hook of one living shell. It is not safe for concurrent use.
type Kit struct {
	dir     string
	argv    []string
	env     []string
	saved   saved
	seq     int    // number of the newest exec
	last    string // id whose secret the prompt shows, unless an exec is open
	next    string // secret of the next exec, its id is on disk already
	unsaved bool   // the disk was full: it is not
	open    string // id of the exec that is prepared and not finished

	human   bool // a person is attached
	editing bool // what the shell's line editor was last told
	unsure  bool // adopted: the line editor may be on or off
	broken  bool // an exec ended without D: the next one loads the hook again
	single  bool // the open exec has one file
	booted  bool // the hook came in through PROMPT_COMMAND, and no line was typed since
	traps   bool // the user may have set a DEBUG or ERR trap
}

// saved is what a Kit's successor reads from its folder: no secrets.
type saved struct {
	Kind    Kind     `json:"kind"`
	Program []string `json:"program"`
	Noted   bool     `json:"noted,omitempty"` // the hook takes the status from __ais_xs; one of an older daemon does not
}

// Names in the folder. The numbered files are an exec's.
const (
	savedName  = "kit"
	tokensName = "tokens"
	hookName   = "hook"
	againName  = "again"
)

// New writes the hook for a shell and says how to start it.
func New(c Config) (*Kit, error) {
	if len(c.Argv) == 0 {
		return nil, fmt.Errorf("hook a shell: %w: no program", ErrUnsupported)
	}
	kind := Detect(c.Argv[0])
	if kind == "" || strings.ContainsAny(c.Dir, "\x00\n\r") {
		return nil, fmt.Errorf("hook %s: %w", c.Argv[0], ErrUnsupported)
	}
	if err := os.Mkdir(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("hook folder: %w", err)
	}
	secret := newSecret()
	k := &Kit{dir: c.Dir, saved: saved{Kind: kind, Program: c.Argv, Noted: kind != Fish && kind != PowerShell}, last: idOf(secret)}
	if err := k.install(c, secret); err != nil {
		k.Close()
		return nil, fmt.Errorf("hook %s: %w", c.Argv[0], err)
	}
	return k, nil
}

// install writes the folder and sets argv and env.
func (k *Kit) install(c Config, secret string) error {
	text, err := json.Marshal(k.saved)
	if err != nil {
		return err
	}
	if err := k.write(savedName, text); err != nil {
		return err
	}
	if err := k.writeTokens(); err != nil {
		return err
	}
	hook, err := hookFiles.ReadFile("hooks/hook." + k.saved.Kind.extension())
	if err != nil {
		return err
	}
	hook = bytes.ReplaceAll(hook, []byte("@DIR@"), []byte(quote(k.dir)))
	hook = bytes.ReplaceAll(hook, []byte("@BOOT@"), []byte(secret))
	if err := k.write(hookName, hook); err != nil {
		return err
	}
	if err := k.writeAgain(); err != nil {
		return err
	}
	return k.start(c)
}

// writeAgain writes what Rearm reads: the hook anew, then the last D once more.
func (k *Kit) writeAgain() error {
	hook := k.path(hookName)
	switch k.saved.Kind {
	case Fish:
		return k.write(againName, fmt.Appendf(nil, "builtin source %s\ntest -z \"$__ais_l\"; or builtin printf '\\e]7701;D;%%s\\a' $__ais_l >/dev/tty\n__ais_b $argv[1]\n", hook))
	case PowerShell:
		again := readPowerShell(filepath.Join(k.dir, hookName))
		return k.write(againName, []byte(again+"\nif ($global:__ais.l) { __ais_w $global:__ais.l }\n"))
	case Sh:
		return k.write(againName, fmt.Appendf(nil, "{ \\. %s; __ais_2; } >/dev/null 2>&1;__ais_b\n", hook))
	}
	// A command may have disabled what the hook is made of.
	return k.write(againName, fmt.Appendf(nil, "{ \\enable printf trap return local export set;\\builtin . %s; __ais_2; } >/dev/null 2>&1;__ais_b\n", hook))
}

// Rearm is a line to type when the shell is idle and its line clean: it installs the
// hook anew, fits the line editor to SetHuman, and lets the shell print its last D
// once more, for a reader that may have missed it. The status the user sees in $?
// stays.
func (k *Kit) Rearm() []byte {
	k.broken = false
	again := k.path(againName)
	switch k.saved.Kind {
	case Fish:
		return []byte(" builtin source " + again + " $status\r")
	case PowerShell:
		return []byte(" " + readPowerShell(filepath.Join(k.dir, againName)) + k.switchEditing() + "\r")
	case Sh:
		return []byte(` __ais_r=$?;\. ` + again + "\r")
	}
	return []byte(` __ais_r=$?;\builtin . ` + again + k.switchEditing() + "\r")
}

// Noted says that a prompt tells a command's own status though the hook's functions are
// gone; else it may be that of the failed call of a function. zsh's mark has no variables.
func (k *Kit) Noted() bool { return k.saved.Noted && k.saved.Kind != Zsh }

// start lets the kind of shell lay out its rc files.
func (k *Kit) start(c Config) error {
	switch k.saved.Kind {
	case Bash:
		return k.startBash(c)
	case Zsh:
		return k.startZsh(c)
	case Fish:
		return k.startFish(c)
	case Sh:
		return k.startSh(c)
	case PowerShell:
		return k.startPowerShell(c)
	}
	return ErrUnsupported
}

// Reopen is New for a shell that lives already: a new daemon adopts it. Everything
// needed is in the folder (kind, the prompt's id, the exec that was open), and the
// folder holds only ids, never a secret.
func Reopen(dir string) (*Kit, error) {
	text, err := os.ReadFile(filepath.Join(dir, savedName))
	if err != nil {
		return nil, fmt.Errorf("reopen a hook: %w", err)
	}
	k := &Kit{dir: dir, unsure: true, traps: true}
	if err := json.Unmarshal(text, &k.saved); err != nil {
		return nil, fmt.Errorf("reopen %s: %w", dir, err)
	}
	if err := k.readTokens(); err != nil {
		return nil, fmt.Errorf("reopen %s: %w", dir, err)
	}
	return k, nil
}

// readTokens takes what writeTokens left. If the files of the exec after the last
// finished one are there, that exec is open, and the token kept ready for it is its.
func (k *Kit) readTokens() error {
	text, err := os.ReadFile(filepath.Join(k.dir, tokensName))
	if err != nil {
		return err
	}
	var open string
	if _, err := fmt.Sscan(string(text), &k.seq, &k.last, &open); err != nil {
		return fmt.Errorf("%s: %w", tokensName, err)
	}
	if _, err := os.Stat(filepath.Join(k.dir, strconv.Itoa(k.seq+1))); err == nil {
		k.seq, k.open = k.seq+1, open
		return nil
	}
	// The next exec's secret died with the last daemon. On a full disk Prepare tries again.
	_ = k.writeTokens()
	return nil
}

// writeTokens makes the next exec's secret and leaves its id, beside the newest
// prompt's, for a successor. It runs when an exec has ended, so that the next one
// need not wait for it.
func (k *Kit) writeTokens() error {
	k.next, k.unsaved = newSecret(), true
	// Always as long, so that one write changes it in place: this process may be killed
	// between any two system calls, and a full disk has room for it.
	err := overwrite(filepath.Join(k.dir, tokensName), fmt.Appendf(nil, "%20d %*s %s\n", k.seq, tokenLen, k.last, idOf(k.next)))
	k.unsaved = err != nil
	return err
}

// Dir is the session's folder.
func (k *Kit) Dir() string { return k.dir }

// Quote makes s one word of every shell.
func Quote(s string) string { return quote(s) }

// Kind is the family of the shell.
func (k *Kit) Kind() Kind { return k.saved.Kind }

// Command is what to start and the environment to start it with. It is given up, and
// empty after that and after Reopen: an environment is a tenth of what an idle session
// would keep in memory.
func (k *Kit) Command() (argv, env []string) {
	argv, env = k.argv, k.env
	k.argv, k.env = nil, nil
	return argv, env
}

// Live are the tokens a Scanner must believe now: the newest prompt's and the open
// exec's. It changes with Prepare and Finish.
func (k *Kit) Live() []string {
	if k.open == "" {
		return []string{k.last}
	}
	return []string{k.last, k.open}
}

// Open is the token of the exec that was prepared and not finished, "" if none. After
// Reopen it says which exec the last daemon left.
func (k *Kit) Open() string { return k.open }

// Close removes the folder.
func (k *Kit) Close() error { return os.RemoveAll(k.dir) }

// SetHuman says whether a person is attached. The shell's line editor follows at the
// end of the next typed line, be it an exec's or Rearm's.
func (k *Kit) SetHuman(attached bool) { k.human = attached }

// Stale says that the line editor does not fit SetHuman yet: send Rearm when the
// shell is idle and its line clean.
func (k *Kit) Stale() bool {
	switchable := k.saved.Kind == Bash || k.saved.Kind == Zsh || k.saved.Kind == PowerShell
	return switchable && (k.unsure || k.human != k.editing)
}

// Clobbered says that an exec ended without its D: the next one installs the hook
// anew.
func (k *Kit) Clobbered() { k.broken = true }

// heal is what the next typed line has to do first, in shells with POSIX syntax.
func (k *Kit) heal() string {
	if k.booted {
		// bash restores PIPESTATUS behind each prompt hook. A hook that runs before the
		// first command leaves it an array without a body, which stays empty for ever.
		k.booted = false
		return `\unset PIPESTATUS;`
	}
	if !k.broken {
		return ""
	}
	k.broken = false
	return `\. ` + k.path(hookName) + " 2>/dev/null;"
}

// write puts one 0600 file into the folder.
func (k *Kit) write(name string, parts ...[]byte) error {
	content := parts[0]
	if len(parts) > 1 {
		content = bytes.Join(parts, nil)
	}
	return writeFile(filepath.Join(k.dir, name), content)
}

// path is a file of the folder as a word of every shell.
func (k *Kit) path(name string) string { return quote(filepath.Join(k.dir, name)) }

// quote makes s one word for bash, zsh, fish and POSIX shells alike: inside single
// quotes all of them know a backslash or a quote only outside, except fish, which
// reads \\ and \' inside too; so both are written outside.
func quote(s string) string {
	if strings.IndexFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+,:@", r)
	}) < 0 && s != "" {
		return s
	}
	s = strings.NewReplacer(`'`, `'\''`, `\`, `'\\'`).Replace(s)
	return "'" + s + "'"
}
