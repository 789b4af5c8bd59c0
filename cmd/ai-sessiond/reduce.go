package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/output"
	"github.com/ai-session/ai-session/internal/tokens/exact"
)

// reduced is a report as `reduce --json` prints it.
type reduced struct {
	Text           string        `json:"text"`
	Kind           string        `json:"kind"`
	Exit           api.Exit      `json:"exit"`
	Tokens         int           `json:"tokens"`
	RawTokens      int           `json:"raw_tokens"`
	RenderedTokens int           `json:"rendered_tokens"`
	Lines          int           `json:"lines"`
	Findings       []api.Finding `json:"findings"`
	Entities       []api.Entity  `json:"entities"`
	Next           []api.Next    `json:"next"`
	Gaps           []api.Gap     `json:"gaps"`
}

// reduce reads an output from standard input and writes the report.
func reduce(args []string, stdin *os.File, stdout io.Writer) error {
	f := flag.NewFlagSet("reduce", flag.ContinueOnError)
	in := output.Input{}
	exit := f.Int("exit", -1, "exit status; unknown if not given")
	asJSON := f.Bool("json", false, "print the whole report")
	f.StringVar(&in.Command, "command", "", "the command that wrote it")
	f.StringVar(&in.Signal, "signal", "", "the signal that ended it")
	f.StringVar(&in.Ref, "ref", "", "what opens the output, as @e42")
	f.StringVar(&in.Cwd, "cwd", "", "where it ran")
	f.IntVar(&in.Cols, "cols", 120, "width of the terminal")
	f.IntVar(&in.Rows, "rows", 40, "height of the terminal")
	f.IntVar(&in.MaxTokens, "max-tokens", 0, "bound of the text")
	vocabulary := f.String("tokenizer", "estimate", "how tokens are counted")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *exit >= 0 {
		in.Exit = exit
	}
	if *vocabulary != "estimate" {
		count, err := exact.Counter(*vocabulary)
		if err != nil {
			return err
		}
		in.Tokens = count
	}
	if err := readInput(&in, stdin); err != nil {
		return err
	}
	r := output.Reduce(in)
	if !*asJSON {
		_, err := io.WriteString(stdout, r.Text)
		return err
	}
	out := reduced{
		Text: r.Text, Kind: r.Kind, Tokens: r.Tokens, RawTokens: r.RawTokens, RenderedTokens: r.RenderedTokens,
		Lines: r.Lines, Findings: r.Findings, Entities: r.Entities, Next: r.Next, Gaps: r.Gaps,
	}
	if in.Exit != nil {
		out.Exit = api.ExitCode(*in.Exit)
	}
	return json.NewEncoder(stdout).Encode(out)
}

// readInput takes a file as it lies on the disk, so that a long one is never in
// memory, and reads anything else to its end.
func readInput(in *output.Input, stdin *os.File) error {
	if info, err := stdin.Stat(); err == nil && info.Mode().IsRegular() {
		at, err := stdin.Seek(0, io.SeekCurrent)
		if err != nil {
			return fmt.Errorf("read standard input: %w", err)
		}
		in.Source, in.Size = io.NewSectionReader(stdin, at, info.Size()-at), info.Size()-at
		return nil
	}
	raw, err := io.ReadAll(stdin)
	if err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	in.Bytes = raw
	return nil
}
