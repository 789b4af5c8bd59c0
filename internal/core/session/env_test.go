package session

import (
	"maps"
	"testing"
)

func TestALaterLayerOfTheEnvironmentWinsWhateverItsCase(t *testing.T) {
	base := map[string]string{"Path": "a", "HOME": "h"}
	extra := map[string]string{"PATH": "b"}
	for caseless, want := range map[bool]map[string]string{
		true:  {"PATH": "b", "HOME": "h"},
		false: {"Path": "a", "PATH": "b", "HOME": "h"},
	} {
		if got := layered(caseless, base, extra); !maps.Equal(got, want) {
			t.Errorf("caseless %v: %v, want %v", caseless, got, want)
		}
	}
}

func TestHomeIsTheFirstFolderThatIsThere(t *testing.T) {
	dir := t.TempDir()
	for _, env := range [][]string{
		{"USERPROFILE=" + dir},
		{"HOME=" + dir + "/none", "USERPROFILE=" + dir},
		{"USERPROFILE=/none", "HOME=" + dir},
	} {
		if got := homeOf(env); got != dir {
			t.Errorf("%q: %q", env, got)
		}
	}
}
