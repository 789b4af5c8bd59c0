package session

import (
	"bytes"
	"context"
	"encoding/json"
	"syscall"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/pty"
	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/persistence"
)

// maxQueued bounds input that a program has not taken. A program that stopped
// reading must not make the daemon hold all that is typed at it.
const maxQueued = 1 << 20

// inputPump delivers input in order. Its goroutine lives only while there is some.
type inputPump struct {
	queue   []byte
	writing bool
	cancel  context.CancelFunc // ends the write under way
	idle    chan struct{}      // closed when all is delivered; nil while nobody waits
	hold    bool               // a shell is starting a command: see whenStarted
}

// add queues input and sees that it is being delivered.
func (p *inputPump) add(s *Session, b []byte) bool {
	if len(p.queue)+len(b) > maxQueued {
		return false
	}
	p.queue = append(p.queue, b...)
	p.resume(s)
	return true
}

// trigger types a line of ours ahead of everything that is held.
func (p *inputPump) trigger(s *Session, line []byte) {
	if !p.writing {
		n, err := s.pty.WriteNow(line)
		if err == nil && n == len(line) {
			return
		}
		line = line[n:]
	}
	p.queue = append(append([]byte{}, line...), p.queue...)
	p.start(s)
}

// resume starts delivery unless a trigger is on its way: keys typed between it and
// the command's start would become part of the line or input of the command.
func (p *inputPump) resume(s *Session) {
	if len(p.queue) == 0 || s.phase == armed || s.rearmed || p.hold {
		return
	}
	if !p.writing {
		n, err := s.pty.WriteNow(p.queue)
		if err == nil && n == len(p.queue) {
			p.queue = nil
			p.delivered()
			return
		}
		p.queue = p.queue[n:]
	}
	p.start(s)
}

func (p *inputPump) start(s *Session) {
	if p.writing {
		return
	}
	p.writing = true
	ctx, cancel := context.WithCancel(s.life)
	p.cancel = cancel
	s.readers.Add(1)
	go func() { defer s.readers.Done(); defer cancel(); s.deliver(ctx) }()
}

// deliver writes until the queue is empty or delivery must stop.
func (s *Session) deliver(ctx context.Context) {
	for {
		s.mu.Lock()
		p := &s.pump
		if len(p.queue) == 0 || ctx.Err() != nil {
			p.writing = false
			if len(p.queue) == 0 {
				p.queue = nil
				p.delivered()
			} else if s.phase != dead {
				p.start(s) // what was put in front after the write was cut
			}
			s.mu.Unlock()
			return
		}
		b := p.queue[:min(len(p.queue), 4096)]
		p.queue = p.queue[len(b):]
		s.mu.Unlock()
		n, err := s.pty.WriteContext(ctx, b)
		if err != nil && n < len(b) && ctx.Err() == nil {
			s.mu.Lock()
			p.queue, p.writing = nil, false // nobody is there to read
			p.delivered()
			s.mu.Unlock()
			return
		}
	}
}

func (p *inputPump) delivered() {
	if p.idle != nil {
		close(p.idle)
		p.idle = nil
	}
}

// drop forgets what was not delivered.
func (p *inputPump) drop() {
	p.queue = nil
	if p.cancel != nil {
		p.cancel()
	}
	p.delivered()
}

// wait returns a channel closed once all input is with the terminal; nil if it is.
func (p *inputPump) wait() <-chan struct{} {
	if len(p.queue) == 0 && !p.writing {
		return nil
	}
	if p.idle == nil {
		p.idle = make(chan struct{})
	}
	return p.idle
}

// dirtiness says whether somebody's half-typed line may be on the terminal.
type dirtiness struct {
	is      bool
	partial bool // typed while a program ran, in line mode, and not ended
	by      string
	since   time.Time
}

// typed takes note of input. A program in raw mode reads every key; in line mode a
// line not ended stays in the terminal for whoever reads next.
func (d *dirtiness) typed(s *Session, b []byte, by string) {
	last := b[len(b)-1]
	ended := last == '\r' || last == '\n' || last == 3 || last == 4 || last == 21 || last == 26 || last == 28
	if s.phase == ready || s.phase == booting {
		if !d.is {
			d.since = time.Now()
		}
		d.is, d.by = true, by
		d.partial = !ended
		return
	}
	modes, err := s.pty.Termios()
	d.partial = !ended && (err != nil || modes.Icanon)
	d.by = by
	if d.partial {
		d.since = time.Now()
	}
}

