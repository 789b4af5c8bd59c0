package aisession_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/vt"
)

// patience is how long a script waits for something it says will happen.
const patience = 15 * time.Second

// terminalCommand gives a script a terminal with a person's eyes and hands.
//
//	terminal new NAME COLSxROWS PROGRAM ARGS...
//	terminal NAME see REGEXP       waits until the screen shows it
//	terminal NAME type TEXT
//	terminal NAME key C-b d Enter
//	terminal NAME resize COLSxROWS
//	terminal NAME screen           to stdout
//	terminal NAME end N            waits for the program's end, with that status
func terminalCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: terminal NAME see|type|key|resize|screen|end ...")
	}
	w := worldOf(ts)
	if args[0] == "new" {
		if len(args) < 4 || w.terminals[args[1]] != nil {
			ts.Fatalf("usage: terminal new NAME COLSxROWS PROGRAM ARGS...")
		}
		t, err := newTerminal(ts, args[2], args[3:])
		ts.Check(err)
		w.terminals[args[1]] = t
		return
	}
	t := w.terminals[args[0]]
	if t == nil {
		ts.Fatalf("no terminal %s", args[0])
	}
	ts.Check(t.do(ts.Stdout(), args[1], args[2:]))
}

// terminal is a program on a pseudo-terminal, and the screen it draws.
type terminal struct {
	cmd  *exec.Cmd
	file *os.File
	done chan struct{} // closed once the program has ended and all it wrote is drawn

	mu     sync.Mutex // guards what follows
	screen *vt.Terminal
	drawn  chan struct{} // closed at the next change
}

func newTerminal(ts *testscript.TestScript, size string, argv []string) (*terminal, error) {
	var s api.Size
	if err := s.Set(size); err != nil {
		return nil, err
	}
	t := &terminal{
		cmd: exec.Command(argv[0], argv[1:]...), done: make(chan struct{}),
		screen: vt.New(vt.Config{Cols: s.Cols, Rows: s.Rows}), drawn: make(chan struct{}),
	}
	if argv[0] == "ai-session" {
		t.cmd.Path, t.cmd.Err = bin+"/ai-session", nil
	}
	t.cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "SHELL", "LANG", "TERM", "AI_SESSION_HOME", "XDG_RUNTIME_DIR", "GORACE"} {
		t.cmd.Env = append(t.cmd.Env, name+"="+ts.Getenv(name))
	}
	var err error
	t.file, err = pty.StartWithSize(t.cmd, &pty.Winsize{Cols: uint16(s.Cols), Rows: uint16(s.Rows)})
	if err != nil {
		return nil, err
	}
	go t.draw()
	return t, nil
}

// draw feeds the screen, and answers the program as a terminal does.
func (t *terminal) draw() {
	defer close(t.done)
	buf := make([]byte, 32<<10)
	for {
		n, err := t.file.Read(buf)
		t.mu.Lock()
		t.screen.Write(buf[:n])
		answer := t.screen.Replies()
		close(t.drawn)
		t.drawn = make(chan struct{})
		t.mu.Unlock()
		if len(answer) > 0 {
			t.file.Write(answer)
		}
		if err != nil { // EIO: nobody has the other end open any more
			t.cmd.Wait()
			return
		}
	}
}

func (t *terminal) text() (string, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.Text(vt.TextOptions{}), t.drawn
}

func (t *terminal) do(out io.Writer, verb string, args []string) error {
	switch {
	case verb == "screen" && len(args) == 0:
		text, _ := t.text()
		_, err := io.WriteString(out, text+"\n")
		return err
	case verb == "see" && len(args) == 1:
		return t.see(args[0])
	case verb == "type" && len(args) == 1:
		_, err := io.WriteString(t.file, args[0])
		return err
	case verb == "key":
		return t.keys(args)
	case verb == "resize" && len(args) == 1:
		return t.resize(args[0])
	case verb == "end" && len(args) == 1:
		return t.end(args[0])
	}
	return fmt.Errorf("terminal cannot %s %q", verb, args)
}

// see waits until the screen shows what pattern matches.
func (t *terminal) see(pattern string) error {
	re, err := regexp.Compile("(?m)" + pattern)
	if err != nil {
		return err
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		text, drawn := t.text()
		if re.MatchString(text) {
			return nil
		}
		select {
		case <-drawn:
		case <-t.done:
			if text, _ := t.text(); !re.MatchString(text) {
				return fmt.Errorf("the program ended without %q on its screen:\n%s", pattern, text)
			}
			return nil
		case <-late.C:
			return fmt.Errorf("no %q within %s on\n%s", pattern, patience, text)
		}
	}
}

// keys types keys by name: C-x, Enter, Esc, or a character.
func (t *terminal) keys(names []string) error {
	for _, name := range names {
		var b string
		switch letter, control := strings.CutPrefix(name, "C-"); {
		case control && len(letter) == 1:
			b = string(letter[0] & 0x1f)
		case name == "Enter":
			b = "\r"
		case name == "Esc":
			b = "\x1b"
		case len(name) == 1:
			b = name
		default:
			return fmt.Errorf("no key %q", name)
		}
		if _, err := io.WriteString(t.file, b); err != nil {
			return err
		}
	}
	return nil
}

func (t *terminal) resize(text string) error {
	var s api.Size
	if err := s.Set(text); err != nil {
		return err
	}
	t.mu.Lock()
	t.screen.Resize(s.Cols, s.Rows)
	t.mu.Unlock()
	return pty.Setsize(t.file, &pty.Winsize{Cols: uint16(s.Cols), Rows: uint16(s.Rows)})
}

func (t *terminal) end(want string) error {
	select {
	case <-t.done:
	case <-time.After(patience):
		text, _ := t.text()
		return fmt.Errorf("the program goes on:\n%s", text)
	}
	if got := fmt.Sprint(t.cmd.ProcessState.ExitCode()); got != want {
		text, _ := t.text()
		return fmt.Errorf("exit status %s, want %s:\n%s", got, want, text)
	}
	return nil
}

// close ends the program if it goes on.
func (t *terminal) close() {
	select {
	case <-t.done:
	default:
		t.cmd.Process.Kill() // the read of its terminal ends with it
		<-t.done
	}
	t.file.Close()
}
