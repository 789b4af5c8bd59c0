package httpapi

import (
	_ "embed"
	"net/http"
)

//go:embed docs.html
var docsPage []byte

//go:embed docs.js
var docsScript []byte

// pages adds the document and the page that renders it. The page loads nothing from
// anywhere else, and its policy holds it to that.
func (s *Server) pages(mux *http.ServeMux, document []byte) {
	for path, file := range map[string]struct {
		kind string
		body []byte
	}{
		"/openapi.json": {"application/json", document},
		"/docs":         {"text/html; charset=utf-8", docsPage},
		"/docs/docs.js": {"text/javascript; charset=utf-8", docsScript},
	} {
		tag := etag(file.body)
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", tag)
			if matches(r.Header.Get("If-None-Match"), tag) {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'")
			w.Header().Set("X-Content-Type-Options", "nosniff")
			write(w, http.StatusOK, file.kind, file.body)
		})
	}
}
