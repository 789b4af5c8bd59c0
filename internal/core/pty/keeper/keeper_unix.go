//go:build unix

package keeper

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Config is what a keeper runs with.
type Config struct {
	Program string   // the daemon's
	Args    []string // behind its name
	Env     []string // the keeper adds EnvSocket

	// Attached is the number of a socket to a daemon that lives already and lost its
	// keeper, and AttachedPID that daemon; 0 = start one.
	Attached, AttachedPID int

	Log io.Writer
}

// held is one thing that outlives the daemon.
type held struct {
	entry
	fd int
}

// keeper is the state of Run; one goroutine owns it.
type keeper struct {
	c       Config
	program string // what is started next
	old     string // what to go back to while an upgrade is on trial; else empty
	note    string // how the last upgrade failed

	items map[string]*held
	exits map[int]syscall.WaitStatus // of children that had a terminal here, until dropped

	starts   int
	pid      int  // of the daemon, 0 = none lives
	child    bool // it is ours to reap
	ready    bool
	readyAt  time.Time
	everUp   bool
	bye      bool
	stopping bool
	code     int // of the daemon that ended last
	failures int // starts in a row that did not become ready

	manager serviceManager

	s      *stream
	events chan event
	round  int // which daemon an event belongs to
	trial  *time.Timer
}

// event is what the loop waits for.
type event struct {
	round int
	m     message
	fd    int
	err   error // the daemon's end of the socket is closed
	gone  bool  // an attached daemon's process has ended
	again bool  // it is time to start one
	late  bool  // a new binary had its time
}

// Run holds and supervises until the daemon says goodbye or a signal ends both. It
// returns the daemon's exit status.
func Run(c Config) (int, error) {
	k := &keeper{
		c: c, program: c.Program, items: map[string]*held{}, exits: map[int]syscall.WaitStatus{},
		events: make(chan event, 16), manager: newServiceManager(),
	}
	for _, h := range inherited() {
		k.items[h.key] = h
		k.everUp = true // there is something to keep, whatever becomes of the first daemon
	}
	subreaper() // where the system has none, an orphan's exit status stays unknown
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGCHLD, syscall.SIGTERM, syscall.SIGINT)
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
	if err := k.first(); err != nil {
		return 1, err
	}
	for !k.finished() {
		select {
		case sig := <-signals:
			k.signalled(sig.(syscall.Signal))
		case e := <-k.events:
			k.take(e)
		}
	}
	return k.code, nil
}

// first starts the daemon, or takes up with the one that lives.
func (k *keeper) first() error {
	if k.c.Attached == 0 {
		return k.start()
	}
	s, err := streamOf(k.c.Attached)
	if err != nil {
		return err
	}
	k.pid, k.ready, k.everUp = k.c.AttachedPID, true, true
	k.listen(s)
	go awaitProcess(k.pid, func() { k.events <- event{round: k.round, gone: true} })
	return nil
}

// finished says that nothing is left to hold or to wait for.
func (k *keeper) finished() bool {
	return k.pid == 0 && k.s == nil && (k.bye || k.stopping || !k.everUp)
}

// start runs the daemon with one end of a new socket.
func (k *keeper) start() error {
	ours, theirs, err := pair()
	if err != nil {
		return err
	}
	defer unix.Close(theirs)
	argv := append([]string{k.program}, k.c.Args...)
	env := append(without(k.c.Env, EnvSocket), EnvSocket+"=3")
	pid, _, err := syscall.StartProcess(k.program, argv, &syscall.ProcAttr{
		Env: env, Files: []uintptr{0, 1, 2, uintptr(theirs)}, Sys: &syscall.SysProcAttr{},
	})
	if err != nil {
		unix.Close(ours)
		return fmt.Errorf("start %s: %w", k.program, err)
	}
	s, err := streamOf(ours)
	if err != nil {
		return err
	}
	k.starts++
	k.pid, k.child, k.ready = pid, true, false
	k.listen(s)
	if k.old != "" {
		round := k.round
		k.trial = time.AfterFunc(StartLimit, func() { k.events <- event{round: round, late: true} })
	}
	return nil
}

func without(env []string, name string) []string {
	kept := make([]string, 0, len(env)+1)
	for _, kv := range env {
		if !strings.HasPrefix(kv, name+"=") {
			kept = append(kept, kv)
		}
	}
	return kept
}

