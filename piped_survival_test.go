package aisession_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/api"
)

// A command without a terminal writes as fast as it can while its daemon is killed, or
// replaced. It is not: it ends with its own status, and every byte is there, or the
// place where some are missing is known. `make soak` kills more often.
func TestAPipedCommandOutlivesItsDaemon(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs a child subreaper")
	}
	lines, rounds := 700_000, 1 // 5 MB
	if os.Getenv("AI_SESSION_KILLS") != "" {
		lines, rounds = 7_000_000, 20 // 55 MB
	}
	var want bytes.Buffer
	for i := range lines {
		want.Write(strconv.AppendInt(nil, int64(i+1), 10))
		want.WriteByte('\n')
	}
	for _, c := range []struct {
		name    string
		replace func(t *testing.T, pid int)
		lossy   bool
	}{
		{"killed", func(t *testing.T, pid int) {
			if err := crashProcess(pid); err != nil {
				t.Error(err)
			}
		}, true},
		{"upgraded", func(t *testing.T, _ int) {
			if out, err := exec.Command("ai-session", "upgrade", filepath.Join(bin, "ai-sessiond")).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
			defer cancel()
			client := ownDaemon(t)
			dir := t.TempDir()
			if out, err := exec.Command("mkfifo", filepath.Join(dir, "go")).CombinedOutput(); err != nil {
				t.Fatalf("mkfifo: %v %s", err, out)
			}
			s, err := client.Create(ctx, aisession.SessionConfig{Name: "dev", Dir: dir, Argv: []string{"bash", "--norc"}})
			if err != nil {
				t.Fatal(err)
			}
			for range rounds {
				st, err := client.Status(ctx)
				if err != nil {
					t.Fatal(err)
				}
				info, err := s.Info(ctx)
				if err != nil {
					t.Fatal(err)
				}
				ended := make(chan *api.Report, 1)
				go func() {
					r, err := s.Exec(ctx, fmt.Sprintf("echo bad >&2; seq %d; read x <go; (exit 7)", lines), func(r *api.ExecRequest) { r.Pipe = true })
					if err != nil {
						t.Error(err)
					}
					ended <- r
				}()
				wrote(ctx, t, s, info.JournalBytes+1<<20)
				c.replace(t, st.PID)
				// Only now may it end: it was running when its daemon was not.
				if err := os.WriteFile(filepath.Join(dir, "go"), []byte("\n"), 0); err != nil {
					t.Fatal(err)
				}
				r := <-ended
				if r == nil {
					return
				}
				gap := slices.Contains(r.Flags, "gap")
				if r.Exit != api.ExitCode(7) || r.State != api.BlockDone || gap && !c.lossy {
					t.Errorf("exit %s, %s, flags %v", r.Exit, r.State, r.Flags)
				}
				out := pieces(ctx, t, client, r.Ref, "stdout")
				if !gap && len(out) != 1 {
					t.Errorf("%d pieces, and no gap is told", len(out))
				}
				if left := missing(want.Bytes(), out); left != "" {
					t.Errorf("stdout: %s (gap %v)", left, gap)
				}
				if e := pieces(ctx, t, client, r.Ref, "stderr"); len(e) != 1 || string(e[0]) != "bad\n" {
					t.Errorf("stderr %q", e)
				}
			}
			if r, err := s.Exec(ctx, "echo on"); err != nil || r.Text != "on\n" {
				t.Errorf("afterwards: %+v %v", r, err)
			}
		})
	}
}

// wrote waits until a session has written n bytes more.
func wrote(ctx context.Context, t *testing.T, s *aisession.Session, n int64) {
	t.Helper()
	enough := errors.New("enough")
	err := s.Follow(ctx, func(p []byte) error {
		if n -= int64(len(p)); n <= 0 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Fatal(err)
	}
}

// pieces reads what a block wrote to a stream: one piece, and one more behind each gap.
func pieces(ctx context.Context, t *testing.T, c *aisession.Client, ref, stream string) (all [][]byte) {
	t.Helper()
	for from := ref; ; {
		var b []byte
		err := api.ReadRaw.Stream(ctx, c.Caller(), &api.RawRequest{Ref: from, Stream: stream}, func(ch *api.Chunk) error {
			b = append(b, ch.Data...)
			return nil
		})
		all = append(all, b)
		if err == nil {
			return all
		}
		var e *api.Error
		if !errors.As(err, &e) || e.Code != api.StorageDegraded {
			t.Fatal(err)
		}
		_, from, _ = strings.Cut(e.Hint, "the rest: ")
	}
}

// missing says what is wrong with pieces that should be all of want but the gaps between.
func missing(want []byte, pieces [][]byte) string {
	for i, p := range pieces {
		at := bytes.Index(want, p)
		switch {
		case at < 0:
			return fmt.Sprintf("piece %d of %d bytes, %.40q, is none of it", i, len(p), p)
		case i == 0 && at > 0:
			return "its beginning is missing"
		}
		want = want[at+len(p):]
	}
	if len(want) > 0 {
		return fmt.Sprintf("the last %d bytes are missing", len(want))
	}
	return ""
}
