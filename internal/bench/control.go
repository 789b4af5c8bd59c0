//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// control is a kept client of tmux in control mode, the fastest way into tmux that
// a program has. It reads what the pane writes out of %output notices.
type control struct {
	*stream
	session string
	cmd     *exec.Cmd
	in      *os.File
	out     *os.File
	lines   *bufio.Reader
}

// openControl attaches to a session that has just been started and waits for its
// shell's prompt.
func (l *lab) openControl(session string) (*control, error) {
	c := &control{session: session, cmd: l.tmux("-C", "attach-session", "-t", session)}
	stdin, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, stdout, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.in, c.out, c.cmd.Stdin, c.cmd.Stdout = in, out, stdin, stdout
	err = c.cmd.Start()
	stdin.Close()
	stdout.Close()
	if err != nil {
		return nil, err
	}
	l.deferred(c.close)
	c.lines = bufio.NewReaderSize(bounded{out}, 1<<20)
	c.stream = newStream(&notices{lines: c.lines})
	if err := c.attached(); err != nil {
		return nil, err
	}
	if _, err := c.reply("refresh-client -C 120x40"); err != nil {
		return nil, err
	}
	return c, c.prompt()
}

// attached waits until tmux takes us for a client: a command before that has none.
func (c *control) attached() error {
	for {
		line, err := c.lines.ReadString('\n')
		if err != nil || strings.HasPrefix(line, "%session-changed") {
			return err
		}
	}
}

// prompt waits until the shell draws another one: its first may have come before we
// attached.
func (c *control) prompt() error {
	if err := c.send(""); err != nil {
		return err
	}
	if _, err := c.exec(typedTrue, nil); err != nil {
		return fmt.Errorf("tmux control mode: %w", err)
	}
	return nil
}

// close leaves as a control client does, by the end of its input. tmux ends the client
// once all it had to say is read.
func (c *control) close() {
	c.in.Close()
	kill := time.AfterFunc(hangupPatience, func() { c.cmd.Process.Kill() })
	io.Copy(io.Discard, c.lines)
	c.cmd.Wait()
	kill.Stop()
	c.out.Close()
}

// send types a line.
func (c *control) send(line string) error {
	text := "send-keys -t " + c.session + " Enter\n"
	if line != "" {
		text = "send-keys -t " + c.session + " -l -- '" + strings.ReplaceAll(line, "'", `'\''`) + "'\n" + text
	}
	_, err := c.in.WriteString(text)
	return err
}

// exec types a line, waits for its mark, and then, unmeasured, for the prompt.
func (c *control) exec(line string, want []byte) (float64, error) {
	begin := time.Now()
	if err := c.send(line); err != nil {
		return 0, err
	}
	before, err := c.until(success)
	took := since(begin)
	if err != nil {
		return 0, fmt.Errorf("%q: %w after %.200q", line, err, before)
	}
	if !bytes.HasSuffix(before, want) {
		return 0, fmt.Errorf("%q ended with %.80q", line, before[max(0, len(before)-80):])
	}
	return took, c.skip(promptMark)
}

// reply runs a tmux command and returns what it answers. It is for a pane that is
// quiet: notices in between are dropped.
func (c *control) reply(command string) (string, error) {
	if _, err := c.in.WriteString(command + "\n"); err != nil {
		return "", err
	}
	var b strings.Builder
	inside := false
	for {
		line, err := c.lines.ReadString('\n')
		if err != nil {
			return b.String(), err
		}
		switch {
		case strings.HasPrefix(line, "%begin ") && strings.HasSuffix(line, " 1\n"): // 1: ours, not the attach's
			inside = true
		case inside && strings.HasPrefix(line, "%end "):
			return b.String(), nil
		case inside && strings.HasPrefix(line, "%error "):
			return "", fmt.Errorf("%s: %s", command, b.String())
		case inside:
			b.WriteString(line)
		}
	}
}

// notices reads the bytes of %output notices and skips all else.
type notices struct {
	lines *bufio.Reader
	rest  []byte
}

func (n *notices) Read(p []byte) (int, error) {
	for len(n.rest) == 0 {
		line, err := n.lines.ReadBytes('\n')
		if err != nil {
			return 0, err
		}
		n.rest = noticed(line)
	}
	k := copy(p, n.rest)
	n.rest = n.rest[k:]
	return k, nil
}

// noticed is what a pane wrote, if the line is a notice of that: "%output %1 text",
// in which tmux writes bytes below space and backslashes as three octal digits.
func noticed(line []byte) []byte {
	rest, ok := bytes.CutPrefix(bytes.TrimSuffix(line, []byte("\n")), []byte("%output "))
	if !ok {
		return nil
	}
	_, text, _ := bytes.Cut(rest, []byte(" "))
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if c, ok := octal(text[i:]); ok {
			out = append(out, c)
			i += 3
			continue
		}
		out = append(out, text[i])
	}
	return out
}

// octal reads a backslash and three octal digits.
func octal(b []byte) (byte, bool) {
	if len(b) < 4 || b[0] != '\\' {
		return 0, false
	}
	n := 0
	for _, c := range b[1:4] {
		if c < '0' || c > '7' {
			return 0, false
		}
		n = n<<3 | int(c-'0')
	}
	return byte(n), n < 256
}
