//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// The history, and how much of its end is read: 205 lines of 79 digits are 16 KB.
const historyLines, tailLines = 100_000, 205

// benchTail reads the last 16 KB of a long history.
func benchTail(ctx context.Context, l *lab, t *table) error {
	r := t.row("last 16 KB of 100k lines", "ms")
	command := fmt.Sprintf("seq -f %%079.0f %d", historyLines)
	s, err := l.session("bash", "--norc")
	if err != nil {
		return err
	}
	if _, err := l.run(s, command); err != nil {
		return err
	}
	name, err := l.tmuxSession(bareBash...)
	if err != nil {
		return err
	}
	if _, err := l.tmuxRun(name, command); err != nil {
		return err
	}
	control, err := l.openControl(name) // later: an attached client that does not read stops the pane
	if err != nil {
		return err
	}
	flags := strings.Fields(fmt.Sprintf("-p -S -%d -t %s", tailLines-rows+1, name))
	file, err := l.file("tail", func(w io.Writer) error { _, err := w.Write(wantTail()); return err })
	if err != nil {
		return err
	}
	return interleave(ctx, l.rounds(60, 8), 2, []contender{
		{r.line("ai-session output --raw --lines", ours), exactTail(func() (string, error) {
			return output(l.cli("output", s.Name, "--raw", "--lines", strconv.Itoa(-tailLines)))
		})},
		{r.line("Go client", ours), exactTail(func() (string, error) { return l.lastLines(s.Name) })},
		{r.line("tmux capture-pane", tmux), exactTail(func() (string, error) { return output(l.tmux(append([]string{"capture-pane"}, flags...)...)) })},
		{r.line("tmux control mode, capture-pane", tmux), exactTail(func() (string, error) { return control.reply("capture-pane " + strings.Join(flags, " ")) })},
		{r.line("read of a file", floor), exactTail(func() (string, error) { b, err := os.ReadFile(file); return string(b), err })},
	})
}

// lastLines reads them through the library's caller.
func (l *lab) lastLines(session string) (string, error) {
	var b bytes.Buffer
	err := api.ReadRaw.Stream(l.ctx, l.client.Caller(), &api.RawRequest{Ref: session, Lines: strconv.Itoa(-tailLines)}, func(c *api.Chunk) error {
		b.Write(c.Data)
		return nil
	})
	return b.String(), err
}

// wantTail is the part every answer has to hold: the last lines but some, which one
// answer has and another has not, as a prompt stands behind them.
func wantTail() []byte {
	var b bytes.Buffer
	for i := historyLines - tailLines + 6; i <= historyLines; i++ {
		fmt.Fprintf(&b, "%079d\n", i)
	}
	return b.Bytes()
}

// exactTail makes a trial of a function that reads the tail.
func exactTail(read func() (string, error)) func() (float64, error) {
	want := string(wantTail())
	text := ""
	trial := timed(func() (err error) { text, err = read(); return err })
	return func() (float64, error) {
		took, err := trial()
		if err == nil && (!strings.Contains(strings.ReplaceAll(text, "\r\n", "\n"), want) || len(text) > 2*len(want)) {
			err = fmt.Errorf("the tail is not exact: %d bytes, end %.100q", len(text), text[max(0, len(text)-100):])
		}
		return took, err
	}
}
