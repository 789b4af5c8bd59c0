package shell

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// patience is how long a test waits for an event before it fails. No passing test
// waits that long.
const patience = 10 * time.Second

// signal is what the reader tells a test: a piece of output, a mark, or the end.
type signal struct {
	out  []byte
	mark *Mark
	err  error
}

// rig is a real shell on a real terminal, read by a Scanner.
type rig struct {
	t       testing.TB
	kit     *Kit
	cmd     *exec.Cmd
	tty     *os.File
	signals chan signal
	exited  chan struct{}
	home    string
	opts    string // of the last mark
	clean   bool
	mute    bool   // no prompt is to be waited for
	boot    []byte // what came before the first prompt mark

	mu      sync.Mutex // guards scanner
	scanner Scanner
}

// shellArgv is how the tests start each shell: without the host's rc files.
var shellArgv = map[string][]string{
	"bash": {"bash"}, "zsh": {"zsh"}, "fish": {"fish"}, "dash": {"dash"}, "ash": {"busybox", "ash"},
}

// find skips the test when the host has no such shell.
func find(t testing.TB, name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed here", name)
	}
	return path
}

// baseEnv is an environment that owes nothing to the user's.
func baseEnv(home string) []string {
	return []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TERM=xterm-256color", "LANG=C.UTF-8", "XDG_CONFIG_HOME=" + home + "/.config", "XDG_DATA_HOME=" + home + "/.local"}
}

type setup struct {
	argv  []string
	files map[string]string // below HOME
	env   []string
	login bool
	below string // name of the folder that holds the kit's
}

// start runs a shell and waits for its first prompt mark.
func start(t testing.TB, s setup) *rig {
	t.Helper()
	r := launch(t, s)
	r.waitPrompt()
	return r
}

// launch runs a shell and its reader.
func launch(t testing.TB, s setup) *rig {
	t.Helper()
	r := prepare(t, s)
	r.run(r.kit.Command())
	return r
}

// prepare makes the kit of a shell.
func prepare(t testing.TB, s setup) *rig {
	t.Helper()
	path := find(t, s.argv[0])
	home := t.TempDir()
	for name, text := range s.files {
		file := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range s.env {
		s.env[i] = strings.Replace(s.env[i], "=HOME/", "="+home+"/", 1)
	}
	parent := filepath.Join(t.TempDir(), s.below)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	kit, err := New(Config{Dir: filepath.Join(parent, "k"), Argv: append([]string{path}, s.argv[1:]...),
		Login: s.login, Env: append(baseEnv(home), s.env...)})
	if err != nil {
		t.Fatal(err)
	}
	return &rig{t: t, kit: kit, home: home}
}

// run starts argv on a new terminal and the reader on it.
func (r *rig) run(argv, env []string) {
	r.open(argv, env)
	r.signals, r.exited = make(chan signal, 1<<16), make(chan struct{})
	go r.read()
	r.t.Cleanup(r.stop)
}

// open starts argv on a new terminal.
func (r *rig) open(argv, env []string) {
	r.cmd = &exec.Cmd{Path: argv[0], Args: argv, Env: env, Dir: r.home}
	tty, err := pty.StartWithSize(r.cmd, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		r.t.Fatal(err)
	}
	r.tty = tty
	r.live()
}

// gone says that the terminal has closed.
func (r *rig) gone() bool {
	select {
	case <-r.exited:
		return true
	default:
		return false
	}
}

func (r *rig) stop() {
	r.cmd.Process.Kill()
	r.tty.Close()
	for range r.signals {
	}
	r.cmd.Wait()
	r.kit.Close()
}

func (r *rig) read() {
	defer close(r.signals)
	defer close(r.exited)
	buf := make([]byte, 64<<10)
	for {
		n, err := r.tty.Read(buf)
		r.mu.Lock()
		r.scanner.Scan(buf[:n],
			func(b []byte) { r.signals <- signal{out: bytes.Clone(b)} },
			func(m Mark) { r.signals <- signal{mark: &m} })
		r.mu.Unlock()
		if err != nil {
			r.signals <- signal{err: err}
			return
		}
	}
}

// live tells the scanner what to believe.
func (r *rig) live() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scanner.SetLive(r.kit.Live()...)
}

