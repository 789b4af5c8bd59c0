//go:build unix

package session

import (
	"os"
	"os/user"
)

const caselessNames = false

// loginEnvironment is what login(1) sets: nothing of the daemon's own leaks into a
// session that a network client asked for.
func loginEnvironment() map[string]string {
	env := map[string]string{"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	for _, name := range []string{"HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			env[name] = value
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

// mayBeShell believes what SHELL names: that it is missing is said where it is started.
func mayBeShell(string) bool { return true }

func plainShell() string { return "/bin/sh" }
