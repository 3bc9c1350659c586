package page

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/sx-framework/sxgo/render"
)

// route finds what a request is for and has it served.
func (a *App) route(w http.ResponseWriter, r *http.Request, o origin) {
	s := a.current()
	if a.infrastructure(s, w, r, o) {
		return
	}
	q := s.newRequest(r, o)
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler {
				panic(v)
			}
			s.recovered(w, q, v)
		}
	}()
	segments, clean, ok := splitPath(r.URL)
	if !ok {
		a.refused(r, http.StatusNotFound, "the path has dotted segments, or what no path has")
		s.errorPage(w, q, http.StatusNotFound, "", nil)
		return
	}
	if clean != "" {
		s.moved(w, r, clean)
		return
	}
	rt, params, allow := s.router.find(r.Method, segments)
	if rt == nil || len(params) > 0 {
		// A file is more specific than a pattern with parameters.
		if name, ok := s.public.has(segments); ok {
			if s.readable(w, q) {
				s.public.serve(w, r, name)
			}
			return
		}
	}
	if rt == nil {
		s.unrouted(w, q, segments, allow)
		return
	}
	q.params = params
	if err := s.cross.Check(r); err != nil {
		a.refusals.note("cross-origin request refused", "path", r.URL.Path, "origin", r.Header.Get("Origin"), "site", r.Header.Get("Sec-Fetch-Site"))
		s.errorPage(w, q, http.StatusForbidden, "This form was sent from another site.", nil)
		return
	}
	limit := a.limits.Body
	if s.config.maxBody > 0 {
		limit = s.config.maxBody
	}
	if r.ContentLength > limit {
		a.refused(r, http.StatusRequestEntityTooLarge, fmt.Sprintf("a body of %d bytes exceeds the limit of %d", r.ContentLength, limit))
		w.Header().Set("Connection", "close") // rather than read it all
		s.errorPage(w, q, http.StatusRequestEntityTooLarge, "", nil)
		return
	}
	if r.Body != nil && r.Body != http.NoBody {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && rt.kind != "stream" && rt.kind != "socket" {
			q.body = newTimedBody(w, r.Body, a.limits.Timeout)
			r.Body = q.body
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
	}
	if rt.kind == "stream" || rt.kind == "socket" {
		r = r.WithContext(withOrigin(r.Context(), q.origin)) // what these run in knows no *request
		q.r = r
	}
	rt.serve(w, r, q)
}

func (s *site) newRequest(r *http.Request, o origin) *request {
	q := &request{app: s.app, site: s, r: r, origin: o, nonce: newNonce()}
	if s.app.cfg.dev {
		q.trace = traceOf(r.Context())
	}
	return q
}

// readable refuses methods that make no sense for a file.
func (s *site) readable(w http.ResponseWriter, q *request) bool {
	switch q.r.Method {
	case http.MethodGet, http.MethodHead:
		return true
	case http.MethodOptions:
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		s.errorPage(w, q, http.StatusMethodNotAllowed, "", nil)
	}
	return false
}

// unrouted answers a request that no route takes. allow are the methods that the path knows, nil where it is unknown.
func (s *site) unrouted(w http.ResponseWriter, q *request, segments []string, allow []string) {
	if allow != nil {
		w.Header().Set("Allow", strings.Join(allow, ", "))
		if q.r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		s.errorPage(w, q, http.StatusMethodNotAllowed, "", nil)
		return
	}
	if other, ok := s.router.otherSlash(q.r.Method, segments); ok {
		s.moved(w, q.r, other)
		return
	}
	s.errorPage(w, q, http.StatusNotFound, "", nil)
}

// moved redirects to the one way in which a path is written. 308 keeps the method. The path begins with
// exactly one slash, so it cannot name another host.
func (s *site) moved(w http.ResponseWriter, r *http.Request, path string) {
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	w.Header().Set("Location", path)
	w.WriteHeader(http.StatusPermanentRedirect)
}

// infrastructure answers the paths that are the server's own.
func (a *App) infrastructure(s *site, w http.ResponseWriter, r *http.Request, o origin) bool {
	path := r.URL.Path
	if len(path) < 6 || path[1] != '_' && path[1] != 'h' && path[1] != 'l' && path[1] != 'r' {
		return false
	}
	switch path {
	case "/healthz", "/livez":
		plain(w, http.StatusOK, "ok")
		return true
	case "/readyz":
		a.ready(w, r)
		return true
	}
	rest, ok := strings.CutPrefix(path, "/_sx/")
	if !ok {
		return false
	}
	r = r.WithContext(withOrigin(r.Context(), o))
	switch {
	case path == render.LivePath:
		a.serveLive(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead && (strings.HasPrefix(path, stylePrefix) || strings.HasPrefix(path, assetPrefix)):
		w.Header().Set("Allow", "GET, HEAD")
		plain(w, http.StatusMethodNotAllowed, "method not allowed")
	case strings.HasPrefix(path, stylePrefix):
		serveSlotStyle(w)
	case strings.HasPrefix(path, assetPrefix):
		s.assets.serve(w, r)
	case strings.HasPrefix(path, uploadPrefix):
		a.serveUpload(s, w, r, strings.TrimPrefix(path, uploadPrefix))
	case strings.HasPrefix(rest, "live/"):
		a.servePageStream(w, r)
	case strings.HasPrefix(rest, "t/"):
		a.serveStream(w, r)
	default:
		a.serveClient(w, r)
	}
	return true
}

// ready tells a balancer whether to send requests here.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if a.draining.Load() {
		plain(w, http.StatusServiceUnavailable, "draining")
		return
	}
	if err := a.hub.Err(); err != nil {
		plain(w, http.StatusServiceUnavailable, "broker: "+err.Error())
		return
	}
	a.dbMu.Lock()
	d := a.db
	a.dbMu.Unlock()
	if d != nil {
		ctx, cancel := context.WithTimeout(r.Context(), healthTimeout)
		defer cancel()
		if err := d.Ping(ctx); err != nil {
			plain(w, http.StatusServiceUnavailable, "database: not reachable")
			return
		}
	}
	plain(w, http.StatusOK, "ready")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write([]byte(text + "\n"))
}

// recovered answers a request whose handling panicked: a mistake of ours or of a Go guard. The connection
// is cut when the header is on its way, so that the client does not take half a page for a whole one.
func (s *site) recovered(w http.ResponseWriter, q *request, v any) {
	s.app.log.Error("panic while answering", "path", q.r.URL.Path, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
	q.mu.Lock()
	sent := q.sent
	q.mu.Unlock()
	if sent {
		panic(http.ErrAbortHandler)
	}
	s.errorPage(w, q, http.StatusInternalServerError, "", nil)
}
