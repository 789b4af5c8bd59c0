package output

import (
	"fmt"
	"strings"
	"testing"
)

// reduceText reads a text as if a command had written it through a pipe to a terminal.
func reduceText(command string, exit int, text string) Report {
	return Reduce(Input{Command: command, Exit: &exit, Bytes: []byte(strings.ReplaceAll(text, "\n", "\r\n")), Ref: "@e1"})
}

func TestOutputThatIsShortIsShownAsItIs(t *testing.T) {
	const text = "hello\nworld\n"
	if r := reduceText("./greet", 0, text); r.Text != text {
		t.Errorf("%q", r.Text)
	}
}

func TestFailureNeverReadsAsSuccess(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"nothing was said", ""},
		{"all was well, it says", "all tests passed\nok\n"},
		{"a long log of successes", strings.Repeat("step done\nok\n", 500)},
	} {
		r := reduceText("./run", 3, c.text)
		if !strings.Contains(r.Text, "[exit 3]") || len(r.Findings) == 0 {
			t.Errorf("%s: %q %v", c.name, r.Text, r.Findings)
		}
	}
}

func TestRareLineBeatsATemplate(t *testing.T) {
	var b strings.Builder
	for i := range 10000 {
		status := 200
		if i == 7123 {
			status = 504
		}
		fmt.Fprintf(&b, "10.0.0.%d GET /items/%d status=%d took=%dms\n", i%250, i*7, status, i%900)
	}
	r := reduceText("./serve", 0, b.String())
	if !strings.Contains(r.Text, "status=504") || r.Tokens > 400 {
		t.Errorf("%d tokens: %s", r.Tokens, r.Text)
	}
}

// Lines of a document look alike and each says something else: while it fits, it is
// shown.
func TestDocumentIsNotTakenForALog(t *testing.T) {
	var b strings.Builder
	b.WriteString("[\n")
	for i := range 30 {
		fmt.Fprintf(&b, "  {\n    \"id\": %d,\n    \"name\": \"item %d\"\n  },\n", i, i*7)
	}
	b.WriteString("]\n")
	if r := reduceText("curl -s localhost/items", 0, b.String()); r.Text != b.String() {
		t.Errorf("%d lines of %d:\n%s", r.Shown, r.Lines, r.Text)
	}
}

// Counts and sizes look alike and each says something else: nothing of them is told by
// the first alone.
func TestTalliesAreShownWhole(t *testing.T) {
	var counts, sizes strings.Builder
	for i := range 50 {
		fmt.Fprintf(&counts, "%6d internal/output/file%d.go\n", i*7+3, i)
		fmt.Fprintf(&sizes, "%d.%dK\tpart%d\n", i, i%10, i)
	}
	counts.WriteString("  9000 total\n")
	for command, text := range map[string]string{"wc -l internal/output/*.go": counts.String(), "./count": counts.String(), "du -sh *": sizes.String()} {
		for line := range strings.Lines(reduceText(command, 0, text).Text) {
			text = strings.Replace(text, line, "", 1)
		}
		if strings.TrimSpace(text) != "" && !strings.HasPrefix(command, "du") {
			t.Errorf("%s lacks:\n%s", command, text)
		}
	}
}

// Settings whose values are paths are none.
func TestSettingsAreNotTakenForPaths(t *testing.T) {
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, "SOME_SETTING_%d=/etc/ssl/certs/ca%d.crt\n", i, i)
	}
	if r := reduceText("env", 0, b.String()); !strings.Contains(r.Text, "SOME_SETTING_7=/etc/ssl/certs/ca7.crt\n") {
		t.Errorf("%s", r.Text)
	}
}

// The files of a commit stay with it.
func TestStatsOfCommitsAreNotMixed(t *testing.T) {
	var b strings.Builder
	for _, c := range []string{"aaaaaaa first", "bbbbbbb second"} {
		b.WriteString(c + "\n")
		for i := range 12 {
			fmt.Fprintf(&b, " dir/%s%d.go | %d +\n", c[:1], i, i+1)
		}
		b.WriteString(" 12 files changed, 78 insertions(+)\n")
	}
	lines := strings.Split(reduceText("git log --oneline --stat -2", 0, b.String()).Text, "\n")
	for _, line := range lines {
		if strings.Contains(line, "a3.go") && strings.Contains(line, "b3.go") {
			t.Errorf("mixed: %s", line)
		}
	}
	if len(lines) < 6 {
		t.Errorf("%q", lines)
	}
}

// A kind with few lines is not told by the first while there is room: each may name another
// place or test.
func TestKindsWithFewLinesAreShownWhileThereIsRoom(t *testing.T) {
	var b strings.Builder
	for i := range 5 {
		fmt.Fprintf(&b, "%d) Shop::case%c\nsomething of its own number %d was said here\n\n/srv/shop/case%c.txt:%d\n\n", i+1, 'A'+i, i*i, 'a'+i, i*7+1)
	}
	text := strings.Repeat("step one is done\nanother one is going on now\n", 10) + b.String()
	r := reduceText("./check", 0, text)
	for i := range 5 {
		for _, want := range []string{fmt.Sprintf("%d) Shop::case%c", i+1, 'A'+i), fmt.Sprintf("case%c.txt:%d", 'a'+i, i*7+1)} {
			if !strings.Contains(r.Text, want) {
				t.Errorf("no %q in\n%s", want, r.Text)
			}
		}
	}
}

// What counts nothing alarms nobody, and a program that names itself before an error does.
func TestShapesOfComplaints(t *testing.T) {
	for line, complains := range map[string]bool{
		"configure: error: libz is not there":       true,
		"git: fatal: not a repository":              true,
		"ERROR! couldn't resolve module 'copyy'":    true,
		"a few words: error: of prose":              false,
		"Unexpected Pass:    0":                     false,
		"see error: 4 of the table (in the manual)": false,
	} {
		if got := diagnostic(line); got != complains {
			t.Errorf("%q: %v", line, got)
		}
	}
	if alarm("Unexpected Pass:    0") != calm || alarm("Unexpected Pass:    10") != alarmed {
		t.Error("a count of nothing and one of ten are the same")
	}
}
