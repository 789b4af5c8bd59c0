package session

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// foreignVars are what other terminals and multiplexers leave in the environment of
// what they start. A program in our terminal that saw them would talk to theirs.
var foreignVars = []string{
	"TMUX", "TMUX_PANE", "TMUX_PLUGIN_MANAGER_PATH", "STY", "WINDOW", "ZELLIJ", "ZELLIJ_PANE_ID", "ZELLIJ_SESSION_NAME",
	"TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TERM_SESSION_ID", "LC_TERMINAL", "LC_TERMINAL_VERSION", "TERMINFO",
	"VTE_VERSION", "WEZTERM_PANE", "WEZTERM_UNIX_SOCKET", "WINDOWID", "WT_SESSION", "WT_PROFILE_ID",
	"KONSOLE_VERSION", "KONSOLE_DBUS_SESSION", "GNOME_TERMINAL_SCREEN", "GNOME_TERMINAL_SERVICE", "ITERM_SESSION_ID",
	"COLUMNS", "LINES", "GHOSTTY_RESOURCES_DIR", "GHOSTTY_BIN_DIR", "INSIDE_EMACS",
}

// foreignPrefixes scrub whole families.
var foreignPrefixes = []string{"VSCODE_", "KITTY_", "ALACRITTY_", "AI_SESSION", "HERDR_", "RMUX_", "ZMX_"}

// Environment is a new session's: base, or the daemon user's login environment when
// base is nil, without other terminals' variables, then extra, then ours.
func Environment(base, extra, ours map[string]string) []string {
	env := maps.Clone(base)
	if env == nil {
		env = loginEnvironment()
	}
	for _, name := range foreignVars {
		delete(env, name)
	}
	maps.DeleteFunc(env, func(name, _ string) bool {
		return slices.ContainsFunc(foreignPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
	})
	terminal := map[string]string{"TERM": "xterm-256color", "COLORTERM": "truecolor"}
	env = layered(caselessNames, env, terminal, extra, ours)
	list := make([]string, 0, len(env))
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}

// layered puts each layer over those before it. Where names differ in case alone they are
// one variable if caseless: of "Path" and "PATH" a program would find either.
func layered(caseless bool, layers ...map[string]string) map[string]string {
	env := map[string]string{}
	for _, layer := range layers {
		if caseless {
			maps.DeleteFunc(env, func(name, _ string) bool { return hasFolded(layer, name) })
		}
		maps.Copy(env, layer)
	}
	return env
}

func hasFolded(layer map[string]string, name string) bool {
	for other := range layer {
		if strings.EqualFold(other, name) {
			return true
		}
	}
	return false
}

// DefaultShell is the shell of a session that names none: the one its environment
// names, else the plainest there is.
func DefaultShell(env map[string]string) string {
	for _, shell := range []string{env["SHELL"], os.Getenv("SHELL")} {
		if shell != "" && mayBeShell(shell) {
			return shell
		}
	}
	return plainShell()
}

func programName(path string) string {
	return strings.TrimPrefix(filepath.Base(path), "-")
}
