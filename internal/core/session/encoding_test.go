//go:build unix

package session

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/vt"
)

// foreignTexts are texts and the character sets they are written in.
var foreignTexts = []struct{ set, iconv, text string }{
	{"iso-8859-1", "ISO-8859-1", "naïve façade ½"},
	{"iso-8859-15", "ISO-8859-15", "œuf à 5 €"},
	{"koi8-r", "KOI8-R", "Съешь ещё булок"},
	{"windows-1255", "CP1255", "שלום עולם"}, // written from right to left
	{"windows-1256", "CP1256", "السلام عليكم"},
	{"shift_jis", "SHIFT_JIS", "日本語ソ表 ｶﾅ"}, // with a backslash's and a bar's bytes within characters
	{"euc-jp", "EUC-JP", "日本語テキスト"},
	{"gbk", "GBK", "简体中文测试"},
	{"big5", "BIG5", "繁體中文功許"},
	{"euc-kr", "EUC-KR", "한국어 텍스트"},
}

// inSet writes a text with the system's own converter.
func inSet(t *testing.T, iconv, text string) []byte {
	t.Helper()
	if _, err := exec.LookPath("iconv"); err != nil {
		t.Skip("iconv is not installed here")
	}
	cmd := exec.Command("iconv", "-f", "UTF-8", "-t", iconv)
	cmd.Stdin = strings.NewReader(text)
	b, err := cmd.Output()
	if err != nil {
		t.Skipf("iconv does not write %s here: %v", iconv, err)
	}
	return b
}

// startIn is start in a character set; lang is the environment's.
func startIn(t *testing.T, m *Manager, encoding, lang string, argv ...string) (*Session, string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	env := testEnv(dir)
	env["LANG"] = lang
	s, err := m.Create(context.Background(), &api.CreateRequest{Argv: argv, Dir: dir, BaseEnv: env, Encoding: encoding})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Kill(context.Background(), s.ID(), true) })
	return s, dir
}

