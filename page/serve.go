package page

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"
)

// Site is what a Server serves: an App, or what stands in its place while there is none.
type Site interface {
	http.Handler
	// Drain makes /readyz say no and tells open streams to reconnect elsewhere; it returns when they have left or
	// ctx ends.
	Drain(ctx context.Context) error
	// Shutdown closes what responses use, when none is running any more.
	Shutdown(ctx context.Context) error
}

var _ Site = (*App)(nil)

// ErrInterrupted is what Server.Run returns when a second signal ended it while responses were running.
var ErrInterrupted = errors.New("ended at once by a second signal")

// readyNotice is how long /readyz says no on a listener that still accepts, so that a balancer sees it before
// streams are sent elsewhere and the listener closes.
const readyNotice = 200 * time.Millisecond

const defaultGrace = 10 * time.Second

// Grace reads how long a shutdown may take from the value of SX_GRACE: a duration such as 1m30s, or seconds.
// Empty: 10s.
func Grace(text string) (time.Duration, error) {
	if text == "" {
		return defaultGrace, nil
	}
	d, err := duration(text)
	if err != nil {
		return 0, fmt.Errorf("SX_GRACE is %q: seconds, or a duration such as 1m30s, was expected", text)
	}
	return d, nil
}

// graceOr reads SX_GRACE; without it the grace period is that of the settings, if they have one.
func graceOr(text string, of time.Duration) (time.Duration, error) {
	if text == "" && of > 0 {
		return of, nil
	}
	return Grace(text)
}

// Server returns an http.Server for a handler that serves the application, with the limits that streams need:
// 10 s for the headers of a request, 1 MiB of them, and no write timeout, which would cut streams. Responses
// have deadlines of their own, part by part.
func (a *App) Server(h http.Handler) *http.Server { return httpServer(h, a.log) }

func httpServer(h http.Handler, log *slog.Logger) *http.Server {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 1 << 20,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	watch(srv, log)
	return srv
}

// Serve serves the application on a listener until ctx ends; then it drains: live clients are told to come
// back, running responses finish within the grace period (SX_GRACE, else :grace of (defconfig …), default 10s), and the application is shut
// down. It closes the listener. Run does more: it chooses the address and ends with signals.
func (a *App) Serve(ctx context.Context, ln net.Listener) error {
	text, _ := a.cfg.lookupEnv("SX_GRACE")
	grace, err := graceOr(text, a.settings.Grace)
	if err != nil {
		return errors.Join(err, ln.Close(), a.Shutdown(context.WithoutCancel(ctx)))
	}
	return (&serving{site: a, grace: grace, log: a.log}).run(ctx, ln, nil)
}

// Run serves the application on SX_ADDR, else on PORT, else where (defconfig :addr …) says, else on :8080, until SIGINT or SIGTERM; see Server.Run.
//
//	app, err := page.New(files)
//	…
//	err = app.Run(context.Background())
func (a *App) Run(ctx context.Context) error { return (&Server{Log: a.log}).Run(ctx, a) }

// Drain makes /readyz say no and, a moment later, tells open streams to come back elsewhere; it returns when they
// have left or ctx ends. What still answers requests works on: stop the http.Server next, then call Shutdown.
func (a *App) Drain(ctx context.Context) error {
	a.draining.Store(true)
	if !a.cfg.dev { // no balancer stands before a server for development
		select {
		case <-time.After(readyNotice):
		case <-ctx.Done():
		}
	}
	return a.live.Drain(ctx)
}

// serving is a site on a listener.
type serving struct {
	site  Site
	grace time.Duration // how long running responses may take to finish
	log   *slog.Logger
}

// run accepts connections until ctx ends or a signal comes, then drains. A signal during that ends it at once, with
// ErrInterrupted. signals may be nil.
func (s *serving) run(ctx context.Context, ln net.Listener, signals <-chan os.Signal) error {
	srv := httpServer(s.site, s.log)
	defer srv.Close()
	failed := make(chan error, 1)           // buffered by one: nobody may be waiting any more
	go func() { failed <- srv.Serve(ln) }() // ends when srv is shut down or closed
	var broken error
	select {
	case broken = <-failed:
	case sig := <-signals:
		s.log.Info("shutting down", "signal", sig.String(), "grace", s.grace)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.grace)
	defer cancel()
	if broken != nil {
		return errors.Join(broken, s.site.Shutdown(drain))
	}
	done := make(chan error, 1)
	go func() { // ends with drain at the latest
		err := s.site.Drain(drain)
		err = errors.Join(err, srv.Shutdown(drain))
		done <- errors.Join(err, s.site.Shutdown(drain))
	}()
	select {
	case err := <-done:
		if errors.Is(err, context.DeadlineExceeded) {
			s.log.Warn("some connections did not finish within the grace period", "grace", s.grace)
			return nil
		}
		return err
	case sig := <-signals:
		s.log.Warn("ending at once", "signal", sig.String())
		cancel()
		srv.Close()
		<-done
		return ErrInterrupted
	}
}
