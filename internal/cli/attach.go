package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/wire"
)

// clearScreen begins a repaint: modes back to their defaults, the screen empty.
const clearScreen = "\x1b<\x1b[!p\x1b[?1049l\x1b[?6l\x1b[r\x1b[m\x1b[H\x1b[2J"

// leaveScreen takes back what a program may have turned on in the terminal.
const leaveScreen = "\x1b<\x1b[?9;1000;1002;1003;1004;1005;1006;1015;1016;2004;2026;2031;2048l\x1b[<u\x1b[>4m\x1b[?1l\x1b>\x1b[?25h\x1b[?7h\x1b[?1049l\x1b[r\x1b[m\x1b[0 q"

// creditStep is how many output bytes are shown before credit for more is given.
const creditStep = 16 << 10

func terminalSize(f *os.File) (api.Size, bool) {
	cols, rows, err := term.GetSize(int(f.Fd()))
	size := api.Size{Cols: cols, Rows: rows}
	return size, err == nil && size.Check() == nil
}

func (a *app) attach() *cobra.Command {
	return command(a, api.Attach, func(req *api.AttachRequest, _ *cobra.Command) error {
		if !term.IsTerminal(int(os.Stdin.Fd())) || !term.IsTerminal(int(os.Stdout.Fd())) {
			return api.Errorf(api.Invalid, "%v", errNoTerminal).WithHint("ai-session screen %s shows it without one", req.Session)
		}
		if os.Getenv("AI_SESSION") != "" && a.server == "" {
			// A terminal that shows itself never ends; nor do two that show each other.
			return api.Errorf(api.Invalid, "this is a session's terminal already; %s would be shown in it", req.Session).
				WithHint("detach first, or type it in another terminal; AI_SESSION= ai-session attach %s nests all the same", req.Session)
		}
		_, s, err := settings()
		if err != nil {
			return err
		}
		prefix, err := prefixKey(s.DetachKey)
		if err != nil {
			return err
		}
		c, err := a.caller()
		if err != nil {
			return err
		}
		conn, err := wire.Resume(func() (api.Conn, error) {
			size, xpixel, ypixel := windowSize()
			req.Cols, req.Rows, req.XPixel, req.YPixel = size.Cols, size.Rows, xpixel, ypixel
			return api.Attach.Open(a.ctx, c, req)
		})
		if err != nil {
			return err
		}
		defer conn.Close()
		why, err := a.attached(conn, prefix)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "[%s (session %s)]\n", why, req.Session)
		return nil
	})
}

// prefixKey reads the setting detach_key: C-a to C-z. The default is tmux's.
func prefixKey(name string) (byte, error) {
	if name == "" {
		return 2, nil
	}
	letter, ok := strings.CutPrefix(strings.ToLower(name), "c-")
	if !ok || len(letter) != 1 || letter[0] < 'a' || letter[0] > 'z' {
		return 0, api.Errorf(api.Invalid, "detach_key %q is not C-a to C-z", name).WithHint("ai-session config set detach_key C-b")
	}
	return letter[0] - 'a' + 1, nil
}

// attached carries the terminal until either end leaves.
func (a *app) attached(conn api.Conn, prefix byte) (why string, err error) {
	restore, err := makeRaw()
	if err != nil {
		return "", err
	}
	defer func() {
		io.WriteString(os.Stdout, leaveScreen)
		if size, ok := terminalSize(os.Stdout); ok {
			fmt.Fprintf(os.Stdout, "\x1b[%d;1H\r\n", size.Rows)
		}
		restore()
	}()
	ctx, cancel := context.WithCancel(a.ctx)
	defer cancel()
	var left atomic.Bool
	w := window{conn: conn}
	w.size, w.xpixel, w.ypixel = windowSize()
	go typeKeys(&w, prefix, &left) // ends with the program: a read of a terminal cannot be taken back
	go w.follow(ctx)
	why, err = show(conn)
	if left.Load() {
		return "detached", nil
	}
	return why, err
}