// prompted is a new prompt: whole lines are done with, a part of one is still there.
func (d *dirtiness) prompted() {
	d.is = d.partial
	d.partial = d.is
}

// inputFrame is what the journal keeps of input. The text is kept only where the
// terminal showed it and the user asked for that.
type inputFrame struct {
	Client string `json:"client,omitempty"`
	Bytes  int    `json:"bytes"`
	Text   []byte `json:"text,omitempty"`
}

// typeIn is the way in for everybody's input. ^C goes ahead of what waits.
func (s *Session) typeIn(b []byte, client string) error {
	if len(b) == 0 {
		return nil
	}
	if s.phase == dead {
		return s.deadError()
	}
	if len(s.pump.queue)+len(b) > maxQueued {
		return api.Errorf(api.Busy, "session %s does not read: %d bytes of input wait", s.name, len(s.pump.queue)).
			WithHint("ai-session signal %s INT", s.name)
	}
	s.dirty.typed(s, b, client)
	s.journalInput(b, client)
	s.input, s.tui, s.evid = nil, false, nil
	s.watch.restart()
	if i := bytes.LastIndexByte(b, 3); i >= 0 && (s.pump.writing || len(s.pump.queue) > 0) && s.phase != armed {
		s.interrupt()
		b = b[i+1:]
		if len(b) == 0 {
			s.tell()
			return nil
		}
	}
	interrupts := bytes.IndexByte(b, 3) >= 0
	s.pump.hold = s.pump.hold || interrupts
	s.pump.add(s, b)
	if interrupts {
		s.whenStarted(s.interruptTyped)
	}
	s.watchQuiet()
	s.tell()
	return nil
}

// interruptTyped delivers input with a ^C in it.
func (s *Session) interruptTyped() {
	before := s.foreground()
	s.pump.hold = false
	s.pump.resume(s)
	if modes, err := s.pty.Termios(); err == nil && modes.Isig {
		s.signalAgain(syscall.SIGINT, before)
	}
}

// interrupt is ^C for a program that does not read: the signal itself, and what was
// typed before it is void, as in a terminal.
func (s *Session) interrupt() {
	s.pump.queue = nil
	if modes, err := s.pty.Termios(); err == nil && modes.Isig {
		s.pty.SignalForeground(syscall.SIGINT)
		return
	}
	s.pump.queue = append(s.pump.queue, 3)
	s.pump.resume(s)
}

func (s *Session) journalInput(b []byte, client string) {
	f := inputFrame{Client: client, Bytes: len(b)}
	if s.c.JournalInput {
		if modes, err := s.pty.Termios(); err == nil && modes.Echo {
			f.Text = b
		}
	}
	data, err := json.Marshal(f)
	if err != nil {
		panic("session: an input frame is always JSON: " + err.Error())
	}
	s.append(persistence.Input, data)
}

// Send types text, then keys, then waits for what the request asks for.
func (s *Session) Send(ctx context.Context, req *api.SendRequest, client string) (*api.SendResult, error) {
	keys, err := parseKeys(req.Keys)
	if err != nil {
		return nil, err
	}
	var until *waiter
	if req.Until != nil {
		if until, err = s.newWaiter(req.Until.For, req.Until.Match, req.Until.QuietMS); err != nil {
			return nil, err
		}
	}
	sent := 0
	if req.Text != "" {
		n, err := s.sendText(ctx, req, client, len(keys) > 0)
		if err != nil {
			return nil, err
		}
		sent += n
	}
	for _, k := range keys {
		n, err := s.sendKey(k, client)
		if err != nil {
			return nil, err
		}
		sent += n
	}
	res := &api.SendResult{Bytes: sent, Delivered: s.settled(ctx)}
	if until != nil {
		deadline, stop := timeout(ctx, req.Until.TimeoutMS)
		defer stop()
		if res.Wait, err = until.wait(ctx, deadline); err != nil {
			return nil, err
		}
		if until.what == "exit" {
			if res.Wait.Block, err = s.lastBlock(until.open, 0); err != nil {
				return nil, err
			}
		}
	}
	return res, nil
}

