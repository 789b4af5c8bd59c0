package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/config"
	"github.com/ai-session/ai-session/internal/daemon"
	"github.com/ai-session/ai-session/internal/httpapi"
	"github.com/ai-session/ai-session/internal/wire"
)

// listenRemote serves other machines, if it was told to. What prevents it is logged: the
// sessions of this machine do not wait for a port to become free. Where none are served
// the gate that is returned leads nowhere.
func listenRemote(d *daemon.Daemon, server *httpapi.Server, s config.Server, paths config.Paths, log *slog.Logger) *gate {
	l, err := d.ListenRemote(s.Listen)
	if err != nil {
		log.Error("other machines are not served", "err", err)
	}
	if l == nil {
		return &gate{}
	}
	cert, err := httpapi.Certificate(s.Cert, s.Key, filepath.Join(paths.Data, "tls"))
	if err != nil {
		log.Error("no certificate to serve other machines with", "err", err)
		d.CloseRemote()
		l.Close()
		return &gate{}
	}
	log.Info("serving other machines", "url", "https://"+l.Addr().String(), "fingerprint", httpapi.Fingerprint(cert.Certificate[0]))
	remote := httpapi.Remote{Certificate: cert, Tokens: httpapi.OpenTokens(paths.Data), Hosts: strings.FieldsFunc(s.Hosts, func(r rune) bool { return r == ',' || r == ' ' })}
	far := &gate{Listener: l}
	go func() {
		if err := server.ServeRemote(far, remote); err != nil {
			log.Error("other machines are not served any more", "err", err)
			d.CloseRemote()
		}
	}()
	return far
}

// token makes, lists and revokes tokens: create NAME LIFE SCOPES..., list, revoke NAME.
func token(args []string) error {
	paths, err := config.Find(os.Getenv)
	if err != nil {
		return err
	}
	tokens := httpapi.OpenTokens(paths.Data)
	switch {
	case len(args) >= 3 && args[0] == "create":
		life, err := time.ParseDuration(args[2])
		if err != nil {
			return err
		}
		text, _, err := tokens.Create(args[1], args[3:], life)
		if err == nil {
			fmt.Println(text)
		}
		return err
	case len(args) == 2 && args[0] == "revoke":
		return tokens.Revoke(args[1])
	case len(args) == 1 && args[0] == "list":
		list, err := tokens.List()
		for _, t := range list {
			end := "never expires"
			if t.ExpiresAt != nil {
				end = "expires " + t.ExpiresAt.Format(time.RFC3339)
			}
			fmt.Printf("%s\t%s\t%s\t%s\n", t.Name, t.ID, strings.Join(t.Scopes, ","), end)
		}
		return err
	}
	return errors.New("usage: token create NAME LIFE SCOPES... | list | revoke NAME")
}

// proxy carries one connection of a client, its standard input, to another machine. It
// adds what the client does not know: the token and the name of the host.
func proxy(server string) error {
	near, err := net.FileConn(os.Stdin)
	if err != nil {
		return err
	}
	defer near.Close()
	p := &proxied{near: near, in: bufio.NewReader(near)}
	if err := p.resolve(server); err != nil {
		return p.refuse(err)
	}
	far, err := p.dial(context.Background())
	if err != nil {
		return p.refuse(p.reason(err))
	}
	defer far.Close()
	p.copied = make(chan struct{})
	go func() {
		defer close(p.copied)
		io.Copy(near, far)
		if !p.attached.Load() {
			near.Close()
		}
	}()
	return p.forward(far)
}

type proxied struct {
	near   net.Conn
	in     *bufio.Reader
	remote config.Remote
	url    *url.URL
	seen   string // fingerprint of the certificate we were shown

	attached atomic.Bool   // the client goes on over a WebSocket
	copied   chan struct{} // closed when nothing comes over the first connection any more
}

func (p *proxied) resolve(server string) error {
	paths, err := config.Find(os.Getenv)
	if err != nil {
		return err
	}
	if p.remote, err = paths.FindRemote(server, os.Getenv); err != nil {
		return err
	}
	p.url, err = url.Parse(p.remote.URL)
	if err == nil && p.url.Host == "" {
		err = api.Errorf(api.Invalid, "%q is no https:// URL", p.remote.URL)
	}
	return err
}

