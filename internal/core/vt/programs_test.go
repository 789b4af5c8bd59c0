//go:build unix

package vt

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A script drives a program key by key. After each step the screen must show
// what tmux shows, given the very bytes that tmux was given.
type script struct {
	name    string
	program string // the shell command, in an empty folder
	setup   string // a shell command before it
	steps   []step
}

// step sends keys, as tmux spells them, and waits until the screen has the text,
// which must stay there: what is there for a moment may be gone when it is looked for.
type step struct{ keys, until string }

const numbered = "seq 1 120 | sed 's/$/ the quick brown fox jumps/' > text"

var scripts = []script{
	{"vim", "vim -u NONE -i NONE -n -N text", numbered, []step{
		{"", "120L"}, {"j j d d", "30 the"}, {"G", "120 the quick"}, {"C-b", "jumps"}, {"i a b c Escape", "abc"}, {"g g", "abc"},
		{": s p l i t Enter", "text"}, {"C-w j", "text"}, {": s e t Space n u Enter", "  1 "}, {"/ 7 7 Enter", "77"}, {"V j j >", ">ed"},
		{": s e t Space l i s t Enter", "jumps$"}, {"u", "text"}, {"C-e C-e", "text"}, {"z t", "text"}, {": q ! Enter", "text"}}},
	{"less", "less text", numbered, []step{
		{"", "text"}, {"Space", "30 the"}, {"b", "1 the"}, {"G", "END"}, {"k k", "118"}, {"g", "1 the"}, {"/ 5 5 Enter", "55"}, {"n", ""}, {"- N Enter", "56 "}, {"Right", ""}, {"Left", ""}}},
	{"htop", "htop -d 50", "true", []step{{"", "F10"}, {"Down Down", "F10"}, {"t", "F10"}, {"F1", "Arrows"}, {"q", "F10"}}},
	{"fzf", "seq 1 300 | fzf", "true", []step{{"", "300/300"}, {"1 9", "> 19"}, {"Up Up", ">"}, {"C-u", "300/300"}, {"2 5 0", "> 250"}}},
	{"mc", "mc -u -d", "touch a b c; mkdir d", []step{{"", "10Quit"}, {"Down Down", "10Quit"}, {"Tab", "10Quit"}, {"F2", "ile"}}},
	{"python3", "python3 -q", "true", []step{{"", ">>>"}, {"1 + 1 Enter", "2"}, {"f o r Space i Space i n Space r a n g e ( 3 ) : Enter", "..."}, {"Space p r i n t ( i * 7 ) Enter Enter", "14"}, {"Up Up", "range"}, {"C-a C-k", ">>>"}, {"p r i n t ( ' 世 ' ) Enter", "世"}}},
	{"node", "node", "true", []step{{"", ">"}, {"1 + 1 Enter", "2"}, {"[ 1 , 2 , 3 ] . m a p ( x = > x * 7 ) Enter", "21"}, {"Up", "map"}, {"C-u", ">"}, {". h e l p Enter", ".save"}}},
	{"git add -p", "git -c color.ui=always -c core.pager=cat add -p", "git init -q . && git config maintenance.auto false && git config gc.auto 0 && seq 1 40 > f && git add f && git -c user.name=a -c user.email=a@b commit -qm x && sed -i 's/^7$/seven/;s/^30$/thirty/' f",
		[]step{{"", "[y,n"}, {"? Enter", "stage this hunk"}, {"y Enter", "thirty"}, {"s Enter", "[y,n"}, {"q Enter", ""}}},
	{"dialog", "dialog --menu 'Choose one' 15 40 5 a first b second c third", "true", []step{{"", "third"}, {"Down", "second"}, {"Tab", "Cancel"}, {"Tab", "OK"}, {"Up", "first"}}},
	{"bash", "env PS1='$ ' bash --norc --noprofile", "touch one two three", []step{{"", "$"}, {"l s Enter", "two\n$"}, {"e c h o Space l o n g l o n g l o n g", "longlonglong"}, {"C-a", ""}, {"M-f", ""}, {"C-k", ""}, {"C-u", ""}, {"c a t Space t Tab Tab", "two"}, {"C-u", "$"}, {"C-r o", "reverse"}, {"C-g", "$"}, {"c l e a r Enter", "$\n"}}},
	{"zsh", "env PS1='zz> ' zsh -f", "touch one two three", []step{{"", "zz>"}, {"l s Space Tab", "three"}, {"C-u", "zz>\n"}, {"e c h o Space $ ( ( 6 * 7 ) ) Enter", "42\nzz>"}, {"Up", "42\nzz> echo"}, {"C-a", ""}, {"C-k", "42\nzz>\n"}}},
	{"top", "top -d 30", "true", []step{{"", "PID"}, {"h", "Help"}, {"q", "PID"}}},
	{"nano", "nano -I text", numbered, []step{{"", "^X Exit"}, {"Down Down C-k", "^X Exit"}, {"C-w 5 5 Enter", "55 the"}, {"C-v", "^X"}, {"M-/", "120 the"}, {"a b c", "abc"}, {"C-g", "nano"}}},
	{"joe", "joe text", numbered, []step{{"", "1 the"}, {"Down Down C-y", "1 the"}, {"C-v", ""}, {"C-k h", "EXIT"}, {"C-k v", ""}}},
	{"emacs", "emacs -nw -Q text", numbered, []step{{"", "1 the"}, {"C-n C-k", "jumps"}, {"C-v", "30 the"}, {"C-x 2", "text"}, {"C-x 3", "text"}, {"C-x o M-<", "1 the"}}},
	{"w3m", "w3m -T text/html page", "printf '<h1>Title</h1><table border=1><tr><td>a<td>b</table><ul><li>one</ul><a href=x>link</a> %s' \"$(seq 1 400 | tr '\\n' ' ')\" > page", []step{{"", "Title"}, {"Tab", ""}, {"Space", "400"}, {"b", "Title"}}},
	{"screen", "screen -c rc bash --norc", "echo autodetach off > rc", []step{{"", "bash-"}, {"s e q Space 1 Space 1 0 0 Enter", "100"}, {"C-a S", ""}, {"C-a Tab C-a c", ""}, {"e c h o Space l o w e r Enter", "lower"}, {"C-a X", ""}, {"C-a [", "opy"}, {"C-b C-b", ""}}},
	// It must not end: then it leaves a screen that it has left before, and tmux moves the cursor.
	{"dialog gauge", "(echo 40; exec cat) | dialog --gauge 'Working hard' 8 50", "true", []step{{"", "40%"}}},
	{"dense output", "seq 1 3000; printf '\\033[1;31m%s\\033[0m\\n' {1..200}; printf '%s ' {1..400}; echo END", "true", []step{{"", "END"}}},
}

