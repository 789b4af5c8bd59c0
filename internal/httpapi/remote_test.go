package httpapi

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ai-session/ai-session/api"
)

// abroad is a face for other machines before a daemon that must not be reached.
func abroad(t *testing.T, c api.Caller) (address, dir string, client *http.Client) {
	t.Helper()
	dir = t.TempDir()
	cert, err := Certificate("", "", dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, c)
	go s.ServeRemote(l, Remote{Certificate: cert, Tokens: OpenTokens(dir), Hosts: []string{"known.example"}})
	t.Cleanup(func() { s.Shutdown(t.Context()) })
	pool := x509.NewCertPool()
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(leaf)
	client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}
	return l.Addr().String(), dir, client
}

func makeToken(t *testing.T, dir, name string, life time.Duration, scopes ...string) string {
	t.Helper()
	text, _, err := OpenTokens(dir).Create(name, scopes, life)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestStrangersAreRefusedBeforeAnythingHappens(t *testing.T) {
	address, dir, client := abroad(t, untouched{t})
	good := makeToken(t, dir, "good", time.Hour, "*")
	reader := makeToken(t, dir, "reader", 0, "read")
	late := makeToken(t, dir, "late", time.Nanosecond, "*")
	gone := makeToken(t, dir, "gone", 0, "*")
	if err := OpenTokens(dir).Revoke("gone"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, method, path string
		token              string
		headers            map[string]string
		status             int
		code               api.Code
	}{
		{"no token", "GET", "/v1/sessions", "", nil, 401, api.Unauthorized},
		{"no token for the document", "GET", "/openapi.json", "", nil, 401, api.Unauthorized},
		{"no token for metrics", "GET", "/metrics", "", nil, 401, api.Unauthorized},
		{"no token for the old routes", "GET", "/sessions", "", nil, 401, api.Unauthorized},
		{"nonsense", "GET", "/v1/sessions", "ais_x_y", nil, 401, api.Unauthorized},
		{"another's secret", "GET", "/v1/sessions", good[:13] + reader[13:], nil, 401, api.Unauthorized},
		{"expired", "GET", "/v1/sessions", late, nil, 401, api.Unauthorized},
		{"revoked", "GET", "/v1/sessions", gone, nil, 401, api.Unauthorized},
		{"scope", "POST", "/v1/sessions/dev/exec", reader, nil, 403, api.Denied},
		{"scope of the old routes", "DELETE", "/sessions/dev", reader, nil, 403, api.Denied},
		{"rebound name", "GET", "/v1/sessions", good, map[string]string{"Host": "evil.example"}, 403, api.Denied},
		{"rebound name with a port", "GET", "/v1/sessions", good, map[string]string{"Host": "evil.example:80"}, 403, api.Denied},
		{"cross-site", "GET", "/v1/sessions", good, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, api.Denied},
		{"another origin", "POST", "/v1/stop", good, map[string]string{"Origin": "https://evil.example"}, 403, api.Denied},
		{"no origin at all", "POST", "/v1/stop", good, map[string]string{"Origin": "null"}, 403, api.Denied},
		{"unknown route", "GET", "/v2", good, nil, 404, api.NotFound},
		{"preflight", "OPTIONS", "/v1/sessions", good, map[string]string{"Access-Control-Request-Method": "POST"}, 405, api.NotAllowed},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), c.method, "https://"+address+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range c.headers {
				if r.Header.Set(name, value); name == "Host" {
					r.Host = value
				}
			}
			if c.token != "" {
				r.Header.Set("Authorization", "Bearer "+c.token)
			}
			res, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			var p struct{ Code string }
			if err := json.Unmarshal(body, &p); err != nil || res.StatusCode != c.status || !strings.EqualFold(p.Code, string(c.code)) {
				t.Errorf("%d %s, want %d %s", res.StatusCode, body, c.status, c.code)
			}
			if (c.status == 401) != (res.Header.Get("WWW-Authenticate") != "") && !strings.HasPrefix(c.path, "/sessions") {
				t.Errorf("WWW-Authenticate %q", res.Header.Get("WWW-Authenticate"))
			}
			if res.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Error("CORS is on")
			}
		})
	}
}

