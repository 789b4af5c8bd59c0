package daemon

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/ai-session/ai-session/internal/core/pty"
	"github.com/ai-session/ai-session/internal/core/pty/keeper"
	"github.com/ai-session/ai-session/internal/core/session"
)

// Keys of what the keeper holds for us.
const (
	listenerKey   = "listener"
	remotePrefix  = "remote:"
	sessionPrefix = "session:"
	pipePrefix    = "pipe:"
)

// vault is the keeper as the sessions see it. A keeper that dies is replaced: as long
// as one of the two processes lives, no terminal is lost.
type vault struct {
	log   *slog.Logger
	spawn func() (*keeper.Client, error)

	mu     sync.Mutex // guards client
	client *keeper.Client
}

func (v *vault) now() *keeper.Client {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.client
}

// Hold keeps a session's terminal, unless the session has ended meanwhile.
func (v *vault) Hold(id string, pid int, note []byte, conn syscall.RawConn) {
	if err := v.now().Put(sessionPrefix+id, pid, note, conn); err != nil && !errors.Is(err, os.ErrClosed) {
		v.log.Warn("a session would end with the daemon", "id", id, "err", err)
	}
}

// Drop lets a session's terminal go.
func (v *vault) Drop(id string) {
	if err := v.now().Drop(sessionPrefix + id); err != nil && !errors.Is(err, keeper.ErrGone) {
		v.log.Warn("the keeper holds an ended session", "id", id, "err", err)
	}
}

// HoldPipe keeps the reading end of a command's pipe.
func (v *vault) HoldPipe(key string, note []byte, conn syscall.RawConn) {
	if err := v.now().Put(pipePrefix+key, 0, note, conn); err != nil && !errors.Is(err, os.ErrClosed) {
		v.log.Warn("a command's pipe would end with the daemon", "pipe", key, "err", err)
	}
}

// DropPipe lets it go.
func (v *vault) DropPipe(key string) {
	if err := v.now().Drop(pipePrefix + key); err != nil && !errors.Is(err, keeper.ErrGone) {
		v.log.Warn("the keeper holds a pipe that has ended", "pipe", key, "err", err)
	}
}

// ExitOf tells how a program ended whose parent the keeper is.
func (v *vault) ExitOf(pid int) (pty.Exit, bool) {
	code, signal, known := v.now().ExitOf(pid)
	return pty.Exit{Code: code, Signal: syscall.Signal(signal), Known: known}, known
}

// Syscall and Memory look at a process with the rights of an ancestor.
func (v *vault) Syscall(pid, thread int) ([]byte, error) { return v.now().Syscall(pid, thread) }

// Memory reads a process's memory.
func (v *vault) Memory(pid int, addr uint64, size int) ([]byte, error) {
	return v.now().Memory(pid, addr, size)
}

// inheritance is what the last daemon left with the keeper.
type inheritance struct {
	listener net.Listener        // nil: there was none
	remotes  map[string]*os.File // listeners for other machines, by the address that was asked for
	kept     []session.Kept
}

// inherit fetches it.
func (v *vault) inherit() (inheritance, error) {
	items, err := v.now().Items()
	if err != nil {
		return inheritance{}, fmt.Errorf("what the last daemon left: %w", err)
	}
	in := inheritance{remotes: map[string]*os.File{}}
	pipes := map[string][]session.KeptPipe{}
	for _, it := range items {
		id, isSession := strings.CutPrefix(it.Key, sessionPrefix)
		pipe, isPipe := strings.CutPrefix(it.Key, pipePrefix)
		address, isRemote := strings.CutPrefix(it.Key, remotePrefix)
		switch {
		case isSession:
			in.kept = append(in.kept, session.Kept{ID: id, PID: it.PID, Note: it.Note, File: it.File})
			continue
		case isPipe:
			id := session.SessionOfPipe(pipe)
			pipes[id] = append(pipes[id], session.KeptPipe{Key: pipe, Note: it.Note, File: it.File})
			continue
		case isRemote:
			in.remotes[address] = it.File
			continue
		case it.Key == listenerKey:
			in.listener, err = net.FileListener(it.File)
		}
		it.File.Close()
		if err != nil {
			return in, fmt.Errorf("the last daemon's socket: %w", err)
		}
	}
	for i := range in.kept {
		in.kept[i].Pipes = pipes[in.kept[i].ID]
		delete(pipes, in.kept[i].ID)
	}
	for _, left := range pipes { // of sessions that were ended: nobody will read them
		for _, p := range left {
			v.DropPipe(p.Key)
			p.File.Close()
		}
	}
	return in, nil
}

// holdListener keeps the socket, so that clients wait for the next daemon in place of
// being refused.
func (v *vault) holdListener(l net.Listener) error {
	conn, err := l.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	return v.now().Put(listenerKey, 0, nil, conn)
}

// watch replaces a keeper that dies, and has everything held again.
func (v *vault) watch(stopping <-chan struct{}, again func() error) {
	for {
		select {
		case <-stopping:
			return
		case <-v.now().Gone():
		}
		v.log.Warn("the keeper is gone; starting another")
		c, err := v.spawn()
		if err == nil {
			v.mu.Lock()
			v.client.Close()
			v.client = c
			v.mu.Unlock()
			err = again()
		}
		if err == nil {
			v.log.Info("another keeper holds the sessions", "pid", c.Welcome().PID)
		}
		if err != nil {
			v.log.Error("no keeper: sessions end with this daemon", "err", err)
			return
		}
	}
}

// spawnKeeper starts a keeper for this process: the lean program beside it.
func spawnKeeper() (*keeper.Client, error) {
	self, err := Program()
	if err != nil {
		return nil, err
	}
	lean := filepath.Join(filepath.Dir(self), "ai-session")
	return keeper.Spawn(lean, []string{"keeper", "--attached", fmt.Sprint(os.Getpid()), self, "serve"}, os.Environ())
}

// Program is the path of the running daemon, also after its file was replaced.
func Program() (string, error) {
	self, err := os.Executable()
	return strings.TrimSuffix(self, " (deleted)"), err
}
