package shell

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func newPowerShell(t *testing.T, argv ...string) *Kit {
	t.Helper()
	k, err := New(Config{Dir: filepath.Join(t.TempDir(), "it's ‘here’"), Argv: argv, Env: []string{"A=b"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k
}

func TestPowerShellIsKnownByItsNames(t *testing.T) {
	for _, name := range []string{"pwsh", "/usr/bin/pwsh", `C:\Program Files\PowerShell\7\pwsh.exe`, "powershell.exe", "PowerShell", "pwsh-preview"} {
		if got := Detect(name); got != PowerShell {
			t.Errorf("%s is %q", name, got)
		}
	}
	if got := Detect("pwsh-thing"); got != "" {
		t.Errorf("pwsh-thing is %q", got)
	}
}

func TestPowerShellStartsWithTheUsersProfilesThenTheHook(t *testing.T) {
	k := newPowerShell(t, "pwsh", "-NoLogo")
	dir := strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’").Replace(k.Dir())
	want := []string{"pwsh", "-NoLogo", "-NoExit", "-Command", ". ([scriptblock]::Create([IO.File]::ReadAllText('" + filepath.Join(dir, "hook") + "')))"}
	if argv, _ := k.Command(); !slices.Equal(argv, want) {
		t.Errorf("argv %q, want %q", argv, want)
	}
	if argv, _ := newPowerShell(t, "pwsh", "-l").Command(); argv[1] != "-Login" {
		t.Errorf("a login shell's first argument is %q", argv[1])
	}
	hook, err := os.ReadFile(filepath.Join(k.Dir(), "hook"))
	if err != nil || strings.Contains(string(hook), "@BOOT@") {
		t.Errorf("hook %v\n%s", err, hook)
	}
	for _, argv := range [][]string{{"pwsh", "-File", "x.ps1"}, {"pwsh", "-Command", "exit"}, {"pwsh", "x.ps1"}, {"powershell", "-EncodedCommand", "AA=="}} {
		if _, err := New(Config{Dir: filepath.Join(t.TempDir(), "d"), Argv: argv}); err == nil {
			t.Errorf("%q has a prompt", argv)
		}
	}
}

func TestPowerShellCommandIsInItsFileAndTheSecretInTheLine(t *testing.T) {
	k := newPowerShell(t, "pwsh")
	command := "Get-Item 'a b' `\n  | Out-Null # and more"
	p, err := k.Prepare(Exec{Command: []byte(command + "\n")})
	if err != nil {
		t.Fatal(err)
	}
	line := string(p.Trigger)
	if !strings.HasPrefix(line, " __ais_c '") || !strings.HasSuffix(line, ";__ais_d $?\r") || strings.ContainsAny(line[:len(line)-1], "\r\n") || strings.Contains(line, "Get-Item") {
		t.Errorf("line %q", line)
	}
	secret := line[len(" __ais_c '"):][:tokenLen]
	if idOf(secret) != p.Token {
		t.Errorf("the secret of the line %q is not the token's %s", line, p.Token)
	}
	text, err := os.ReadFile(filepath.Join(k.Dir(), "1"))
	if want := command + "\n\n$global:__ais.k = $?\n"; err != nil || string(text) != want {
		t.Errorf("file %q, %v, want %q", text, err, want)
	}
	files, _ := os.ReadDir(k.Dir())
	for _, f := range files {
		if b, _ := os.ReadFile(filepath.Join(k.Dir(), f.Name())); strings.Contains(string(b), secret) {
			t.Errorf("%s holds the secret", f.Name())
		}
	}
	k.Finish(p)
	if _, err := os.Stat(filepath.Join(k.Dir(), "1")); !os.IsNotExist(err) {
		t.Errorf("the command's file: %v", err)
	}
	k.SetHuman(true)
	if got := string(k.Rearm()); !k.Stale() && !strings.HasSuffix(got, ";__ais_i $true\r") {
		t.Errorf("re-arm %q", got)
	}
}

func TestPowerShellRedirectsNoBytes(t *testing.T) {
	k := newPowerShell(t, "pwsh")
	for _, e := range []Exec{{HasStdin: true, Stdin: []byte("x")}, {Pipe: true}} {
		if _, err := k.Prepare(e); err == nil {
			t.Errorf("%+v was prepared", e)
		}
	}
	if p, err := k.Prepare(Exec{Command: []byte("1")}); err != nil || p.Isolated {
		t.Errorf("%+v, %v", p, err)
	}
}

// What the hook prints for marks is what the scanner believes.
func TestPowerShellMarksAreRead(t *testing.T) {
	k := newPowerShell(t, "pwsh")
	p, err := k.Prepare(Exec{Command: []byte("1")})
	if err != nil {
		t.Fatal(err)
	}
	secret := string(p.Trigger)[len(" __ais_c '"):][:tokenLen]
	var scan Scanner
	scan.SetLive(k.Live()...)
	var marks []Mark
	// As [uri]::EscapeDataString writes a folder.
	text := "\x1b]7701;C;" + secret + "\a1\r\n\x1b]7701;D;" + secret + ";3;;i;b;%2Fhome%2Fa%20b%3Bc\a\x1b]7701;P;" + secret + ";3;i\aPS> "
	var out []byte
	scan.Scan([]byte(text), func(b []byte) { out = append(out, b...) }, func(m Mark) { marks = append(marks, m) })
	if len(marks) != 3 || string(out) != "1\r\nPS> " {
		t.Fatalf("%+v, output %q", marks, out)
	}
	if d := marks[1]; d.Kind != CommandEnd || d.Status != 3 || d.Cwd != "/home/a b;c" || d.Flags != Aborted || d.Opts != "i" {
		t.Errorf("%+v", d)
	}
	if pm := marks[2]; pm.Kind != Prompt || pm.Status != 3 || pm.Opts != "i" {
		t.Errorf("%+v", pm)
	}
}

func TestWordsAreExactlyThose(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		want string
	}{
		{Bash, `'a b' 'it'\''s' '\'`}, {Fish, `'a b' 'it\'s' '\\'`}, {PowerShell, `& 'a b' 'it''s' '\'`},
	} {
		if got := c.kind.Words([]string{"a b", "it's", `\`}); got != c.want {
			t.Errorf("%s: %s, want %s", c.kind, got, c.want)
		}
	}
}
