package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/sys/windows"
	"golang.org/x/term"

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

// makeRaw has the console pass on each key, ^C too, and understand what programs draw
// with; it does neither of itself.
func makeRaw() (restore func(), err error) {
	in, out := int(os.Stdin.Fd()), windows.Handle(os.Stdout.Fd())
	var drawn uint32
	if err := windows.GetConsoleMode(out, &drawn); err != nil {
		return nil, err
	}
	old, err := term.MakeRaw(in)
	if err != nil {
		return nil, err
	}
	const draws = windows.ENABLE_PROCESSED_OUTPUT | windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING | windows.DISABLE_NEWLINE_AUTO_RETURN
	if err := windows.SetConsoleMode(out, drawn|draws); err != nil {
		return nil, errors.Join(err, term.Restore(in, old))
	}
	return func() {
		windows.SetConsoleMode(out, drawn)
		term.Restore(in, old)
	}, nil
}

// keys are what is typed. To read os.Stdin would end at ^Z, which is a key like others.
func keys() io.Reader { return new(keyboard) }

type keyboard struct {
	half uint16 // the first of two words of a character
	rest []byte // typed and not read yet
}

// keyWords is how many words are asked for at once.
const keyWords = 4096

func (k *keyboard) Read(b []byte) (int, error) {
	for len(k.rest) == 0 {
		words := make([]uint16, keyWords)
		var n uint32
		if err := windows.ReadConsole(windows.Handle(os.Stdin.Fd()), &words[0], keyWords, &n, nil); err != nil {
			return 0, err
		}
		if n == 0 {
			return 0, io.EOF
		}
		k.rest = k.decode(words[:n])
	}
	n := copy(b, k.rest)
	k.rest = k.rest[n:]
	return n, nil
}

// decode makes UTF-8 of words; a character may come in two pieces.
func (k *keyboard) decode(words []uint16) (text []byte) {
	for _, w := range words {
		r := rune(w)
		if k.half != 0 {
			whole := utf16.DecodeRune(rune(k.half), r)
			k.half = 0
			text = utf8.AppendRune(text, whole)
			if whole != utf8.RuneError {
				continue
			}
		}
		if utf16.IsSurrogate(r) {
			k.half = w
			continue
		}
		text = utf8.AppendRune(text, r)
	}
	return text
}

// replaceBy runs another of our programs in this one's place. ^C is for that one: it
// reaches both.
func replaceBy(name string, args []string) error {
	path, err := besideOrPath(name)
	if err != nil {
		return err
	}
	signal.Ignore(os.Interrupt)
	cmd := exec.Command(path, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		return err
	}
	os.Exit(cmd.ProcessState.ExitCode())
	return nil
}
