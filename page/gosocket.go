package page

import (
	"net/http"

	"github.com/sx-framework/sxgo/ws"
)

// goSocket is a socket whose handlers are written in Go.
type goSocket struct {
	path     string
	pattern  *pattern
	endpoint func(r *http.Request) (*ws.Endpoint, error)
}

// WithSocket mounts a WebSocket endpoint written in Go. The path may have parameters, as a page's. endpoint
// is called for each client, before the handshake: its error refuses the client with the code of a
// *ws.StatusError, else 500.
func WithSocket(path string, endpoint func(r *http.Request) (*ws.Endpoint, error)) Option {
	p, err := parsePattern(path)
	if err != nil {
		panic("page: WithSocket: " + err.Error())
	}
	return func(c *config) { c.sockets = append(c.sockets, goSocket{path, p, endpoint}) }
}

// Socket mounts a WebSocket endpoint written in Go, as WithSocket does, on a loaded application. Call it
// before the application serves. A path that is claimed already is a panic: a programming mistake.
func (a *App) Socket(path string, endpoint func(r *http.Request) (*ws.Endpoint, error)) {
	a.reloadMu.Lock()
	defer a.reloadMu.Unlock()
	WithSocket(path, endpoint)(a.cfg)
	s := *a.current()
	old := s.router
	s.router = newRouter()
	for _, r := range old.all {
		if r.kind != "socket" || r.place != "Go" {
			must(s.router.add(r))
		}
	}
	must(s.addGoSockets())
	a.site.Store(&s)
}

// Sockets is the server of the application's WebSockets, for broadcasts and presence from Go.
func (a *App) Sockets() *ws.Server { return a.ws }

// addGoSockets mounts the sockets that are written in Go.
func (s *site) addGoSockets() error {
	for _, g := range s.app.cfg.sockets {
		h := s.app.ws.Handler(g.endpoint)
		if err := s.router.add(&route{method: http.MethodGet, pattern: g.pattern, kind: "socket", name: g.path, place: "Go",
			serve: func(w http.ResponseWriter, r *http.Request, q *request) {
				h.ServeHTTP(w, r.WithContext(withRequest(r.Context(), q)))
			}}); err != nil {
			return err
		}
	}
	return nil
}
