package page

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// messagePrefix begins the topics that (publish! …) publishes to, apart from those of streams.
const messagePrefix = "message:"

// liveOptions are those of the server of event streams.
func (a *App) liveOptions() []live.Option {
	return []live.Option{
		live.WithLogger(a.log),
		live.MaxConnections(a.limits.Connections, a.limits.PerAddress, a.limits.PerSession),
		live.SessionOf(func(r *http.Request) string {
			if r.Header.Get("Cookie") == "" {
				return ""
			}
			return a.sessions.read(r, originOf(r).secure).id
		}),
		live.AllowOrigin(a.allowOrigin),
		live.AddressOf(a.countedAddress),
	}
}

// livePrimitives publish to topics.
func (a *App) livePrimitives() []*sx.Primitive {
	return []*sx.Primitive{{
		Name: "publish!", Usage: "(publish! topic message?)", Doc: "Tells every stream with :on topic, on every node.", Effects: sx.IO | sx.Write,
		Func: func(_ context.Context, args []sx.Value) (sx.Value, error) {
			topic, err := text("publish!", 0, args[0])
			if err != nil {
				return sx.Nil, err
			}
			if v := optional(args, 1); !storable(v) {
				return sx.Nil, fmt.Errorf("publish!: cannot send a value of type %s (strings, numbers, booleans, nil, lists and dicts can be sent)", v.TypeName())
			}
			return sx.Nil, a.Publish(topic, optional(args, 1))
		},
	}}
}

// Publish tells every stream whose :on names the topic; binds see the message.
func (a *App) Publish(topic string, message sx.Value) error {
	_, err := a.hub.Publish(messagePrefix+topic, hub.Event{Name: "message", Kind: hub.Transient, Data: []byte(sx.Serialize(message))})
	return err
}

// mountLive mounts the endpoint of a live form beside the page's route.
func (d *declarations) mountLive(a *sx.Analyzer, l *liveDef) {
	if strings.HasPrefix(l.src, "/_sx/live/") {
		return // found by servePageStream
	}
	d.mount(a, l.site, &route{method: http.MethodGet, pattern: l.pattern, kind: "stream", name: l.name, place: placeOf(l.site),
		serve: func(w http.ResponseWriter, r *http.Request, q *request) { d.site.app.serveStream(w, r) }})
}

// findLive returns the live form that an address names, and its path parameters.
func (s *site) findLive(src string) (*liveDef, []param, error) {
	u, err := url.Parse(src)
	if err != nil || u.Host != "" || u.Scheme != "" {
		return nil, nil, &live.StatusError{Code: http.StatusNotFound}
	}
	segments, clean, ok := splitPath(u)
	if !ok || clean != "" {
		return nil, nil, &live.StatusError{Code: http.StatusNotFound}
	}
	for _, l := range s.live {
		if l.own {
			continue
		}
		rt := newRouter()
		if rt.add(&route{method: http.MethodGet, pattern: l.pattern}) != nil {
			continue
		}
		if r, params, _ := rt.find(http.MethodGet, segments); r != nil {
			return l, params, nil
		}
	}
	return nil, nil, &live.StatusError{Code: http.StatusNotFound, Err: fmt.Errorf("no stream at %s", src)}
}

// source returns what an address stands for: the live form, its parameters and its guards.
func (s *site) source(q *request, src string) (*liveDef, []param, []string, error) {
	if strings.HasPrefix(src, tokenPrefix) {
		return s.openToken(q, src)
	}
	l, params, err := s.findLive(src)
	if err != nil {
		return nil, nil, nil, err
	}
	return l, params, l.guards, nil
}

func (a *App) serveStream(w http.ResponseWriter, r *http.Request) {
	a.streaming(w, r, a.live.Handler(a.resolveLive))
}

func (a *App) servePageStream(w http.ResponseWriter, r *http.Request) { a.serveStream(w, r) }

func (a *App) serveLive(w http.ResponseWriter, r *http.Request) {
	a.streaming(w, r, a.live.Multiplexed(a.resolveLive))
}

// streaming refuses streams that pages of other origins ask for with cookies, and ends a stream with its
// session.
func (a *App) streaming(w http.ResponseWriter, r *http.Request, h http.Handler) {
	s := a.current()
	if r.Header.Get("Cookie") != "" && !sameSiteRead(r, s.config.origins) {
		a.log.Warn("cross-origin stream refused", "path", r.URL.Path, "origin", r.Header.Get("Origin"))
		http.Error(w, "Forbidden", http.StatusForbidden)
		return
	}
	q := s.newRequest(r, originOf(r))
	q.sub = &submission{}
	guards, private := s.privateSources(q)
	if !private {
		h.ServeHTTP(w, r)
		return
	}
	// A stream of one visitor ends with the session, and when a guard no longer lets it pass: the client comes
	// back and is told.
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(errResponseOver)
	defer a.ending.add(q.sess().id, func() { cancel(errSessionEnded) })()
	if len(guards) > 0 {
		stop := a.recheck(withRequest(ctx, q), s, q, guards, cancel)
		defer stop()
	}
	h.ServeHTTP(privateWriter{w}, r.WithContext(ctx))
}

var errSessionEnded = errors.New("the session has ended or changed")

// guardInterval is how often the guards of a long stream or socket run again.
const guardInterval = 5 * time.Minute

