package mcp

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
)

const (
	// pageLife is how long a question's page waits for its person.
	pageLife = 5 * time.Minute
	// maxPages bounds the questions that wait at once.
	maxPages = 64
	// maxAnswer bounds what is entered.
	maxAnswer = 64 << 10
)

// pages are web pages for secrets, on this machine's own address: a client that can open
// one (elicitation in URL mode) hands its person over, and what he enters goes to the
// terminal without passing through the client. Each question has a page of its own, at
// an address that nobody can guess, and takes one answer.
type pages struct {
	caller api.Caller
	log    *slog.Logger

	mu     sync.Mutex // guards what follows
	server *http.Server
	host   string // address of the server
	open   map[string]*page
}

// page is one question.
type page struct {
	token, session, block, question string
	tail                            string
	until                           time.Time
	done                            chan struct{} // closed once it has been answered
	taken                           bool          // somebody answers; pages' mutex guards it
}

func newPages(caller api.Caller, log *slog.Logger) *pages {
	return &pages{caller: caller, log: log, open: map[string]*page{}}
}

// of returns the page of what a command asks now, made when it is first needed.
func (p *pages) of(r *api.Report) (*page, string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.listen(); err != nil {
		return nil, "", err
	}
	now := time.Now()
	for token, q := range p.open {
		if now.After(q.until) {
			delete(p.open, token)
		} else if q.block == r.ID && q.question == question(r) {
			return q, p.address(q), nil
		}
	}
	if len(p.open) >= maxPages {
		return nil, "", errors.New("too many questions wait for their person")
	}
	secret := make([]byte, 24)
	rand.Read(secret) // never fails
	q := &page{
		token: base64.RawURLEncoding.EncodeToString(secret), session: r.Session, block: r.ID, question: question(r),
		tail: r.Input.Tail, until: now.Add(pageLife), done: make(chan struct{}),
	}
	p.open[q.token] = q
	return q, p.address(q), nil
}

func (p *pages) address(q *page) string { return "http://" + p.host + "/" + q.token }

// find returns the page of a block that waits, or nil.
func (p *pages) find(block string) *page {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, q := range p.open {
		if q.block == block {
			return q
		}
	}
	return nil
}

// listen starts the server; the caller holds mu.
func (p *pages) listen() error {
	if p.server != nil {
		return nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.host = l.Addr().String()
	p.server = &http.Server{Handler: p, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug)}
	go p.server.Serve(l) // ends by close
	return nil
}

func (p *pages) close() {
	p.mu.Lock()
	server := p.server
	p.mu.Unlock()
	if server != nil {
		server.Close()
	}
}

var pageText = template.Must(template.New("page").Parse(`<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>ai-session</title><p>The command @{{.Block}} in session <b>{{.Session}}</b> asks:</p><pre>{{.Tail}}</pre>
<form method="post"><input type="password" name="answer" autocomplete="off" autofocus> <button>Type it into the terminal</button></form>
<p>It goes to the terminal alone: neither the model nor its client sees it.</p>
`))

// ServeHTTP shows a question and takes its answer.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	p.mu.Lock()
	q, host := p.open[strings.TrimPrefix(r.URL.Path, "/")], p.host
	p.mu.Unlock()
	origin := r.Header.Get("Origin")
	switch {
	case r.Host != host || r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Method != http.MethodGet:
		http.Error(w, "not from here", http.StatusForbidden)
	case q == nil || time.Now().After(q.until):
		http.Error(w, "nothing is asked here any more", http.StatusNotFound)
	case r.Method == http.MethodGet:
		h.Set("Content-Type", "text/html; charset=utf-8")
		pageText.Execute(w, struct{ Block, Session, Tail string }{q.block, q.session, q.tail})
	case r.Method != http.MethodPost:
		http.Error(w, "GET or POST", http.StatusMethodNotAllowed)
	case origin != "" && origin != "null" && origin != "http://"+host: // no-referrer makes a form's own origin null
		http.Error(w, "not from here", http.StatusForbidden)
	default:
		r.Body = http.MaxBytesReader(w, r.Body, maxAnswer)
		if err := r.ParseForm(); err != nil || !r.PostForm.Has("answer") {
			http.Error(w, "no answer", http.StatusBadRequest)
			return
		}
		p.answer(w, r, q, r.PostForm.Get("answer"))
	}
}

// answer types what was entered, if it still is what the command asks for.
func (p *pages) answer(w http.ResponseWriter, r *http.Request, q *page, text string) {
	p.mu.Lock()
	taken := q.taken
	q.taken = true // one answer
	p.mu.Unlock()
	if taken {
		http.Error(w, "it has been answered", http.StatusConflict)
		return
	}
	err := p.typeAnswer(r.Context(), q, text)
	p.mu.Lock()
	delete(p.open, q.token) // not before: who waits for the answer would not find it
	p.mu.Unlock()
	if err != nil {
		http.Error(w, api.ProblemOf(err).Detail, api.CodeOf(err).Status())
		return
	}
	close(q.done)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte("Typed. This page can be closed.\n"))
}

func (p *pages) typeAnswer(ctx context.Context, q *page, text string) error {
	asked, err := api.Wait.Call(ctx, p.caller, &api.WaitRequest{Session: "@" + q.block, TimeoutMS: 1})
	if err != nil {
		return err
	}
	if b := asked.Block; b == nil || b.State != api.BlockNeedsInput || question(b) != q.question {
		return api.Errorf(api.Invalid, "the command does not ask this any more")
	}
	_, err = api.Send.Call(ctx, p.caller, &api.SendRequest{Session: q.session, Text: text, Keys: []string{"Enter"}})
	return err
}
