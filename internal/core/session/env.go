package session

import (
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
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
	env["TERM"] = "xterm-256color"
	env["COLORTERM"] = "truecolor"
	maps.Copy(env, extra)
	maps.Copy(env, ours)
	list := make([]string, 0, len(env))
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}

// loginEnvironment is what login(1) sets: nothing of the daemon's own leaks into a
// session that a network client asked for.
func loginEnvironment() map[string]string {
	env := map[string]string{"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	for _, name := range []string{"HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			env[name] = value
		}
	}
	if runtime.GOOS == "windows" {
		for _, name := range []string{"SystemRoot", "ComSpec", "USERPROFILE", "TEMP", "TMP", "PATHEXT", "APPDATA", "LOCALAPPDATA"} {
			env[name] = os.Getenv(name)
		}
	}
	if u, err := user.Current(); err == nil {
		for name, value := range map[string]string{"HOME": u.HomeDir, "USER": u.Username, "LOGNAME": u.Username} {
			if env[name] == "" {
				env[name] = value
			}
		}
	}
	return env
}

// DefaultShell is the shell of a session that names none: the one its environment
// names, else the plainest there is.
func DefaultShell(env map[string]string) string {
	if shell := env["SHELL"]; shell != "" {
		return shell
	}
	if shell := os.Getenv("SHELL"); shell != "" {
		return shell
	}
	if runtime.GOOS == "windows" {
		return "powershell.exe"
	}
	return "/bin/sh"
}

func programName(path string) string {
	return strings.TrimPrefix(filepath.Base(path), "-")
}
