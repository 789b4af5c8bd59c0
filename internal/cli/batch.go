package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/ai-session/ai-session/api"
)

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
			if parallel == 1 {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // or every line wakes another thread
			}
			a.interrupts = notifyInterrupts(a)
			defer a.interrupts.stop()
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
	line := &app{ctx: a.ctx, stdin: nil, stdout: &stdout, stderr: &stderr, json: true, server: a.server, client: a.client, interrupts: a.interrupts}
	status := exitUsage
	if err == nil && (len(args) == 0 || !inBatch[args[0]]) {
		err = usageError{fmt.Errorf("%q is not for a batch", args)}
	}
	if err == nil {
		root := line.root()
		root.CompletionOptions.DisableDefaultCmd = true
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
