package aisession

import (
	"context"
	"net"
	"os/exec"

	"github.com/ai-session/ai-session/api"
)

// remoteDialer reaches another machine through a helper process, `ai-sessiond proxy`,
// at the other end of a socket: TLS and WebSocket would cost every run of the client a
// millisecond and more, whether it leaves the machine or not.
func remoteDialer(server string) (func(context.Context) (net.Conn, error), error) {
	program, err := daemonProgram()
	if err != nil {
		return nil, err
	}
	return func(context.Context) (net.Conn, error) {
		near, far, err := connPair()
		if err != nil {
			return nil, err
		}
		defer far.Close()
		cmd := exec.Command(program, "proxy", server)
		cmd.Stdin = far
		if err := cmd.Start(); err != nil {
			near.Close()
			return nil, api.Errorf(api.Unavailable, "start %s: %v", program, err).WithCause(err)
		}
		go cmd.Wait() // it ends when the connection is closed
		return near, nil
	}, nil
}
