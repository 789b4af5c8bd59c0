package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/wire"
)

// Version is what `version` prints; releases set it when they are built.
const Version = "0.1.0-dev"

// app is one run of the program.
type app struct {
	ctx    context.Context
	stdin  *os.File
	stdout io.Writer
	stderr io.Writer
	json   bool
	server string
	status int // what the program exits with when no error says otherwise

	client     *wire.Client
	line       int         // of a batch; 0 = none
	turn       *wire.Turn  // of a batch's line, when its call may be sent ahead of others' answers
	interrupts *interrupts // shared by the lines of a batch; nil: each command has its own
}

// Exit statuses of our own.
const (
	exitError   = 1
	exitUsage   = 2
	exitUnknown = 123
	exitRunning = 124
	exitFailed  = 125

	exitInterrupted = 130 // as a shell reports it
)

// usageError is a mistake in the command line.
type usageError struct{ error }

// Main runs the command that args name and returns the exit status.
func Main(ctx context.Context, args []string) int {
	a := &app{ctx: ctx, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	root := a.root()
	a.build(root, args)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if a.client != nil {
		a.client.Close()
	}
	if err == nil {
		return a.status
	}
	return a.report(err, args)
}

// report writes an error for people and chooses the exit status.
func (a *app) report(err error, args []string) int {
	var apiErr *api.Error
	var usage usageError
	switch {
	case errors.As(err, &apiErr):
		if a.json {
			json.NewEncoder(a.stderr).Encode(api.ProblemOf(apiErr))
		} else {
			fmt.Fprintf(a.stderr, "ai-session: %s\n", printable(apiErr.Message))
			if apiErr.Hint != "" {
				fmt.Fprintf(a.stderr, "  try: %s\n", printable(apiErr.Hint))
			}
		}
	case errors.As(err, &usage):
		fmt.Fprintf(a.stderr, "ai-session: %s\n", printable(err.Error()))
	default:
		fmt.Fprintf(a.stderr, "ai-session: %v\n", printable(err.Error()))
	}
	word := word(args)
	switch {
	case word == "exec" || word == "wait":
		return exitFailed
	case errors.As(err, &usage) || apiErr == nil:
		return exitUsage
	}
	return exitError
}

// printable keeps text from acting on the terminal it is shown on.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '\ufffd'
		}
		return r
	}, s)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "ai-session",
		Short:         "The terminal that agents work in and people watch over",
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       Version,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print the answer as JSON, byte for byte what HTTP gives")
	root.PersistentFlags().StringVar(&a.server, "server", os.Getenv("AI_SESSION_SERVER"), "another daemon: unix socket, https://HOST:PORT or a remote's name")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		hint := ""
		if strings.Contains(c.Use, "-- PROGRAM") {
			hint = "; a program's own flags stand behind --"
		}
		return usageError{fmt.Errorf("%w%s\nusage: %s", err, hint, c.UseLine())}
	})
	return root
}

// word is the command that args ask for.
func word(args []string) string {
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--server":
			i++
		case !strings.HasPrefix(args[i], "-"):
			return args[i]
		}
	}
	return ""
}

// build adds the command that was asked for, or all of them for help and completion.
func (a *app) build(root *cobra.Command, args []string) {
	defer explainArgs(root)
	all := a.commands()
	if make, ok := all[word(args)]; ok {
		root.AddCommand(make())
		return
	}
	for _, name := range commandOrder {
		root.AddCommand(all[name]())
	}
}

// explainArgs has every command below c say how it is used when its words do not fit.
func explainArgs(c *cobra.Command) {
	for _, sub := range c.Commands() {
		explainArgs(sub)
		check := sub.Args
		if check == nil {
			continue
		}
		sub.Args = func(c *cobra.Command, args []string) error {
			err := check(c, args)
			var usage usageError
			if err == nil || errors.As(err, &usage) {
				return err
			}
			name := strings.TrimPrefix(c.CommandPath(), "ai-session ")
			if len(args) == 0 {
				return usageError{fmt.Errorf("%s needs words behind it\nusage: %s", name, c.UseLine())}
			}
			return usageError{fmt.Errorf("%s is not used with %q\nusage: %s", name, strings.Join(args, " "), c.UseLine())}
		}
	}
}

// caller connects to the daemon, starting it if need be.
func (a *app) caller() (*wire.Client, error) {
	return a.connect(true)
}

func (a *app) connect(start bool) (*wire.Client, error) {
	if a.client != nil {
		return a.client, nil
	}
	c, err := aisession.Connect(a.ctx, a.server, start)
	a.client = c
	return c, err
}

// call carries out a unary operation. With --json it prints the answer as it came.
func call[Req, Res any](a *app, op api.Op[Req, Res], req *Req) (*Res, error) {
	c, err := a.caller()
	if err != nil {
		return nil, err
	}
	return callOn(a, c, op, req)
}

func callOn[Req, Res any](a *app, c *wire.Client, op api.Op[Req, Res], req *Req) (*Res, error) {
	send := c.CallJSON
	if a.turn != nil {
		send = a.turn.CallJSON
	}
	body, err := send(a.ctx, op.Spec(), req)
	if err != nil {
		return nil, err
	}
	if a.json {
		if _, err := a.stdout.Write(body); err != nil {
			return nil, err
		}
	}
	res := new(Res)
	if err := json.Unmarshal(body, res); err != nil {
		return nil, fmt.Errorf("the daemon's answer: %w", err)
	}
	return res, nil
}
