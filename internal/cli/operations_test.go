package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/ai-session/ai-session/api"
)

// tree is the whole command tree, as help builds it.
func tree(t *testing.T) *cobra.Command {
	t.Helper()
	t.Setenv("AI_SESSION_SERVER", "")
	a := &app{ctx: context.Background(), stdin: os.Stdin, stdout: io.Discard, stderr: io.Discard}
	root := a.root()
	a.build(root, nil)
	return root
}

func TestEveryOperationIsDeclaredWhole(t *testing.T) {
	names, routes := map[string]bool{}, map[string]string{}
	for _, op := range api.All() {
		if names[op.Name] {
			t.Errorf("%s is declared twice", op.Name)
		}
		names[op.Name] = true
		route := op.Method + " " + regexp.MustCompile(`\{\w+\}`).ReplaceAllString(op.Path, "{}")
		if other := routes[route]; other != "" {
			t.Errorf("%s and %s share the route %s", other, op.Name, route)
		}
		routes[route] = op.Name
		for what, missing := range map[string]bool{
			"a capability":                             op.Capability == "",
			"a sentence of documentation":              !strings.HasSuffix(op.Doc, "."),
			"an example with its own word":             !strings.HasPrefix(op.Example, "ai-session "+strings.Fields(op.Verb)[0]),
			"a route below /v1":                        !strings.HasPrefix(op.Path, "/v1/"),
			"an audit verb, since it is not only read": op.Audit == "" && op.Method != "GET" && op.Capability != "read",
		} {
			if missing {
				t.Errorf("%s has not %s", op.Name, what)
			}
		}
		for _, f := range api.Fields(op.Request) {
			if f.Doc == "" || f.Name == "" {
				t.Errorf("%s: field %q has no documentation", op.Name, f.Name)
			}
			if f.In == "path" && !strings.Contains(op.Path, "{"+f.Name+"}") {
				t.Errorf("%s: %s is no part of %s", op.Name, f.Name, op.Path)
			}
		}
	}
}

func TestEveryOperationIsACommand(t *testing.T) {
	root := tree(t)
	for _, op := range api.All() {
		words := strings.Fields(op.Verb)
		n := 1 // words of the command; a family's members have two
		if len(words) > 1 && !strings.HasPrefix(words[1], "-") {
			n = 2
		}
		c, rest, err := root.Find(words[:n])
		if err != nil || c == root || len(rest) > 0 {
			t.Errorf("%s: no command %q", op.Name, words[:n])
			continue
		}
		for _, flag := range words[n:] {
			if c.Flags().Lookup(strings.TrimPrefix(flag, "--")) == nil {
				t.Errorf("%s: command %s has no flag %s", op.Name, words[0], flag)
			}
		}
	}
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	for _, c := range tree(t).Commands() {
		if c.Short == "" || !strings.Contains(c.Example, "ai-session "+c.Name()) && c.Name() != "completion" {
			t.Errorf("%s: help %q, example %q", c.Name(), c.Short, c.Example)
		}
	}
	if len(commandOrder) != len(tree(t).Commands()) {
		t.Errorf("%d commands in help, %d in the tree", len(commandOrder), len(tree(t).Commands()))
	}
}

// Each command is shown at work in a script.
func TestEveryOperationIsShownInAScript(t *testing.T) {
	files, err := filepath.Glob("../../testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	var manual strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		manual.Write(b)
	}
	lines := strings.Split(manual.String(), "\n")
	for _, op := range api.All() {
		words := strings.Fields(op.Verb)
		if !slices.ContainsFunc(lines, func(line string) bool {
			_, args, ok := strings.Cut(line, "ai-session "+words[0])
			return ok && !strings.HasPrefix(line, "!") && containsAll(args, words[1:])
		}) {
			t.Errorf("no script runs ai-session %s", op.Verb)
		}
	}
}

func containsAll(s string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(s, w) {
			return false
		}
	}
	return true
}
