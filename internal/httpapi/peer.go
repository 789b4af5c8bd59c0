//go:build linux || darwin

package httpapi

import (
	"net"
	"os"
)

// PeerListener closes connections that another user opened; root and the daemon's
// own uid pass.
func PeerListener(l net.Listener) net.Listener { return peerListener{l} }

type peerListener struct{ net.Listener }

func (l peerListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if uid, ok := peer(c); ok && (uid == os.Getuid() || uid == 0) {
			return c, nil
		}
		c.Close()
	}
}

// peer returns the uid at the other end of a unix connection.
func peer(c net.Conn) (uid int, ok bool) {
	uc, ok := c.(*net.UnixConn)
	if !ok {
		return 0, false
	}
	raw, err := uc.SyscallConn()
	if err != nil {
		return 0, false
	}
	ctlErr := raw.Control(func(fd uintptr) { uid, err = peerUID(int(fd)) })
	return uid, ctlErr == nil && err == nil
}
