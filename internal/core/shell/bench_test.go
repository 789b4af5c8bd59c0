package shell

import (
	"bytes"
	"io"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/creack/pty"
)

// BenchmarkExec is one exec of true until its D, the writing of its file included;
// beside it the same shell without a hook, from a typed line to the next prompt.
func BenchmarkExec(b *testing.B) {
	for _, name := range []string{"bash", "zsh", "dash", "fish", "ash"} {
		b.Run(name, func(b *testing.B) { benchHooked(b, name) })
		b.Run(name+"-bare", func(b *testing.B) { benchBare(b, name) })
	}
}

func benchHooked(b *testing.B, name string) {
	r := prepare(b, setup{argv: shellArgv[name]})
	r.open(r.kit.Command())
	defer func() { r.cmd.Process.Kill(); r.tty.Close(); r.cmd.Wait(); r.kit.Close() }()
	buf := make([]byte, 64<<10)
	wait := func(kind byte) Mark {
		var found Mark
		for found.Kind == 0 {
			n, err := r.tty.Read(buf)
			if err != nil {
				b.Fatal(err)
			}
			r.scanner.Scan(buf[:n], func([]byte) {}, func(m Mark) {
				if m.Kind == kind {
					found = m
				}
			})
		}
		return found
	}
	wait(Prompt)
	r.clean = true
	var took []time.Duration
	for b.Loop() {
		begin := time.Now()
		p := r.begin(Exec{Command: []byte("true")})
		var end Mark
		prompted := false
		for end.Kind == 0 {
			n, err := r.tty.Read(buf)
			if err != nil {
				b.Fatal(err)
			}
			r.scanner.Scan(buf[:n], func([]byte) {}, func(m Mark) {
				switch {
				case m.Kind == CommandEnd && m.Token == p.Token:
					end = m
					took = append(took, time.Since(begin))
				case m.Kind == Prompt && end.Kind != 0:
					prompted = true
				}
			})
		}
		if end.Status != 0 {
			b.Fatalf("%+v", end)
		}
		if !prompted {
			wait(Prompt)
		}
		r.kit.Finish(p)
	}
	report(b, took)
}

// bareFlags keep rc files and, where the shell can, the line editor out.
var bareFlags = map[string][]string{
	"bash": {"--norc", "--noediting"}, "zsh": {"-f", "+Z"}, "dash": nil, "ash": nil, "fish": {"-N", "-C", "function fish_prompt; echo -n \\x06; end"},
}

func benchBare(b *testing.B, name string) {
	argv := append(shellArgv[name], bareFlags[name]...)
	cmd := exec.Command(find(b, argv[0]), argv[1:]...)
	cmd.Env = append(baseEnv(b.TempDir()), "PS1=\x06")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); tty.Close(); cmd.Wait() }()
	const prompt = 6
	waitByte(b, tty, prompt)
	var took []time.Duration
	for b.Loop() {
		begin := time.Now()
		io.WriteString(tty, " true\r")
		waitByte(b, tty, prompt)
		took = append(took, time.Since(begin))
	}
	report(b, took)
}

func waitByte(b *testing.B, tty io.Reader, want byte) {
	buf := make([]byte, 4096)
	for {
		n, err := tty.Read(buf)
		if err != nil {
			b.Fatal(err)
		}
		if bytes.IndexByte(buf[:n], want) >= 0 {
			return
		}
	}
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
}
