package vt

import "testing"

// A client may be in VT52 mode from what it was shown before, and then reads nothing
// but ESC <; that makes it a VT100, which lacks what the session may have.
func TestANSITakesAClientOutOfVT52Mode(t *testing.T) {
	for name, in := range map[string]string{
		"to ANSI mode": "\x1b[31mplain\x1b[?2l\x1b<\x1b[64;1\"p\x1b[1mbold",
		"to VT52 mode": "\x1b[?69h\x1b[3;9s\x1b[32m\x1b(0\x1b[?2lx\x1bFq\x1bY\"",
	} {
		t.Run(name, func(t *testing.T) {
			session, client := small(), small()
			session.Write([]byte(in))
			client.Write([]byte("\x1b[?1049h\x1b[7mother\x1b[?2l\x1bFq\x1bY"))
			client.Write([]byte(session.ANSI(ANSIOptions{})))
			for _, end := range []string{"", "*z\x1b<q"} {
				session.Write([]byte(end))
				client.Write([]byte(end))
				session.title, client.title = "", ""
				if a, b := session.looks(), client.looks(); a != b && name == "to VT52 mode" {
					t.Error(firstDifference(a, b))
				}
			}
			if a, b := session.Text(TextOptions{}), client.Text(TextOptions{}); a != b {
				t.Errorf("%q became %q", a, b)
			}
		})
	}
}

// What VT52 mode puts aside holds a link that no cell has.
func TestTheLinkThatVT52ModePutsAsideIsKept(t *testing.T) {
	tm := small()
	tm.Write([]byte("\x1b]8;;http://first\x1b\\x\x1b]8;;http://second\x1b\\\x1b[?2l"))
	tm.Write([]byte("\x1bH\x1bJ"))
	tm.collectLinks()
	back, err := Restore(tm.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []*Terminal{tm, back} {
		x.Write([]byte("\x1b<"))
		if got := x.Link(x.cur.pen); got != "http://second" {
			t.Errorf("the link is %q", got)
		}
	}
}
