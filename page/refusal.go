package page

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// refusals logs what was not let in. Whoever sends nonsense can send a lot of it, so there are at most
// mostRefusals lines a second, and then one that counts the others. It may be used by any goroutine.
type refusals struct {
	log *slog.Logger

	mu    sync.Mutex
	since time.Time
	lines int
	more  int
}

const mostRefusals = 20

func (l *refusals) note(message string, attrs ...any) {
	now := time.Now()
	l.mu.Lock()
	if now.Sub(l.since) >= time.Second {
		if l.more > 0 {
			attrs = append(attrs, "more", l.more)
		}
		l.since, l.lines, l.more = now, 0, 0
	}
	l.lines++
	quiet := l.lines > mostRefusals
	if quiet {
		l.more++
	}
	l.mu.Unlock()
	if !quiet {
		l.log.Warn(message, attrs...)
	}
}

// refused logs a request that is answered with an error because of what it is.
func (a *App) refused(r *http.Request, status int, reason string) {
	a.refusals.note("request refused", "status", status, "method", r.Method, "path", r.URL.Path, "reason", reason, "from", r.RemoteAddr)
}

// watched notes which connections of a server never carried a whole request: half of one, headers above the limit.
// net/http answers these, or not, before any handler hears of them.
type watched struct {
	refusals refusals
	open     sync.Map // net.Conn to *watchedConn, while the connection has not been hijacked or closed
}

type watchedConn struct {
	since time.Time
	heard atomic.Bool // the client has sent something
	asked atomic.Bool // a handler was called
}

type watchedKey struct{}

// silence is how long a new connection may say nothing before a shutdown takes it for one that a browser opened ahead of
// need. net/http would wait five seconds for its request.
const silence = 200 * time.Millisecond

// closeSilent closes the connections on which nothing has come.
func (w *watched) closeSilent() {
	w.open.Range(func(conn, v any) bool {
		if c := v.(*watchedConn); !c.heard.Load() && time.Since(c.since) > silence {
			conn.(net.Conn).Close()
		}
		return true
	})
}

// watch sets the hooks of srv.
func watch(srv *http.Server, log *slog.Logger) {
	w := &watched{refusals: refusals{log: log}}
	srv.RegisterOnShutdown(w.closeSilent)
	next := srv.Handler
	srv.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(watchedKey{}).(*watchedConn); ok && !c.asked.Load() {
			c.asked.Store(true)
		}
		next.ServeHTTP(rw, r)
	})
	srv.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		c := &watchedConn{since: time.Now()}
		w.open.Store(conn, c)
		return context.WithValue(ctx, watchedKey{}, c)
	}
	srv.ConnState = func(conn net.Conn, state http.ConnState) {
		v, ok := w.open.Load(conn)
		if !ok {
			return
		}
		c := v.(*watchedConn)
		switch state {
		case http.StateActive:
			c.heard.Store(true)
		case http.StateHijacked, http.StateClosed:
			w.open.Delete(conn)
			// A balancer that only checks whether the port is open sends nothing; that is not worth a line.
			if state == http.StateClosed && c.heard.Load() && !c.asked.Load() {
				w.refusals.note("connection without a whole request", "from", conn.RemoteAddr().String())
			}
		}
	}
}
