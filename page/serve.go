package page

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// grace is how long Serve lets running responses finish: SX_GRACE, a duration or seconds, else 10s.
func (a *App) grace() time.Duration {
	v, _ := a.cfg.lookupEnv("SX_GRACE")
	if d, err := time.ParseDuration(v); err == nil && d > 0 {
		return d
	}
	if d, err := time.ParseDuration(v + "s"); err == nil && d > 0 {
		return d
	}
	return 10 * time.Second
}

// Server gives an http.Server for a handler that serves the application, with the limits that streams need:
// 10 s for the headers of a request, 1 MiB of them, and no write timeout, which would cut streams. Responses
// have deadlines of their own, part by part.
func (a *App) Server(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 1 << 20,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
}

// Serve serves the application on a listener until ctx ends; then it drains: live clients are told to come
// back, running responses finish within a grace period, and the application is shut down. It closes the listener.
//
//	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
//	defer stop()
//	ln, err := net.Listen("tcp", ":8080")
//	…
//	err = app.Serve(ctx, ln)
func (a *App) Serve(ctx context.Context, ln net.Listener) error {
	srv := a.Server(a)
	failed := make(chan error, 1)           // buffered by one: nobody may be waiting any more
	go func() { failed <- srv.Serve(ln) }() // ends with srv
	select {
	case err := <-failed:
		return errors.Join(err, a.shutdownWithin(a.grace()))
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.grace())
	defer cancel()
	a.draining.Store(true) // so that a balancer hears of it before the listener closes
	select {
	case <-time.After(200 * time.Millisecond):
	case <-drain.Done():
	}
	err := errors.Join(a.live.Drain(drain), srv.Shutdown(drain))
	srv.Close()
	return errors.Join(err, a.Shutdown(drain))
}

// Drain makes /readyz say no and tells open streams to come back elsewhere; it returns when they have left or ctx
// ends. What still answers requests works on: stop the http.Server next, then call Shutdown.
func (a *App) Drain(ctx context.Context) error {
	a.draining.Store(true)
	return a.live.Drain(ctx)
}

func (a *App) shutdownWithin(d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return a.Shutdown(ctx)
}
