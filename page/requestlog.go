package page

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// In development every request is a line in the log: what was asked for, the status, how long all of it took, and of a
// page how long the shell and each boundary took to evaluate, in the order in which they were ready.
//
//	GET / 200 312ms  shell 4ms  cpu 51ms  mem 300ms  size 14.2 kB

// trace collects how long the parts of a response took. A nil trace collects nothing.
type trace struct {
	mu    sync.Mutex
	parts []any // pairs of slog: name and duration
}

type traceKey struct{}

func traceOf(ctx context.Context) *trace {
	t, _ := ctx.Value(traceKey{}).(*trace)
	return t
}

// begin returns the time, or the zero time when nothing is collected.
func (t *trace) begin() time.Time {
	if t == nil {
		return time.Time{}
	}
	return time.Now()
}

// part notes that a part is over, with an error or nil.
func (t *trace) part(name string, began time.Time, err error) {
	if t == nil || errors.Is(err, errOrphan) || errors.Is(err, errResponseOver) {
		return
	}
	text := rounded(time.Since(began)).String()
	if err != nil {
		text += " (failed)"
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.parts) < 2*24 { // a line that nobody can read tells nothing
		t.parts = append(t.parts, name, text)
	}
}

// serveLogged answers a request and logs it. Streams and sockets stay unlogged: what carries them wants the real
// connection, and they end when the page does.
func (a *App) serveLogged(w http.ResponseWriter, r *http.Request, o origin) {
	path := r.URL.Path
	if strings.HasPrefix(path, "/_sx/") || path == "/healthz" || path == "/livez" || path == "/readyz" ||
		r.Header.Get("Upgrade") != "" || strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		a.route(w, r, o)
		return
	}
	began := time.Now()
	rec := &recorder{ResponseWriter: w}
	t := &trace{}
	defer func() {
		t.mu.Lock()
		attrs := append(t.parts, "size", sizeText(rec.bytes))
		t.mu.Unlock()
		a.log.Log(context.WithoutCancel(r.Context()), slog.LevelInfo, fmt.Sprintf("%s %s %d %s", r.Method, r.URL.RequestURI(), rec.code(), rounded(time.Since(began))), attrs...)
	}()
	a.route(rec, r.WithContext(context.WithValue(r.Context(), traceKey{}, t)), o)
}

// recorder notes status and size of a response.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// Unwrap lets http.ResponseController find the real writer.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// rounded leaves what people care about of a duration.
func rounded(d time.Duration) time.Duration {
	switch {
	case d < time.Millisecond:
		return d.Round(10 * time.Microsecond)
	case d < 10*time.Millisecond:
		return d.Round(100 * time.Microsecond)
	case d < 10*time.Second:
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}

func sizeText(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