const programCols, programRows = 90, 30

// patience is how long a loaded machine may take for anything.
const patience = 30 * time.Second

func TestProgramsLookAsInTmux(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a dozen programs")
	}
	for _, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			name := strings.Fields(s.name)[0]
			if name == "dense" {
				name = "seq"
			}
			if _, err := exec.LookPath(name); err != nil {
				t.Skipf("no %s on this machine", name)
			}
			s.run(t)
		})
	}
}

func (s script) run(t *testing.T) {
	dir := folder(t)
	setup := exec.Command("bash", "-c", s.setup)
	setup.Dir, setup.Env = dir, append(os.Environ(), "HOME="+dir)
	if b, err := setup.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v %s", s.setup, err, b)
	}
	p := attachTmux(t, dir)
	p.start(s.program)
	for _, st := range s.steps {
		if st.keys != "" {
			p.keys(st.keys)
		}
		p.compare(st)
	}
}

// watcher follows the output of a tmux pane through the control mode.
type watcher struct {
	t       *testing.T
	name    string
	control io.WriteCloser
	lines   chan string
	tm      *Terminal
}

// folder is a temporary folder. Unlike t.TempDir's it may be left behind: a program
// that was just killed may still be writing to it.
func folder(t *testing.T) string {
	dir, err := os.MkdirTemp("", "vt-programs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func attachTmux(t *testing.T, dir string) *watcher {
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("no tmux on this machine to compare with")
	}
	w := &watcher{t: t, name: fmt.Sprintf("ai-session-vt-p%d", os.Getpid()), lines: make(chan string, 1024)}
	env := []string{"HOME=" + dir, "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "PATH=" + os.Getenv("PATH"), "PS1=$ ", "TERM=xterm-256color",
		"TMUX_TMPDIR=" + dir, "PYENV_ROOT=" + os.Getenv("PYENV_ROOT")}
	c := exec.Command("tmux", "-L", w.name, "-f", "/dev/null", "-C", "new-session", "-x", fmt.Sprint(programCols), "-y", fmt.Sprint(programRows), "cat")
	c.Dir, c.Env = dir, env
	var err error
	if w.control, err = c.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(w.lines)
		for r := bufio.NewReader(out); ; {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			w.lines <- strings.TrimSuffix(line, "\n")
		}
	}()
	t.Cleanup(func() {
		kill := exec.Command("tmux", "-L", w.name, "kill-server")
		kill.Env = env
		kill.Run()
		w.control.Close()
		for range w.lines {
		}
		<-done
		c.Wait()
	})
	w.tm = New(Config{Cols: programCols, Rows: programRows})
	w.ask("") // the answer to new-session comes unasked
	w.ask("set -g status off; set -g escape-time 0; set -g window-size manual; resize-window -x " + fmt.Sprint(programCols) + " -y " + fmt.Sprint(programRows))
	for range 3 { // one answer for each command of the line
		w.ask("")
	}
	return w
}

