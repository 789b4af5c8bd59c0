package aisession_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pages are the documents at the root and in docs/.
func pages(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, files...)
	}
	if len(all) < 8 {
		t.Fatalf("only %d pages", len(all))
	}
	return all
}

func TestDocsLinkToWhatIsThere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(readFile(t, page), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			}
		}
	}
}

func TestDocsOpenWithTheTwoCommands(t *testing.T) {
	lines := strings.Split(readFile(t, "README.md"), "\n")
	if len(lines) < 6 || lines[2] != "```" || !strings.HasPrefix(lines[3], "make demo") || !strings.HasPrefix(lines[4], "make test") || lines[5] != "```" {
		t.Errorf("README.md opens with %q", lines[:min(6, len(lines))])
	}
}

func TestDocsForAgentsAreShort(t *testing.T) {
	if n := strings.Count(readFile(t, "AGENTS.md"), "\n"); n > 50 {
		t.Errorf("AGENTS.md has %d lines, want at most 50", n)
	}
}

// Every page of docs/ is in its index.
func TestDocsIndexIsWhole(t *testing.T) {
	index := readFile(t, "docs/README.md")
	for _, page := range pages(t) {
		if name := filepath.Base(page); filepath.Dir(page) == "docs" && name != "README.md" && !strings.Contains(index, "("+name+")") {
			t.Errorf("docs/README.md does not list %s", name)
		}
	}
}
