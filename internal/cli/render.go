package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ai-session/ai-session/api"
)

func table(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 0, 8, 2, ' ', 0) }

func renderSessions(w io.Writer, sessions []api.Session, detailed bool) error {
	t := table(w)
	if detailed {
		fmt.Fprintln(t, "NAME\tSTATE\tFOR\tPID\tPROGRAM\tSIZE\tCLIENTS\tBLOCKS\tCWD\tEVIDENCE")
	} else {
		fmt.Fprintln(t, "NAME\tSTATE\tFOR\tPROGRAM\tCWD")
	}
	for _, s := range sessions {
		age := seconds(s.AgeMS.Duration())
		program := filepath.Base(s.Shell)
		if detailed {
			fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\t%d\t%d\t%s\t%s\n", s.Name, s.State, age, s.PID, printable(program), s.Size,
				s.Clients, s.Blocks, printable(s.Cwd), printable(strings.Join(s.Evidence, "; ")))
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", s.Name, s.State, age, printable(program), printable(s.Cwd))
	}
	return t.Flush()
}

func renderSession(w io.Writer, s *api.Session) error {
	t := table(w)
	rows := [][2]string{
		{"name", s.Name}, {"id", s.ID},
		{"state", fmt.Sprintf("%s for %s (%s)", s.State, seconds(s.AgeMS.Duration()), strings.Join(s.Evidence, "; "))},
		{"program", fmt.Sprintf("%s (pid %d)", s.Shell, s.PID)}, {"cwd", s.Cwd}, {"size", s.Size.String()},
		{"title", s.Title}, {"created", s.CreatedAt.Local().Format(time.DateTime)},
		{"clients", fmt.Sprint(s.Clients)}, {"blocks", fmt.Sprint(s.Blocks)}, {"open", s.Open},
		{"journal", fmt.Sprintf("%d bytes", s.JournalBytes)},
		{"encoding", s.Encoding},
	}
	if s.Exit != nil {
		rows = append(rows, [2]string{"exit", s.Exit.String()})
	}
	for _, r := range rows {
		if r[1] != "" {
			fmt.Fprintf(t, "%s\t%s\n", r[0], printable(r[1]))
		}
	}
	return t.Flush()
}

func renderOutput(w io.Writer, o *api.Output) error {
	for _, g := range o.Gaps {
		if o.RawTokens > 0 {
			break // a reduced text has its gaps where they are
		}
		if _, err := fmt.Fprintf(w, "[... %d lines %s]\n", g.Lines, g.Ref); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, printable(o.Text)+nextSteps(o.Next))
	return err
}

func renderHistory(w io.Writer, h *api.History) error {
	t := table(w)
	fmt.Fprintln(t, "REF\tEXIT\tTIME\tLINES\tCWD\tCOMMAND")
	for _, b := range h.Blocks {
		exit := b.Exit.String()
		if b.State != api.BlockDone {
			exit = string(b.State)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\n", b.Ref, exit, seconds(b.DurationMS.Duration()), b.Lines, printable(b.Cwd), oneLine(b.Command))
	}
	return t.Flush()
}

// oneLine is the beginning of a command.
func oneLine(s string) string {
	s, rest, more := strings.Cut(strings.TrimSpace(s), "\n")
	const most = 80
	if len(s) > most {
		s, more = strings.ToValidUTF8(s[:most], ""), true
	}
	if more || rest != "" {
		s += " ..."
	}
	return printable(s)
}

func renderEvent(w io.Writer, e *api.Event, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(e)
	}
	line := fmt.Sprintf("%s %s %s", e.At.Local().Format(time.TimeOnly), e.Session, e.Kind)
	if e.State != "" {
		line += " " + string(e.State)
	}
	if e.Block != nil {
		line += fmt.Sprintf(" @%s", e.Block.ID)
		if e.Kind == "exec_end" {
			line += " exit=" + e.Block.Exit.String()
		}
		line += " " + oneLine(e.Block.Command)
	}
	if e.Missed > 0 {
		line += fmt.Sprintf(" %d events missed", e.Missed)
	}
	_, err := fmt.Fprintln(w, line)
	return err
}

func renderStatus(w io.Writer, s *api.Status) error {
	t := table(w)
	fmt.Fprintf(t, "pid\t%d\nversion\t%s\nuptime\t%s\ngeneration\t%d\nsessions\t%d\nsocket\t%s\nstorage\t%s (%d bytes of journals)\n",
		s.PID, s.Version, seconds(s.UptimeMS.Duration()), s.Generation, s.Sessions, s.Socket, s.Storage.Dir, s.Storage.JournalBytes)
	if s.Keeper == nil {
		fmt.Fprintf(t, "keeper\tnone: sessions end with the daemon\n")
	} else {
		fmt.Fprintf(t, "keeper\tpid %d\n", s.Keeper.PID)
	}
	if r := s.Recovered; r != nil {
		fmt.Fprintf(t, "recovered\t%s in %s, %d with a gap, %d not taken over\n",
			counted(r.Sessions, "session"), seconds(r.TookMS.Duration()), r.Gaps, r.Failed)
	}
	if s.EventsUnkept != "" {
		fmt.Fprintf(t, "events\tend with this daemon: %s\n", printable(s.EventsUnkept))
	}
	if s.RolledBack != "" {
		fmt.Fprintf(t, "last upgrade\ttaken back: %s\n", printable(s.RolledBack))
	}
	if s.Storage.Degraded != "" {
		fmt.Fprintf(t, "degraded\t%s\n", printable(s.Storage.Degraded))
	}
	return t.Flush()
}