// dialLimit is how long another machine may take to answer at all.
const dialLimit = 10 * time.Second

func (p *proxied) dial(ctx context.Context) (net.Conn, error) {
	host := p.url.Host
	if p.url.Port() == "" {
		host = net.JoinHostPort(p.url.Hostname(), "443")
	}
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: dialLimit}, Config: p.tls()}
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	return d.DialContext(ctx, "tcp", host)
}

// tls holds the other end to its pinned certificate, or to the system's authorities.
func (p *proxied) tls() *tls.Config {
	c := &tls.Config{ServerName: p.url.Hostname(), MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}}
	pinned := p.remote.Fingerprint
	if pinned == "" {
		return c
	}
	c.InsecureSkipVerify = true // the fingerprint below says more than a name and a date
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if p.seen = httpapi.Fingerprint(s.PeerCertificates[0].Raw); p.seen != pinned {
			return errors.New("its certificate is not the one that was pinned, but " + p.seen)
		}
		return nil
	}
	return c
}

// reason says in our words why another machine was not reached.
func (p *proxied) reason(err error) error {
	e := api.Errorf(api.Unavailable, "no daemon answers on %s: %v", p.remote.URL, err)
	var unknown *tls.CertificateVerificationError
	if errors.As(err, &unknown) && len(unknown.UnverifiedCertificates) > 0 {
		return e.WithHint("if its serve prints this: ai-session remote add NAME %s --fingerprint %s",
			p.remote.URL, httpapi.Fingerprint(unknown.UnverifiedCertificates[0].Raw))
	}
	return e.WithHint("ai-session serve --listen HOST:PORT, on that machine")
}

// refuse answers the client's request with a problem.
func (p *proxied) refuse(err error) error {
	if _, readErr := http.ReadRequest(p.in); readErr != nil {
		return nil
	}
	problem := api.ProblemOf(err)
	body, _ := json.Marshal(problem)
	return p.answer(problem.Status, body)
}

func (p *proxied) answer(status int, body []byte) error {
	_, err := fmt.Fprintf(p.near, "HTTP/1.1 %d %s\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, http.StatusText(status), len(body), body)
	return err
}

// forward sends the client's requests on, one after the other.
func (p *proxied) forward(far net.Conn) error {
	for {
		r, err := http.ReadRequest(p.in)
		if err != nil {
			return nil // the client is done
		}
		if strings.EqualFold(r.Header.Get("Upgrade"), wire.Protocol) {
			p.attached.Store(true)
			far.Close()
			<-p.copied
			return p.attach(r)
		}
		r.Host = p.url.Host
		p.authorize(r.Header)
		if err := r.Write(far); err != nil {
			return nil
		}
	}
}

func (p *proxied) authorize(h http.Header) {
	if p.remote.Token != "" {
		h.Set("Authorization", "Bearer "+p.remote.Token)
	}
}

// attach goes over a WebSocket, which passes whatever stands between the machines.
func (p *proxied) attach(r *http.Request) error {
	header := http.Header{"User-Agent": r.Header["User-Agent"]}
	p.authorize(header)
	ctx := context.Background()
	ws, res, err := websocket.Dial(ctx, p.remote.URL+r.URL.RequestURI(), &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: p.tls()}},
		HTTPHeader: header, Subprotocols: []string{wire.WebSocketProtocol},
	})
	if err != nil {
		if res != nil && res.Body != nil {
			body, _ := io.ReadAll(res.Body)
			return p.answer(res.StatusCode, body)
		}
		body, _ := json.Marshal(api.ProblemOf(p.reason(err)))
		return p.answer(http.StatusServiceUnavailable, body)
	}
	defer ws.CloseNow()
	ws.SetReadLimit(wire.MaxFrame + 16)
	if _, err := io.WriteString(p.near, "HTTP/1.1 "+strconv.Itoa(http.StatusSwitchingProtocols)+" Switching Protocols\r\n\r\n"); err != nil {
		return nil
	}
	far := websocket.NetConn(ctx, ws, websocket.MessageBinary)
	go func() {
		io.Copy(p.near, far)
		p.near.Close()
	}()
	for {
		f, err := wire.ReadFrame(p.in)
		if err != nil {
			return nil
		}
		if _, err := far.Write(wire.AppendFrame(nil, f)); err != nil {
			return nil
		}
	}
}
