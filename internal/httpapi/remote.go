package httpapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
)

// Remote is how the API is served to other machines: TLS, a token for every request,
// and nothing that a web page could use.
type Remote struct {
	Certificate tls.Certificate
	Tokens      *Tokens
	Hosts       []string // names, besides the certificate's, that clients may call it by
}

// maxRemote bounds the connections of other machines. Whoever opens them all keeps
// himself out, not the owner, who comes by the unix socket.
const maxRemote = 1024

// remoteIdle is how long a connection of another machine may wait for its next request.
// The first has headerTimeout. On the unix socket there is no such limit: a client that
// kept a connection could not tell a request that was lost from one carried out.
const remoteIdle = time.Hour

// ServeRemote answers on a TCP listener until Shutdown.
func (s *Server) ServeRemote(l net.Listener, c Remote) error {
	hosts := append(certificateNames(c.Certificate), c.Hosts...)
	server := s.listener(s.foreign(s.http.Handler, c.Tokens, hosts))
	server.IdleTimeout = remoteIdle
	server.TLSConfig = &tls.Config{
		Certificates: []tls.Certificate{c.Certificate}, MinVersion: tls.VersionTLS13,
		NextProtos: []string{"http/1.1"}, // an upgrade needs the connection for itself
	}
	server.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	s.http.RegisterOnShutdown(func() { server.Close() })
	s.mu.Lock()
	s.remotes = append(s.remotes, server)
	s.mu.Unlock()
	err := server.ServeTLS(bounded(l, maxRemote), "", "")
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func certificateNames(c tls.Certificate) []string {
	if len(c.Certificate) == 0 {
		return nil
	}
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		return nil
	}
	return leaf.DNSNames
}

// foreign lets a request in that is called by one of our names, comes from no web page
// of somebody else's, and has a token. In this order: who is refused for the first
// reason learns nothing about the last.
func (s *Server) foreign(next http.Handler, tokens *Tokens, hosts []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := sameSite(r, hosts); err != nil {
			s.fail(w, err)
			return
		}
		grant, err := tokens.Check(bearer(r))
		if err != nil {
			s.fail(w, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(withGrant(r.Context(), grant)))
	})
}

// sameSite refuses a Host that is not ours, which is what DNS rebinding needs, and a
// request that a page of another site made. An address is no name that somebody could
// rebind.
func sameSite(r *http.Request, hosts []string) error {
	name := r.Host
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		name = host
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if net.ParseIP(name) == nil && name != "localhost" && !slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, name) }) {
		return api.Errorf(api.Denied, "this daemon is not called %q", clean(name)).
			WithHint("ai-session config set server.hosts NAME, on the daemon's machine")
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return api.Errorf(api.Denied, "a page of another site may not ask here")
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	if u, err := url.Parse(origin); err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
		return api.Errorf(api.Denied, "a page of another origin may not ask here")
	}
	return nil
}

// bearer is the request's token (RFC 6750 section 2.1). A browser's WebSocket cannot
// send the header and offers it as a subprotocol.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	if wantsWebSocket(r) {
		for _, offered := range strings.Split(r.Header.Get("Sec-WebSocket-Protocol"), ",") {
			if token, ok := strings.CutPrefix(strings.TrimSpace(offered), tokenProtocol); ok {
				return token
			}
		}
	}
	return ""
}

// tokenProtocol is the beginning of the subprotocol that carries a token.
const tokenProtocol = "ai-session-token."

// bounded accepts at most n connections at a time; others wait in the kernel's queue.
func bounded(l net.Listener, n int) net.Listener {
	return &boundedListener{Listener: l, places: make(chan struct{}, n)}
}

type boundedListener struct {
	net.Listener
	places chan struct{}
}

func (l *boundedListener) Accept() (net.Conn, error) {
	l.places <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &boundedConn{Conn: c, leave: func() { <-l.places }}, nil
}

type boundedConn struct {
	net.Conn
	left  sync.Once
	leave func()
}

func (c *boundedConn) Close() error {
	c.left.Do(c.leave)
	return c.Conn.Close()
}
