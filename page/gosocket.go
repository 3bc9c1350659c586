package page

import (
	"net/http"

	"github.com/sx-framework/sxgo/ws"
)

// goSocket is a socket whose handlers are written in Go.
type goSocket struct {
	path    string
	pattern *pattern
	parts   []ws.Part
}

// WithSocket mounts a WebSocket endpoint written in Go, made of parts: handlers such as ws.On and functions that
// guard it or choose its channel, user and session. The path may have parameters, as a page's, which
// (*http.Request).PathValue gives. Without a part that says otherwise the channel is the path, the session that of
// the application's cookie, and the user the session's "user".
func WithSocket(path string, parts ...ws.Part) Option {
	p, err := parsePattern(path)
	if err != nil {
		panic("page: WithSocket: " + err.Error())
	}
	return func(c *config) { c.sockets = append(c.sockets, goSocket{path, p, parts}) }
}

// Socket mounts a WebSocket endpoint written in Go, as WithSocket does, on a loaded application. Call it
// before the application serves. A path that is claimed already is a panic: a programming mistake.
func (a *App) Socket(path string, parts ...ws.Part) {
	a.reloadMu.Lock()
	defer a.reloadMu.Unlock()
	WithSocket(path, parts...)(a.cfg)
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
		h := s.app.ws.Handle(append([]ws.Part{sessionPart}, g.parts...)...)
		if err := s.router.add(&route{method: http.MethodGet, pattern: g.pattern, kind: "socket", name: g.path, place: "Go",
			serve: func(w http.ResponseWriter, r *http.Request, q *request) {
				r = r.WithContext(withRequest(r.Context(), q))
				for _, p := range q.params {
					r.SetPathValue(p.Name, plainText(p.Value))
				}
				h.ServeHTTP(w, r)
			}}); err != nil {
			return err
		}
	}
	return nil
}

// sessionPart says whose connection it is.
func sessionPart(r *http.Request, ep *ws.Endpoint) error {
	q, _ := r.Context().Value(requestKey{}).(*request)
	sess := q.sess()
	user, _ := sess.get("user")
	ep.Session, ep.User = sess.id, plainText(user)
	return nil
}
