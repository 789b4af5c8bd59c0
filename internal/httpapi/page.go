package httpapi

import (
	_ "embed"
	"net/http"
	"sync"
)

//go:embed docs.html
var docsPage []byte

//go:embed docs.js
var docsScript []byte

// pages adds the document and the page that renders it. The page loads nothing from
// anywhere else, and its policy holds it to that. They are made when the first one asks:
// clients of the last daemon wait for this one.
func (s *Server) pages(mux *http.ServeMux) {
	embedded := func(b []byte) func() ([]byte, error) { return func() ([]byte, error) { return b, nil } }
	for path, file := range map[string]struct {
		kind string
		make func() ([]byte, error)
	}{
		"/openapi.json": {"application/json", func() ([]byte, error) { return Document(s.c.Version) }},
		"/docs":         {"text/html; charset=utf-8", embedded(docsPage)},
		"/docs/docs.js": {"text/javascript; charset=utf-8", embedded(docsScript)},
	} {
		made := sync.OnceValues(file.make)
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			body, err := made()
			if err != nil {
				s.fail(w, err)
				return
			}
			tag := etag(body)
			w.Header().Set("ETag", tag)
			if matches(r.Header.Get("If-None-Match"), tag) {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'")
			w.Header().Set("X-Content-Type-Options", "nosniff")
			write(w, http.StatusOK, file.kind, body)
		})
	}
}
