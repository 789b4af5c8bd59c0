package session

import (
	"os/exec"
	"testing"
)

func TestPowerShellIsExact(t *testing.T) {
	if _, err := exec.LookPath("pwsh"); err != nil {
		t.Skip("pwsh is not installed here: its hook is not proven")
	}
	s, dir := start(t, newManager(t), "pwsh", "-NoLogo", "-NoProfile")
	for _, c := range []fidelity{
		{Name: "empty", Command: ""},
		{Name: "output", Command: "'a'; Write-Output 'b'", Out: "a\nb\n"},
		{Name: "a program's status", Command: "sh -c 'exit 7'", Exit: 7},
		{Name: "a cmdlet's failure", Command: "Get-Item /no/such/thing", Exit: 1, Out: "*"},
		{Name: "the last one counts", Command: "sh -c 'exit 7'; 'well'", Out: "well\n"},
		{Name: "throw", Command: "throw 'no'", Exit: 1, Out: "*"},
		{Name: "syntax error", Command: "if (", Exit: 1, Out: "*"},
		{Name: "variable", Command: "$x = 5"},
		{Name: "variable stays", Command: "$x", Out: "5\n"},
		{Name: "cd", Command: "Set-Location /usr", Cwd: "/usr"},
		{Name: "and back", Command: "Set-Location '" + dir + "'", Cwd: dir},
	} {
		check(t, s, c, run(t, s, c.Command))
	}
}
