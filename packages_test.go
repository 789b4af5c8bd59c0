package aisession_test

import (
	"path"
	"strings"
	"testing"
)

// A package's doc says first what it is, in one sentence, in words after its name:
// "Package vt is a terminal without a window: bytes go in, a screen comes out."
func TestPackageDocsSayWhatTheyAre(t *testing.T) {
	for dir, s := range sources(t) {
		var docs []string
		for _, f := range s.files {
			if f.Doc != nil {
				docs = append(docs, f.Doc.Text())
			}
		}
		if len(docs) != 1 {
			t.Errorf("%s has %d package docs, want 1", dir, len(docs))
			continue
		}
		name := s.files[0].Name.Name
		begin := "Package " + name + " "
		if name == "main" {
			begin = "Command " + path.Base(dir) + " "
		}
		first, _, ended := strings.Cut(strings.ReplaceAll(docs[0], "\n", " "), ". ")
		switch {
		case !strings.HasPrefix(docs[0], begin):
			t.Errorf("%s: the package doc begins with %q, want %q", dir, first, begin)
		case !ended && !strings.HasSuffix(strings.TrimSpace(docs[0]), "."):
			t.Errorf("%s: the package doc has no sentence", dir)
		case len(first) > 200:
			t.Errorf("%s: the first sentence has %d characters, want at most 200", dir, len(first))
		case name != "main" && len(docs[0]) < 200:
			t.Errorf("%s: the doc says what it is, but not what it guarantees and leaves to others", dir)
		}
	}
}

// A file is one idea. Tables of data may be long.
func TestPackageFilesFitInAHead(t *testing.T) {
	tables := map[string]bool{"internal/core/vt/width_table.go": true}
	for _, f := range goFiles(t) {
		if n := strings.Count(readFile(t, f), "\n"); n > 900 && !tables[f] {
			t.Errorf("%s has %d lines", f, n)
		}
	}
}

// Drawers collect what nobody looks for.
func TestPackageFilesAreNamedAfterAnIdea(t *testing.T) {
	for _, f := range goFiles(t) {
		base := strings.TrimSuffix(path.Base(f), ".go")
		for _, drawer := range []string{"util", "utils", "common", "helper", "helpers", "misc", "part2"} {
			if base == drawer {
				t.Errorf("%s is a drawer", f)
			}
		}
	}
}