// listen takes messages from a daemon's socket to its end.
func (k *keeper) listen(s *stream) {
	k.s = s
	k.round++
	round := k.round
	go func() {
		for {
			m, fd, err := s.next()
			k.events <- event{round: round, m: m, fd: fd, err: err}
			if err != nil {
				return
			}
		}
	}()
}

func (k *keeper) signalled(sig syscall.Signal) {
	switch sig {
	case syscall.SIGCHLD:
		k.reap()
	default:
		k.stopping = true
		if k.pid != 0 {
			syscall.Kill(k.pid, syscall.SIGTERM)
		}
	}
}

// reap takes the status of every child that has ended: the daemon, and orphans.
func (k *keeper) reap() {
	for {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		if pid == k.pid && k.child {
			k.ended(ws)
			continue
		}
		k.remember(pid, ws)
	}
}

// remember keeps the status of a program that has a terminal here.
func (k *keeper) remember(pid int, ws syscall.WaitStatus) {
	for _, h := range k.items {
		if h.pid == pid {
			k.exits[pid] = ws
			return
		}
	}
}

// ended notes that the daemon's process is gone. What it had sent is read first: the
// socket's end comes behind it.
func (k *keeper) ended(ws syscall.WaitStatus) {
	k.pid = 0
	k.code = ws.ExitStatus()
	if ws.Signaled() {
		k.code = 128 + int(ws.Signal())
		k.logf("the daemon was ended by signal %d", ws.Signal())
	}
	k.next()
}

// take handles one event of the loop.
func (k *keeper) take(e event) {
	if e.round != k.round {
		if e.fd > 0 {
			unix.Close(e.fd)
		}
		return
	}
	switch {
	case e.again:
		k.restart()
	case e.late:
		if !k.ready && k.pid != 0 {
			k.note = fmt.Sprintf("%s was not ready in %v", k.program, StartLimit)
			syscall.Kill(k.pid, syscall.SIGKILL)
		}
	case e.gone:
		k.pid = 0
		k.next()
	case e.err != nil:
		k.s.close()
		k.s = nil
		k.next()
	default:
		k.handle(e.m, e.fd)
	}
}

// shortLife is how long a daemon that was ready must live not to count as one that
// will not start. One that dies again and again at its first request must not take
// the whole machine with it.
const shortLife = 100 * time.Millisecond

// quickStarts is how many daemons may die young before there is a pause.
const quickStarts = 4

// next starts a daemon once the last one is gone altogether, if there is a use for it.
func (k *keeper) next() {
	if k.pid != 0 || k.s != nil || k.bye || k.stopping || !k.everUp {
		return
	}
	if k.trial != nil {
		k.trial.Stop()
		k.trial = nil
	}
	switch {
	case k.ready && time.Since(k.readyAt) > shortLife:
		k.failures = 0
	case !k.ready && k.old != "":
		k.goBack()
	default:
		if k.failures++; k.failures > quickStarts {
			k.later()
			return
		}
	}
	k.restart()
}

// goBack gives up on a new binary.
func (k *keeper) goBack() {
	if k.note == "" {
		k.note = fmt.Sprintf("%s ended before it was ready, status %d", k.program, k.code)
	}
	k.logf("upgrade taken back: %s", k.note)
	k.program, k.old = k.old, ""
}

// pauseLimit is the longest pause between attempts to start a daemon that will not.
const pauseLimit = 5 * time.Second

func (k *keeper) restart() {
	err := k.start()
	if err == nil {
		return
	}
	k.logf("%v", err)
	if k.old != "" {
		k.note = err.Error()
		k.goBack()
	}
	k.failures++
	k.later()
}

// later tries again after a pause: the binary may be about to be replaced, or the
// machine out of processes. The terminals wait meanwhile.
func (k *keeper) later() {
	pause := min(100*time.Millisecond<<max(0, min(k.failures-quickStarts, 10)), pauseLimit)
	round := k.round
	time.AfterFunc(pause, func() { k.events <- event{round: round, again: true} })
}

