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
		{name: "empty", command: ""},
		{name: "output", command: "'a'; Write-Output 'b'", out: "a\nb\n"},
		{name: "a program's status", command: "sh -c 'exit 7'", exit: 7},
		{name: "a cmdlet's failure", command: "Get-Item /no/such/thing", exit: 1, out: "*"},
		{name: "the last one counts", command: "sh -c 'exit 7'; 'well'", out: "well\n"},
		{name: "throw", command: "throw 'no'", exit: 1, out: "*"},
		{name: "syntax error", command: "if (", exit: 1, out: "*"},
		{name: "variable", command: "$x = 5"},
		{name: "variable stays", command: "$x", out: "5\n"},
		{name: "cd", command: "Set-Location /usr", cwd: "/usr"},
		{name: "and back", command: "Set-Location '" + dir + "'", cwd: dir},
	} {
		check(t, s, c, run(t, s, c.command))
	}
}