// show draws what comes until the session says why it ends.
func show(conn api.Conn) (string, error) {
	owed := 0
	for {
		f, err := conn.Receive()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = api.Errorf(api.Unavailable, "the daemon went away").WithHint("ai-session list")
			}
			return "", err
		}
		switch f.Kind {
		case api.FrameRepaint:
			f.Data = append([]byte(clearScreen), f.Data...)
			owed = -len(clearScreen) // a daemon that repaints counts anew
			fallthrough
		case api.FrameOutput, api.FrameDraw:
			if _, err := os.Stdout.Write(f.Data); err != nil {
				return "", err
			}
			if owed += len(f.Data); owed >= creditStep || f.Kind != api.FrameOutput {
				if err := conn.Send(api.Frame{Kind: api.FrameCredit, Data: wire.CreditData(owed)}); err != nil {
					return "", err
				}
				owed = 0
			}
		case api.FrameEnd:
			return string(f.Data), nil
		}
	}
}

// window is the size of this terminal as the session was told it.
type window struct {
	conn api.Conn

	mu             sync.Mutex // guards all below, and holds the order of what is sent
	size           api.Size
	xpixel, ypixel int
}

// tell tells the session of a new size.
func (w *window) tell() error {
	size, x, y := windowSize()
	w.mu.Lock()
	defer w.mu.Unlock()
	if size == w.size && x == w.xpixel && y == w.ypixel {
		return nil
	}
	w.size, w.xpixel, w.ypixel = size, x, y
	return w.conn.Send(api.Frame{Kind: api.FrameResize, Data: wire.SizeData(size.Cols, size.Rows, x, y)})
}

// typeKeys sends what is typed, less the detach key. What is typed after a change of
// the terminal's size is typed at the new size, however late its signal comes.
func typeKeys(w *window, prefix byte, left *atomic.Bool) {
	conn, typed := w.conn, keys()
	filter := keyFilter{prefix: prefix}
	buf := make([]byte, 4096)
	for {
		n, err := typed.Read(buf)
		send, detach := filter.filter(buf[:n])
		if len(send) > 0 && (w.tell() != nil || conn.Send(api.Frame{Kind: api.FrameInput, Data: send}) != nil) {
			return
		}
		if detach || err != nil {
			left.Store(true)
			conn.Send(api.Frame{Kind: api.FrameDetach})
			conn.Close()
			return
		}
	}
}

// keyFilter finds the prefix key and what follows it: d detaches, the prefix itself
// is typed once, anything else after it is dropped, as in tmux.
type keyFilter struct {
	prefix  byte
	pending bool
}

func (k *keyFilter) filter(b []byte) (send []byte, detach bool) {
	for len(b) > 0 {
		key, n := k.key(b)
		switch {
		case k.pending && key == 'd':
			return send, true
		case k.pending && key == k.prefix:
			send = append(send, k.prefix)
			k.pending = false
		case k.pending:
			k.pending = false
		case key == k.prefix:
			k.pending = true
		default:
			send = append(send, b[:n]...)
		}
		b = b[n:]
	}
	return send, false
}

// key reads one key: a byte, or its spelling in the kitty keyboard protocol
// (CSI code ; 5 u), which a program in the session may have turned on.
func (k *keyFilter) key(b []byte) (key byte, n int) {
	letter := k.prefix + 'a' - 1
	for _, s := range []struct {
		text string
		key  byte
	}{
		{fmt.Sprintf("\x1b[%d;5u", letter), k.prefix},
		{fmt.Sprintf("\x1b[27;5;%d~", letter), k.prefix},
		{fmt.Sprintf("\x1b[%du", 'd'), 'd'},
	} {
		if strings.HasPrefix(string(b), s.text) {
			return s.key, len(s.text)
		}
	}
	return b[0], 1
}