func parseKeys(names []string) ([]vt.Key, error) {
	var keys []vt.Key
	for _, name := range names {
		k, err := vt.ParseKey(name)
		if err != nil {
			return nil, api.Errorf(api.Invalid, "no key %q", name).WithHint("for example Enter, C-c, Up, F5, M-x, S-Tab")
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// sendText types text, as a paste where that is asked for and understood. With a key
// to follow it gives a program that reads single keys the time to take the text as text:
// agent programs read text and Enter within some 120 ms, or in one read, as one paste,
// and then Enter is only a new line in it. Text of several lines goes to such a program
// as the paste it is, if it knows pastes: typed, its first line might be submitted alone.
func (s *Session) sendText(ctx context.Context, req *api.SendRequest, client string, keyFollows bool) (int, error) {
	s.mu.Lock()
	text := []byte(req.Text)
	brackets := s.term.State().BracketedPaste
	slow := keyFollows && (s.phase == running || s.phase == unhooked || s.foreign()) && (brackets || s.readsKeys())
	if req.Paste || slow && brackets && bytes.ContainsAny(text, "\r\n") {
		text = s.term.EncodePaste(text)
	}
	text, err := s.encode(text)
	if err == nil {
		err = s.typeIn(text, client)
	}
	s.mu.Unlock()
	if err != nil || !slow {
		return len(text), err
	}
	s.taken(ctx)
	return len(text), nil
}

// readsKeys says that the terminal is not in line mode.
func (s *Session) readsKeys() bool {
	modes, err := s.pty.Termios()
	return err == nil && !modes.Icanon
}

func (s *Session) sendKey(k vt.Key, client string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.encode(s.term.EncodeKey(k))
	if err != nil {
		return 0, err
	}
	return len(b), s.typeIn(b, client)
}

const (
	pasteWindow = 150 * time.Millisecond // longer than the paste detection of any agent program we know
	pasteGiveUp = 3 * time.Second        // for a program that does not read
	takenLook   = 30 * time.Millisecond  // how often the input is looked at: of its reading nobody is told
)

// taken waits until a program has read what was typed at it, and drawn it if it draws,
// and then for as long as it may take an Enter for a part of a paste.
func (s *Session) taken(ctx context.Context) {
	began := time.Now()
	var read time.Time // when it had read everything, then when it drew after that
	var at int64       // the end of output when it had
	drawn := false
	for {
		s.mu.Lock()
		grown, end := s.growth(), s.journal.End().Offset
		now := time.Now()
		switch {
		case read.IsZero() && !s.typedAhead():
			read, at = now, end
		case !read.IsZero() && !drawn && end > at:
			read, drawn = now, true
		}
		s.mu.Unlock()
		left := min(takenLook, pasteGiveUp-now.Sub(began))
		if !read.IsZero() {
			left = pasteWindow - now.Sub(read)
		}
		if left <= 0 || !s.pause(ctx, grown, left) {
			return
		}
	}
}

// pause waits for output, or for d; false once nobody waits any more.
func (s *Session) pause(ctx context.Context, grown <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-grown:
	case <-timer.C:
	case <-ctx.Done():
		return false
	case <-s.life.Done():
		return false
	}
	return true
}

// deliveryPatience is how long send waits for a program to read what was typed.
const deliveryPatience = time.Second

// settled reports whether the terminal has taken all input.
func (s *Session) settled(ctx context.Context) bool {
	s.mu.Lock()
	idle := s.pump.wait()
	s.mu.Unlock()
	if idle == nil {
		return true
	}
	timer := time.NewTimer(deliveryPatience)
	defer timer.Stop()
	select {
	case <-idle:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// Resize sets the session's size.
func (s *Session) Resize(size api.Size, xpixel, ypixel int) error {
	if err := size.Check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resize(size, xpixel, ypixel)
}

func (s *Session) resize(size api.Size, xpixel, ypixel int) error {
	if s.phase == dead {
		return s.deadError()
	}
	if size == s.size && s.pixels == [2]int{xpixel, ypixel} {
		return nil
	}
	s.append(persistence.Resize, resizeFrame(size, xpixel, ypixel))
	s.size, s.pixels = size, [2]int{xpixel, ypixel}
	s.term.Resize(size.Cols, size.Rows)
	s.term.SetPixels(xpixel, ypixel)
	err := s.pty.Resize(pty.Size{
		Cols: uint16(size.Cols), Rows: uint16(size.Rows), XPixel: uint16(xpixel), YPixel: uint16(ypixel),
	})
	for c := range s.clients {
		c.resized(size)
	}
	s.answer()
	return err
}

// resizeFrame is the payload of a resize frame.
func resizeFrame(size api.Size, xpixel, ypixel int) []byte {
	b, err := json.Marshal([4]int{size.Cols, size.Rows, xpixel, ypixel})
	if err != nil {
		panic("session: four numbers are always JSON: " + err.Error())
	}
	return b
}

// Signal signals the foreground processes.
func (s *Session) Signal(name string) error {
	sig, ok := parseSignal(name)
	if !ok {
		return api.Errorf(api.Invalid, "no signal %q", name).WithHint("for example INT, TERM, HUP, USR1, 15")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase == dead {
		return s.deadError()
	}
	if s.phase == armed {
		s.open.signal = sig // the shell reads the command's line: a signal would only spoil that
		return nil
	}
	var err error // of a signal that need not wait
	s.whenStarted(func() { err = s.signalNow(sig) })
	return err
}

// startBound is how long a shell is left alone to start a command.
const startBound = 500 * time.Millisecond

// whenStarted calls f, at once unless a shell is just starting what it was told to. A
// pipeline that is signalled while it is being started loses a part: bash takes the
// terminal away from it and waits for the rest, which nobody can interrupt any more.
func (s *Session) whenStarted(f func()) {
	e := s.open
	if e == nil || s.phase != running || time.Since(e.block.started) > startBound || s.pty.Asleep() {
		f()
		return
	}
	s.watch.after(s, 5*time.Millisecond, func() { s.whenStarted(f) })
}

// foreground is the group that has the terminal: the shell itself where nobody knows.
func (s *Session) foreground() int {
	if group, err := s.pty.Foreground(); err == nil && group != 0 {
		return group
	}
	return s.pty.Pid()
}

func (s *Session) signalNow(sig syscall.Signal) error {
	before := s.foreground()
	if err := s.pty.SignalForeground(sig); err != nil {
		return api.Errorf(api.Internal, "signal %s: %v", signalName(sig), err)
	}
	s.signalAgain(sig, before)
	return nil
}

// startGrace is how long a shell may take to begin what it was told to.
const startGrace = 5 * time.Second

// signalAgain sees to a command that was just beginning; before is the group that had
// the terminal when the signal was sent. A shell that had started a pipeline and not yet
// given it the terminal took the signal alone, and goes on waiting for that pipeline: it
// gets the signal once when it shows. A part of a pipeline that was started behind the
// signal never had it, and one that was not yet the program it was to become took it
// with the shell's handler and forgot it: who would have died of it gets it. A pipeline
// that is younger than the signal is another one's.
func (s *Session) signalAgain(sig syscall.Signal, before int) {
	e := s.open
	if e == nil {
		return
	}
	sent := time.Now()
	alone := before == s.pty.Pid()
	var look func(time.Duration)
	look = func(later time.Duration) {
		if s.open != e || s.phase != running || time.Since(sent) > startGrace {
			return
		}
		if s.foreign() {
			if age, err := s.pty.ForegroundAge(); alone && err == nil && age >= time.Since(sent) {
				alone = false
				s.pty.SignalForeground(sig) // it may end this very moment: then it needs none
			}
			s.pty.SignalMissed(sig, before, sent)
		}
		s.watch.after(s, later, func() { look(2 * later) })
	}
	s.watch.after(s, lostGrace, func() { look(lostGrace) })
}
