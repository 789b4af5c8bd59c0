//go:build linux

package main

import (
	"bytes"
	"fmt"
	"strconv"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/api"
)

// exactExec makes sure before anything is timed that answers are answers: output
// byte for byte, and a status that is not 0.
func exactExec(l *lab, s *aisession.Session) error {
	raw, r, err := l.raw(s, `printf 'a\n\n b'; (exit 7)`)
	if err != nil {
		return err
	}
	if code, known := r.Exit.Code(); !known || code != 7 || string(raw) != "a\r\n\r\n b" {
		return fmt.Errorf("exec is not exact: exit %s, %q", r.Exit, raw)
	}
	return nil
}

// raw runs a command and returns the bytes it wrote.
func (l *lab) raw(s *aisession.Session, command string) ([]byte, *api.Report, error) {
	r, err := api.Exec.Call(l.ctx, l.client.Caller(), &api.ExecRequest{Session: s.ID, Command: command, Raw: true, TimeoutMS: api.MillisOf(trialPatience)})
	if err != nil {
		return nil, nil, err
	}
	return r.Raw, r, nil
}

// numbers is what seq n writes to a terminal.
func numbers(n int) []byte {
	var b bytes.Buffer
	for i := 1; i <= n; i++ {
		b.WriteString(strconv.Itoa(i))
		b.WriteString("\r\n")
	}
	return b.Bytes()
}