// line takes one line from tmux and feeds what it says of the pane's output.
func (w *watcher) line() string {
	select {
	case line, ok := <-w.lines:
		if !ok {
			w.t.Fatal("tmux went away")
		}
		if data, ok := strings.CutPrefix(line, "%output "); ok {
			_, data, _ = strings.Cut(data, " ")
			w.tm.Write(unoctal(data))
		}
		return line
	case <-time.After(patience):
		io.WriteString(w.control, "capture-pane -p\n")
		tmux := []string{}
		for line := range w.lines {
			if tmux = append(tmux, line); strings.HasPrefix(line, "%end") {
				break
			}
		}
		w.t.Fatalf("nothing more from tmux; the screen is\n%s\nin tmux\n%s", w.tm.Text(TextOptions{}), strings.Join(tmux, "\n"))
		return ""
	}
}

// unoctal undoes the control mode's spelling of bytes.
func unoctal(s string) []byte {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			b = append(b, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
			continue
		}
		b = append(b, s[i])
	}
	return b
}

// ask sends a command, if any, and returns the next answer.
func (w *watcher) ask(command string) []string {
	if command != "" {
		if _, err := io.WriteString(w.control, command+"\n"); err != nil {
			w.t.Fatal(err)
		}
	}
	var lines []string
	inside := false
	for {
		switch line := w.line(); {
		case strings.HasPrefix(line, "%begin"):
			inside = true
		case strings.HasPrefix(line, "%end"):
			return lines
		case strings.HasPrefix(line, "%error"):
			w.t.Fatalf("%s: %v", command, lines)
		case inside:
			lines = append(lines, line)
		}
	}
}

func (w *watcher) start(program string) {
	f := filepath.Join(folder(w.t), "program")
	if err := os.WriteFile(f, []byte(program+"\nexec cat\n"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.ask("respawn-pane -k 'exec bash " + f + "'")
	w.tm = New(Config{Cols: programCols, Rows: programRows})
}

func (w *watcher) keys(keys string) {
	for k := range strings.SplitSeq(keys, " ") {
		k = strings.ReplaceAll(k, "'", `'"'"'`)
		w.ask("send-keys -- '" + strings.ReplaceAll(k, ";", `\;`) + "'")
	}
}

// compare waits for the step's text, then until both screens are the same: what
// comes in between changes both.
func (w *watcher) compare(st step) {
	for !strings.Contains(w.tm.Text(TextOptions{}), st.until) {
		w.line()
	}
	deadline := time.Now().Add(patience)
	for {
		rows := w.ask("capture-pane -p")
		at := strings.Join(w.ask("display-message -p '#{cursor_y} #{cursor_x}'"), "")
		var row, col int
		fmt.Sscan(at, &row, &col)
		for i := range rows {
			rows[i] = strings.TrimRight(rows[i], " ")
		}
		want := strings.TrimRight(strings.Join(rows, "\n"), "\n") + "\n"
		got := w.tm.Text(TextOptions{})
		y, x := w.tm.Cursor()
		if got == want && y == row && x == min(col, programCols-1) {
			return
		}
		if time.Now().After(deadline) {
			w.t.Errorf("after %q: cursor %d,%d, in tmux %d,%d\n%s\nin tmux\n%s", st.keys, y, x, row, col, got, want)
			return
		}
	}
}
