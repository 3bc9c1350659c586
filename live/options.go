package live

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/sx-framework/sxgo/render"
)

type config struct {
	keepAlive    time.Duration
	retry        time.Duration
	writeTimeout time.Duration
	drainWindow  time.Duration
	compress     bool
	codings      []string
	detach       bool
	onConnect    []func(*http.Request) error
	onDisconnect []func(*http.Request, error)
	component    ComponentFunc
	server       *Server
	log          *slog.Logger

	connections, perAddress, perSession, sources int
	address, session                             func(*http.Request) string
	origins                                      []string
	allowOrigin                                  func(*http.Request, string) bool
}

// Option changes a default of NewServer, Serve or Respond.
type Option func(*config)

func configure(opts []Option) config {
	c := config{
		keepAlive: 15 * time.Second, retry: 2 * time.Second, writeTimeout: 10 * time.Second, drainWindow: 3 * time.Second,
		compress: true, codings: []string{"zstd", "br", "gzip"}, detach: true, connections: 100_000, sources: 64,
	}
	for _, o := range opts {
		o(&c)
	}
	if c.log == nil {
		c.log = slog.Default()
	}
	return c
}

// KeepAlive sets how long a stream may be silent before a comment line is sent, so that proxies keep it open and clients
// can tell a quiet stream from a dead one. Default 15s (WHATWG HTML, "Server-sent events", "Authoring notes"); negative: never.
func KeepAlive(d time.Duration) Option { return func(c *config) { c.keepAlive = d } }

// Retry sets the reconnection time that clients are told when a stream begins; each is told up to half as much more, so that they do not all
// come back at once. Default 2s; negative: none is told.
func Retry(d time.Duration) Option { return func(c *config) { c.retry = d } }

// WriteTimeout sets how long a client may accept nothing before it is dropped. Default 10s.
func WriteTimeout(d time.Duration) Option { return func(c *config) { c.writeTimeout = d } }

// DrainWindow sets the time over which the clients of a draining server are told to spread their reconnecting. Default 3s.
func DrainWindow(d time.Duration) Option { return func(c *config) { c.drainWindow = d } }

// Compress switches compression of streams, by negotiation with each client. Default true.
func Compress(on bool) Option { return func(c *config) { c.compress = on } }

// Codings sets which content codings are offered, the preferred first. Default "zstd", "br", "gzip". A client that likes some better than others,
// by the qualities in its Accept-Encoding, gets what it likes best; the order here decides among equals, and browsers name no qualities. Brotli
// serves streams of one client only. Other names have no effect; without any nothing is compressed.
func Codings(names ...string) Option { return func(c *config) { c.codings = names } }

// Detach switches the handing over of plain HTTP/1.1 connections from net/http to the server's own loops, where an idle one costs
// a few hundred bytes instead of 28 KB. Default true where it is implemented (Linux). TLS, HTTP/2 and wrapped response
// writers are served by net/http in any case.
func Detach(on bool) Option { return func(c *config) { c.detach = on } }

// OnConnect adds a function that is called before a stream begins. Its error refuses the stream: with the code of a *StatusError, else 500.
func OnConnect(f func(r *http.Request) error) Option {
	return func(c *config) { c.onConnect = append(c.onConnect, f) }
}

// OnDisconnect adds a function that is called once for each stream that began, after it has ended. err says why: nil when the handler
// returned or closed it, ErrDraining, ErrSlow, or what writing reported.
func OnDisconnect(f func(r *http.Request, err error)) Option {
	return func(c *config) { c.onDisconnect = append(c.onDisconnect, f) }
}

// ComponentFunc evaluates a component for Stream.Resolve and returns a frame with SX or HTML set.
type ComponentFunc func(ctx context.Context, component string, args map[string]any) (render.Frame, error)

// WithComponents sets how Stream.Resolve evaluates components. Without it Resolve fails.
func WithComponents(f ComponentFunc) Option { return func(c *config) { c.component = f } }

// Via makes streams of Serve and Respond count against the limits of s and end when it drains.
func Via(s *Server) Option { return func(c *config) { c.server = s } }

// MaxConnections bounds open streams: in total (default 100,000, beyond 503), per address and per session (default 0: no bound, beyond 429).
// Zero keeps a default. Behind a proxy, set AddressOf before bounding per address.
func MaxConnections(total, perAddress, perSession int) Option {
	return func(c *config) {
		if total > 0 {
			c.connections = total
		}
		if perAddress > 0 {
			c.perAddress = perAddress
		}
		if perSession > 0 {
			c.perSession = perSession
		}
	}
}

// MaxSources bounds the sources of one multiplexed stream. Default 64, beyond 429.
func MaxSources(n int) Option { return func(c *config) { c.sources = n } }

// AddressOf sets how a client's address is found. Default: the host of RemoteAddr.
func AddressOf(f func(*http.Request) string) Option { return func(c *config) { c.address = f } }

// SessionOf sets how a client's session is found; an empty one is not counted. Default: none is.
func SessionOf(f func(*http.Request) string) Option { return func(c *config) { c.session = f } }

// Origins adds origins ("https://app.example.org") from which pages may read streams with credentials, besides the server's own.
func Origins(origins ...string) Option {
	return func(c *config) { c.origins = append(c.origins, origins...) }
}

// AllowOrigin decides, at each request, which origins may read streams with credentials, in place of comparing them with the Host header and
// with Origins: behind a proxy that changes Host, for instance. Default: none.
func AllowOrigin(f func(r *http.Request, origin string) bool) Option {
	return func(c *config) { c.allowOrigin = f }
}

// WithLogger sets where errors that no client can be told are reported. Default slog.Default().
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.log = l } }

// jitter returns d and up to half as much again.
func jitter(d time.Duration) time.Duration { return d + rand.N(d/2+1) }
