package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ai-session/ai-session/api"
)

// context reads; its members are about the conversation.
func (a *app) context() *cobra.Command {
	c := command(a, api.Context, func(req *api.ContextRequest, _ *cobra.Command) error {
		v, err := call(a, api.Context, req)
		if err != nil || a.json {
			return err
		}
		_, err = io.WriteString(a.stdout, printable(v.Text))
		return err
	})
	c.AddCommand(
		command(a, api.ContextAdd, func(req *api.MessageRequest, _ *cobra.Command) error {
			res, err := call(a, api.ContextAdd, req)
			if err != nil || a.json {
				return err
			}
			return a.renderMemory(fmt.Sprintf("message %d", res.Message.ID), len(res.Folded), res.Memory)
		}),
		command(a, api.ContextMessages, func(req *api.MessagesRequest, _ *cobra.Command) error {
			res, err := call(a, api.ContextMessages, req)
			if err != nil || a.json {
				return err
			}
			return renderMessages(a.stdout, res)
		}),
		command(a, api.ContextSummarize, func(req *api.SummarizeRequest, _ *cobra.Command) error {
			res, err := call(a, api.ContextSummarize, req)
			if err != nil {
				return err
			}
			if res.Outside != "" {
				fmt.Fprintf(a.stderr, "ai-session: summarised by rules: %s\n", printable(res.Outside))
			}
			if a.json {
				return nil
			}
			if _, err := io.WriteString(a.stdout, printable(res.Memory.Summary)); err != nil {
				return err
			}
			return a.renderMemory("conversation", len(res.Folded), res.Memory)
		}),
	)
	return c
}

// renderMemory says on stderr how full a conversation is.
func (a *app) renderMemory(what string, folded int, m api.Memory) error {
	line := fmt.Sprintf("%s: %d of %d tokens, %d of %s live", what, m.Tokens, m.TokenLimit, m.Live, counted(m.Messages, "message"))
	if folded > 0 {
		line += ", " + counted(folded, "message") + " summarised"
	}
	if m.Approaching {
		line += ", approaching the limit"
	}
	_, err := fmt.Fprintln(a.stderr, line)
	return err
}

func renderMessages(w io.Writer, list *api.MessageList) error {
	for _, m := range list.Messages {
		head := fmt.Sprintf("#%d %s", m.ID, m.Role)
		for _, word := range []struct {
			is   bool
			text string
		}{{m.Pinned, " pinned"}, {m.Folded, " summarised"}, {m.Ref != "", " " + m.Ref}} {
			if word.is {
				head += word.text
			}
		}
		text := strings.ReplaceAll(strings.TrimRight(printable(m.Text), "\n"), "\n", "\n  ")
		if _, err := fmt.Fprintf(w, "%s: %s\n", head, text); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) analyze() *cobra.Command {
	return command(a, api.Analyze, func(req *api.AnalyzeRequest, _ *cobra.Command) error {
		res, err := call(a, api.Analyze, req)
		if err != nil || a.json {
			return err
		}
		return renderAnalysis(a.stdout, res)
	})
}

func renderAnalysis(w io.Writer, res *api.Analysis) error {
	var b strings.Builder
	for _, p := range res.Patterns {
		fmt.Fprintf(&b, "%s exit=%s %s, %s: %s\n", p.Ref, p.Exit, p.Kind, counted(p.Errors, "error"), oneLine(p.Command))
		for _, f := range res.Findings {
			if f.Ref == p.Ref {
				fmt.Fprintf(&b, "  %s %s: %s\n", f.Severity, f.Kind, printable(findingLine(f.Finding)))
			}
		}
	}
	for _, e := range res.Entities {
		fmt.Fprintf(&b, "%s %s (%s)\n", e.Kind, printable(e.Text), e.Ref)
	}
	_, err := io.WriteString(w, b.String()+nextSteps(res.Next))
	return err
}

// findingLine is a finding as compilers write it.
func findingLine(f api.Finding) string {
	at := f.File
	if f.Line > 0 {
		at += fmt.Sprintf(":%d", f.Line)
	}
	if f.Col > 0 {
		at += fmt.Sprintf(":%d", f.Col)
	}
	parts := []string{}
	for _, part := range []string{at, f.Name, strings.TrimSpace(f.Message)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.ReplaceAll(strings.Join(parts, ": "), "\n", " ")
}

func (a *app) ledger() *cobra.Command {
	return command(a, api.Ledger, func(req *api.LedgerRequest, _ *cobra.Command) error {
		res, err := call(a, api.Ledger, req)
		if err != nil || a.json {
			return err
		}
		return renderLedger(a.stdout, res, req.Session == "")
	})
}

func renderLedger(w io.Writer, res *api.LedgerResult, total bool) error {
	t := table(w)
	fmt.Fprintln(t, "SESSION\tANSWERS\tRAW\tSHOWN\tANSWERED\tEXPANDED\tSAVED\tNEGATIVE\tCONTEXT")
	rows := res.Sessions
	if total {
		rows = append(rows[:len(rows):len(rows)], res.Total)
	}
	for _, y := range rows {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d (%d)\t%.1f%%\t%d (%d)\t%d (%d)\n", y.Session, y.Answers, y.RawTokens, y.RenderedTokens,
			y.AnsweredTokens, y.ExpandedTokens, y.Expansions, y.SavedPercent, y.NegativeTokens, y.Negatives, y.ContextTokens, y.Contexts)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, "tokens, estimated; in brackets how often; saved: answered and expanded against shown")
	return err
}
