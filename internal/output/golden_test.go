package output

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files of testdata/")

// recorded is the output of a real tool, as its bytes left a terminal of 120x40. Where a file
// named composed lies beside it, it was written in the tool's format, after what that file names.
type recorded struct {
	name, command string
	exit          int
	raw           []byte
}

func (r recorded) input() Input {
	return Input{Command: r.command, Exit: &r.exit, Bytes: r.raw, Cols: 120, Rows: 40, Ref: "@e1"}
}

// recordings reads testdata/.
func recordings(tb testing.TB) []recorded {
	tb.Helper()
	dirs, err := filepath.Glob("testdata/*/raw")
	if err != nil || len(dirs) == 0 {
		tb.Fatal("no recordings in testdata/")
	}
	var all []recorded
	for _, file := range dirs {
		dir := filepath.Dir(file)
		exit, err := strconv.Atoi(strings.TrimSpace(string(read(tb, dir+"/exit"))))
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, recorded{
			name: filepath.Base(dir), command: strings.TrimSpace(string(read(tb, dir+"/cmd"))), exit: exit, raw: read(tb, file),
		})
	}
	return all
}

func read(tb testing.TB, file string) []byte {
	tb.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// Each recording has what is made of it beside it: go test ./internal/output -update
// writes it, and the difference is reviewed as text.
func TestRecordedOutputsReadAsTheirGoldenFilesSay(t *testing.T) {
	for _, rec := range recordings(t) {
		t.Run(rec.name, func(t *testing.T) {
			got := golden(Reduce(rec.input()))
			file := filepath.Join("testdata", rec.name, "want")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := string(read(t, file)); got != want {
				t.Errorf("%s:\n%s\nwant:\n%s", rec.command, got, want)
			}
		})
	}
}

// golden writes a report for a reviewer.
func golden(r Report) string {
	var b strings.Builder
	b.WriteString(r.Text)
	fmt.Fprintf(&b, "-- %s: %d lines, %d shown, %d folded, %d noise --\n", r.Kind, r.Lines, r.Shown, r.Folded, r.Noise)
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %s %s:%d:%d %q %s\n", f.Severity, f.Kind, f.File, f.Line, f.Col, f.Name, f.Message)
	}
	for _, n := range r.Next {
		fmt.Fprintf(&b, "next: %s (%s)\n", n.Command, n.Reason)
	}
	return b.String()
}

// tellErrors are recordings of commands that end well and tell of what is wrong elsewhere.
var tellErrors = []string{"cppcheck", "gdb-bt", "git-status", "git-status-merge", "kubectl-pods", "valgrind"}

// A recording of a failure has a finding, and one of a success has none that says error.
func TestRecordedFailuresHaveFindings(t *testing.T) {
	for _, rec := range recordings(t) {
		errors := 0
		for _, f := range Reduce(rec.input()).Findings {
			if f.Severity == "error" {
				errors++
			}
			if f.Message == "" || f.Kind == "" {
				t.Errorf("%s: finding without kind or message: %+v", rec.name, f)
			}
		}
		if rec.exit == 0 && errors > 0 && !slices.Contains(tellErrors, rec.name) {
			t.Errorf("%s ended well and has %d errors", rec.name, errors)
		}
		if rec.exit != 0 && errors == 0 {
			t.Errorf("%s ended with %d and has no error", rec.name, rec.exit)
		}
	}
}
