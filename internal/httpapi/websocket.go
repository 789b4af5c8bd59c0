package httpapi

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/wire"
)

// pingEvery is how often an idle WebSocket is asked whether anybody is there.
const pingEvery = 30 * time.Second

// wantsWebSocket reports the handshake of RFC 6455 section 4.1.
func wantsWebSocket(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// websocketConn upgrades to a WebSocket, for browsers and for what stands between two
// machines: each binary message is one attach frame, as on the unix socket.
func (s *Server) websocketConn(w http.ResponseWriter, r *http.Request, op api.Spec, req any) error {
	far, err := s.caller.Open(r.Context(), op, req)
	if err != nil {
		return err
	}
	defer far.Close()
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{wire.WebSocketProtocol}})
	if err != nil {
		return nil // Accept has answered
	}
	defer ws.CloseNow()
	ws.SetReadLimit(wire.MaxFrame + 16)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go ping(ctx, ws)
	nc := websocket.NetConn(ctx, ws, websocket.MessageBinary)
	splice(wire.NewConn(nc, bufio.NewReader(nc)), far)
	ws.Close(websocket.StatusNormalClosure, "")
	return nil
}

// ping ends a connection whose other end is gone without a word.
func ping(ctx context.Context, ws *websocket.Conn) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		wait, cancel := context.WithTimeout(ctx, pingEvery)
		err := ws.Ping(wait)
		cancel()
		if err != nil {
			ws.CloseNow()
			return
		}
	}
}
