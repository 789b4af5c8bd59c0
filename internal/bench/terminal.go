//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/ai-session/ai-session/internal/core/pty"
)

// The size of every terminal here: that of ai-session without a client.
const cols, rows = 120, 40

// terminal is a program on a pseudo-terminal that nobody manages: the floor of what
// a manager of terminals can do, and the screen before which its clients run.
type terminal struct {
	*stream
	pty  *pty.PTY
	stop func() bool
}

// trialPatience bounds what one read of a terminal waits. It is a limit on failure.
const trialPatience = 60 * time.Second

// bounded reads a file that has deadlines, each time with a new one.
type bounded struct{ f *os.File }

func (b bounded) Read(p []byte) (int, error) {
	b.f.SetReadDeadline(time.Now().Add(trialPatience))
	return b.f.Read(p)
}

// promptMark ends the prompt of shells on bare terminals; nothing else writes it.
const promptMark = "\x06"

// openTerminal starts argv in the lab's environment, with a prompt that is one byte.
func (l *lab) openTerminal(argv ...string) (*terminal, error) {
	p, err := pty.Start(pty.Command{Path: argv[0], Argv: argv, Env: append(os.Environ(), "PS1="+promptMark), Dir: l.dir, Size: pty.Size{Cols: cols, Rows: rows}})
	if err != nil {
		return nil, err
	}
	t := &terminal{stream: newStream(bounded{p.File()}), pty: p}
	t.stop = context.AfterFunc(l.ctx, func() { p.Close() })
	return t, nil
}

func (t *terminal) write(text string) error {
	_, err := t.pty.File().WriteString(text)
	return err
}

// hangupPatience is how long a program may live on without its terminal.
const hangupPatience = time.Second

// close hangs up and waits for the program's end.
func (t *terminal) close() {
	t.stop()
	t.pty.Close()
	kill := time.AfterFunc(hangupPatience, func() { syscall.Kill(t.pty.Pid(), syscall.SIGKILL) })
	<-t.pty.Done()
	kill.Stop()
}

// openShell starts a shell and waits for its prompt.
func (l *lab) openShell(argv ...string) (*terminal, error) {
	t, err := l.openTerminal(argv...)
	if err != nil {
		return nil, err
	}
	l.deferred(t.close)
	return t, t.skip(promptMark)
}

// marked makes a shell line that runs a command and then writes a mark with its
// status, which the line's own echo cannot be taken for.
func marked(command, status string) string {
	return " " + command + `;printf '\1%d\2' ` + status + "\r"
}

// success is the mark of a command that ended with 0. Any other status is no mark,
// and the trial fails by its patience.
const success = "\x010\x02"

// exec types a command, waits for its mark, and then, unmeasured, for the prompt.
func (t *terminal) exec(line string, want []byte) (float64, error) {
	begin := time.Now()
	if err := t.write(line); err != nil {
		return 0, err
	}
	before, err := t.until(success)
	took := since(begin)
	if err != nil {
		return 0, fmt.Errorf("%q: %w after %.200q", line, err, before)
	}
	if !bytes.HasSuffix(before, want) {
		return 0, fmt.Errorf("%q ended with %.80q", line, before[max(0, len(before)-80):])
	}
	return took, t.skip(promptMark)
}
