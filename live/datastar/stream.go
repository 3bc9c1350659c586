package datastar

import (
	"context"
	"errors"
	"net/http"

	"github.com/sx-framework/sxgo/live"
)

type config struct {
	scripts bool
	live    []live.Option
}

// Option changes a default of Serve, Respond or Over.
type Option func(*config)

// AllowScripts lets ExecuteScript run code in the page, which a strict content security policy forbids.
func AllowScripts() Option { return func(c *config) { c.scripts = true } }

// Live passes options of package live on: hooks, keep-alive, compression, components, limits. Over does not look at them.
func Live(opts ...live.Option) Option {
	return func(c *config) { c.live = append(c.live, opts...) }
}

func configure(opts []Option) config {
	c := config{live: []live.Option{live.Retry(-1)}} // the client of Datastar has its own retry
	for _, o := range opts {
		o(&c)
	}
	return c
}

// Stream is one client's stream. Its embedded live.Stream gives the request, the last event id and Send.
type Stream struct {
	*live.Stream
	scripts bool
}

// Over speaks Datastar on a stream that was begun otherwise, such as one of page.WithStream.
func Over(s *live.Stream, opts ...Option) *Stream { return &Stream{s, configure(opts).scripts} }

// Serve makes f a long-lived stream, as live.Serve does. A stream that ends because its server drains is cut instead of ended: Datastar's client
// comes back after a cut, and takes an end for the answer's.
func Serve(f func(ctx context.Context, s *Stream) error, opts ...Option) http.Handler {
	c := configure(opts)
	h := live.Serve(func(ctx context.Context, s *live.Stream) error {
		return f(ctx, &Stream{s, c.scripts})
	}, append(c.live, live.OnDisconnect(func(r *http.Request, err error) {
		if drained, ok := r.Context().Value(drainedKey{}).(*bool); ok {
			*drained = errors.Is(err, live.ErrDraining)
		}
	}))...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		drained := false
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), drainedKey{}, &drained)))
		if drained {
			panic(http.ErrAbortHandler) // how net/http is told to cut a response
		}
	})
}

type drainedKey struct{}

// Respond answers one request with the events that f sends, as live.Respond does.
func Respond(w http.ResponseWriter, r *http.Request, f func(s *Stream) error, opts ...Option) error {
	c := configure(opts)
	return live.Respond(w, r, func(s *live.Stream) error { return f(&Stream{s, c.scripts}) }, c.live...)
}
