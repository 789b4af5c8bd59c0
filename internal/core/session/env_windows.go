package session

import (
	"cmp"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/windows"
)

const caselessNames = true

// loginEnvironment is what the system makes for whoever logs in: nothing of the daemon's
// own leaks into a session that a network client asked for. Programs need more of it than
// can be listed here (SystemDrive, ProgramFiles, PATHEXT ...). Where the system makes
// none, the daemon's own is better than one in which nothing starts.
func loginEnvironment() map[string]string {
	list, err := windows.GetCurrentProcessToken().Environ(false)
	if err != nil {
		list = os.Environ()
	}
	env := map[string]string{}
	for _, entry := range list {
		// "=C:=C:\\dir" is a drive's folder of a command prompt, and no variable.
		if name, value, ok := strings.Cut(entry, "="); ok && name != "" {
			env[name] = value
		}
	}
	return env
}

// mayBeShell asks for the program: what SHELL names here is often another system's path,
// left there by tools that came from it.
func mayBeShell(path string) bool {
	_, err := exec.LookPath(path)
	return err == nil
}

// plainShell is the shell that every Windows has and exec knows, else the one that knows
// no exec.
func plainShell() string {
	const powershell = "powershell.exe"
	if mayBeShell(powershell) {
		return powershell
	}
	return cmp.Or(os.Getenv("ComSpec"), "cmd.exe")
}
