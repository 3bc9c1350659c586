package ws

import (
	"log/slog"
	"net/http"
	"time"
)

// Option changes a default of NewServer.
type Option func(*config)

type config struct {
	origins     []string
	allowOrigin func(*http.Request, string) bool
	maxTotal    int
	maxAddress  int
	maxSession  int
	addressOf   func(*http.Request) string
	ping        time.Duration
	write       time.Duration
	drain       time.Duration
	heartbeat   time.Duration
	rate        float64
	burst       int
	logger      *slog.Logger
}

func newConfig(opts []Option) config {
	c := config{maxTotal: 100_000, ping: 15 * time.Second, write: 10 * time.Second, drain: 3 * time.Second, heartbeat: 5 * time.Second,
		rate: 50, burst: 100, logger: slog.Default(), addressOf: remoteHost}
	for _, o := range opts {
		o(&c)
	}
	return c
}

// Origins adds origins ("https://app.example.org", or a host pattern) from which pages may connect, besides
// the server's own. A request without Origin, which no browser sends, is always allowed; "null" never is.
func Origins(origins ...string) Option {
	return func(c *config) { c.origins = append(c.origins, origins...) }
}

// AllowOrigin decides, at each request, which origins may connect, in place of comparing them with the Host header and
// with Origins: behind a proxy that changes Host, for instance. It is never asked about "null". Default: none.
func AllowOrigin(f func(r *http.Request, origin string) bool) Option {
	return func(c *config) { c.allowOrigin = f }
}

// MaxConnections bounds open sockets: in total (default 100,000, beyond 503), per address and per session
// (default 0: no bound, beyond 429). Zero keeps a default.
func MaxConnections(total, perAddress, perSession int) Option {
	return func(c *config) {
		if total > 0 {
			c.maxTotal = total
		}
		if perAddress > 0 {
			c.maxAddress = perAddress
		}
		if perSession > 0 {
			c.maxSession = perSession
		}
	}
}

// AddressOf sets how a client's address is found. Default: the host of RemoteAddr.
// An empty address is not counted.
func AddressOf(f func(*http.Request) string) Option { return func(c *config) { c.addressOf = f } }

// Ping sets how often each client is pinged; one from which nothing was heard for three pings is taken for
// gone. Default 15s.
func Ping(d time.Duration) Option { return func(c *config) { c.ping = d } }

// WriteTimeout sets how long a client may accept nothing before it is dropped. Default 10s.
func WriteTimeout(d time.Duration) Option { return func(c *config) { c.write = d } }

// Heartbeat sets how often a node whose hub has a broker tells the others that it is alive; the people of one that
// has not done so three times are no longer present. Default 5s.
func Heartbeat(d time.Duration) Option { return func(c *config) { c.heartbeat = d } }

// DrainWindow sets the time over which the clients of a draining server are told to spread their
// reconnecting. Default 3s.
func DrainWindow(d time.Duration) Option { return func(c *config) { c.drain = d } }

// Rate bounds the messages of one connection per second, with a burst. A client that sends more is read
// more slowly; nothing is lost. Default 50 with a burst of 100.
func Rate(perSecond float64, burst int) Option {
	return func(c *config) { c.rate, c.burst = perSecond, burst }
}

// WithLogger sets where errors of handlers are reported. Default slog.Default().
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.logger = l } }
