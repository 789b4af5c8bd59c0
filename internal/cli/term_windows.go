package cli

import (
	"context"
	"os"
	"os/exec"

	"github.com/ai-session/ai-session/api"
)

// windowSize is this console's size; its pixels are not known.
func windowSize() (size api.Size, xpixel, ypixel int) {
	size, _ = terminalSize(os.Stdout)
	return size, 0, 0
}

// follow does nothing: a Windows console tells of its size only through its input
// records, which raw input does not read. The next key tells it.
func (w *window) follow(context.Context) {}

// replaceBy runs another of our programs in this one's place.
func replaceBy(name string, args []string) error {
	path, err := besideOrPath(name)
	if err != nil {
		return err
	}
	cmd := exec.Command(path, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}
