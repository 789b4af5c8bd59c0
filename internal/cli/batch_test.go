package cli

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestBatchLineIsSplitAsAShellDoes(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string // nil: refused
	}{
		{"exec dev true", []string{"exec", "dev", "true"}},
		{"  exec\tdev   true ", []string{"exec", "dev", "true"}},
		{`exec dev 'go test ./...'`, []string{"exec", "dev", "go test ./..."}},
		{`exec dev "echo \"a\" \$HOME \n \\"`, []string{"exec", "dev", `echo "a" $HOME \n \`}},
		{`exec dev echo\ one\'s`, []string{"exec", "dev", "echo one's"}},
		{`exec dev 'a'"b"c`, []string{"exec", "dev", "abc"}},
		{`exec dev ''`, []string{"exec", "dev", ""}},
		{`exec dev '$(rm -rf x) *'`, []string{"exec", "dev", "$(rm -rf x) *"}},
		{`["exec","dev","a\nb"]`, []string{"exec", "dev", "a\nb"}},
		{`exec dev 'open`, nil},
		{`exec dev "open\"`, nil},
		{`exec dev open\`, nil},
		{`["exec",7]`, nil},
		{`["exec"`, nil},
	} {
		got, err := words(c.line)
		if (err != nil) != (c.want == nil) || err == nil && !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v", c.line, got, err)
		}
	}
}

// Words in single quotes come out as they went in.
func FuzzBatchWords(f *testing.F) {
	f.Add("exec", "it's")
	f.Add("", "a\\\"b")
	f.Fuzz(func(t *testing.T, a, b string) {
		words(a + b) // nothing panics
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			return
		}
		quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
		got, err := words(quote(a) + " " + quote(b))
		if err != nil || !slices.Equal(got, []string{a, b}) {
			t.Errorf("%q %q become %q, %v", a, b, got, err)
		}
	})
}
