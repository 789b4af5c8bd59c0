package output

import (
	"fmt"
	"strings"
	"testing"
)

// listings are long listings of several kinds, with a line of another program at line planted.
const planted = 53

func listings(odd string) []struct{ command, text string } {
	long, found, drawn := "src:\ntotal 4\n", ".\n", ".\n"
	for i := range 200 {
		long += fmt.Sprintf("-rw-r--r-- 1 root root  %d Nov 22 11:31 file%d.c\n", 1000+i, i)
		found += fmt.Sprintf("./src/part%d/file%d.c\n", i/40, i)
		if i%40 == 0 {
			drawn += fmt.Sprintf("├── part%d\n", i/40)
		}
		drawn += fmt.Sprintf("│   ├── file%d.c\n", i)
	}
	drawn += "└── last.c\n"
	with := func(text string) string {
		lines := strings.SplitAfter(text, "\n")
		return strings.Join(lines[:planted-1], "") + odd + "\n" + strings.Join(lines[planted-1:], "")
	}
	return []struct{ command, text string }{{"ls -lR", with(long)}, {"find .", with(found)}, {"tree", with(drawn)}}
}

// A line that is no entry of a listing is shown as it is, however short the text must be.
func TestListingsShowWhatIsNoEntry(t *testing.T) {
	for _, odd := range []string{"⚠ Überlauf im Puffer №2636: bitte prüfen", "replica 3: caught up at offset 888249", "ERROR disk sdb is going away"} {
		for _, c := range listings(odd) {
			for _, most := range []int{0, 1500, 400, 200} {
				r := Reduce(Input{Command: c.command, Bytes: []byte(c.text), Ref: "@e1", MaxTokens: most})
				if !strings.Contains(r.Text, odd) {
					t.Errorf("%s in %d tokens: %q is not in\n%s", c.command, most, odd, r.Text)
				}
			}
		}
	}
}

// Names that are only counted are behind a reference.
func TestNamesThatAreCountedCanBeOpened(t *testing.T) {
	for _, c := range listings("./src/part1/other.c") {
		r := Reduce(Input{Command: c.command, Bytes: []byte(c.text), Ref: "@e1", MaxTokens: 250})
		for i, line := range strings.Split(strings.TrimSuffix(c.text, "\n"), "\n") {
			_, name, _ := strings.Cut(line, "file")
			if name == "" || strings.Contains(r.Text, "file"+name) {
				continue
			}
			if !opens(t, r.Gaps, i+1) {
				t.Fatalf("%s: line %d, %q, is not in view and nothing opens it: %+v\n%s", c.command, i+1, line, r.Gaps, r.Text)
			}
		}
	}
}

// One long line does not take the place of all others, nor is it lost: its beginning is shown.
func TestShortTextsCutLongLinesShorter(t *testing.T) {
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, "step %d of 300 is done\n", i)
		if i == 150 {
			b.WriteString("x-trace-7718 " + strings.Repeat("k=17 ", 200) + "\n")
		}
	}
	r := Reduce(Input{Command: "./run", Bytes: []byte(b.String()), Ref: "@e1", MaxTokens: 400})
	if !strings.Contains(r.Text, "x-trace-7718 k=17 ") || r.Tokens > 400 {
		t.Errorf("%d tokens:\n%s", r.Tokens, r.Text)
	}
}
