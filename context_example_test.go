package aisession_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	aisession "github.com/ai-session/ai-session"
)

// A session that remembers: messages within a budget, and what an agent should read next.
func ExampleSession_Context() {
	ctx := context.Background()
	c := dial(ctx)
	defer c.Close()
	s, err := c.Create(ctx, aisession.SessionConfig{Name: "memory", AIContext: true, TokenLimit: 4096})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Kill(ctx)

	if _, err := s.Exec(ctx, "echo 'Hello, AI!'", aisession.Capture()); err != nil {
		log.Fatal(err)
	}
	x, err := s.Context(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := x.AddMessage(ctx, "user", "Run the test suite"); err != nil {
		log.Fatal(err)
	}
	if x.ApproachingLimit() {
		if _, err := x.SummarizeOldest(ctx); err != nil {
			log.Fatal(err)
		}
	}
	view, err := x.Read(ctx, 2000)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(view.Session, view.State, view.Memory.Messages, "messages")
	fmt.Println(strings.Contains(view.Text, "Hello, AI!\n"), strings.Contains(view.Text, "user:\nRun the test suite\n"))
	// Output:
	// memory ready 2 messages
	// true true
}

// The oldest messages become a summary; pinned ones stay, and the history is kept.
func ExampleContext_SummarizeOldest() {
	ctx := context.Background()
	c := dial(ctx)
	defer c.Close()
	s, err := c.Create(ctx, aisession.SessionConfig{Name: "summary", AIContext: true})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Kill(ctx)
	x, err := s.Context(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range []struct{ role, text string }{
		{"user", "Choose a test framework"},
		{"assistant", "We chose pytest instead of unittest. The fixtures are in tests/conftest.py."},
		{"user", "Go on"},
	} {
		if _, err := x.AddMessage(ctx, m.role, m.text); err != nil {
			log.Fatal(err)
		}
	}
	if _, err := x.SummarizeOldest(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Print(x.Memory().Summary)
	found, err := x.Messages(ctx, "unittest")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("found:", found[0].Text)
	// Output:
	// summary of 2 messages (all of them: context messages):
	// decisions:
	// - We chose pytest instead of unittest.
	// files: tests/conftest.py
	// asked:
	// - Choose a test framework
	// found: We chose pytest instead of unittest. The fixtures are in tests/conftest.py.
}

// Analyze says what outputs say.
func ExampleSession_Analyze() {
	ctx := context.Background()
	c := dial(ctx)
	defer c.Close()
	s := create(ctx, c, "analyze")
	defer s.Kill(ctx)

	if _, err := s.Exec(ctx, `printf 'main.c:3:5: error: expected expression\n' >&2; (exit 1)`); err != nil {
		log.Fatal(err)
	}
	analysis, err := s.Analyze(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("exit", analysis.Patterns[0].Exit, "errors", analysis.Patterns[0].Errors)
	for _, f := range analysis.Findings {
		fmt.Println(f.Severity, f.File, f.Line, f.Col)
	}
	// Output:
	// exit 1 errors 1
	// error main.c 3 5
}

// Ledger is what answers took, in tokens, against what a terminal showed.
func ExampleSession_Ledger() {
	ctx := context.Background()
	c := dial(ctx)
	defer c.Close()
	s := create(ctx, c, "ledger")
	defer s.Kill(ctx)

	if _, err := s.Exec(ctx, "seq -f 'item %g is up to date' 5000"); err != nil {
		log.Fatal(err)
	}
	tally, err := s.Ledger(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tally.Answers, "answer, more than 90 % saved:", tally.SavedPercent > 90)
	// Output: 1 answer, more than 90 % saved: true
}
