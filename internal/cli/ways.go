package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/ai-session/ai-session/api"
)

func (a *app) rename() *cobra.Command {
	return command(a, api.Rename, func(req *api.RenameRequest, _ *cobra.Command) error {
		_, err := call(a, api.Rename, req)
		return err
	})
}

func (a *app) doctor() *cobra.Command {
	return command(a, api.Doctor, func(req *api.DoctorRequest, _ *cobra.Command) error {
		d, err := call(a, api.Doctor, req)
		if err != nil {
			return err
		}
		for _, c := range d.Checks {
			if c.Status == "fail" {
				a.status = exitError
			}
		}
		if a.json {
			return nil
		}
		t := table(a.stdout)
		for _, c := range d.Checks {
			fmt.Fprintf(t, "%s\t%s\t%s\n", c.Status, c.Name, printable(c.Detail))
			if c.Fix != "" && c.Status != "ok" {
				fmt.Fprintf(t, "\t\t  try: %s\n", printable(c.Fix))
			}
		}
		return t.Flush()
	})
}

func (a *app) storage() *cobra.Command {
	c := command(a, api.StorageOf, func(req *api.StorageRequest, _ *cobra.Command) error {
		r, err := call(a, api.StorageOf, req)
		if err != nil || a.json {
			return err
		}
		t := table(a.stdout)
		fmt.Fprintln(t, "SIZE\tSTATE\tNAME\tID\tBLOCKS\tWRITTEN")
		for _, s := range r.Sessions {
			blocks := ""
			if s.First != "" {
				blocks = s.First + "-" + s.Last
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", api.Bytes(s.Bytes), s.State, printable(s.Name), s.ID, blocks, s.WrittenAt.Local().Format("2006-01-02 15:04"))
		}
		if err := t.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "%s of %s; each session at most %s\n", api.Bytes(r.TotalBytes), api.Bytes(r.LimitBytes), api.Bytes(r.QuotaBytes))
		if k := r.Keys; k != nil {
			fmt.Fprintf(a.stdout, "keys: %s, %s\n", k.Kind, counted(k.Sessions, "encrypted session"))
			for _, p := range k.Problems {
				fmt.Fprintf(a.stdout, "  %s\n", printable(p))
			}
		}
		return nil
	})
	c.AddCommand(command(a, api.Shred, func(req *api.ShredRequest, _ *cobra.Command) error {
		_, err := call(a, api.Shred, req)
		return err
	}), command(a, api.RotateKeys, func(req *api.RotateRequest, _ *cobra.Command) error {
		r, err := call(a, api.RotateKeys, req)
		if err != nil || a.json {
			return err
		}
		_, err = fmt.Fprintf(a.stdout, "%s wrapped by %s\n", counted(r.Keys, "key"), r.Kind)
		return err
	}))
	return c
}

const interactiveHelp = `A line is run in the session; its exit status stands before the next prompt.
/status   what the session is doing
/output   all of what the last command wrote
/screen   what a person would see
/clear    clear this screen
/help     this
/exit     leave; the session goes on
`

// interactive is a line-by-line conversation with a session.
func (a *app) interactive() *cobra.Command {
	return &cobra.Command{
		Use: "interactive SESSION", Short: "Talk to a session line by line",
		Example: "  ai-session interactive dev",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := a.caller()
			if err != nil {
				return err
			}
			s, err := api.Inspect.Call(a.ctx, c, &api.SessionRequest{Session: args[0]})
			if err != nil {
				return err
			}
			return a.converse(s.Name)
		},
	}
}

func (a *app) converse(session string) error {
	read, done, err := a.lineReader()
	if err != nil {
		return err
	}
	defer done()
	prompt := session + "> "
	for {
		line, err := read(prompt)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch line = strings.TrimSpace(line); line {
		case "":
			continue
		case "/exit", "/quit":
			return nil
		case "/help":
			io.WriteString(a.stdout, interactiveHelp)
		case "/clear":
			io.WriteString(a.stdout, "\x1b[H\x1b[2J")
		case "/status":
			err = a.sub("inspect", session)
		case "/screen":
			err = a.sub("screen", session)
		case "/output":
			err = a.sub("output", session+"@last", "--raw")
		default:
			if strings.HasPrefix(line, "/") && !strings.Contains(line[1:], "/") && !strings.Contains(line, " ") {
				fmt.Fprintf(a.stdout, "no command %s; /help lists them\n", printable(line))
				continue
			}
			a.status = 0
			err = a.sub("exec", session, line)
			prompt = fmt.Sprintf("%s[%d]> ", session, a.status)
			a.status = 0
		}
		if err != nil {
			a.report(err, nil)
		}
	}
}

// sub runs a command of ours as if it had been typed.
func (a *app) sub(args ...string) error {
	one := &app{ctx: a.ctx, stdin: a.stdin, stdout: a.stdout, stderr: a.stderr, json: a.json, server: a.server, client: a.client}
	root := one.root()
	one.build(root, args)
	root.SetArgs(args)
	err := root.ExecuteContext(a.ctx)
	a.status = one.status
	return err
}

// lineReader reads lines with editing and history from a terminal, plain ones else.
func (a *app) lineReader() (read func(prompt string) (string, error), done func(), err error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		lines := bufio.NewReader(a.stdin)
		return func(string) (string, error) {
			line, err := lines.ReadString('\n')
			if err == io.EOF && line != "" {
				err = nil
			}
			return line, err
		}, func() {}, nil
	}
	screen := struct {
		io.Reader
		io.Writer
	}{keys(), os.Stdout}
	editor := term.NewTerminal(screen, "")
	read = func(prompt string) (string, error) {
		restore, err := makeRaw()
		if err != nil {
			return "", err
		}
		defer restore()
		editor.SetPrompt(prompt)
		return editor.ReadLine()
	}
	return read, func() {}, nil
}
