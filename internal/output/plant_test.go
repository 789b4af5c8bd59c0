package output

import (
	"bytes"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// Lines that no tool of the recordings writes, and that nobody may miss.
var plants = []string{
	"src/%s.c:31: error: unexpected condition in frobnicate",
	`{"level":"error","msg":"queue %s is stuck","ts":17}`,
	"%s: Segmentation fault (core dumped)",
	"%s FAILED with status 7",
	"WARNING: certificate of mirror-%s expires in 3 days",
}

// A line that another program writes into the middle of any output stays in view, in a
// short text too.
func TestPlantedLinesAreInView(t *testing.T) {
	random := rand.New(rand.NewSource(7))
	for _, rec := range recordings(t) {
		lines := bytes.SplitAfter(rec.raw, []byte("\n"))
		for k, plant := range plants {
			for _, budget := range []int{0, 1500} {
				mark := fmt.Sprintf("Q%04dX", random.Intn(10000))
				at := random.Intn(len(lines))
				in := rec.input()
				in.MaxTokens = budget
				in.Bytes = bytes.Join(lines[:at], nil)
				in.Bytes = append(append(in.Bytes, fmt.Sprintf(plant, mark)+"\r\n"...), bytes.Join(lines[at:], nil)...)
				if r := Reduce(in); !strings.Contains(r.Text, mark) {
					t.Errorf("%s: %q before line %d of %d is lost with a budget of %d:\n%s", rec.name, plants[k], at+1, len(lines), budget, r.Text)
				}
			}
		}
	}
}

func TestLogIsReadByWhatItSaysNotByWhen(t *testing.T) {
	var b strings.Builder
	for i := range 1500 {
		what := []string{"unpacked", "configured", "installed"}[i%3]
		fmt.Fprintf(&b, "2026-11-22 11:26:%02d status %s package%d:amd64 1.%d-1\n", i/40, what, i/3, i%17)
		if i == 800 {
			b.WriteString("expected 412 items of the index, got 411\n")
		}
	}
	r := reduceText("cat /var/log/packages.log", 0, b.String())
	if !strings.Contains(r.Text, "expected 412 items") || r.Tokens > 900 {
		t.Errorf("%d tokens:\n%s", r.Tokens, r.Text)
	}
}

// What is out of the ordinary is in view before what is not, and gaps that touch are one.
func TestShortTextKeepsTheOddLine(t *testing.T) {
	var b strings.Builder
	for i := range 400 {
		fmt.Fprintf(&b, "net.c:%d:9: warning: unused variable 'v%d' [-Wunused-variable]\n  %d |     int v%d;\n      |         ^~\n", i+1, i, i+1, i)
		if i == 217 {
			b.WriteString("libfoo/deep/inner.c:3:1: error: unknown type name 'u99'\n")
		}
	}
	exit := 2
	r := Reduce(Input{Command: "make", Exit: &exit, Bytes: []byte(b.String()), Ref: "@e1", MaxTokens: 400})
	if !strings.Contains(r.Text, "unknown type name 'u99'") || r.Tokens > 400 {
		t.Errorf("%d tokens:\n%s", r.Tokens, r.Text)
	}
	before := ""
	for line := range strings.Lines(r.Text) {
		if strings.HasPrefix(line, "[... ") && strings.HasPrefix(before, "[... ") {
			t.Errorf("two gaps in a row:\n%s", r.Text)
		}
		before = line
	}
}

// Lines of a log are read by kind, whatever the file is called; the rare ones are in view
// before the last ones when the text must be short.
func TestRareLineOfALogIsInView(t *testing.T) {
	objects := func(i int) string {
		return fmt.Sprintf(`{"ts": "2026-11-23T11:%02d:%02dZ", "level": "info", "msg": "request done", "path": "/a/%d", "id": "%x"}`, i/60%60, i%60, i%30, i*i*7919)
	}
	journal := func(i int) string {
		if i%3 > 0 {
			return fmt.Sprintf("Nov 23 11:%02d:%02d host%d systemd[1]: Started Session %d of user root.", i/60%60, i%60, i%2, i)
		}
		return fmt.Sprintf("Nov 23 11:%02d:%02d host%d sshd[%d]: Accepted publickey for dev from 10.0.0.%d port %d ssh2", i/60%60, i%60, i%2, 1000+i, i%200, 40000+i)
	}
	for _, c := range []struct {
		command string
		line    func(int) string
		rare    string
	}{
		{"cat events.json", objects, `{"ts": "2026-11-23T11:20:34Z", "level": "info", "msg": "failover to replica db-3", "id": "x"}`},
		{"cat events.json", objects, "goroutine 7 [running]:"},
		{"head -n 5000 saved", journal, "Nov 23 11:28:20 host1 kernel: [12345.6] EXT4-fs (sda1): remounting filesystem read-only"},
		{"cat /var/log/auth.log", journal, "Nov 23 11:15:00 host0 sshd[1900]: Accepted password for root from 203.0.113.77 port 6000 ssh2"},
	} {
		var b strings.Builder
		for i := range 2500 {
			fmt.Fprintln(&b, c.line(i))
			if i == 1234 {
				fmt.Fprintln(&b, c.rare)
			}
		}
		exit := 0
		for _, budget := range []int{1500, 400} {
			r := Reduce(Input{Command: c.command, Exit: &exit, Bytes: []byte(b.String()), Ref: "@e1", MaxTokens: budget})
			if !strings.Contains(r.Text, c.rare) || r.Tokens > budget {
				t.Errorf("%s, %d of %d tokens: %q is not in\n%s", c.command, r.Tokens, budget, c.rare, r.Text)
			}
		}
	}
}

// A line that nobody knows, and that alarms nobody, is in view or behind a reference, whatever
// tool wrote the rest: none of their rules takes it for noise.
func TestUnknownLinesAreAccountedFor(t *testing.T) {
	unknown := []string{
		"zq17 Module entry was moved to the third shelf",
		"the zq17 item: Waiting for what the Downloading step left",
		"zq17 took 31 of 40 (was 40 of 40)",
	}
	for _, rec := range recordings(t) {
		lines := bytes.SplitAfter(rec.raw, []byte("\n"))
		for k, plant := range unknown {
			at := (k + 1) * len(lines) / 4
			in := rec.input()
			in.Ref = "@e1"
			in.Bytes = bytes.Join(lines[:at], nil)
			in.Bytes = append(append(in.Bytes, plant+"\r\n"...), bytes.Join(lines[at:], nil)...)
			n := 0
			for i, line := range drawSheet(in.withDefaults()).lines {
				if strings.Contains(line, "zq17") {
					n = i + 1
				}
			}
			if r := Reduce(in); n > 0 && !strings.Contains(r.Text, "zq17") && !opens(t, r.Gaps, n) {
				t.Errorf("%s: %q, line %d, is neither in view nor referenced:\n%s", rec.name, plant, n, r.Text)
			}
		}
	}
}

// opens says whether one of the gaps opens line n.
func opens(t *testing.T, gaps []api.Gap, n int) bool {
	for _, g := range gaps {
		ref, err := api.ParseRef(g.Ref)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range append(ref.More, *ref.Lines) {
			if int64(n) >= r.From && int64(n) <= r.To {
				return true
			}
		}
	}
	return false
}

// A warning of make is no error, and what its rules say is noise is not what alarms.
func TestRulesAreNotWiderThanTheirTools(t *testing.T) {
	for _, c := range []struct{ command, line, severity string }{
		{"make", "make: warning:  Clock skew detected.  Your build may be incomplete.", "warning"},
		{"make", "make: *** [Makefile:3: b] Error 1", "error"},
		{"make", "make: [Makefile:4: c] Error 1 (ignored)", "warning"},
		{"flake8", "a.py:3:1: E402 Module level import not at top of file", "error"},
		{"ruff check .", "F401 [*] `os` imported but unused\n --> a.py:1:8\n  |\n1 | import os\n  |        ^^\n  |", "error"},
	} {
		r := reduceText(c.command, 0, c.line+"\n")
		first, _, _ := strings.Cut(c.line, "\n")
		if !strings.Contains(r.Text, first) {
			t.Errorf("%s: %q is not in %q", c.command, first, r.Text)
		}
		if len(r.Findings) != 1 || r.Findings[0].Severity != c.severity {
			t.Errorf("%s: %q gives %+v, want one %s", c.command, first, r.Findings, c.severity)
		}
	}
}

// A calm line that is written between a message and the source that it quotes is in view: it is
// not taken for the source.
func TestLineAmidQuotedSourceIsInView(t *testing.T) {
	for _, rec := range recordings(t) {
		if rec.name != "rubocop" && rec.name != "shellcheck" && rec.name != "golangci-lint" && rec.name != "biome" && rec.name != "ginkgo" && rec.name != "webpack" {
			continue
		}
		lines := bytes.SplitAfter(rec.raw, []byte("\n"))
		for at := 1; at < len(lines); at += 1 + len(lines)/100 { // each of a hundred lines, one in four of a long output
			in := rec.input()
			in.Bytes = append(append(bytes.Join(lines[:at], nil), "the zq17 thing went to the third shelf\r\n"...), bytes.Join(lines[at:], nil)...)
			if r := Reduce(in); !strings.Contains(r.Text, "zq17") {
				t.Errorf("%s: lost before line %d, %q", rec.name, at+1, lines[at])
			}
		}
	}
}

// A frame of another program's trace is none of the source that a failure quotes.
func TestFrameAmidQuotedSourceIsInView(t *testing.T) {
	for _, rec := range recordings(t) {
		if rec.name != "pytest-fail" && rec.name != "cargo-clippy" {
			continue
		}
		lines := bytes.SplitAfter(rec.raw, []byte("\n"))
		for at := 1; at < len(lines); at++ {
			in := rec.input()
			in.Bytes = append(append(bytes.Join(lines[:at], nil), "    at shelve (/srv/zq17/worker.js:88:13)\r\n"...), bytes.Join(lines[at:], nil)...)
			if r := Reduce(in); !strings.Contains(r.Text, "zq17") {
				t.Errorf("%s: lost before line %d, %q", rec.name, at+1, lines[at])
			}
		}
	}
}
