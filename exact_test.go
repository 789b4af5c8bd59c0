package aisession_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"text/template"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/embedded"
)

// exactCase is a command whose end is known: see exactCases of core/session, where every
// shell runs them.
type exactCase struct {
	Name, Command, Out, Cwd, Only string
	Bytes                         []byte
	Exit                          int
}

type exactGroup struct {
	Group string
	Cases []exactCase // for bash
}

func exactGroups(t *testing.T) (groups []exactGroup) {
	t.Helper()
	text, err := template.New("exact.json").Funcs(template.FuncMap{
		"repeat": func(n int, s string) string { return strings.Repeat(s, n) },
	}).ParseFiles("testdata/exact.json")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := text.Execute(&b, nil); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b.Bytes(), &groups); err != nil {
		t.Fatal(err)
	}
	for i, g := range groups {
		groups[i].Cases = nil
		for _, c := range g.Cases {
			if c.Only == "" || strings.Contains(c.Only, "bash") {
				c.Out += string(c.Bytes)
				groups[i].Cases = append(groups[i].Cases, c)
			}
		}
	}
	return groups
}

func (c exactCase) check(t *testing.T, r *api.Report, raw []byte) {
	t.Helper()
	out := strings.ReplaceAll(string(raw), "\r\n", "\n")
	if code, known := r.Exit.Code(); !known || code != c.Exit || r.State != api.BlockDone {
		t.Errorf("%s: %s, exit %s, want %d", c.Name, r.State, r.Exit, c.Exit)
	}
	if c.Out != "*" && out != c.Out {
		t.Errorf("%s: output %.200q, want %.200q", c.Name, out, c.Out)
	}
	if !strings.HasSuffix(r.Cwd, c.Cwd) {
		t.Errorf("%s: cwd %q, want ...%q", c.Name, r.Cwd, c.Cwd)
	}
}

// newBash is a session of a group of cases, in a folder of its own.
func newBash(t *testing.T, c *aisession.Client) *aisession.Session {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip(err)
	}
	s, err := c.Create(t.Context(), aisession.SessionConfig{Dir: t.TempDir(), Argv: []string{"bash", "--norc"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Kill(context.Background()) })
	return s
}

// throughLibrary runs the cases by a client's Exec, and reads the output by reference.
func throughLibrary(t *testing.T, client *aisession.Client) {
	for _, g := range exactGroups(t) {
		t.Run(g.Group, func(t *testing.T) {
			s := newBash(t, client)
			for _, c := range g.Cases {
				r, err := s.Exec(t.Context(), c.Command)
				if err != nil {
					t.Fatalf("%s: %v", c.Name, err)
				}
				raw, err := client.Output(t.Context(), r.Ref)
				if err != nil {
					t.Fatalf("%s: %v", c.Name, err)
				}
				c.check(t, r, raw)
			}
		})
	}
}

func TestExecThroughTheDaemonIsExact(t *testing.T) { throughLibrary(t, ownDaemon(t)) }

func TestExecWithoutADaemonIsExact(t *testing.T) {
	r, err := embedded.Open(t.Context(), embedded.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	throughLibrary(t, r.Client)
}

// A batch has all of a group's commands before the first one's answer.
func TestExecInABatchIsExact(t *testing.T) {
	client := dial(t.Context())
	defer client.Close()
	for _, g := range exactGroups(t) {
		t.Run(g.Group, func(t *testing.T) {
			s := newBash(t, client)
			var lines bytes.Buffer
			for _, c := range g.Cases {
				if err := json.NewEncoder(&lines).Encode([]string{"exec", s.ID, "--raw", c.Command}); err != nil {
					t.Fatal(err)
				}
			}
			batch := exec.CommandContext(t.Context(), "ai-session", "batch")
			batch.Stdin, batch.Stderr = &lines, os.Stderr
			out, err := batch.Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			answers := json.NewDecoder(bytes.NewReader(out))
			for _, c := range g.Cases {
				var a struct{ Result api.Report }
				if err := answers.Decode(&a); err != nil {
					t.Fatalf("%s: %v", c.Name, err)
				}
				raw := a.Result.Raw
				if len(a.Result.Gaps) > 0 {
					if raw, err = client.Output(t.Context(), a.Result.Ref); err != nil {
						t.Fatalf("%s: %v", c.Name, err)
					}
				}
				c.check(t, &a.Result, raw)
			}
		})
	}
}
