package shell

import (
	"path"
	"strings"
)

// Kind is a family of shells that share one hook. The zero value is "not a shell
// we hook".
type Kind string

// The shells with a hook.
const (
	Bash Kind = "bash"
	Zsh  Kind = "zsh"
	Fish Kind = "fish"
	Sh   Kind = "sh" // dash and busybox ash, under whatever name they run

	PowerShell Kind = "powershell" // not proven: see its file
)

// extension is that of the kind's hook file.
func (kind Kind) extension() string {
	if kind == PowerShell {
		return "ps1"
	}
	return string(kind)
}

// Detect names the kind of shell a program is, by its base name alone. A leading
// '-' (login shell), a trailing version ("bash5", "zsh-5.9") and ".exe" are
// tolerated; a name that only begins like a shell's ("bashful") is not one.
func Detect(program string) Kind {
	name := path.Base(strings.ReplaceAll(program, `\`, "/"))
	name = strings.TrimSuffix(strings.TrimPrefix(name, "-"), ".exe")
	name = strings.TrimRight(name, "0123456789.")
	name = strings.TrimSuffix(name, "-")
	switch strings.ToLower(name) {
	case "powershell", "pwsh", "pwsh-preview":
		return PowerShell
	}
	switch name {
	case "bash", "rbash":
		return Bash
	case "zsh":
		return Zsh
	case "fish":
		return Fish
	case "sh", "dash", "ash", "busybox":
		return Sh
	}
	return ""
}
