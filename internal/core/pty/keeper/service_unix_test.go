//go:build unix

package keeper

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestServiceManagerGetsACopyOfEveryDescriptor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	m := newServiceManager()
	if os.Getenv("NOTIFY_SOCKET") != "" {
		t.Error("the daemon would inherit the keeper's socket")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close()
	h := &held{entry: entry{pid: 42, key: "session:s1"}, fd: int(r.Fd())}
	m.store(h)
	m.forget(h)
	name := storeName(h.entry)
	words, fds := receive(t, l)
	if words != "FDSTORE=1\nFDNAME="+name+"\nFDPOLL=0" || len(fds) != 1 {
		t.Errorf("%q with %d descriptors", words, len(fds))
	}
	if e, ok := parseStoreName(name); !ok || e.pid != 42 || e.key != "session:s1" {
		t.Errorf("%q comes back as %+v", name, e)
	}
	if words, _ := receive(t, l); words != "FDSTOREREMOVE=1\nFDNAME="+name {
		t.Errorf("%q", words)
	}
	for _, bad := range []string{"", "x", "1.", "1.zz", "a.00", "stored"} {
		if e, ok := parseStoreName(bad); ok {
			t.Errorf("%q passes as %+v", bad, e)
		}
	}
}

func receive(t *testing.T, l *net.UnixConn) (string, []int) {
	t.Helper()
	b, oob := make([]byte, 1024), make([]byte, 128)
	n, oobn, _, _, err := l.ReadMsgUnix(b, oob)
	if err != nil {
		t.Fatal(err)
	}
	control, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		t.Fatal(err)
	}
	var fds []int
	for _, c := range control {
		if got, err := unix.ParseUnixRights(&c); err == nil {
			fds = append(fds, got...)
		}
	}
	for _, fd := range fds {
		unix.Close(fd)
	}
	return string(b[:n]), fds
}
