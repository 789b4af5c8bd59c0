package shell

import "testing"

func TestBashFirst(t *testing.T) {
	r := start(t, setup{argv: []string{"bash"}})
	for _, c := range []struct {
		command string
		status  int
		out     string
	}{{"true", 0, ""}, {"echo hi; (exit 42)", 42, "hi\n"}, {"echo $?", 0, "42\n"}} {
		if res := r.exec(c.command); res.Status != c.status || res.out != c.out || res.lost {
			t.Errorf("%s: %+v", c.command, res)
		}
	}
}
