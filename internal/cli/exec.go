package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ai-session/ai-session/api"
)

func (a *app) exec() *cobra.Command {
	return command(a, api.Exec, func(req *api.ExecRequest, c *cobra.Command) error {
		if _, err := a.caller(); err != nil {
			return err
		}
		stop := a.interruptible(req.Session)
		defer stop()
		r, err := call(a, api.Exec, req)
		if err != nil {
			return err
		}
		a.status = statusOf(&r.Block)
		if req.Background && r.State == api.BlockRunning {
			a.status = 0 // what was asked for
		}
		switch {
		case a.json:
			return nil
		case req.Background && r.State == api.BlockRunning:
			_, err := fmt.Fprintln(a.stdout, header(r))
			return err
		case !req.Raw:
			return a.renderReport(r)
		}
		a.note(r)
		return a.renderRaw(r)
	})
}

// renderRaw writes a command's own bytes, a piped one's to stdout and stderr.
func (a *app) renderRaw(r *api.Report) error {
	switch {
	case len(r.Gaps) == 0:
		_, err := a.stdout.Write(r.Raw)
		_, errErr := a.stderr.Write(r.RawStderr)
		return errors.Join(err, errErr)
	case !r.Piped:
		return a.raw(&api.RawRequest{Ref: r.Ref}, a.stdout)
	}
	return errors.Join(a.raw(&api.RawRequest{Ref: r.Ref, Stream: "stdout"}, a.stdout),
		a.raw(&api.RawRequest{Ref: r.Ref, Stream: "stderr"}, a.stderr))
}

// statusOf is the exit status that stands for a block.
func statusOf(b *api.Block) int {
	switch b.State {
	case api.BlockRunning, api.BlockNeedsInput, api.BlockTUI:
		return exitRunning
	}
	if code, known := b.Exit.Code(); known {
		return code
	}
	return exitUnknown
}

// header is the line an agent reads first.
func header(b *api.Report) string {
	h := fmt.Sprintf("[%s exit=%s %s cwd=%s", b.ID, b.Exit, seconds(b.DurationMS.Duration()), b.Cwd)
	if b.State != api.BlockDone {
		h = fmt.Sprintf("[%s %s %s cwd=%s", b.ID, b.State, seconds(b.DurationMS.Duration()), b.Cwd)
		if code, known := b.Exit.Code(); known {
			h = fmt.Sprintf("[%s %s exit=%d %s cwd=%s", b.ID, b.State, code, seconds(b.DurationMS.Duration()), b.Cwd)
		}
	}
	h += fmt.Sprintf(" %d lines", b.Lines)
	if b.Lines == 1 {
		h = h[:len(h)-1]
	}
	if shown := countLines(b.Text); shown < b.Lines {
		h += fmt.Sprintf(" -> %d", shown)
	}
	for _, f := range b.Flags {
		h += " " + f
	}
	if b.Isolated {
		h += " isolated"
	}
	for i, r := range b.Reset {
		if i == 0 {
			h += " reset="
		} else {
			h += ","
		}
		h += r
	}
	return h + " ref=" + b.Ref + "]"
}

func countLines(text string) int {
	n := 0
	for _, c := range text {
		if c == '\n' {
			n++
		}
	}
	return n
}

// seconds writes a duration as people read it.
func seconds(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

func (a *app) renderReport(r *api.Report) error {
	a.note(r)
	_, err := fmt.Fprintf(a.stdout, "%s\n%s%s", header(r), printable(r.Text), nextSteps(r.Next))
	return err
}

// lastLine is what a program asked, of the text around it.
func lastLine(text string) string {
	text = strings.TrimRight(text, "\n")
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// nextSteps is one line for each command that fits what happened.
func nextSteps(next []api.Next) string {
	var b strings.Builder
	for _, n := range next {
		fmt.Fprintf(&b, "next: %s  # %s\n", printable(n.Command), printable(n.Reason))
	}
	return b.String()
}

// note tells on stderr what an exit status alone does not.
func (a *app) note(r *api.Report) {
	switch r.State {
	case api.BlockNeedsInput:
		fmt.Fprintf(a.stderr, "ai-session: %s needs input (%s): %s\n", r.Session, r.Input.Kind, printable(lastLine(r.Input.Tail)))
		keys := "TEXT --key Enter"
		switch r.Input.Kind {
		case "pager":
			keys = "q, or Space for more"
		case "key":
			keys = "--key Enter, or the key that it asks for"
		case "repl":
			keys += fmt.Sprintf(", or ai-session exec %s --nested COMMAND", r.Session)
		}
		fmt.Fprintf(a.stderr, "  try: ai-session send %s %s\n", r.Session, keys)
	case api.BlockTUI:
		fmt.Fprintf(a.stderr, "ai-session: a full-screen program has %s\n  try: ai-session screen %s\n", r.Session, r.Session)
	case api.BlockRunning:
		fmt.Fprintf(a.stderr, "ai-session: %s is still running\n  try: ai-session wait %s\n", r.ID, r.Session)
	case api.BlockDead:
		switch {
		case r.Nested != "" && r.Cause == api.CauseNestedEnded:
			fmt.Fprintf(a.stderr, "ai-session: %s ended with the command\n", printable(r.Nested))
			return
		case r.Nested != "":
			fmt.Fprintf(a.stderr, "ai-session: @%s has no end: %s\n  try: ai-session screen %[3]s; C-c discards a line: ai-session send %[3]s --key C-c\n", r.ID, r.Cause, r.Session)
			return
		}
		fmt.Fprintf(a.stderr, "ai-session: session %s ended with the command (%s)\n", r.Session, r.Cause)
	}
}

func (a *app) wait() *cobra.Command {
	return command(a, api.Wait, func(req *api.WaitRequest, _ *cobra.Command) error {
		res, err := call(a, api.Wait, req)
		if err != nil {
			return err
		}
		return a.waited(res)
	})
}

// waited shows what a wait came to and chooses the exit status.
func (a *app) waited(res *api.WaitResult) error {
	switch {
	case res.Reason == "timeout":
		a.status = exitRunning
	case res.Block != nil:
		a.status = statusOf(&res.Block.Block)
	case res.Reason == "dead":
		a.status = exitUnknown
		if res.Exit != nil {
			if code, known := res.Exit.Code(); known {
				a.status = code
			}
		}
	}
	if a.json {
		return nil
	}
	switch {
	case res.Block != nil:
		return a.renderReport(res.Block)
	case res.Reason == "timeout":
		_, err := fmt.Fprintf(a.stdout, "timeout (%s)\n", res.State)
		return err
	case res.Match != "":
		_, err := fmt.Fprintln(a.stdout, printable(res.Match))
		return err
	case res.Input != nil:
		_, err := fmt.Fprintf(a.stdout, "%s: %s\n", res.Input.Kind, printable(res.Input.Tail))
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "%s (%s)\n", res.Reason, res.State)
	return err
}

var errNoTerminal = errors.New("attach needs a terminal on stdin and stdout")
