//go:build unix

package session

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ai-session/ai-session/api"
)

// typingModel builds the program that reads its keyboard by several rules.
func typingModel(t *testing.T) string {
	t.Helper()
	gocmd, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go command to build the model with")
	}
	program := filepath.Join(t.TempDir(), "typing")
	build := exec.Command(gocmd, "build", "-o", program, "./testdata/typing")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if bytes.Contains(out, []byte("build cache")) { // no HOME, or one that cannot be written to
		t.Skipf("nothing can be built here: %s", out)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// Whatever a program takes for a paste, text and Enter submit the text once, as it was.
func TestSentTextIsSubmittedOnce(t *testing.T) {
	program := typingModel(t)
	texts := []string{
		"one line",
		"a",
		"several\nlines, the third\n\n  after an empty one",
		"žluťoučký 漢字 🙂 שלום",
		"the last",
	}
	m := newManager(t)
	for _, rule := range []string{"burst", "chunk", "return", "queue"} {
		for _, paste := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/paste=%t", rule, paste), func(t *testing.T) {
				t.Parallel()
				file := filepath.Join(t.TempDir(), "submitted")
				s, _ := start(t, m, program, rule, file)
				everWrote(t, s, "ready")
				for i, text := range texts {
					_, err := s.Send(context.Background(), &api.SendRequest{
						Text: text, Keys: []string{"Enter"}, Paste: paste,
						Until: &api.Until{Match: fmt.Sprintf("submitted=%d", i+1), TimeoutMS: api.MillisOf(patience)},
					}, "test")
					if err != nil {
						t.Fatal(err)
					}
				}
				if got := submissions(t, file); !slices.Equal(got, texts) {
					t.Errorf("submitted %q, want %q", got, texts)
				}
			})
		}
	}
}

// everWrote waits for a text that may have come already.
func everWrote(t *testing.T, s *Session, text string) {
	t.Helper()
	w, err := s.newWaiter("text", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	w.from = 0
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := w.wait(ctx, ctx); err != nil {
		t.Fatal(err)
	}
}

func submissions(t *testing.T, file string) (all []string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b) {
		var text string
		if err := json.Unmarshal(line, &text); err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	return all
}

// A real line editor: what is sent is one line, or one pasted text, and runs once.
func TestSentTextIsRunOnceByALineEditor(t *testing.T) {
	m := newManager(t)
	s, dir := start(t, m, shellArgv(t, "bash")...)
	begins(t, s, "bash --norc") // readline, with bracketed paste
	waitFor(t, s, api.WaitRequest{Match: `[$#] $`})
	for i, text := range []string{
		"echo one >>f",
		"for i in two three; do\n  echo $i >>f\ndone",
		"echo four \\\n  >>f",
	} {
		_, err := s.Send(context.Background(), &api.SendRequest{
			Text: text + fmt.Sprintf("; echo done''%d", i), Keys: []string{"Enter"},
			Until: &api.Until{Match: fmt.Sprintf("done%d", i), TimeoutMS: api.MillisOf(patience)},
		}, "test")
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(filepath.Join(dir, "f"))
	if want := "one\ntwo\nthree\nfour\n"; err != nil || string(got) != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

// Killing a session must not wait for a program to read what was typed at it.
func TestSessionWithUnreadInputEnds(t *testing.T) {
	t.Parallel()
	s := bash(t)
	begins(t, s, "stty raw -echo; echo ready; sleep 1000")
	waitFor(t, s, api.WaitRequest{Match: "ready"})
	send(t, s, strings.Repeat("x", 200_000)) // the kernel takes a third of it
	ended := make(chan error, 1)
	go func() { ended <- s.Close() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("it is still there")
	}
}
