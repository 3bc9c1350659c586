package page

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// goStream is a stream written in Go.
type goStream struct {
	src     string
	pattern *pattern
	run     func(ctx context.Context, s *live.Stream) error
	opts    []live.Option
	handler http.Handler
}

// WithStream mounts a stream written in Go: f makes each connection's stream, see live.Serve. The path may have
// parameters, as a page's. Its Resolve renders the application's components, it counts against the limits of
// live connections, and it ends when the application drains; opts may say otherwise.
func WithStream(src string, f func(ctx context.Context, s *live.Stream) error, opts ...live.Option) Option {
	p, err := parsePattern(src)
	if err != nil {
		panic("page: WithStream: " + err.Error())
	}
	return func(c *config) {
		c.streams = append(c.streams, goStream{src: src, pattern: p, run: f, opts: opts})
	}
}

// Live mounts a stream written in Go, as WithStream does, on a loaded application. Call it before the
// application serves. A path that is claimed already is a panic: a programming mistake.
func (a *App) Live(src string, f func(ctx context.Context, s *live.Stream) error, opts ...live.Option) {
	a.reloadMu.Lock()
	defer a.reloadMu.Unlock()
	WithStream(src, f, opts...)(a.cfg)
	a.startStreams()
	old := a.current()
	s := *old
	s.router = newRouter()
	for _, r := range old.router.all {
		if r.kind != "stream" || r.place != "Go" {
			must(s.router.add(r))
		}
	}
	must(s.addGoStreams())
	a.site.Store(&s)
}

func must(err error) {
	if err != nil {
		panic("page: Live: " + err.Error())
	}
}

// addGoStreams mounts the streams that are written in Go.
func (s *site) addGoStreams() error {
	for _, g := range s.app.cfg.streams {
		if err := s.router.add(&route{method: http.MethodGet, pattern: g.pattern, kind: "stream", name: g.src, place: "Go",
			serve: func(w http.ResponseWriter, r *http.Request, q *request) { s.serveGoStream(w, r, q, g) }}); err != nil {
			return err
		}
	}
	return nil
}

// startStreams makes the handlers of the streams, once the server that they belong to is there.
func (a *App) startStreams() {
	for i := range a.cfg.streams {
		g := &a.cfg.streams[i]
		run := g.run
		if a.cfg.dev {
			run = a.untilReload(run)
		}
		opts := []live.Option{live.Via(a.live), live.WithLogger(a.log), live.WithComponents(streamComponent)}
		g.handler = live.Serve(run, append(opts, g.opts...)...)
	}
}

// untilReload ends a stream when another program is loaded, so that its client comes back to it. In production a deploy does that.
func (a *App) untilReload(f func(ctx context.Context, s *live.Stream) error) func(ctx context.Context, s *live.Stream) error {
	return func(ctx context.Context, s *live.Stream) error {
		loaded := a.regions.program()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(loaded, cancel)()
		err := f(ctx, s)
		if loaded.Err() != nil && errors.Is(err, context.Canceled) {
			return nil
		}
		return err
	}
}

// streamComponent renders a component of the application as it is now, for Stream.Resolve.
func streamComponent(ctx context.Context, name string, args map[string]any) (render.Frame, error) {
	q, err := requestOf(ctx, name)
	if err != nil {
		return render.Frame{}, err
	}
	list := make([]sx.Arg, 0, len(args))
	for _, k := range slices.Sorted(maps.Keys(args)) {
		v, err := sx.FromGo(args[k])
		if err != nil {
			return render.Frame{}, fmt.Errorf("%s: argument %s: %w", name, k, err)
		}
		list = append(list, sx.Arg{Name: k, Value: v})
	}
	var b bytes.Buffer
	if err := q.app.current().rend.HTML(ctx, &b, name, list...); err != nil {
		return render.Frame{}, err
	}
	return render.Frame{HTML: b.String()}, nil
}

func (s *site) serveGoStream(w http.ResponseWriter, r *http.Request, q *request, g goStream) {
	s.app.streaming(w, r.WithContext(withRequest(r.Context(), q)), g.handler)
}

// goSource returns a stream written in Go as a source of the request that carries all regions of a page.
func (s *site) goSource(r *http.Request, src string) (live.Source, bool) {
	u, err := url.Parse(src)
	if err != nil || u.Host != "" || u.Scheme != "" {
		return live.Source{}, false
	}
	segments, clean, ok := splitPath(u)
	if !ok || clean != "" {
		return live.Source{}, false
	}
	for _, g := range s.app.cfg.streams {
		rt := newRouter()
		if rt.add(&route{method: http.MethodGet, pattern: g.pattern}) != nil {
			continue
		}
		found, params, _ := rt.find(http.MethodGet, segments)
		if found == nil {
			continue
		}
		// What the function sees is a request of the stream's own address, with this one's cookies and headers.
		own := r.Clone(context.WithoutCancel(r.Context()))
		own.URL, own.RequestURI, own.Body = u, u.RequestURI(), http.NoBody
		q := s.newRequest(own, originOf(own))
		q.params, q.sent, q.sub = params, true, &submission{}
		return live.Source{Stream: g.handler, Request: own.WithContext(withRequest(own.Context(), q))}, true
	}
	return live.Source{}, false
}
