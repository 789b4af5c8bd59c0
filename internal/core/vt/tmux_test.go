//go:build unix

package vt

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tmuxPane is a pane of a tmux server of our own whose program shows what is
// written to it and hands back what the terminal answers.
type tmuxPane struct {
	t       testing.TB
	name    string // of the server's socket
	in, out *os.File
	answers *bufio.Reader
	control io.WriteCloser
	lines   *bufio.Reader
}

func startTmux(t testing.TB, cols, rows int) *tmuxPane {
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("no tmux on this machine to compare with")
	}
	dir := t.TempDir()
	p := &tmuxPane{t: t, name: fmt.Sprintf("ai-session-vt-%d", os.Getpid())}
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if b, err := exec.Command("mkfifo", in, out).CombinedOutput(); err != nil {
		t.Fatalf("mkfifo: %v %s", err, b)
	}
	p.run("-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(cols), "-y", fmt.Sprint(rows),
		"stty raw -echo; cat '"+in+"' & exec cat >'"+out+"'",
		";", "set", "-g", "status", "off", ";", "set", "-g", "window-size", "manual", ";",
		"resize-window", "-x", fmt.Sprint(cols), "-y", fmt.Sprint(rows))
	t.Cleanup(func() { exec.Command("tmux", "-L", p.name, "kill-server").Run() })
	p.in, p.out = open(t, in, os.O_WRONLY), open(t, out, os.O_RDONLY)
	p.answers = bufio.NewReader(p.out)
	c := exec.Command("tmux", "-L", p.name, "-C", "attach")
	var err error
	if p.control, err = c.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewReader(stdout)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.control.Close(); c.Process.Kill(); c.Wait() })
	p.block() // the attach itself
	return p
}

func open(t testing.TB, name string, flag int) *os.File {
	f, err := os.OpenFile(name, flag, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func (p *tmuxPane) run(args ...string) {
	if b, err := exec.Command("tmux", append([]string{"-L", p.name}, args...)...).CombinedOutput(); err != nil {
		p.t.Fatalf("tmux %v: %v %s", args, err, b)
	}
}

// block reads the answer to one command of the control mode.
func (p *tmuxPane) block() []string {
	var lines []string
	inside := false
	for {
		line, err := p.lines.ReadString('\n')
		if err != nil {
			p.t.Fatalf("tmux went away: %v", err)
		}
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "%begin"):
			inside = true
		case strings.HasPrefix(line, "%end"), strings.HasPrefix(line, "%error"):
			return lines
		case inside:
			lines = append(lines, line)
		}
	}
}

func (p *tmuxPane) ask(command string) []string {
	if _, err := io.WriteString(p.control, command+"\n"); err != nil {
		p.t.Fatal(err)
	}
	return p.block()
}

// show writes bytes and waits until tmux has read them all.
func (p *tmuxPane) show(b []byte) {
	if _, err := p.in.Write(append(bytes.Clone(b), "\x18\x1b\\\x1b[5n"...)); err != nil {
		p.t.Fatal(err)
	}
	if err := p.out.SetReadDeadline(time.Now().Add(patience)); err != nil {
		p.t.Fatal(err)
	}
	for last := ""; !strings.HasSuffix(last, "\x1b[0n"); {
		c, err := p.answers.ReadByte()
		if err != nil {
			p.t.Fatalf("no answer after %q, only %q: %v", b, last, err)
		}
		last += string(rune(c))
	}
}

// screen is what tmux shows, and its cursor in the form of caseResult.
func (p *tmuxPane) screen(cols int) (screen, cursor string) {
	rows := p.ask("capture-pane -p")
	for i := range rows {
		rows[i] = strings.TrimRight(rows[i], " ")
	}
	var row, col int
	at := p.ask("display-message -p '#{cursor_y} #{cursor_x}'")
	fmt.Sscan(strings.Join(at, ""), &row, &col)
	cursor = fmt.Sprintf("%d,%d", row, col)
	if col >= cols {
		cursor = fmt.Sprintf("%d,%d+", row, cols-1)
	}
	return strings.TrimRight(strings.Join(rows, "|"), "|"), cursor
}

const tmuxReset = "\x18\x1b\\\x1b[?1049l\x1b[!p\x1b[?7h\x1b[4l\x1bc\x1b[H\x1b[2J"

func TestCasesInTmux(t *testing.T) {
	p := startTmux(t, caseCols, caseRows)
	differ, tagged := 0, 0
	for _, c := range readCases(t) {
		if strings.HasPrefix(c.name, "reply: ") {
			continue // who answers is part of the answer
		}
		p.show([]byte(tmuxReset + unquote(t, c.in)))
		screen, cursor := p.screen(caseCols)
		same := screen == c.screen && cursor == c.cursor
		switch {
		case c.tmux != "":
			tagged++
			if same {
				t.Errorf("%s: does not differ from tmux: %s", c.name, c.tmux)
			}
		case !same:
			differ++
			t.Errorf("%s: %s\nours %s at %s\ntmux %s at %s", c.name, c.in, c.screen, c.cursor, screen, cursor)
		}
	}
	t.Logf("%d cases differ for a reason, %d without one", tagged, differ)
}
