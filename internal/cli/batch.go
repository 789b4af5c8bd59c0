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
	"github.com/ai-session/ai-session/internal/wire"
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
			a.interrupts = notifyInterrupts(a)
			defer a.interrupts.stop()
			b := &batch{app: a, out: bufio.NewWriter(a.stdout), lines: bufio.NewScanner(a.stdin)}
			b.lines.Buffer(nil, maxBatchLine)
			if parallel > 1 {
				return b.parallel(parallel)
			}
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // or every line wakes another thread
			return b.inOrder()
		},
	}
	c.Flags().IntVar(&parallel, "parallel", 1, "lines under way at the same time")
	return c
}

// maxBatchLine bounds a line: a command and its input, as over HTTP.
const maxBatchLine = 64 << 20

// batch is one run of the command of that name.
type batch struct {
	app   *app
	lines *bufio.Scanner
	read  int // lines of input so far

	mu     sync.Mutex // guards the rest
	out    *bufio.Writer
	failed error
}

// line is a command of a batch.
type line struct {
	number int
	words  []string
	err    error // the line cannot be split into words
}

// next reads the next command. It is false at the end of input.
func (b *batch) next() (line, bool) {
	for b.lines.Scan() {
		b.read++
		if text := strings.TrimSpace(b.lines.Text()); text != "" && !strings.HasPrefix(text, "#") {
			list, err := words(text)
			return line{b.read, list, err}, true
		}
	}
	return line{}, false
}

// tell writes what a line came to.
func (b *batch) tell(o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := json.NewEncoder(b.out).Encode(o)
	b.failed = errors.Join(b.failed, err, b.out.Flush())
	if !o.OK {
		b.app.status = exitError
	}
}

// parallel runs up to n lines at the same time.
func (b *batch) parallel(n int) error {
	jobs := make(chan line)
	var work sync.WaitGroup
	for range n {
		work.Go(func() {
			for l := range jobs {
				b.tell(b.app.runLine(l, nil))
			}
		})
	}
	for l, ok := b.next(); ok; l, ok = b.next() {
		jobs <- l
	}
	close(jobs)
	work.Wait()
	return errors.Join(b.failed, b.lines.Err())
}

// sentAhead is how many lines are sent before the answer of the one that runs: while the
// daemon has the next in hand, neither waits for the other.
const sentAhead = 4

// inOrder runs one line after the other. Those that run a command in a session call the
// daemon once and need nothing of the answers before them: they are sent ahead.
func (b *batch) inOrder() error {
	b.app.interrupts.takeTurns()
	pipeline := b.app.client.Pipeline()
	defer pipeline.Close()
	outcomes := make(chan chan outcome, sentAhead)
	var told sync.WaitGroup
	told.Go(func() {
		for o := range outcomes {
			b.tell(<-o)
		}
	})
	var under sync.WaitGroup
	for l, ok := b.next(); ok; l, ok = b.next() {
		done := make(chan outcome, 1)
		outcomes <- done
		if len(l.words) == 0 || l.words[0] != "exec" {
			under.Wait()
			done <- b.app.runLine(l, nil)
			continue
		}
		turn := pipeline.Next()
		under.Go(func() {
			defer turn.End()
			done <- b.app.runLine(l, turn)
		})
	}
	close(outcomes)
	told.Wait()
	under.Wait()
	return errors.Join(b.failed, b.lines.Err())
}

// inBatch are the words that a line may begin with: those that answer once.
var inBatch = map[string]bool{
	"create": true, "list": true, "ls": true, "inspect": true, "exec": true, "wait": true, "send": true, "screen": true,
	"output": true, "history": true, "detach": true, "kill": true, "resize": true, "rename": true, "signal": true,
	"snapshot": true, "restore": true, "search": true, "import": true, "status": true, "doctor": true, "context": true,
	"analyze": true, "ledger": true, "storage": true,
}

// runLine runs one line as a command of its own, on the shared connection, or in its turn.
func (a *app) runLine(l line, turn *wire.Turn) outcome {
	args, err := l.words, l.err
	var stdout, stderr bytes.Buffer
	one := &app{
		ctx: a.ctx, stdin: nil, stdout: &stdout, stderr: &stderr, json: true,
		server: a.server, client: a.client, line: l.number, turn: turn, interrupts: a.interrupts,
	}
	status := exitUsage
	if err == nil && (len(args) == 0 || !inBatch[args[0]]) {
		err = usageError{fmt.Errorf("%q is not for a batch", args)}
	}
	if err == nil {
		root := one.root()
		root.CompletionOptions.DisableDefaultCmd = true
		one.build(root, args)
		root.SetArgs(append(args[:len(args):len(args)], jsonFlag(args)...))
		root.SetIn(strings.NewReader(""))
		root.SetOut(&stdout)
		root.SetErr(io.Discard)
		if err = root.ExecuteContext(a.ctx); err == nil {
			status = one.status
		}
	}
	o := outcome{Line: l.number, OK: err == nil, Status: status, Result: bytes.TrimSpace(stdout.Bytes())}
	if err != nil {
		o.Status = one.report(err, args)
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
