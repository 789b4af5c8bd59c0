package session

import (
	"testing"
	"time"

	"github.com/ai-session/ai-session/internal/core/pty"
	"github.com/ai-session/ai-session/internal/core/vt"
)

// What a silent program that takes keys one by one shows, and what is made of it.
func TestKeysAreAskedForByWhatTheScreenShows(t *testing.T) {
	const hide = "\x1b[?25l"
	waits := pty.Member{Process: pty.Process{Name: "node"}, PollingTTY: true}
	works := pty.Member{Process: pty.Process{Name: "ffmpeg", CPU: time.Second}, PollingTTY: true}
	reads := pty.Member{Process: pty.Process{Name: "game"}, ReadingTTY: true}
	sudo := pty.Member{Process: pty.Process{Name: "sudo"}}
	hands := pty.Member{Process: pty.Process{Name: "ssh"}, PollingTTY: true}
	for _, c := range []struct {
		name, screen string
		member       pty.Member
		kind         string // tui, or of input; empty: it runs
	}{
		{"a menu", "? Pick \r\n❯ red\r\n  blue\r\n" + hide, waits, "tui"},
		{"a menu with the cursor behind its title", "? Pick \r\n❯ red\r\n  blue\x1b[A\x1b[A\x1b[8G" + hide, waits, "tui"},
		{"a question", "? Your name ", waits, "line"},
		{"a question with help below", "? Secret \r\nctrl+t shows it\x1b[A\r\x1b[9C", waits, "line"},
		{"yes or no", "? Sure? (Y/n) ", waits, "yesno"},
		{"a prompt", "node> ", waits, "repl"},
		{"watch mode", "Waiting for changes\r\n  press h to show help, press q to quit\r\n", waits, "key"},
		{"brackets around the key", "Press [q] to stop, [?] for help\r\n", waits, "key"},
		{"any key", "Press any key to continue...", reads, "key"},
		{"hit return", "-- Hit RETURN --", waits, "key"},
		{"nothing said, but it reads", "score 0", reads, "key"},
		{"nothing said, and it listens", "frame= 100", waits, ""},
		{"a server that ^C stops", "Press CTRL+C to quit\r\n", waits, ""},
		{"the press is none", "The press reported 3 errors\r\n", waits, ""},
		{"the last word is press", "Now press", waits, ""},
		{"it names its keys and works", "Press [q] to stop, [?] for help\r\n", works, ""},
		{"it hides the cursor and works", "building " + hide, works, ""},
		{"a menu that sudo started", "Pick \r\n> red" + hide, waits, "tui"},
		{"another terminal's cursor is hidden", "building " + hide, hands, ""},
		{"another terminal's prompt", "host$ ", hands, "repl"},
		{"another terminal's menu says its keys", "Press Enter to go on" + hide, hands, "key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &Session{term: vt.New(vt.Config{Cols: 80, Rows: 24})}
			s.term.Write([]byte(c.screen))
			v := &verdict{}
			asks := s.classifyRaw(pty.Probe{Members: []pty.Member{sudo, c.member}}, v, c.member.ReadingTTY)
			got := v.kind
			if v.tui {
				got = "tui"
			}
			if got != c.kind || asks != (c.kind != "") {
				t.Errorf("%q, %v, want %q; %v", got, asks, c.kind, v.evidence)
			}
		})
	}
}
