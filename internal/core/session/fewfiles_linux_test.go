package session

import (
	"context"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// A shell that may open few files answers truly or says why it cannot; nothing hangs.
func TestALimitOnFilesIsNamed(t *testing.T) {
	for _, c := range []struct {
		shell, limit string
		state        api.BlockState // of the command that lowers it
		exit         string
		refused      bool // every command from then on
	}{
		{"bash", "12", api.BlockDone, "0", false},
		{"bash", "4", api.BlockDone, "0", true},
		{"dash", "12", api.BlockDone, "0", true},
		{"dash", "24", api.BlockDone, "0", false},
		{"zsh", "12", api.BlockDone, "unknown", true},
		{"zsh", "24", api.BlockDone, "0", false},
		{"fish", "12", "", "", true}, // by how many files it holds just then: its end, or a prompt that is lost
		{"fish", "24", api.BlockDone, "0", false},
	} {
		t.Run(c.shell+" "+c.limit, func(t *testing.T) {
			t.Parallel()
			s, _ := start(t, newManager(t), shellArgv(t, c.shell)...)
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			r, err := s.Exec(ctx, &api.ExecRequest{Command: "ulimit -n " + c.limit})
			if err != nil {
				t.Fatal(err)
			}
			exit := "unknown"
			if code, known := r.Exit.Code(); known {
				exit = api.ExitCode(code).String()
			}
			state, want := c.state, c.exit
			if state == "" {
				state, want = api.BlockDone, "0"
				if r.State == api.BlockNeedsInput {
					state, want = api.BlockNeedsInput, "unknown"
				}
			}
			if r.State != state || exit != want {
				t.Errorf("%s exit %s, want %s exit %s; flags %v", r.State, exit, state, want, r.Flags)
			}
			if r.State == api.BlockNeedsInput && (r.Input == nil || !r.Input.Maybe) {
				t.Errorf("input %+v, want a line that it may wait for", r.Input)
			}
			for _, req := range []api.ExecRequest{{Command: "echo hi"}, {Command: "echo hi", Pipe: true}, {Command: "cat", StdinBase64: []byte("hi\n")}} {
				req.Raw = true
				r, err := s.Exec(ctx, &req)
				switch {
				case !c.refused && (err != nil || out(r) != "hi\n" || r.Exit != api.ExitCode(0)):
					t.Errorf("%+v: %+v %v", req, r, err)
				case c.refused && (api.CodeOf(err) != api.NotStarted || !strings.Contains(err.Error(), "may open "+c.limit+" files")):
					t.Errorf("%+v: %v, want the limit named", req, err)
				}
			}
		})
	}
}