// recheck runs guards again and again while a stream or a socket is open, and cancels it with what the first that
// refuses says.
func (a *App) recheck(ctx context.Context, s *site, q *request, guards []string, cancel context.CancelCauseFunc) (stop func()) {
	var t *time.Timer
	var mu sync.Mutex
	stopped := false
	run := func() {
		once, done := context.WithTimeoutCause(ctx, a.limits.Timeout, errTooSlow)
		err := s.runGuards(once, q, guards)
		done()
		mu.Lock()
		defer mu.Unlock()
		switch {
		case stopped:
		case err != nil:
			cancel(err)
		default:
			t.Reset(guardInterval)
		}
	}
	mu.Lock()
	t = time.AfterFunc(guardInterval, run)
	mu.Unlock()
	return func() {
		mu.Lock()
		defer mu.Unlock()
		stopped = true
		t.Stop()
	}
}

// privateSources reports whether a stream is one visitor's, and which guards it passed.
func (s *site) privateSources(q *request) (guards []string, private bool) {
	sources := []string{q.r.URL.Path}
	if q.r.URL.Path == render.LivePath {
		sources = s.app.live.Sources(q.r)
	}
	for _, src := range sources {
		l, _, g, err := s.source(q, src)
		if err != nil {
			continue
		}
		guards = append(guards, g...)
		private = private || len(g) > 0 || l.scope != "page"
	}
	return guards, private
}

// privateWriter keeps a stream in its handler, where its context ends it, instead of being handed to the
// loops that serve public streams.
type privateWriter struct{ http.ResponseWriter }

// Unwrap lets http.ResponseController find the connection.
func (w privateWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// resolveLive finds the topic of a live address for a client: guards and the page's :data run first.
func (a *App) resolveLive(r *http.Request, src string) (live.Source, error) {
	s := a.current()
	if src == developmentSource && a.cfg.dev {
		return live.Source{Topic: developmentTopic}, nil
	}
	if out, ok := s.goSource(r, src); ok {
		return out, nil
	}
	q := s.newRequest(r, originOf(r))
	l, params, guards, err := s.source(q, src)
	if err != nil {
		return live.Source{}, err
	}
	q.params, q.sub = params, &submission{}
	ctx, cancel := context.WithTimeoutCause(withRequest(r.Context(), q), a.limits.Timeout, errTooSlow)
	defer cancel()
	// Guards and :data may end a stream that has not begun as they end a page; what else they would change of a response has no
	// place in it.
	if err := s.runGuards(ctx, q, guards); err != nil {
		return live.Source{}, s.liveStatus(r, l, err)
	}
	if l.own {
		src = l.ownTopic(params)
	}
	topic, err := l.topic(q, src)
	if err != nil {
		return live.Source{}, err
	}
	if l.page != nil && len(l.data) > 0 && a.hub.Subscribers(topic) == 0 {
		if err := a.regions.once(ctx, topic, func() error {
			_, err := s.loadData(ctx, l.page, l.args(s, params))
			return err
		}); err != nil {
			return live.Source{}, s.liveStatus(r, l, err)
		}
	}
	q.sent = true
	out := live.Source{Topic: topic, Producer: a.producer(l, params, l.request(q), topic)}
	out.Defs, out.DefsHash = s.definitions(l)
	return out, nil
}

// liveStatus is the status with which a stream is refused.
func (s *site) liveStatus(r *http.Request, l *liveDef, err error) error {
	if lv, ok := leaving(err); ok {
		if lv.url != "" {
			return &live.StatusError{Code: http.StatusForbidden, Err: err}
		}
		return &live.StatusError{Code: lv.status, Err: err}
	}
	if errors.Is(err, ErrUnauthorized) {
		return &live.StatusError{Code: http.StatusUnauthorized, Err: err}
	}
	if r.Context().Err() != nil { // whoever asked has left meanwhile
		return &live.StatusError{Code: http.StatusRequestTimeout, Err: err}
	}
	s.logError("stream of "+l.name, err)
	return &live.StatusError{Code: http.StatusInternalServerError, Err: err}
}

// request returns what a scope's evaluations may read of the request: nothing when all share them.
func (l *liveDef) request(q *request) *request {
	if l.scope == "page" {
		return nil
	}
	return q
}

// topic names the topic of a connection.
func (l *liveDef) topic(q *request, src string) (string, error) {
	path, _, _ := strings.Cut(src, "?")
	switch l.scope {
	case "session":
		s := q.sess()
		if s.id == "" {
			return "", &live.StatusError{Code: http.StatusUnauthorized, Err: errors.New("the stream is for a session, and there is none")}
		}
		return "live:" + path + "#session:" + s.id, nil
	case "connection":
		return "live:" + path + "#connection:" + newNonce(), nil
	}
	return "live:" + path, nil
}

// args returns the page's path parameters in its own order; parameters that the address lacks are nil.
func (l *liveDef) args(s *site, params []param) []sx.Value {
	values := make([]sx.Value, 0, len(l.names))
	names := l.params
	if l.own {
		names = l.all
	}
	for _, n := range names {
		v := sx.Nil
		for _, p := range params {
			if p.Name == n {
				v = p.Value
			}
		}
		values = append(values, v)
	}
	return values
}
