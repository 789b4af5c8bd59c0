package session

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/wire"
)

// viewer is an attached terminal with an emulator behind it.
type viewer struct {
	t    *testing.T
	conn api.Conn
	term *vt.Terminal
	last api.FrameKind
	end  string
}

func attach(t *testing.T, s *Session, req api.AttachRequest) *viewer {
	t.Helper()
	conn, err := s.Attach(&req, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &viewer{t: t, conn: conn, term: vt.New(vt.Config{Cols: max(1, req.Cols), Rows: max(1, req.Rows)})}
}

// step shows one frame and gives credit for it, as the command line does.
func (v *viewer) step() bool {
	v.t.Helper()
	f, err := v.conn.Receive()
	if err == io.EOF {
		return false
	}
	if err != nil {
		v.t.Fatal(err)
	}
	v.last = f.Kind
	switch f.Kind {
	case api.FrameRepaint:
		cols, rows := v.term.Size()
		v.term = vt.New(vt.Config{Cols: cols, Rows: rows})
		fallthrough
	case api.FrameOutput, api.FrameDraw:
		v.term.Write(f.Data)
		v.conn.Send(api.Frame{Kind: api.FrameCredit, Data: wire.CreditData(len(f.Data))})
	case api.FrameEnd:
		v.end = string(f.Data)
	}
	return true
}

// until shows frames until the screen has the text.
func (v *viewer) until(text string) {
	v.t.Helper()
	for !strings.Contains(v.term.Text(vt.TextOptions{}), text) {
		if !v.step() {
			v.t.Fatalf("the stream ended (%s) before %q:\n%s", v.end, text, v.term.Text(vt.TextOptions{}))
		}
	}
}

func TestAttachedTerminalShowsTheScreenAndTakesKeys(t *testing.T) {
	t.Parallel()
	s := bash(t)
	run(t, s, "echo before")
	v := attach(t, s, api.AttachRequest{Cols: 80, Rows: 24})
	v.until("before")
	if size := s.Info().Size; size != (api.Size{Cols: 80, Rows: 24}) {
		t.Errorf("size %s", size)
	}
	v.conn.Send(api.Frame{Kind: api.FrameInput, Data: []byte("echo ty''ped\r")})
	v.until("typed") // its echo is ty''ped; typed before the prompt, it stands behind it
	v.conn.Send(api.Frame{Kind: api.FrameDetach})
	for v.step() {
	}
	if v.end != "detached" || s.Info().Clients != 1 {
		t.Errorf("end %q, %d clients before Close", v.end, s.Info().Clients)
	}
	v.conn.Close()
	if n := s.Info().Clients; n != 0 {
		t.Errorf("%d clients after Close", n)
	}
}

func TestViewerNeitherTypesNorResizes(t *testing.T) {
	t.Parallel()
	s := bash(t)
	run(t, s, "true")
	v := attach(t, s, api.AttachRequest{Cols: 40, Rows: 10, ReadOnly: true})
	v.conn.Send(api.Frame{Kind: api.FrameInput, Data: []byte("echo no\r")})
	v.conn.Send(api.Frame{Kind: api.FrameResize, Data: wire.SizeData(50, 12, 0, 0)})
	if r := run(t, s, "echo yes"); out(r) != "yes\n" {
		t.Errorf("%q", r.Raw)
	}
	v.until("yes")
	if info := s.Info(); info.Size != defaultSize || info.State != api.Ready {
		t.Errorf("%+v", info)
	}
	if strings.Contains(v.term.Text(vt.TextOptions{}), "no") {
		t.Error("a viewer typed")
	}
}

func TestSmallerTerminalSeesThePartAroundTheCursor(t *testing.T) {
	t.Parallel()
	s := bash(t)
	run(t, s, "PS1='> '")
	v := attach(t, s, api.AttachRequest{Cols: 20, Rows: 5, ReadOnly: true})
	run(t, s, "seq 1 60; printf '%070d\\n' 7; echo end")
	v.until("end\n>")
	text := v.term.Text(vt.TextOptions{})
	if !strings.HasPrefix(text, "60\n"+strings.Repeat("0", 20)+"\n") && !strings.Contains(text, "\n60\n") && !strings.HasPrefix(text, strings.Repeat("0", 20)) {
		t.Errorf("screen:\n%s", text)
	}
	if _, col := v.term.Cursor(); col != 2 {
		t.Errorf("cursor in column %d", col)
	}
}

func TestSizeFollowsTheClientThatTypedLast(t *testing.T) {
	t.Parallel()
	s := bash(t)
	run(t, s, "true")
	small := attach(t, s, api.AttachRequest{Cols: 60, Rows: 15})
	large := attach(t, s, api.AttachRequest{Cols: 130, Rows: 45})
	if size := s.Info().Size; size != (api.Size{Cols: 130, Rows: 45}) {
		t.Fatalf("size %s after the second came", size)
	}
	small.conn.Send(api.Frame{Kind: api.FrameInput, Data: []byte(" ")})
	if size := s.Info().Size; size != (api.Size{Cols: 60, Rows: 15}) {
		t.Fatalf("size %s after the first typed", size)
	}
	large.conn.Send(api.Frame{Kind: api.FrameResize, Data: wire.SizeData(100, 30, 0, 0)})
	if size := s.Info().Size; size != (api.Size{Cols: 100, Rows: 30}) {
		t.Fatalf("size %s after the second was resized", size)
	}
}

func TestTerminalWithoutCreditIsRepaintedNotFed(t *testing.T) {
	t.Parallel()
	s := bash(t)
	run(t, s, "PS1='> '")
	conn, err := s.Attach(&api.AttachRequest{Cols: 120, Rows: 40}, "slow")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	run(t, s, "seq 1 200000; echo finished")
	waitFor(t, s, api.WaitRequest{For: "prompt"}) // else it is drawn between the two screens
	c := conn.(*client)
	c.mu.Lock()
	held := 0
	for _, f := range c.out {
		held += len(f.Data)
	}
	c.mu.Unlock()
	if held > api.AttachCredit+64<<10 {
		t.Errorf("%d bytes are held for a client that gave credit for %d", held, api.AttachCredit)
	}
	conn.Send(api.Frame{Kind: api.FrameCredit, Data: wire.CreditData(api.AttachCredit)})
	term := vt.New(vt.Config{Cols: 120, Rows: 40})
	for kind := api.FrameKind(0); kind != api.FrameRepaint || !strings.Contains(term.Text(vt.TextOptions{}), "finished"); {
		f, err := conn.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if kind = f.Kind; kind == api.FrameRepaint {
			term = vt.New(vt.Config{Cols: 120, Rows: 40})
		}
		term.Write(f.Data)
	}
	if got, want := term.Text(vt.TextOptions{}), s.term.Text(vt.TextOptions{}); got != want {
		t.Errorf("screen:\n%s\nwant:\n%s", got, want)
	}
}

func TestDetachSendsClientsAway(t *testing.T) {
	t.Parallel()
	s := bash(t)
	run(t, s, "true")
	typist := attach(t, s, api.AttachRequest{Cols: 80, Rows: 24})
	watcher := attach(t, s, api.AttachRequest{Cols: 80, Rows: 24, ReadOnly: true})
	if n := s.Detach(false); n != 1 {
		t.Errorf("%d detached", n)
	}
	for typist.step() {
	}
	if n := s.Detach(true); n != 2 { // the first has not closed its end yet
		t.Errorf("%d detached with all", n)
	}
	for watcher.step() {
	}
	if typist.end != "detached" || watcher.end != "detached" {
		t.Errorf("%q %q", typist.end, watcher.end)
	}
}

func TestRawOutputIsByteExactByEveryReference(t *testing.T) {
	t.Parallel()
	s := bash(t)
	first := run(t, s, `printf 'a\000b\377c\n'; seq 1 30`)
	run(t, s, "echo second")
	read := func(ref api.Ref, number uint64, lines string) string {
		var b bytes.Buffer
		err := s.Archive().Raw(context.Background(), &api.RawRequest{Lines: lines}, ref, number, func(c *api.Chunk) error {
			b.Write(c.Data)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	number, _ := api.BlockNumber(first.ID)
	whole := read(api.Ref{}, number, "")
	if whole != string(first.Raw) || !strings.HasPrefix(whole, "a\x00b\xffc\r\n1\r\n") {
		t.Fatalf("%q", whole)
	}
	for i := 0; i < len(whole); i += 7 {
		to := min(i+9, len(whole))
		if got := read(api.Ref{Bytes: &api.Range{From: int64(i), To: int64(to)}}, number, ""); got != whole[i:to] {
			t.Errorf("bytes %d-%d: %q, want %q", i, to, got, whole[i:to])
		}
	}
	if got := read(api.Ref{}, number, "-2"); got != "29\r\n30\r\n" {
		t.Errorf("last two lines: %q", got)
	}
	if got := read(api.Ref{}, number, "2-3"); got != "1\r\n2\r\n" {
		t.Errorf("lines 2-3: %q", got)
	}
	if all := read(api.Ref{}, 0, ""); !strings.Contains(all, whole) || !strings.Contains(all, "second\r\n") {
		t.Errorf("session: %q", all)
	}
}

func TestLinesOfLongOutputKeepTheirNumbers(t *testing.T) {
	t.Parallel()
	s := bash(t)
	r := run(t, s, "seq 1 180000") // over 1 MiB: drawn piece by piece
	number, _ := api.BlockNumber(r.ID)
	for _, c := range []struct{ lines, want string }{
		{"1-2", "1\n2\n"}, {"179999-", "179999\n180000\n"}, {"150000", "150000\n"}, {"-1", "180000\n"},
	} {
		o, err := s.Archive().Output(&api.OutputRequest{Lines: c.lines}, api.Ref{}, number)
		if err != nil || o.Text != c.want || o.Total != 180000 {
			t.Errorf("lines %s: %q of %d, %v", c.lines, o.Text, o.Total, err)
		}
	}
	o, err := s.Archive().Output(&api.OutputRequest{Grep: "^1799.9$"}, api.Ref{}, number)
	if err != nil || o.Lines != 10 {
		t.Errorf("grep: %d lines %q, %v", o.Lines, o.Text, err)
	}
	rep, err := s.Block(number, textOptions{maxTokens: 50})
	if err != nil || rep.Lines != 180000 || len(rep.Gaps) != 1 || !strings.HasSuffix(rep.Text, "180000\n") {
		t.Fatalf("%+v %v", rep, err)
	}
	shown := strings.Count(rep.Text, "\n") - 1
	if want := fmt.Sprintf("@%s:1-%d", rep.ID, 180000-shown); rep.Gaps[0].Ref != want || rep.Gaps[0].Lines != 180000-shown {
		t.Errorf("gap %+v, want %s", rep.Gaps[0], want)
	}
}

// What it shows of the program's own bytes is left out here: a terminal that does not
// know the sequence shows nothing of them.
func TestTerminalWithoutTextSizesIsShownTheText(t *testing.T) {
	t.Parallel()
	s := bash(t)
	run(t, s, "true")
	v := attach(t, s, api.AttachRequest{Cols: 80, Rows: 24})
	run(t, s, `printf '\e]66;s=3:w=7;%s\e\\\n' "sized wo""rds"`)
	for {
		f, err := v.conn.Receive()
		if err != nil {
			t.Fatalf("no repaint has the text: %v", err)
		}
		if f.Kind == api.FrameRepaint && bytes.Contains(f.Data, []byte("sized words")) {
			return
		}
		v.conn.Send(api.Frame{Kind: api.FrameCredit, Data: wire.CreditData(len(f.Data))})
	}
}
