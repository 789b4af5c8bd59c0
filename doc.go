// Package aisession is the Go library of ai-session, the terminal that agents work
// in and people watch over.
//
// Dial reaches the daemon of this user, and starts one if there is none. A Session
// outlives the program that made it: its commands run in one living shell, and an
// answer carries the true exit status, the folder the shell is in, the output's last
// lines, and a reference that opens every byte of it, now or later.
//
//	c, err := aisession.Dial(ctx, "")
//	s, err := c.Create(ctx, aisession.SessionConfig{Name: "dev"})
//	r, err := s.Exec(ctx, "go test ./...")   // r.Exit, r.Text, r.Ref
//	raw, err := c.Output(ctx, r.Ref)
//
// A call that fails returns an *api.Error, whose Code says what to do about it.
// Ending a context ends the waiting, never the command. A Client may be used by many
// goroutines. No daemon code is linked.
package aisession
