//go:build unix

package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"github.com/ai-session/ai-session/api"
)

// windowSize is this terminal's size, in cells and in pixels.
func windowSize() (size api.Size, xpixel, ypixel int) {
	w, err := unix.IoctlGetWinsize(int(os.Stdout.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return size, 0, 0
	}
	size = api.Size{Cols: int(w.Col), Rows: int(w.Row)}
	if size.Check() != nil {
		return api.Size{}, 0, 0
	}
	return size, int(w.Xpixel), int(w.Ypixel)
}

// follow tells the session when this terminal's size changes.
func (w *window) follow(ctx context.Context) {
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	defer signal.Stop(changed)
	for {
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
		if w.tell() != nil {
			return
		}
	}
}

// makeRaw has the terminal pass on each key, ^C too.
func makeRaw() (restore func(), err error) {
	old, err := term.MakeRaw(int(os.Stdin.Fd()))
	if err != nil {
		return nil, err
	}
	return func() { term.Restore(int(os.Stdin.Fd()), old) }, nil
}

// keys are what is typed.
func keys() io.Reader { return os.Stdin }

// replaceBy turns this process into another of our programs.
func replaceBy(name string, args []string) error {
	path, err := besideOrPath(name)
	if err != nil {
		return err
	}
	return syscall.Exec(path, append([]string{name}, args...), os.Environ())
}
