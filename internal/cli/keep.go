package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/config"
	"github.com/ai-session/ai-session/internal/wire"
)

func (a *app) export() *cobra.Command {
	var file string
	c := command(a, api.Export, func(req *api.ExportRequest, _ *cobra.Command) error {
		c, err := a.caller()
		if err != nil {
			return err
		}
		if file == "" && isTerminal(a.stdout) && req.Format != "asciicast" {
			return api.Errorf(api.Invalid, "an export is no text for a terminal").WithHint("ai-session export %s --output FILE", req.Ref)
		}
		if file == "" {
			return a.exportTo(c, req, a.stdout)
		}
		return whole(file, func(out io.Writer) error { return a.exportTo(c, req, out) })
	})
	c.Flags().StringVarP(&file, "output", "o", "", "file to write; by default stdout")
	return c
}

func (a *app) exportTo(c api.Caller, req *api.ExportRequest, out io.Writer) error {
	return api.Export.Stream(a.ctx, c, req, func(chunk *api.Chunk) error {
		_, err := out.Write(chunk.Data)
		return err
	})
}

// whole writes a file that appears when all of it is there: what was under its name stays
// if write fails. A device or a pipe is written to as it comes.
func whole(path string, write func(io.Writer) error) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	if named, err := filepath.EvalSymlinks(path); err == nil {
		path = named
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".export-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // where it has its own name by then, nothing is there
	if err := errors.Join(write(f), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func (a *app) importFile() *cobra.Command {
	return command(a, api.Import, func(req *api.ImportRequest, _ *cobra.Command) error {
		if err := a.nameImport(req); err != nil {
			return err
		}
		res, err := call(a, api.Import, req)
		if err != nil || a.json {
			return err
		}
		blocks := ""
		if res.Blocks > 0 {
			blocks = fmt.Sprintf(", %s to %s", res.First, res.Last)
		}
		_, err = fmt.Fprintf(a.stdout, "%s (%s%s)\n", res.ID, counted(res.Blocks, "block"), blocks)
		return err
	})
}

// maxImport is the largest file that fits into a request as base64, with room for the
// other fields.
const maxImport = wire.MaxBody/4*3 - 4<<10

// nameImport tells the daemon what to import. One on this machine opens the file itself;
// another's is sent what is in it.
func (a *app) nameImport(req *api.ImportRequest) (err error) {
	if req.Path == "" {
		return usageError{errors.New("import needs a FILE, or - for stdin")}
	}
	if req.Path != "-" && !config.IsRemote(a.server) {
		req.Path, err = filepath.Abs(req.Path)
		return err
	}
	in := a.stdin
	if req.Path != "-" {
		f, err := os.Open(req.Path)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	if req.Data, err = io.ReadAll(io.LimitReader(in, maxImport+1)); err != nil {
		return err
	}
	if len(req.Data) > maxImport {
		return api.Errorf(api.TooLarge, "%s holds more than the %d MB that can be sent", req.Path, maxImport>>20).
			WithHint("copy it to the daemon's machine and import it there")
	}
	req.Path = ""
	return nil
}

func (a *app) search() *cobra.Command {
	return command(a, api.Search, func(req *api.SearchRequest, _ *cobra.Command) error {
		res, err := call(a, api.Search, req)
		if err != nil {
			return err
		}
		if len(res.Hits) == 0 {
			a.status = exitError // as grep
		}
		if res.Gaps > 0 {
			fmt.Fprintf(a.stderr, "ai-session: %s of output could not be searched\n", counted(res.Gaps, "range"))
		}
		if res.More {
			a.more(res.NextCursor)
		}
		if a.json {
			return nil
		}
		t := table(a.stdout)
		for _, h := range res.Hits {
			mark := ""
			if h.Kind == "command" {
				mark = "$ "
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s%s\n", h.Ref, printable(h.Session), h.At.Local().Format(time.DateTime), mark, printable(h.Line))
		}
		return t.Flush()
	})
}

// play shows a recording at the speed it was made with.
func (a *app) play() *cobra.Command {
	speed, idle := 1.0, 2*time.Second
	c := &cobra.Command{
		Use: "play REF", Short: "Show again what a session wrote, in its own time",
		Example: "  ai-session play @e42 --speed 4",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if speed <= 0 {
				return usageError{fmt.Errorf("--speed %g is not above 0", speed)}
			}
			c, err := a.caller()
			if err != nil {
				return err
			}
			r, w := io.Pipe()
			go func() {
				w.CloseWithError(api.Export.Stream(a.ctx, c, &api.ExportRequest{Ref: args[0], Format: "asciicast"}, func(chunk *api.Chunk) error {
					_, err := w.Write(chunk.Data)
					return err
				}))
			}()
			defer r.Close()
			return a.show(r, speed, idle)
		},
	}
	c.Flags().Float64Var(&speed, "speed", speed, "times as fast")
	c.Flags().DurationVar(&idle, "max-idle", idle, "wait no longer than this between two pieces")
	return c
}

// show writes an asciicast's output when its time has come.
func (a *app) show(r io.Reader, speed float64, idle time.Duration) error {
	lines := bufio.NewReader(r)
	if _, err := lines.ReadBytes('\n'); err != nil { // the header: its size is the recording's, not ours to change
		return err
	}
	last := 0.0
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var event [3]any
		if err := json.Unmarshal(line, &event); err != nil {
			return fmt.Errorf("the recording: %w", err)
		}
		at, _ := event[0].(float64)
		text, _ := event[2].(string)
		if event[1] != "o" {
			continue
		}
		pause := min(time.Duration((at-last)*float64(time.Second)), idle)
		last = at
		if err := rest(a.ctx, time.Duration(float64(pause)/speed)); err != nil {
			return err
		}
		if _, err := io.WriteString(a.stdout, text); err != nil {
			return err
		}
	}
}

func rest(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *app) snapshot() *cobra.Command {
	parent := &cobra.Command{
		Use: "snapshot", Short: "Keep a session's state, and make sessions of it",
		Example: "  ai-session snapshot save dev before-upgrade",
	}
	parent.AddCommand(
		command(a, api.SnapshotSave, func(req *api.SnapshotSaveRequest, _ *cobra.Command) error {
			snap, err := call(a, api.SnapshotSave, req)
			if err != nil || a.json {
				return err
			}
			if snap.Why != "" {
				fmt.Fprintf(a.stderr, "ai-session: the shell's own state is not in it: %s\n", printable(snap.Why))
			}
			_, err = fmt.Fprintln(a.stdout, snap.Name)
			return err
		}),
		command(a, api.SnapshotsOf, func(req *api.SnapshotListRequest, _ *cobra.Command) error {
			list, err := call(a, api.SnapshotsOf, req)
			if err != nil || a.json {
				return err
			}
			t := table(a.stdout)
			fmt.Fprintln(t, "NAME\tSESSION\tCREATED\tSTATE\tSIZE\tCWD\tNOTE")
			for _, s := range list.Snapshots {
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.Name, s.Session, s.CreatedAt.Format(time.DateTime), s.State, api.Bytes(s.Bytes), printable(s.Cwd), printable(s.Note))
			}
			return t.Flush()
		}),
		command(a, api.SnapshotShow, func(req *api.SnapshotRequest, _ *cobra.Command) error {
			snap, err := call(a, api.SnapshotShow, req)
			if err != nil || a.json {
				return err
			}
			return renderSnapshot(a.stdout, snap)
		}),
		command(a, api.SnapshotCompare, func(req *api.SnapshotDiffRequest, _ *cobra.Command) error {
			d, err := call(a, api.SnapshotCompare, req)
			if err != nil || a.json {
				return err
			}
			for _, c := range d.Changes {
				fmt.Fprintf(a.stdout, "%s\n%s%s", c.What, prefixed("- ", c.From), prefixed("+ ", c.To))
			}
			return nil
		}),
		command(a, api.SnapshotRestore, func(req *api.SnapshotRestoreRequest, _ *cobra.Command) error {
			s, err := call(a, api.SnapshotRestore, req)
			if err != nil || a.json {
				return err
			}
			_, err = fmt.Fprintln(a.stdout, s.Name)
			return err
		}),
		command(a, api.SnapshotDelete, func(req *api.SnapshotRequest, _ *cobra.Command) error {
			_, err := call(a, api.SnapshotDelete, req)
			return err
		}),
	)
	return parent
}

// prefixed puts a mark before each line of a text; an empty one is no line.
func prefixed(mark, text string) string {
	if text = strings.TrimRight(text, "\n"); text == "" {
		return ""
	}
	return mark + strings.ReplaceAll(printable(text), "\n", "\n"+mark) + "\n"
}

func renderSnapshot(w io.Writer, s *api.SnapshotDetail) error {
	t := table(w)
	fmt.Fprintf(t, "name\t%s\nsession\t%s (%s)\ncreated\t%s\nshell\t%s\ncwd\t%s\nsize\t%s\nstate\t%s %s\nhistory\t%d lines\n",
		s.Name, s.Session, s.SessionID, s.CreatedAt.Format(time.RFC3339), printable(s.Shell), printable(s.Cwd), s.Size, s.State, printable(s.Why), s.Lines)
	for _, p := range s.Running {
		fmt.Fprintf(t, "running\t%s\n", printable(strings.Join(p.Argv, " ")))
		if p.Resume != "" {
			fmt.Fprintf(t, "resume\t%s\n", printable(p.Resume))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s\n", printable(s.Screen))
	return err
}

func (a *app) restore() *cobra.Command {
	return command(a, api.Restore, func(req *api.RestoreRequest, _ *cobra.Command) error {
		res, err := call(a, api.Restore, req)
		if err != nil {
			return err
		}
		for _, f := range res.Failed {
			fmt.Fprintf(a.stderr, "ai-session: %s\n", printable(f))
			a.status = exitError
		}
		if a.json {
			return nil
		}
		for _, s := range res.Sessions {
			fmt.Fprintln(a.stdout, s.Name)
		}
		return nil
	})
}
