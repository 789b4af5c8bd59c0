package session

import (
	"strconv"
	"strings"
	"syscall"
)

var windowsSignals = map[string]syscall.Signal{
	"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT,
	"KILL": syscall.SIGKILL, "TERM": syscall.SIGTERM,
}

// parseSignal reads INT, SIGINT, int or 2.
func parseSignal(name string) (syscall.Signal, bool) {
	if n, err := strconv.Atoi(name); err == nil {
		return syscall.Signal(n), n > 0 && n < 65
	}
	sig, ok := windowsSignals[strings.TrimPrefix(strings.ToUpper(name), "SIG")]
	return sig, ok
}

// signalName is INT for SIGINT, and the number for one without a name.
func signalName(sig syscall.Signal) string {
	for name, s := range windowsSignals {
		if s == sig {
			return name
		}
	}
	if sig == 0 {
		return ""
	}
	return strconv.Itoa(int(sig))
}

// redraw does nothing: no session is adopted here.
func (s *Session) redraw() {}
