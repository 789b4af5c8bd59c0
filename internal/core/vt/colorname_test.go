package vt

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestColorsHaveTheNamesOfX11(t *testing.T) {
	for _, c := range []struct {
		name string
		want uint32
	}{
		{"red", 0xff0000}, {"DarkSlateGray4", 0x528b8b}, {"dark slate grey", 0x2f4f4f}, {"Light Goldenrod Yellow", 0xfafad2},
		{"gray", 0xbebebe}, {"grey0", 0}, {"gray50", 0x7f7f7f}, {"GREY51", 0x828282}, {"gray90", 0xe5e5e5}, {"gray100", 0xffffff},
		{"yellowgreen", 0x9acd32}, {"aliceblue", 0xf0f8ff}, {"yellow4", 0x8b8b00}, {"rebeccapurple", 0x663399},
	} {
		if got, ok := parseColor(c.name); !ok || got != c.want {
			t.Errorf("%s is %06x %v, want %06x", c.name, got, ok, c.want)
		}
	}
	for _, name := range []string{"", " ", "re", "red ff0000", "gray101", "gray007", "gray-1", "gr", "ff0000", "aliceblue f0f8ff\nantiquewhite", strings.Repeat("red", 20)} {
		if c, ok := parseColor(name); ok {
			t.Errorf("%q is %06x", name, c)
		}
	}
}

// Where X11 is installed, its own list says what the names are.
func TestColorsAreThoseOfTheInstalledList(t *testing.T) {
	b, err := os.ReadFile("/usr/share/X11/rgb.txt")
	if err != nil {
		t.Skip("no rgb.txt: ", err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*\S)`).FindAllStringSubmatch(string(b), -1) {
		if strings.HasPrefix(strings.ToLower(m[4]), "debian") {
			continue
		}
		var want uint32
		for _, v := range m[1:4] {
			n, _ := atoi([]byte(v))
			want = want<<8 | uint32(n)
		}
		if got, ok := namedColor(m[4]); !ok || got != want {
			t.Errorf("%s is %06x %v, want %06x", m[4], got, ok, want)
		}
	}
}
