package output

import (
	"strings"
	"testing"
)

// The worked example of docs/output.md is what it says.
func TestManualsExampleIsTrue(t *testing.T) {
	manual := string(read(t, "../../docs/output.md"))
	tidy := &reader{
		kind:  "tidy",
		tools: []string{"tidy"},
		signs: []string{"# page*, # problem*"},
		rules: parseRules(`
	   		noise                tidy #, # page*
	   		aside:clean_pages    checking * ... ok
	   		noise                checking * ... # problem*
	   		error:link           *:#: broken link: *
	   		vital                # page*, # problem*
	   	`),
	}
	blocks := strings.Split(manual, "```")
	raw, want := "", ""
	for _, b := range blocks {
		b = strings.TrimPrefix(b, "\n")
		switch {
		case strings.HasPrefix(b, "tidy 2.1"):
			raw = b
		case strings.HasPrefix(b, "team.html:12"):
			want = b
		}
	}
	exit := 1
	in := Input{Command: "tidy .", Exit: &exit, Bytes: []byte(strings.ReplaceAll(raw, "\n", "\r\n")), Ref: "@e1"}.withDefaults()
	p := newPage(in, drawSheet(in), parseCommand(in.Command), []*reader{tidy}, full)
	p.read()
	if got := p.draw().text; got != want || want == "" {
		t.Errorf("the reader makes\n%s\nthe manual says\n%s", got, want)
	}
	if len(p.findings) != 2 || p.findings[0].File != "team.html" || p.findings[0].Line != 12 {
		t.Errorf("%+v", p.findings)
	}
	for _, rule := range tidy.rules.set.any {
		if !strings.Contains(manual, string(rule.pattern)) {
			t.Errorf("the manual lacks the rule %q", rule.pattern)
		}
	}
}
