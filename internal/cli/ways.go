package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

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

// outcome is what a line of a batch came to.
type outcome struct {
	Line   int             `json:"line"`
	OK     bool            `json:"ok"`
	Status int             `json:"status"` // what the command would have exited with
	Result json.RawMessage `json:"result,omitempty"`
	Error  json.RawMessage `json:"error,omitempty"`
}

// batch runs command lines from stdin over one connection.
func (a *app) batch() *cobra.Command {
	parallel := 1
	c := &cobra.Command{
		Use: "batch", Short: "Run many commands from stdin, one a line, over one connection",
		Long: "Each line is a command as one would type it behind ai-session, with quotes as in a shell, or a\n" +
			"JSON array of its words. Answers are JSON, one a line, in the order of the lines; with --parallel in\n" +
			"the order they are done.",
		Example: "  printf '%s\\n' \"exec dev 'make'\" 'screen dev' | ai-session batch",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if parallel < 1 {
				return usageError{fmt.Errorf("--parallel %d is below 1", parallel)}
			}
			if _, err := a.caller(); err != nil {
				return err
			}
			return a.runBatch(parallel)
		},
	}
	c.Flags().IntVar(&parallel, "parallel", 1, "lines under way at the same time")
	return c
}

// maxBatchLine bounds a line: a command and its input, as over HTTP.
const maxBatchLine = 64 << 20

func (a *app) runBatch(parallel int) error {
	type job struct {
		line int
		text string
	}
	jobs := make(chan job)
	var work sync.WaitGroup
	var mu sync.Mutex // guards the output and failed
	var failed error
	out := bufio.NewWriter(a.stdout)
	for range parallel {
		work.Go(func() {
			for j := range jobs {
				o := a.runLine(j.line, j.text)
				mu.Lock()
				err := json.NewEncoder(out).Encode(o)
				failed = errors.Join(failed, err, out.Flush())
				if !o.OK {
					a.status = exitError
				}
				mu.Unlock()
			}
		})
	}
	lines := bufio.NewScanner(a.stdin)
	lines.Buffer(nil, maxBatchLine)
	for n := 1; lines.Scan(); n++ {
		if text := strings.TrimSpace(lines.Text()); text != "" && !strings.HasPrefix(text, "#") {
			jobs <- job{n, text}
		}
	}
	close(jobs)
	work.Wait()
	return errors.Join(failed, lines.Err())
}

// inBatch are the words that a line may begin with: those that answer once.
var inBatch = map[string]bool{
	"create": true, "list": true, "ls": true, "inspect": true, "exec": true, "wait": true, "send": true, "screen": true,
	"output": true, "history": true, "detach": true, "kill": true, "resize": true, "rename": true, "signal": true,
	"snapshot": true, "restore": true, "search": true, "import": true, "status": true, "doctor": true, "context": true,
	"analyze": true, "ledger": true, "storage": true,
}

// runLine runs one line as a command of its own, on the shared connection.
func (a *app) runLine(n int, text string) outcome {
	args, err := words(text)
	var stdout, stderr bytes.Buffer
	line := &app{ctx: a.ctx, stdin: nil, stdout: &stdout, stderr: &stderr, json: true, server: a.server, client: a.client}
	status := exitUsage
	if err == nil && (len(args) == 0 || !inBatch[args[0]]) {
		err = usageError{fmt.Errorf("%q is not for a batch", args)}
	}
	if err == nil {
		root := line.root()
		line.build(root, args)
		root.SetArgs(append(args[:len(args):len(args)], jsonFlag(args)...))
		root.SetIn(strings.NewReader(""))
		root.SetOut(&stdout)
		root.SetErr(io.Discard)
		if err = root.ExecuteContext(a.ctx); err == nil {
			status = line.status
		}
	}
	o := outcome{Line: n, OK: err == nil, Status: status, Result: bytes.TrimSpace(stdout.Bytes())}
	if err != nil {
		o.Status = line.report(err, args)
		var usage usageError
		if errors.As(err, &usage) {
			err = api.Errorf(api.Invalid, "%v", err)
		}
		problem := api.ProblemOf(err)
		o.Error, _ = json.Marshal(problem) // a problem is always JSON
	}
	if !json.Valid(o.Result) {
		o.Result = nil
	}
	return o
}

// jsonFlag asks for JSON, unless a -- has ended the flags: then it stands before it.
func jsonFlag(args []string) []string {
	for _, a := range args {
		if a == "--" || a == "--json" {
			return nil
		}
	}
	return []string{"--json"}
}

// words splits a line as a shell does, without expanding anything; a JSON array of
// strings is its words.
func words(line string) ([]string, error) {
	if strings.HasPrefix(line, "[") {
		var list []string
		if err := json.Unmarshal([]byte(line), &list); err != nil {
			return nil, usageError{fmt.Errorf("not a JSON array of words: %w", err)}
		}
		return list, nil
	}
	var list []string
	var word strings.Builder
	inside, open := rune(0), false
	escaped := false
	for _, r := range line {
		switch {
		case escaped:
			if inside == '"' && r != '"' && r != '\\' && r != '$' && r != '`' {
				word.WriteByte('\\')
			}
			word.WriteRune(r)
			escaped = false
		case r == '\\' && inside != '\'':
			escaped, open = true, true
		case inside != 0 && r == inside:
			inside = 0
		case inside != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			inside, open = r, true
		case r == ' ' || r == '\t':
			if open {
				list = append(list, word.String())
				word.Reset()
				open = false
			}
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if inside != 0 || escaped {
		return nil, usageError{fmt.Errorf("a quote is not closed: %s", line)}
	}
	if open {
		list = append(list, word.String())
	}
	return list, nil
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
	}{os.Stdin, os.Stdout}
	editor := term.NewTerminal(screen, "")
	read = func(prompt string) (string, error) {
		old, err := term.MakeRaw(int(os.Stdin.Fd()))
		if err != nil {
			return "", err
		}
		defer term.Restore(int(os.Stdin.Fd()), old)
		editor.SetPrompt(prompt)
		return editor.ReadLine()
	}
	return read, func() {}, nil
}