func TestOtherCharacterSetsAreReadAndWritten(t *testing.T) {
	m := newManager(t)
	for _, c := range foreignTexts {
		t.Run(c.set, func(t *testing.T) {
			t.Parallel()
			raw := inSet(t, c.iconv, c.text+"\n")
			s, dir := startIn(t, m, c.set, "C", shellArgv(t, "bash")...)
			if err := os.WriteFile(filepath.Join(dir, "f"), raw, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, pipe := range []bool{false, true} {
				r := runAs(t, s, api.ExecRequest{Command: "cat f", Pipe: pipe})
				if got := bytes.ReplaceAll(r.Raw, []byte("\r\n"), []byte("\n")); !bytes.Equal(got, raw) {
					t.Errorf("raw output %q, want the program's own %q", got, raw)
				}
				got, err := s.Block(s.Last(), s.textOptions(false, 0))
				if err != nil || got.Text != c.text+"\n" {
					t.Errorf("text %q, %v, want %q", got.Text, err, c.text)
				}
			}
			if screen, _ := s.Screen(&api.ScreenRequest{}); !strings.Contains(screen.Content, c.text) {
				t.Errorf("the screen has not %q:\n%s", c.text, screen.Content)
			}
			// A command's own text, and what is typed, come in the program's bytes.
			run(t, s, "printf '%s\\n' '"+c.text+"' >g")
			if got, _ := os.ReadFile(filepath.Join(dir, "g")); !bytes.Equal(got, raw) {
				t.Errorf("the command wrote %q, want %q", got, raw)
			}
			begins(t, s, "head -n 1 >h")
			if _, err := s.Send(context.Background(), &api.SendRequest{Text: c.text + "\r"}, "test"); err != nil {
				t.Fatal(err)
			}
			waitFor(t, s, api.WaitRequest{For: "exit"})
			if got, _ := os.ReadFile(filepath.Join(dir, "h")); !bytes.Equal(got, raw) {
				t.Errorf("typed %q, want %q", got, raw)
			}
			if h, err := s.History(&api.HistoryRequest{}); err != nil || h.Blocks[2].Command != "printf '%s\\n' '"+c.text+"' >g" {
				t.Errorf("history %+v, %v", h, err)
			}
			if got := s.Info().Encoding; got != c.set {
				t.Errorf("encoding %q", got)
			}
		})
	}
}

func TestTextOfOtherCharacterSetsIsFound(t *testing.T) {
	m := newManager(t)
	ctx := context.Background()
	s, dir := startIn(t, m, "euc-jp", "C", shellArgv(t, "bash")...)
	raw := inSet(t, "EUC-JP", "最初\n日本語テキスト\n終わり\n")
	if err := os.WriteFile(filepath.Join(dir, "f"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, s, "cat f")
	for _, q := range []api.SearchRequest{{Query: "本語テ"}, {Query: "日.*ト", Regexp: true}, {Query: "テキ", IgnoreCase: true}} {
		res, err := m.Search(ctx, &q)
		if err != nil || len(res.Hits) != 1 || res.Hits[0].Line != "日本語テキスト" {
			t.Errorf("%+v: %+v, %v", q, res, err)
		}
	}
	for _, q := range []string{"ＷＷ", "ÄÖ"} {
		if res, err := m.Search(ctx, &api.SearchRequest{Query: q}); err != nil || len(res.Hits) != 0 {
			t.Errorf("%s: %+v, %v", q, res, err)
		}
	}
	w, err := s.newWaiter("", "終わ", 0)
	if err != nil {
		t.Fatal(err)
	}
	run(t, s, "cat f")
	if got := w.matched(); got != "終わ" {
		t.Errorf("waited for 終わ, matched %q", got)
	}
	o, err := s.Archive().Output(&api.OutputRequest{Grep: "テキ"}, api.Ref{}, s.Last())
	if err != nil || o.Text != "日本語テキスト\n" {
		t.Errorf("grep: %+v, %v", o, err)
	}
	if _, err := m.Kill(ctx, s.ID(), true); err != nil {
		t.Fatal(err)
	}
	a, err := m.OpenArchive(s.ID())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	if o, err := a.Output(&api.OutputRequest{Lines: "1"}, api.Ref{}, s.Last()); err != nil || o.Text != "最初\n" {
		t.Errorf("of a session that is gone: %+v, %v", o, err)
	}
	var cast bytes.Buffer
	if err := a.Cast(ctx, api.Ref{}, s.Last(), func(c *api.Chunk) error { cast.Write(c.Data); return nil }); err != nil || !strings.Contains(cast.String(), "日本語") {
		t.Errorf("recording %v\n%s", err, cast.String())
	}
}

// A character's bytes come in two reads, and the daemon dies between them.
func TestCharacterThatIsCutInTwoIsWhole(t *testing.T) {
	m := newManager(t)
	s, dir := startIn(t, m, "shift_jis", "C", shellArgv(t, "bash")...)
	fifo := filepath.Join(dir, "go")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	v := attach(t, s, api.AttachRequest{Cols: 120, Rows: 40, ReadOnly: true})
	begins(t, s, `printf 'x\223'; read x <`+fifo+`; printf '\372y\n'`)
	waitFor(t, s, api.WaitRequest{Match: "x"})
	for pending := false; !pending; { // its byte may be in the next read
		s.mu.Lock()
		pending = len(s.decoder.Pending()) > 0
		grown := s.growth()
		s.mu.Unlock()
		if !pending {
			<-grown
		}
	}
	v.until("x")
	s.mu.Lock()
	s.checkpoint()
	s.mu.Unlock()
	master, pid := drop(t, m, s)
	back := rebuilt(t, m, s, master, pid)
	v = attach(t, back, api.AttachRequest{Cols: 120, Rows: 40, ReadOnly: true})
	if err := os.WriteFile(fifo, []byte("\n"), 0); err != nil {
		t.Fatal(err)
	}
	end := waitFor(t, back, api.WaitRequest{For: "exit"})
	const want = "x日y"
	if end.Block == nil || end.Block.Text != want+"\n" {
		t.Errorf("%+v, want %q", end.Block, want)
	}
	back.mu.Lock()
	got := back.term.Text(vt.TextOptions{})
	back.mu.Unlock()
	if !strings.Contains(got, want) {
		t.Errorf("the screen has not %q:\n%s", want, got)
	}
	v.until(want)
}

// What an attached terminal sends is UTF-8, cut wherever its reads are.
func TestAttachedTerminalTypesInTheProgramsSet(t *testing.T) {
	m := newManager(t)
	s, dir := startIn(t, m, "koi8-r", "C", shellArgv(t, "bash")...)
	run(t, s, "true")
	v := attach(t, s, api.AttachRequest{Cols: 80, Rows: 24})
	begins(t, s, "head -n 1 >h")
	for _, b := range []byte("ещё €\r") {
		if err := v.conn.Send(api.Frame{Kind: api.FrameInput, Data: []byte{b}}); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, s, api.WaitRequest{For: "exit"})
	want := append(inSet(t, "KOI8-R", "ещё "), "?\n"...)
	if got, _ := os.ReadFile(filepath.Join(dir, "h")); !bytes.Equal(got, want) {
		t.Errorf("typed %q, want %q", got, want)
	}
}

func TestLocaleOfTheEnvironmentNamesTheEncoding(t *testing.T) {
	m := newManager(t)
	for _, c := range []struct{ encoding, lang, want string }{
		{"", "C.UTF-8", ""},
		{"", "de_DE.ISO-8859-15", "iso-8859-15"},
		{"", "ja_JP.eucJP", "euc-jp"},
		{"utf-8", "ja_JP.eucJP", ""},
		{"latin1", "C.UTF-8", "iso-8859-1"},
	} {
		s, _ := startIn(t, m, c.encoding, c.lang, shellArgv(t, "bash")...)
		if got := s.Info().Encoding; got != c.want {
			t.Errorf("--encoding %q in %s is %q, want %q", c.encoding, c.lang, got, c.want)
		}
	}
	for _, name := range []string{"klingon", "utf-16", "iso-2022-jp"} {
		if _, err := m.Create(context.Background(), &api.CreateRequest{Argv: []string{"true"}, Encoding: name}); api.CodeOf(err) != api.Invalid {
			t.Errorf("--encoding %s: %v, want invalid", name, err)
		}
	}
}

// A shell in a locale that is not UTF-8 counts characters and names folders as it does.
func TestShellInAnotherLocaleIsUnderstood(t *testing.T) {
	locales := localeOf(t, "de_DE", "ISO-8859-1")
	m := newManager(t)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	env := testEnv(dir)
	env["LANG"], env["LOCPATH"] = "de_DE.ISO-8859-1", locales
	s, err := m.Create(context.Background(), &api.CreateRequest{Argv: shellArgv(t, "bash"), Dir: dir, BaseEnv: env})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Kill(context.Background(), s.ID(), true) })
	run(t, s, "x='größe é'; echo ${#x} $x")
	r, err := s.Block(s.Last(), s.textOptions(false, 0))
	if err != nil || r.Text != "7 größe é\n" {
		t.Errorf("%q, %v", r.Text, err)
	}
	if got := run(t, s, "mkdir größe && cd größe"); got.Cwd != filepath.Join(dir, "größe") {
		t.Errorf("folder %q", got.Cwd)
	}
	if got := s.Info().Cwd; got != filepath.Join(dir, "größe") {
		t.Errorf("folder %q", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "gr\xf6\xdfe")); err != nil {
		t.Error(err)
	}
	ctx := context.Background()
	_, err = s.Exec(ctx, &api.ExecRequest{Command: "echo 5 €"})
	if api.CodeOf(err) != api.Invalid || !strings.Contains(err.Error(), "'€' (U+20AC)") {
		t.Errorf("a command that cannot be written: %v", err)
	}
	if _, err = s.Send(ctx, &api.SendRequest{Text: "€"}, "test"); api.CodeOf(err) != api.Invalid {
		t.Errorf("a text that cannot be typed: %v", err)
	}
	if got := out(run(t, s, "echo well")); got != "well\n" {
		t.Errorf("after all that %q", got)
	}
	begins(t, s, "bash --norc")
	if got := out(runAs(t, s, api.ExecRequest{Command: "x=öß; echo ${#x}", Nested: true})); got != "2\n" {
		t.Errorf("in a shell within the shell %q", got)
	}
}

// localeOf builds a locale in a folder of its own, as a distribution would.
func localeOf(t *testing.T, name, set string) string {
	t.Helper()
	if _, err := exec.LookPath("localedef"); err != nil {
		t.Skip("localedef is not installed here")
	}
	dir := t.TempDir()
	c := exec.Command("localedef", "--no-archive", "-c", "-i", name, "-f", set, filepath.Join(dir, name+"."+set))
	if out, err := c.CombinedOutput(); err != nil {
		if _, missing := os.Stat(filepath.Join(dir, name+"."+set, "LC_CTYPE")); missing != nil {
			t.Skipf("localedef cannot make %s in %s here: %v %.200s", name, set, err, out)
		}
	}
	return dir
}
