package daemon

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/ai-session/ai-session/internal/core/pty/keeper"
)

// far is the listener that other machines come to. The keeper holds it as it holds the
// socket: between one daemon and the next they wait in it and are not refused.
type far struct {
	vault *vault // nil: it ends with this process

	mu      sync.Mutex          // guards what follows
	left    map[string]*os.File // what the last daemon left, by the address that was asked for
	address string
	l       net.Listener // nil: other machines are not served
}

// listen takes the last daemon's listener if that was for the same address, with who
// waits in it, and else a new one. An empty address only lets go of what was left.
func (f *far) listen(address string) (l net.Listener, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for was, file := range f.left {
		if was == address {
			l, err = net.FileListener(file)
		}
		if was != address || err != nil {
			f.vault.dropRemote(was) // else a new one would find the address taken
		}
		file.Close()
	}
	f.left = nil
	if address == "" {
		return nil, nil
	}
	if l == nil {
		l, err = net.Listen("tcp", address)
	}
	if err == nil {
		f.address, f.l = address, l
	}
	return l, err
}

// hold has the keeper hold the listener. Only a daemon that is ready asks for that: a
// binary that is taken back before may have an elder that knows nothing of it, and would
// find its address taken.
func (f *far) hold() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.l == nil || f.vault == nil {
		return nil
	}
	conn, err := f.l.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	return f.vault.now().Put(remotePrefix+f.address, 0, nil, conn)
}

// letGo leaves nobody waiting whom no daemon will serve.
func (f *far) letGo() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.l != nil && f.vault != nil {
		f.vault.dropRemote(f.address)
	}
	f.l = nil
}

func (v *vault) dropRemote(address string) {
	if err := v.now().Drop(remotePrefix + address); err != nil && !errors.Is(err, keeper.ErrGone) {
		v.log.Warn("the keeper holds an address that is not served", "address", address, "err", err)
	}
}

// ListenRemote takes an address to serve other machines on: the last daemon's listener,
// with those who wait in it, or a new one. It is to be called with an empty address too,
// where none are served.
func (d *Daemon) ListenRemote(address string) (net.Listener, error) { return d.far.listen(address) }

// CloseRemote says that other machines are not served any more.
func (d *Daemon) CloseRemote() { d.far.letGo() }
