//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	aisession "github.com/ai-session/ai-session"
)

// slowRC takes a second, and tells at each prompt which shell has drawn one.
const slowRC = "sleep 1\nPS1='$(echo $$ >%s)$ '\n"

// benchWarm makes a session whose rc file takes a second, and runs a command in it. The
// daemon has a shell at its prompt by then, since the one before was slow.
func benchWarm(ctx context.Context, l *lab, t *table) error {
	r := t.row("create to first command, rc of a second", "ms")
	home := filepath.Join(l.dir, "warm")
	prompts := filepath.Join(home, "prompts")
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	if _, err := l.file("warm/.bashrc", func(w io.Writer) error { _, err := fmt.Fprintf(w, slowRC, prompts); return err }); err != nil {
		return err
	}
	heard, err := l.pipe(prompts)
	if err != nil {
		return err
	}
	create := func() (float64, error) {
		begin := time.Now()
		s, err := l.client.Create(l.ctx, aisession.SessionConfig{
			Name: l.name("w"), Dir: l.dir, Argv: []string{"bash"}, Env: map[string]string{"HOME": home}, Cols: cols, Rows: rows,
		})
		if err != nil {
			return 0, err
		}
		r, err := s.Exec(l.ctx, "true", aisession.Queue())
		took := since(begin)
		if err != nil {
			return took, err
		}
		if code, known := r.Exit.Code(); !known || code != 0 {
			return took, fmt.Errorf("true: exit %s", r.Exit)
		}
		return took, l.remove(s)
	}
	if _, err := create(); err != nil { // which was slow
		return err
	}
	other, err := l.session("bash", "--norc")
	if err != nil {
		return err
	}
	shells := map[string]bool{}
	if err := newcomer(heard, shells); err != nil { // its own prompt
		return err
	}
	return interleave(ctx, l.rounds(10, 3), 1, []contender{
		{r.line("Go client, a shell kept warm", ours, below(10)), func() (float64, error) {
			if err := newcomer(heard, shells); err != nil {
				return 0, err
			}
			if err := l.runTrue(other); err != nil { // meanwhile the daemon sees the prompt
				return 0, err
			}
			return create()
		}},
	})
}

// pipe makes a named pipe that nobody waits at to write.
func (l *lab) pipe(path string) (*bufio.Reader, error) {
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	l.deferred(func() { f.Close() })
	return bufio.NewReader(f), nil
}

// newcomer waits until a shell that was not heard of before is at its prompt.
func newcomer(heard *bufio.Reader, shells map[string]bool) error {
	for {
		line, err := heard.ReadString('\n')
		if err != nil {
			return err
		}
		if !shells[line] {
			shells[line] = true
			return nil
		}
	}
}
