package session

import (
	"slices"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// A run is compared with the last one of the same command in the same folder; what else ran
// is known as recent, newest first. A block that is read again is not compared with itself.
func TestPriorIsTheSameCommandInTheSameFolder(t *testing.T) {
	s := &Session{}
	ran := func(number uint64, command, cwd string) *block {
		return &block{number: number, command: command, cwd: cwd, state: api.BlockDone}
	}
	for _, b := range []*block{ran(1, "make", "/a"), ran(2, "make", "/b"), ran(3, "ls", "/b"), ran(4, "make", "/b")} {
		s.learn(b, b.cwd)
	}
	for _, c := range []struct {
		b      *block
		ref    string
		recent []string
	}{
		{ran(5, "make", "/a"), "@e1", []string{"@e4", "@e3"}},
		{ran(5, "make", "/b"), "@e4", []string{"@e3", "@e1"}},
		{ran(5, "make", "/c"), "", []string{"@e4", "@e3", "@e1"}},
		{ran(4, "make", "/b"), "", []string{"@e3", "@e1"}},
	} {
		ref, digest, recent := s.priorOf(c.b)
		var refs []string
		for _, r := range recent {
			refs = append(refs, r.Ref)
		}
		if ref != c.ref || !slices.Equal(refs, c.recent) || ref != "" && digest != c.b.cwd {
			t.Errorf("%s in %s: %q (%v), recent %q, want %q, %q", c.b.command, c.b.cwd, ref, digest, refs, c.ref, c.recent)
		}
	}
}
