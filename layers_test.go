package aisession_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the import path of the root.
const module = "github.com/ai-session/ai-session"

// layers lists every package from the ground up. A package imports only from layers
// below its own: those on one line do not know each other.
var layers = [][]string{
	0: {"api", "internal/failpoint", "internal/tokens", "internal/tokens/exact", "internal/core/charset", "internal/core/vt", "internal/core/cgroup"},
	1: {"internal/wire", "internal/config", "internal/core/pty", "internal/core/pty/keeper", "internal/core/shell", "internal/core/vt/picture", "internal/persistence", "internal/persistence/keys", "internal/persistence/index", "internal/output"},
	2: {"internal/aicontext", "internal/core/session"},
	3: {"internal/daemon", "."},
	4: {"internal/httpapi", "internal/integration/mcp"},
	5: {"embedded"},
	6: {"internal/cli"},
	7: {"cmd/ai-session", "cmd/ai-sessiond", "internal/bench", "internal/bench/reference"},
}

// source is one package as its files are written, for every system at once.
type source struct {
	dir     string // from the root, with slashes
	files   []*ast.File
	imports map[string]bool // without those of tests
}

// sources parses every package of the module, test files left out.
func sources(t *testing.T) map[string]*source {
	t.Helper()
	all := map[string]*source{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(file))
		s := all[dir]
		if s == nil {
			s = &source{dir: dir, imports: map[string]bool{}}
			all[dir] = s
		}
		s.files = append(s.files, f)
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			s.imports[name] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// own is an import of this module as a folder, or "".
func own(imported string) string {
	if imported == module {
		return "."
	}
	dir, ok := strings.CutPrefix(imported, module+"/")
	if !ok {
		return ""
	}
	return dir
}

func TestLayersImportsGoDownOnly(t *testing.T) {
	layer := map[string]int{}
	for n, dirs := range layers {
		for _, dir := range dirs {
			layer[dir] = n
		}
	}
	all := sources(t)
	for dir := range layer {
		if all[dir] == nil {
			t.Errorf("layer %d names %s, which has no code", layer[dir], dir)
		}
	}
	for dir, s := range all {
		n, ok := layer[dir]
		if !ok {
			t.Errorf("%s has no place in the layers", dir)
			continue
		}
		for name := range s.imports {
			below := own(name)
			if below == "" {
				continue
			}
			if m, ok := layer[below]; ok && m >= n {
				t.Errorf("%s (layer %d) imports %s (layer %d)", dir, n, below, m)
			}
		}
	}
}

func TestClientLinksOnlyWhatItNeeds(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./cmd/ai-session", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := strings.Fields(string(out))
	if !slices.Contains(linked, path.Join(module, "internal/wire")) {
		t.Fatalf("go list does not name the wire client among %d packages", len(linked))
	}
	for _, never := range []string{
		"net/http", "crypto/tls", // a millisecond of start-up each
		path.Join(module, "internal/daemon"),
		path.Join(module, "internal/httpapi"),
		path.Join(module, "internal/integration/mcp"),
		path.Join(module, "internal/persistence"),
		path.Join(module, "internal/core/session"),
		path.Join(module, "internal/core/shell"),
		path.Join(module, "internal/core/pty"),
		path.Join(module, "internal/output"),
		path.Join(module, "internal/tokens/exact"),
		"modernc.org/sqlite", // six megabytes
	} {
		if slices.Contains(linked, never) {
			t.Errorf("the client or the library links %s", never)
		}
	}
}
