package aisession_test

import (
	"bufio"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// dependency is a module we chose: why, and which packages may import it.
type dependency struct {
	module string
	why    string
	users  []string // folders; "test" stands for test files
}

// dependencies lists every direct one. The standard library comes first; what is
// here saved more than it costs.
var dependencies = []dependency{
	{"filippo.io/age", "keys that a colleague or a recovery key can open, in a format that outlives us",
		[]string{"internal/persistence/keys", "test"}},
	{"github.com/BurntSushi/toml", "config.toml, with the keys it did not know; no dependencies of its own",
		[]string{"internal/config"}},
	{"github.com/coder/websocket", "WebSocket by RFC 6455, client and server; no dependencies of its own",
		[]string{"cmd/ai-sessiond", "internal/httpapi", "test"}},
	{"github.com/creack/pty", "opening a pseudo-terminal on every unix",
		[]string{"internal/core/pty", "test"}},
	{"github.com/google/jsonschema-go", "holding answers to their schemas; the protocol's library brings it anyway",
		[]string{"test"}},
	{"github.com/klauspost/compress", "zstd: a sealed journal is a seventh of its output; plain Go, no dependencies of its own",
		[]string{"internal/persistence"}},
	{"github.com/modelcontextprotocol/go-sdk", "the protocol's own library, which keeps both its revisions",
		[]string{"internal/integration/mcp", "test"}},
	{"github.com/prometheus/client_golang", "metrics as Prometheus reads them; linked into the daemon's program alone",
		[]string{"internal/httpapi"}},
	{"github.com/rogpeppe/go-internal", "testscript: the product's tests read as a manual",
		[]string{"test"}},
	{"github.com/spf13/cobra", "help, completions for four shells, and flags as people expect them",
		[]string{"internal/cli"}},
	{"github.com/spf13/pflag", "flag values that parse themselves, as cobra takes them",
		[]string{"internal/cli"}},
	{"github.com/tiktoken-go/tokenizer", "the vocabularies of two models, embedded, and their exact split; linked into the daemon's program alone",
		[]string{"internal/tokens/exact"}},
	{"github.com/zalando/go-keyring", "the keyring of every system without cgo",
		[]string{"internal/persistence/keys"}},
	{"golang.org/x/crypto", "argon2id, which the standard library does not have",
		[]string{"internal/persistence/keys"}},
	{"golang.org/x/sys", "system calls the standard library does not have: ioctl, pidfd, flock, ConPTY",
		[]string{".", "internal/config", "internal/core/pty", "internal/core/pty/keeper", "internal/core/session", "internal/core/shell", "internal/daemon", "internal/httpapi", "internal/persistence", "internal/cli", "test"}},
	{"golang.org/x/term", "raw mode and the size of the user's terminal",
		[]string{"internal/cli"}},
	{"golang.org/x/text", "the character sets of locales that are not UTF-8; linked into the daemon's program alone",
		[]string{"internal/core/charset"}},
	{"modernc.org/sqlite", "full-text search of commands and a file that survives kill -9, without cgo; linked into the daemon's program alone",
		[]string{"internal/persistence/index", "test"}},
	{"mvdan.cc/sh/v3", "the syntax of shell text: what turns errexit on cannot be found by regular expression",
		[]string{"internal/core/shell", "internal/output"}},
}

func TestDependenciesHaveAReason(t *testing.T) {
	required := map[string]bool{}
	for _, line := range strings.Split(readFile(t, "go.mod"), "\n") {
		if m := regexp.MustCompile(`^\s(\S+) (v\S+)( // indirect)?$`).FindStringSubmatch(line); m != nil && m[3] == "" {
			required[m[1]] = true
		}
	}
	for _, d := range dependencies {
		if !required[d.module] {
			t.Errorf("go.mod does not require %s, which has a reason here", d.module)
		}
		if d.why == "" || len(d.users) == 0 {
			t.Errorf("%s has no reason or no user", d.module)
		}
		delete(required, d.module)
	}
	for m := range required {
		t.Errorf("go.mod requires %s without a reason here", m)
	}
}

func TestDependenciesAreImportedWhereTheyMay(t *testing.T) {
	for dir, s := range sources(t) {
		for name := range s.imports {
			if own(name) != "" || !strings.Contains(strings.Split(name, "/")[0], ".") {
				continue
			}
			i := slices.IndexFunc(dependencies, func(d dependency) bool {
				return name == d.module || strings.HasPrefix(name, d.module+"/")
			})
			if i < 0 {
				t.Errorf("%s imports %s, which has no reason", dir, name)
				continue
			}
			if !slices.Contains(dependencies[i].users, dir) {
				t.Errorf("%s imports %s; only %s may", dir, name, strings.Join(dependencies[i].users, ", "))
			}
		}
	}
}

// Nothing here is built with a C compiler, and init runs before anybody asked.
func TestPackageCodeHasNoCgoAndNoInit(t *testing.T) {
	for dir, s := range sources(t) {
		if s.imports["C"] {
			t.Errorf("%s imports C", dir)
		}
	}
	for _, f := range goFiles(t) {
		if strings.Contains(readFile(t, f), "\nfunc init() {") {
			t.Errorf("%s has an init", f)
		}
	}
}

// goFiles lists the committed Go files, or all of them where there is no git.
func goFiles(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("git", "ls-files", "*.go").Output()
	if err != nil || len(out) == 0 {
		t.Skip("not a git checkout: no list of files")
	}
	var files []string
	for lines := bufio.NewScanner(strings.NewReader(string(out))); lines.Scan(); {
		if _, err := os.Stat(lines.Text()); err == nil {
			files = append(files, lines.Text())
		}
	}
	return files
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
