package aisession_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	aisession "github.com/ai-session/ai-session"
	"github.com/ai-session/ai-session/api"
)

// dial is Dial for the examples: the daemon they share is theirs alone (see TestMain).
func dial(ctx context.Context) *aisession.Client {
	c, err := aisession.Dial(ctx, "")
	if err != nil {
		log.Fatal(err)
	}
	return c
}

// create makes a session for an example.
func create(ctx context.Context, c *aisession.Client, name string) *aisession.Session {
	s, err := c.Create(ctx, aisession.SessionConfig{Name: name})
	if err != nil {
		log.Fatal(err)
	}
	return s
}

// Dial reaches this user's daemon and starts it if there is none.
func ExampleDial() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := aisession.Dial(ctx, "")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	status, err := c.Status(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a daemon answers:", status.PID > 0)
	// Output: a daemon answers: true
}

func ExampleClient_Create() {
	ctx := context.Background()
	c := dial(ctx)
	defer c.Close()
	s, err := c.Create(ctx, aisession.SessionConfig{
		Name: "build", Dir: os.TempDir(), Env: map[string]string{"STAGE": "test"}, Cols: 100, Rows: 30,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Kill(ctx)
	r, err := s.Exec(ctx, "echo $STAGE; stty size")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(r.Text)
	// Output:
	// test
	// 30 100
}

// The commands of a session run in one living shell.
func ExampleSession_Exec() {
	ctx := context.Background()
	c := dial(ctx)
	defer c.Close()
	s := create(ctx, c, "exec")
	defer s.Kill(ctx)

	if _, err := s.Exec(ctx, "cd /usr && export GREETING=hello"); err != nil {
		log.Fatal(err)
	}
	r, err := s.Exec(ctx, `echo "$GREETING from $PWD"; (exit 3)`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(r.Text)
	fmt.Println(r.State, r.Exit, r.Cwd)
	// Output:
	// hello from /usr
	// done 3 /usr
}

// A command that asks for something answers early, and says for what.
func ExampleSession_Send() {
	ctx := context.Background()
	c := dial(ctx)
	defer c.Close()
	s := create(ctx, c, "send")
	defer s.Kill(ctx)

	r, err := s.Exec(ctx, `read -s -p "Password: " p; echo; echo "${#p} characters"`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.State, r.Input.Kind)
	if err := s.Send(ctx, "hunter2", "Enter"); err != nil {
		log.Fatal(err)
	}
	if r, err = s.Wait(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.State, r.Exit)
	fmt.Print(r.Text)
	// Output:
	// needs_input password
	// done 0
	// Password:
	// 7 characters
}

// Wait is woken by the end of the command that was left running.
func ExampleSession_Wait() {
	ctx := context.Background()
	c := dial(ctx)
	defer c.Close()
	s := create(ctx, c, "wait")
	defer s.Kill(ctx)

	r, err := s.Exec(ctx, "sleep 0.3; echo slept", aisession.Timeout(50*time.Millisecond))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.State)
	if r, err = s.Wait(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Print(r.State, " ", r.Text)
	// Output:
	// running
	// done slept
}

// Screen is what a person would see.
func ExampleSession_Screen() {
	ctx := context.Background()
	c := dial(ctx)
	defer c.Close()
	s := create(ctx, c, "screen")
	defer s.Kill(ctx)

	if _, err := s.Exec(ctx, `clear; printf '\033[31mred\033[0m and \033[5Cfar\n'; PS1=`); err != nil {
		log.Fatal(err)
	}
	screen, err := s.Screen(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(screen.Content)
	// Output: red and      far
}

// What a command wrote stays readable by its reference: all of it, byte for byte.
func ExampleClient_Output() {
	ctx := context.Background()
	c := dial(ctx)
	defer c.Close()
	s := create(ctx, c, "output")
	defer s.Kill(ctx)

	r, err := s.Exec(ctx, "seq 100000", aisession.MaxTokens(20))
	if err != nil {
		log.Fatal(err)
	}
	raw, err := c.Output(ctx, r.Ref)
	if err != nil {
		log.Fatal(err)
	}
	lines, err := c.Lines(ctx, r.Ref+":50000-50001")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Lines, "lines,", len(raw), "bytes")
	fmt.Print(lines.Text)
	// Output:
	// 100000 lines, 688895 bytes
	// 50000
	// 50001
}

// Attach connects a terminal: first what restores the screen, then the bytes as they
// come. What is sent is typed.
func ExampleSession_Attach() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := dial(ctx)
	defer c.Close()
	s := create(ctx, c, "attach")
	defer s.Kill(ctx)

	conn, err := s.Attach(ctx, api.AttachRequest{Cols: 80, Rows: 24})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	first, err := conn.Receive()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("first a repaint:", first.Kind == api.FrameRepaint)
	if err := conn.Send(api.Frame{Kind: api.FrameInput, Data: []byte("echo typed $((6 * 7))\r")}); err != nil {
		log.Fatal(err)
	}
	var seen []byte
	for !bytes.Contains(seen, []byte("typed 42")) {
		f, err := conn.Receive()
		if err != nil {
			log.Fatal(err)
		}
		seen = append(seen, f.Data...)
	}
	fmt.Println("then what comes of what is typed")
	// Output:
	// first a repaint: true
	// then what comes of what is typed
}

// Watch tells what happens in a session while it happens.
func ExampleSession_Watch() {
	ctx := context.Background()
	c := dial(ctx)
	defer c.Close()
	s := create(ctx, c, "watch")
	defer s.Kill(ctx)

	done := errors.New("seen enough")
	err := s.Watch(ctx, func(e *api.Event) error {
		switch e.Kind {
		case "state": // the first event: the present state
			if e.State == api.Ready || e.State == api.Starting {
				go s.Exec(ctx, "echo watched")
			}
		case "exec_end":
			fmt.Println(e.Block.Command, "->", e.Block.Exit)
			return done
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// echo watched -> 0
	// seen enough
}

func ExampleClient_List() {
	ctx := context.Background()
	c := dial(ctx)
	defer c.Close()
	s := create(ctx, c, "listed")
	defer s.Kill(ctx)
	if _, err := s.Exec(ctx, "true"); err != nil {
		log.Fatal(err)
	}
	sessions, err := c.List(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, info := range sessions {
		if info.Name == "listed" {
			fmt.Println(info.Name, info.State, info.Evidence, info.Size)
		}
	}
	// Output: listed ready [prompt mark] 120x40
}

// Kill ends a session with all its processes. Errors are told apart by their code.
func ExampleSession_Kill() {
	ctx := context.Background()
	c := dial(ctx)
	defer c.Close()
	s := create(ctx, c, "kill")
	if err := s.Kill(ctx); err != nil {
		log.Fatal(err)
	}
	_, err := s.Exec(ctx, "true")
	fmt.Println(api.CodeOf(err))
	// Output: not_found
}
