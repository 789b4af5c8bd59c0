//go:build unix

package keeper

import (
	"encoding/hex"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// serviceManager is systemd, when it started the keeper: it holds a copy of every
// descriptor (FDSTORE, sd_notify(3)), so that not even the keeper's end loses a
// terminal. Without one, nothing is told.
type serviceManager struct {
	conn *net.UnixConn // not connected: Go passes descriptors on such ones only
	addr *net.UnixAddr
}

func newServiceManager() serviceManager {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return serviceManager{}
	}
	os.Unsetenv("NOTIFY_SOCKET") // it is ours, not the daemon's
	if strings.HasPrefix(path, "@") {
		path = "\x00" + path[1:]
	}
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram"})
	if err != nil {
		return serviceManager{}
	}
	return serviceManager{c, &net.UnixAddr{Name: path, Net: "unixgram"}}
}

func (m serviceManager) tell(words string) {
	if m.conn != nil {
		m.conn.WriteToUnix([]byte(words), m.addr) // a manager that does not listen is none
	}
}

func (m serviceManager) store(h *held) {
	if m.conn != nil {
		m.conn.WriteMsgUnix([]byte("FDSTORE=1\nFDNAME="+storeName(h.entry)+"\nFDPOLL=0"), unix.UnixRights(h.fd), m.addr)
	}
}

func (m serviceManager) forget(h *held) {
	m.tell("FDSTOREREMOVE=1\nFDNAME=" + storeName(h.entry))
}

// storeName is what a descriptor is called in the store: letters that may be in a
// name, at most 255, without the colon that separates names.
func storeName(e entry) string { return strconv.Itoa(e.pid) + "." + hex.EncodeToString([]byte(e.key)) }

// listenStart is the first descriptor that a service manager passes (sd_listen_fds(3)).
const listenStart = 3

// inherited are the descriptors that the service manager kept for the keeper before.
// Notes are not kept there: what the flight record of a terminal said is lost.
func inherited() (items []*held) {
	n, err := strconv.Atoi(os.Getenv("LISTEN_FDS"))
	if err != nil || os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) {
		return nil
	}
	names := strings.Split(os.Getenv("LISTEN_FDNAMES"), ":")
	for _, v := range []string{"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"} {
		os.Unsetenv(v)
	}
	for i := range n {
		fd := listenStart + i
		unix.CloseOnExec(fd)
		if i < len(names) {
			if e, ok := parseStoreName(names[i]); ok {
				items = append(items, &held{entry: e, fd: fd})
				continue
			}
		}
		unix.Close(fd)
	}
	return items
}

func parseStoreName(name string) (entry, bool) {
	pid, key, ok := strings.Cut(name, ".")
	n, err := strconv.Atoi(pid)
	b, hexErr := hex.DecodeString(key)
	if !ok || err != nil || hexErr != nil || len(b) == 0 || len(b) > maxKey {
		return entry{}, false
	}
	return entry{pid: n, key: string(b)}, true
}