func TestKnownNamesAndTokensAreLetIn(t *testing.T) {
	address, dir, client := abroad(t, zeros{})
	token := makeToken(t, dir, "reader", 0, "read")
	for _, host := range []string{"", "localhost", "known.example:7443", "[::1]:1", "192.0.2.7"} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "https://"+address+"/v1/status", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		r.Header.Set("Authorization", "bearer "+token)
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 200 {
			t.Errorf("host %q: %d", host, res.StatusCode)
		}
	}
}

// Half of a request, or none, holds a connection but not the others.
func TestSlowClientsDoNotKeepOthersOut(t *testing.T) {
	address, dir, client := abroad(t, zeros{})
	token := makeToken(t, dir, "reader", 0, "read")
	for range 50 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		tc := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
		fmt.Fprintf(tc, "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX-Slow:")
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", "https://"+address+"/v1/status", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
}

// The old protocol's first byte on a TLS port, and a head without an end.
func TestRubbishIsAnsweredOrCut(t *testing.T) {
	address, _, _ := abroad(t, untouched{t})
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	line, _ := bufio.NewReader(c).ReadString('\n')
	if !strings.Contains(line, "400") {
		t.Errorf("plain HTTP: %q", line)
	}
	tc, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer tc.Close()
	go func() {
		io.WriteString(tc, "GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
		for range 200 {
			if _, err := io.WriteString(tc, strings.Repeat("x", 1024)); err != nil {
				return
			}
		}
	}()
	line, _ = bufio.NewReader(tc).ReadString('\n')
	if !strings.Contains(line, "431") {
		t.Errorf("an endless header: %q", line)
	}
}

func TestTokensAreKeptAsHashesAlone(t *testing.T) {
	dir := t.TempDir()
	text := makeToken(t, dir, "a", 0, "read")
	list, err := OpenTokens(dir).List()
	if err != nil || len(list) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	word := text[strings.LastIndexByte(text, '_')+1:]
	if b, _ := json.Marshal(list); strings.Contains(string(b), word) {
		t.Error("the secret is kept")
	}
	for name, err := range map[string]error{
		"a name twice":     second(OpenTokens(dir).Create("a", []string{"read"}, 0)),
		"an unknown scope": second(OpenTokens(dir).Create("b", []string{"everything"}, 0)),
		"no scope":         second(OpenTokens(dir).Create("b", nil, 0)),
		"no such token":    OpenTokens(dir).Revoke("nobody"),
	} {
		if err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func second(_ string, _ Token, err error) error { return err }

// The whole daemon, asked at random by other machines with a token for all, with one
// for reading, with none. RANDOM_REQUESTS says how often.
func TestRandomRequestsFromElsewhereNeverFailInside(t *testing.T) {
	n := randomRequests(200)
	l := newLab(t)
	l.create()
	l.ask("POST", "/v1/sessions/dev/exec", `{"command":"seq 20"}`)
	address, dir, client := abroad(t, l.daemon)
	client.Transport.(*http.Transport).DisableKeepAlives = false
	tokens := []string{makeToken(t, dir, "all", time.Hour, "*"), makeToken(t, dir, "reader", time.Hour, "read"), ""}
	d, _ := readDocument(t)
	r := random{rand.New(rand.NewPCG(uint64(n), 9)), d}
	seen := map[int]int{}
	for range n {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		req := r.request(ctx, "create", "kill", "stop", "upgrade", "snapshot_restore", "restore")
		token := tokens[r.IntN(len(tokens))]
		req.RequestURI, req.URL.Scheme, req.URL.Host, req.Host = "", "https", address, address
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		if res, err := client.Do(req); err == nil { // else it was no HTTP, or took too long
			body, _ := io.ReadAll(res.Body)
			res.Body.Close()
			seen[res.StatusCode]++
			if res.StatusCode >= 500 || token == "" && res.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s %s, token %.12q: %d %.200s", req.Method, req.URL, token, res.StatusCode, body)
			}
		}
		cancel()
	}
	t.Logf("statuses %v", seen) // how many ended in time is the machine's matter
}
