package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// site is a running application as the server sees it.
type site interface {
	http.Handler
	// Drain makes /readyz say no and tells open streams to come back elsewhere; it returns when they have left or
	// ctx ends.
	Drain(ctx context.Context) error
	// Shutdown closes what responses use, when none is running any more.
	Shutdown(ctx context.Context) error
}

// server runs a site on one address until a signal or the context ends it.
type server struct {
	site    site
	addr    string
	metrics string        // address of /metrics, or ""
	grace   time.Duration // how long open responses may take to finish
	log     *slog.Logger
	started func(url string) // called once connections are accepted, or nil
	onBusy  string           // what to add to the message about a port in use
}

// How long /readyz says no on listeners that still accept, so that a balancer sees it before they close.
const readyNotice = 200 * time.Millisecond

// run accepts connections until the first SIGINT or SIGTERM, or the end of ctx, then drains. A second signal
// ends it at once.
func (s *server) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ln, err := listen(s.addr, s.onBusy)
	if err != nil {
		return err
	}
	defer ln.Close()
	srv := &http.Server{
		Handler: s.site, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 1 << 20,
		// No WriteTimeout: it would cut streams.
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 2) // one for each server: neither waits for a reader
	if s.metrics != "" {
		stop, err := s.serveMetrics(failed)
		if err != nil {
			return err
		}
		defer stop()
	}
	signals := make(chan os.Signal, 2) // both signals, should they come before they are looked at
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() { failed <- srv.Serve(ln) }() // ends when srv is shut down or closed, below

	if s.started != nil {
		s.started(urlOf(ln.Addr()))
	}
	select {
	case err := <-failed:
		return err
	case sig := <-signals:
		s.log.Info("shutting down", "signal", sig.String(), "grace", s.grace)
	case <-ctx.Done():
	}
	return s.drain(srv, signals)
}

// drain lets running responses finish within the grace period.
func (s *server) drain(srv *http.Server, signals <-chan os.Signal) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.grace)
	defer cancel()
	done := make(chan error, 1)
	go func() { // ends with ctx at the latest
		began := time.Now()
		err := s.site.Drain(ctx)
		if rest := readyNotice - time.Since(began); rest > 0 {
			select {
			case <-time.After(rest):
			case <-ctx.Done():
			}
		}
		err = errors.Join(err, srv.Shutdown(ctx))
		done <- errors.Join(err, s.site.Shutdown(ctx))
	}()
	select {
	case err := <-done:
		srv.Close()
		if errors.Is(err, context.DeadlineExceeded) {
			s.log.Warn("some connections did not finish within the grace period", "grace", s.grace)
			return nil
		}
		return err
	case sig := <-signals:
		s.log.Warn("ending at once", "signal", sig.String())
		srv.Close()
		return errReported
	}
}

// listen opens a TCP address and says clearly when it is taken.
func listen(addr, onBusy string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("address %s is in use by another program%s", addr, onBusy)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("no permission to listen on %s; ports below 1024 need a privileged user", addr)
	case err != nil:
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	return ln, nil
}

// urlOf gives the address to open in a browser: wildcard addresses become localhost.
func urlOf(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() || ip.IsLoopback() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// serveMetrics answers /metrics in the Prometheus text format on an address of its own.
func (s *server) serveMetrics(failed chan<- error) (stop func(), err error) {
	ln, err := listen(s.metrics, "")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		writeProcessMetrics(w)
		if m, ok := s.site.(interface{ WriteMetrics(io.Writer) }); ok {
			m.WriteMetrics(w)
		}
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { // ends with stop
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return func() { srv.Close() }, nil
}

func writeProcessMetrics(w io.Writer) {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	for _, m := range []struct {
		name, help, kind string
		value            float64
	}{
		{"go_goroutines", "Goroutines that exist.", "gauge", float64(runtime.NumGoroutine())},
		{"go_memstats_heap_alloc_bytes", "Bytes of live heap objects.", "gauge", float64(mem.HeapAlloc)},
		{"go_memstats_heap_sys_bytes", "Bytes of heap from the system.", "gauge", float64(mem.HeapSys)},
		{"go_gc_cycles_total", "Finished collections.", "counter", float64(mem.NumGC)},
	} {
		fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n%s %s\n", m.name, m.help, m.name, m.kind, m.name, number(m.value))
	}
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// addrFrom chooses the address: the flag, then SX_ADDR, then PORT, then def.
func addrFrom(flagValue, def string) string {
	switch {
	case flagValue != "":
		return flagValue
	case os.Getenv("SX_ADDR") != "":
		return os.Getenv("SX_ADDR")
	case os.Getenv("PORT") != "":
		return ":" + os.Getenv("PORT")
	}
	return def
}

// graceFrom reads SX_GRACE, the seconds or duration that a shutdown may take. Default 10s.
func graceFrom() (time.Duration, error) {
	text := os.Getenv("SX_GRACE")
	if text == "" {
		return 10 * time.Second, nil
	}
	if strings.Trim(text, "0123456789") == "" {
		text += "s"
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, usagef("SX_GRACE is %q: seconds, or a duration such as 1m30s, was expected", os.Getenv("SX_GRACE"))
	}
	return d, nil
}