func (k *keeper) handle(m message, fd int) {
	switch m.kind {
	case kindHello:
		k.reply(kindWelcome, -1, Welcome{PID: os.Getpid(), Starts: k.starts, Note: k.note}.bytes())
	case kindPut:
		k.put(m.body, fd)
	case kindDrop:
		k.drop(string(m.body))
	case kindList:
		for _, h := range k.items {
			k.reply(kindItem, h.fd, h.bytes())
		}
		k.reply(kindEnd, -1)
	case kindExit:
		k.reply(kindAnswer, -1, k.exitOf(m.body))
	case kindLook:
		k.reply(kindAnswer, -1, lookAt(m.body))
	case kindReady:
		k.up()
	case kindReplace:
		k.reply(kindAnswer, -1, k.replace(string(m.body)))
	case kindBye:
		k.bye = true
	}
}

// reply gives up on a daemon that takes nothing: its socket's end is noticed.
func (k *keeper) reply(kd kind, fd int, body ...[]byte) {
	k.s.conn.SetWriteDeadline(time.Now().Add(StartLimit))
	if err := k.s.send(kd, fd, body...); err != nil {
		k.logf("answer the daemon: %v", err)
		k.s.conn.CloseRead()
	}
}

func (k *keeper) put(body []byte, fd int) {
	e, err := parseEntry(body)
	if err != nil {
		unix.Close(fd)
		return
	}
	k.drop(e.key)
	k.items[e.key] = &held{entry: e, fd: fd}
	k.manager.store(k.items[e.key])
}

func (k *keeper) drop(key string) {
	if h := k.items[key]; h != nil {
		unix.Close(h.fd)
		k.manager.forget(h)
		delete(k.exits, h.pid)
		delete(k.items, key)
	}
}

// exitOf answers how a program ended. It may have ended a moment ago.
func (k *keeper) exitOf(body []byte) []byte {
	if len(body) != 4 {
		return answerBytes(uint32(unix.EINVAL), nil)
	}
	k.reap()
	ws, ok := k.exits[int(int32(binary.LittleEndian.Uint32(body)))]
	if !ok {
		return answerBytes(uint32(unix.ECHILD), nil)
	}
	return answerBytes(0, binary.LittleEndian.AppendUint32(nil, uint32(ws)))
}

// up notes that the daemon serves. From the first time on, it is started again
// whenever it dies.
func (k *keeper) up() {
	if k.trial != nil {
		k.trial.Stop()
		k.trial = nil
	}
	if k.old != "" {
		k.old, k.note = "", ""
	}
	if !k.everUp {
		quietStdout() // who started us has read what the first daemon said there
	}
	k.manager.tell("READY=1")
	k.ready, k.everUp, k.readyAt = true, true, time.Now()
}

// replace has another binary started when this daemon ends.
func (k *keeper) replace(path string) []byte {
	if err := unix.Access(path, unix.X_OK); err != nil {
		var errno unix.Errno
		errors.As(err, &errno)
		return answerBytes(uint32(errno), nil)
	}
	k.old, k.program, k.note = k.program, path, ""
	return answerBytes(0, nil)
}

// lookAt reads what Yama shows to ancestors only.
func lookAt(body []byte) []byte {
	l, err := parseLook(body)
	if err != nil {
		return answerBytes(uint32(unix.EINVAL), nil)
	}
	dir := "/proc/" + strconv.Itoa(l.pid)
	path, offset := dir+"/task/"+strconv.Itoa(l.thread)+"/syscall", int64(0)
	size := maxLook
	if l.what == lookMemory {
		path, offset, size = dir+"/mem", int64(l.addr), l.size
	}
	f, err := os.Open(path)
	if err == nil {
		defer f.Close()
		b := make([]byte, size)
		var n int
		if n, err = f.ReadAt(b, offset); n > 0 || err == io.EOF {
			return answerBytes(0, b[:n])
		}
	}
	var errno unix.Errno
	if !errors.As(err, &errno) {
		errno = unix.EIO
	}
	return answerBytes(uint32(errno), nil)
}

func (k *keeper) logf(format string, args ...any) {
	if k.c.Log != nil {
		fmt.Fprintf(k.c.Log, "time=%s level=WARN msg=%q\n", time.Now().Format(time.RFC3339), "keeper: "+fmt.Sprintf(format, args...))
	}
}

// quietStdout points stdout away from whoever started us.
func quietStdout() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		unix.Dup2(int(null.Fd()), 1)
		null.Close()
	}
}