var errLate = errors.New("nothing came")

// next is the next signal, or errLate.
func (r *rig) next(limit time.Duration) signal {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case s, ok := <-r.signals:
		if !ok {
			return signal{err: os.ErrClosed}
		}
		return s
	case <-timer.C:
		return signal{err: errLate}
	}
}

// waitPrompt reads up to the next prompt mark.
func (r *rig) waitPrompt() Mark {
	r.t.Helper()
	for {
		s := r.next(patience)
		if s.err != nil {
			r.t.Fatalf("no prompt: %v after %q", s.err, r.boot)
		}
		if s.mark != nil && s.mark.Kind == Prompt {
			r.opts, r.clean = s.mark.Opts, s.mark.Status == 0
			return *s.mark
		}
		r.boot = append(r.boot, s.out...)
	}
}

// result is what an exec came to.
type result struct {
	Mark            // the D, or the P that stood in for it
	out      string // bytes between C and D, or E
	isolated bool
	lost     bool // ended by P
	dead     bool // the terminal closed
	late     bool // neither C nor end in time
	started  bool
}

// exec runs one command and waits for its prompt.
func (r *rig) exec(command string) result {
	r.t.Helper()
	return r.finish(r.begin(Exec{Command: []byte(command)}))
}

// begin types the trigger.
func (r *rig) begin(e Exec) Prepared {
	r.t.Helper()
	e.Opts, e.Clean = r.opts, r.clean
	p, err := r.kit.Prepare(e)
	if err != nil {
		r.t.Fatal(err)
	}
	r.live()
	r.send(string(p.Trigger))
	return p
}

func (r *rig) send(s string) {
	r.t.Helper()
	if _, err := r.tty.Write([]byte(s)); err != nil {
		r.t.Fatal(err)
	}
}

// finish waits for the end of an exec and the prompt after it.
func (r *rig) finish(p Prepared) result {
	r.t.Helper()
	return r.settle(p, r.follow(p, nil))
}

// settle removes the files and waits for the prompt.
func (r *rig) settle(p Prepared, res result) result {
	r.t.Helper()
	r.kit.Finish(p)
	if res.lost {
		r.kit.Clobbered()
	}
	if !res.dead && !res.lost && !res.late && !r.mute {
		for {
			s := r.next(patience)
			if s.err != nil {
				res.dead = true
				break
			}
			if s.mark != nil && s.mark.Kind == Prompt {
				r.opts, r.clean = s.mark.Opts, s.mark.Status == 0
				break
			}
		}
	}
	return res
}

// follow reads up to the end of the exec; react sees the output as it grows.
func (r *rig) follow(p Prepared, react func(out string)) result {
	r.t.Helper()
	res := result{isolated: p.Isolated}
	var out []byte
	closed := false
	for {
		s := r.next(patience)
		switch {
		case s.err == errLate:
			res.late = true
		case s.err != nil:
			res.dead = true
		case s.mark != nil && s.mark.Token == p.Token:
			switch s.mark.Kind {
			case CommandStart:
				res.started, out, closed = true, nil, false
				continue
			case OutputEnd:
				closed = true
				continue
			case CommandEnd:
				res.Mark = *s.mark
				r.opts, r.clean = s.mark.Opts, s.mark.Status == 0
			case Prompt:
				res.Mark, res.lost = *s.mark, true
				r.opts, r.clean = s.mark.Opts, s.mark.Status == 0
			}
		default:
			if !closed {
				out = append(out, s.out...)
			}
			if react != nil && res.started {
				react(string(out))
			}
			continue
		}
		res.out = strings.ReplaceAll(string(out), "\r\n", "\n")
		return res
	}
}
