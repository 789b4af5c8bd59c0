package aisession

import (
	"net"
	"os"

	"github.com/ai-session/ai-session/api"
)

// connPair needs a socket pair, which Windows does not have.
func connPair() (near net.Conn, far *os.File, err error) {
	return nil, nil, api.Errorf(api.Unsupported, "remotes are not reached from Windows").WithHint("use HTTPS with the token, docs/http.md")
}
